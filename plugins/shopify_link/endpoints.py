"""Links to Shopify in the JSON API: listed, made, ended, and whole lists of them looked at and linked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from guildshop.errors import Invalid, Refusal
from guildshop.plugins.shopify_link import rules
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    LINK_UPDATE,
    BulkLink,
    BulkState,
    Link,
    LinkAction,
    LinkLogEntry,
    LinkMethod,
    MetafieldState,
    RowState,
    Target,
)
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.plugins.shopify_link.service.bulk import MOST_ROWS
from guildshop.plugins.shopify_link.service.linking import not_linked
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs, refusal

router = APIRouter(prefix="/shopify", tags=["Shopify"])

NO_SHOPIFY = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Shopify is not set up, refuses the shop, or does not answer.")


class LinkModel(ApiModel):
    """A member and the Shopify customer that they are, with what Shopify last told of the customer."""

    id: UUID
    discord_id: Snowflake
    username: str
    shopify_customer_id: str = Field(description="The number within gid://shopify/Customer/….")
    name: str
    email: str
    orders: int
    spent_cents: int
    currency: str
    method: LinkMethod
    linked_by: str
    role_id: Snowflake | None = Field(description="The client role that was given for it.")
    role_problem: str
    role_remedy: str
    metafields: MetafieldState
    metafields_problem: str
    created_at: datetime
    refreshed_at: datetime
    version: int


class LinkRequest(ApiModel):
    """Whom to link, and the address that the customer has at Shopify."""

    discord_id: str = Field(max_length=40, description="The member's Discord ID.")
    email: str = Field(max_length=320)


class LinkLogModel(ApiModel):
    """What was done to a link. What identifies a customer is empty once they were erased."""

    id: UUID
    action: LinkAction
    made_by: str
    discord_id: Snowflake
    shopify_customer_id: str
    email: str
    note: str
    created_at: datetime


class BulkRowRequest(ApiModel):
    """A row of a list; one that is bad in itself is reported and hinders no other."""

    discord_id: str = Field(max_length=100)
    email: str = Field(max_length=320)


class BulkRequest(ApiModel):
    """A list of members and addresses; a dry run only looks whether they can be linked."""

    rows: list[BulkRowRequest] = Field(min_length=1, max_length=MOST_ROWS)
    is_dry_run: bool = True


class BulkModel(ApiModel):
    """A list and how far it is. Lists are kept for 30 days."""

    id: UUID
    is_dry_run: bool
    state: BulkState
    total: int
    done: int
    rows: dict[RowState, int] = Field(description="How many rows there are in which state.")
    made_by: str
    created_at: datetime
    finished_at: datetime | None


class BulkRowModel(ApiModel):
    """A row of a list, from 1, and what became of it."""

    number: int
    discord_id: str
    email: str
    state: RowState
    message: str


Member = Annotated[str, Path(description="The member's Discord ID.", max_length=40)]


@router.get("/links", dependencies=[needs(LINK_READ)])
async def list_links(
    actor: CurrentActor,
    app: CurrentApp,
    text: Annotated[str, Query(description="Part of a name, an email or a username, or an ID.", max_length=100)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[LinkModel]:
    """List links, newest first."""
    found = await app.get(LinkService).list_links(actor, text=text, cursor=cursor or "", limit=limit)
    return CursorPage[LinkModel].of(found, _link)


@router.post("/links", status_code=HTTPStatus.CREATED, dependencies=[needs(LINK_UPDATE)], responses=NO_SHOPIFY)
async def link_member(actor: CurrentActor, app: CurrentApp, request: LinkRequest) -> LinkModel:
    """Link a member to the Shopify customer with an address. Who is linked to them already stays so."""
    member = _member(request.discord_id)
    with _plain(member):
        return _link((await app.get(LinkService).link_member(actor, Target(member), request.email)).link)


@router.get("/links/{discord_id}", dependencies=[needs(LINK_READ)])
async def read_link(app: CurrentApp, discord_id: Member) -> LinkModel:
    """Read the link of a member."""
    member = _member(discord_id)
    with _plain(member):
        found = await app.get(LinkService).of_member(member)
        if found is None:
            raise not_linked(member)
        return _link(found)


@router.delete("/links/{discord_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs(LINK_UPDATE)])
async def unlink_member(actor: CurrentActor, app: CurrentApp, discord_id: Member) -> None:
    """End the link of a member; the client role and the metafields are taken away."""
    member = _member(discord_id)
    with _plain(member):
        await app.get(LinkService).unlink_member(actor, member)


@router.get("/links/{discord_id}/log", dependencies=[needs(LINK_READ)])
async def list_link_log(actor: CurrentActor, app: CurrentApp, discord_id: Member) -> list[LinkLogModel]:
    """List what was done to the link of a member, the latest first, 50 entries at most."""
    entries = await app.get(LinkService).entries(actor, _member(discord_id))
    return [_entry(one) for one in entries]


@router.get("/bulk-links", dependencies=[needs(LINK_READ)])
async def list_bulk_links(
    actor: CurrentActor,
    app: CurrentApp,
    limit: Annotated[int, Query(ge=1, le=50, description="How many items to return at most.")] = 5,
) -> list[BulkModel]:
    """List the latest lists of links, newest first."""
    return [_bulk(one) for one in await app.get(LinkService).latest_bulks(actor, limit)]


@router.post(
    "/bulk-links",
    status_code=HTTPStatus.CREATED,
    dependencies=[needs(LINK_UPDATE)],
    responses=NO_SHOPIFY,
)
async def start_bulk_links(actor: CurrentActor, app: CurrentApp, request: BulkRequest) -> BulkModel:
    """Begin to look at a list, or to link it; ask for the list again to see how far it is."""
    rows = [{"discord_id": row.discord_id, "email": row.email} for row in request.rows]
    return _bulk(await app.get(LinkService).start_bulk(actor, rows, dry_run=request.is_dry_run))


@router.get("/bulk-links/{bulk_id}", dependencies=[needs(LINK_READ)])
async def read_bulk_links(actor: CurrentActor, app: CurrentApp, bulk_id: UUID) -> BulkModel:
    """Read how far a list is."""
    return _bulk(await app.get(LinkService).bulk(actor, bulk_id))


@router.get("/bulk-links/{bulk_id}/rows", dependencies=[needs(LINK_READ)])
async def list_bulk_rows(
    actor: CurrentActor,
    app: CurrentApp,
    bulk_id: UUID,
    bad_first: Annotated[bool, Query(alias="badFirst", description="Rows that failed come before the others.")] = False,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many items to return at most.")] = MOST_ROWS,
) -> list[BulkRowModel]:
    """Report what became of the rows of a list."""
    service = app.get(LinkService)
    found = await service.bulk(actor, bulk_id)
    rows = await service.bulk_rows(actor, found.id, bad_first=bad_first, limit=limit)
    return [
        BulkRowModel(number=row.number, discord_id=row.member, email=row.email, state=row.state, message=row.message)
        for row in rows
    ]


@router.post("/bulk-links/{bulk_id}/link", status_code=HTTPStatus.CREATED, dependencies=[needs(LINK_UPDATE)])
async def link_bulk_rows(actor: CurrentActor, app: CurrentApp, bulk_id: UUID) -> BulkModel:
    """Begin to link what a dry run found nothing against; the list that is returned takes the place of that one."""
    return _bulk(await app.get(LinkService).link_fine(actor, bulk_id))


def _member(text: str) -> int:
    try:
        return rules.member_id(text)
    except Invalid as refusal:
        raise Invalid.field("discordId", refusal.message) from None


@contextmanager
def _plain(member: int) -> Iterator[None]:
    """Name the member by their ID in a refusal: only Discord makes a name of a mention."""
    try:
        yield
    except Refusal as refusal:
        refusal.message = refusal.message.replace(f"<@{member}>", str(member))
        raise


def _link(found: Link) -> LinkModel:
    return LinkModel(
        id=found.id,
        discord_id=found.discord_id,
        username=found.username,
        shopify_customer_id=found.shopify_id,
        name=found.name,
        email=found.email,
        orders=found.orders,
        spent_cents=found.spent,
        currency=found.currency,
        method=found.method,
        linked_by=found.linked_by,
        role_id=found.role_id,
        role_problem=found.role_problem,
        role_remedy=found.role_remedy,
        metafields=found.metafields,
        metafields_problem=found.metafields_problem,
        created_at=found.created,
        refreshed_at=found.refreshed,
        version=found.version,
    )


def _entry(entry: LinkLogEntry) -> LinkLogModel:
    return LinkLogModel(
        id=entry.id,
        action=entry.action,
        made_by=entry.actor_name,
        discord_id=entry.discord_id,
        shopify_customer_id=entry.shopify_id,
        email=entry.email,
        note=entry.note,
        created_at=entry.created,
    )


def _bulk(found: BulkLink) -> BulkModel:
    return BulkModel(
        id=found.id,
        is_dry_run=found.dry_run,
        state=found.state,
        total=found.total,
        done=found.done,
        rows=dict(found.counts),
        made_by=found.made_by,
        created_at=found.created,
        finished_at=found.finished,
    )
