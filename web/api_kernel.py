"""The kernel's own part of the API: the store, and its events."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query

from guildshop.database.tables import EventRow
from guildshop.deliveries import TimerDue
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs

router = APIRouter()

_WORD = re.compile(r"[A-Z][a-z0-9]*")


class StoreModel(ApiModel):
    """The store that the token or session stands in."""

    id: int
    guild_id: Snowflake | None
    name: str
    currency: str
    language: str
    time_zone: str
    is_active: bool
    plugins: list[str]


class EventModel(ApiModel):
    """A fact, as it was recorded: `OrderRefunded` by its name, `order.refunded` by its type; `data` are its fields."""

    id: UUID
    name: str
    type: str
    key: str
    occurred_at: datetime
    data: dict[str, Any]


@router.get("/store", tags=["Store"], summary="The store")
async def read_store(actor: CurrentActor, app: CurrentApp) -> StoreModel:
    """Return the store that you act in, and which plugins are on."""
    store = app.stores.get(actor.store)
    return StoreModel(
        id=store.id,
        guild_id=store.guild_id,
        name=store.name,
        currency=store.currency,
        language=store.language,
        time_zone=store.time_zone,
        is_active=store.active,
        plugins=list(app.stores.enabled_plugins(store.id)),
    )


@router.get("/events", tags=["Events"], summary="Events", dependencies=[needs("event.read")])
async def list_events(
    cursor: Cursor = None,
    limit: Limit = 50,
    name: Annotated[str | None, Query(description="Only those of this name or type.")] = None,
) -> CursorPage[EventModel]:
    """Return what happened in the store, the latest first."""
    # The clock's own rows are no facts, and their IDs say nothing of when.
    query = EventRow.select().where(EventRow.name != TimerDue.__name__)
    query = query.order_by(EventRow.id, ascending=False).limit(limit + 1)
    if name:
        query = query.where(EventRow.name == (_name_of(name) if "." in name else name))
    if cursor:
        query = query.where(EventRow.id < _as_id(cursor))
    rows = await query
    return CursorPage[EventModel](
        items=[_event(row) for row in rows[:limit]],
        next_cursor=str(rows[limit - 1]["id"]) if len(rows) > limit else None,
    )


def _event(row: dict[str, Any]) -> EventModel:
    payload = row["payload"]
    data = orjson.loads(payload) if isinstance(payload, str | bytes) else payload
    name = row["name"]
    return EventModel(
        id=row["id"], name=name, type=_type_of(name), key=row["key"], occurred_at=row["occurred_at"], data=data
    )


def _type_of(name: str) -> str:
    """Return an event's name as other programs know such names: `OrderStatusChanged` is `order.status_changed`."""
    first, *rest = [word.lower() for word in _WORD.findall(name)] or [name]
    return f"{first}.{'_'.join(rest)}" if rest else first


def _name_of(kind: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[._]", kind))


def _as_id(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise Invalid.field("cursor", _("“{cursor}” is no cursor of this list.").format(cursor=cursor[:60])) from None
