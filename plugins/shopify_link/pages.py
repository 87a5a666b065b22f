"""The pages of the workspace: who is linked, lists that are linked, and the tab on a customer's page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from aiohttp import web
from markupsafe import Markup
from yarl import URL

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ, Customer, CustomerTab
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.shopify_link import rules
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    LINK_UPDATE,
    BulkState,
    LinkAction,
    LinkMethod,
    RowState,
    Target,
)
from guildshop.plugins.shopify_link.service import COLUMNS, REQUIRED, LinkService
from guildshop.spreadsheets import Sheet, read_sheet
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render
from guildshop.web.sheets import sheet_response

if TYPE_CHECKING:
    from guildshop.app import App

PATH = "shopify"
FILE = "links.csv"
PAGE_SIZE = 50
SHOWN_ROWS = 200
MAX_BODY = 2 * 1024 * 1024
LONGEST_SHOWN = 100_000
"""Bytes of a file that is put into the form to be corrected; what was pasted comes back whole."""
METHODS: Mapping[LinkMethod, str] = {
    LinkMethod.STAFF: lazy("by staff"),
    LinkMethod.EMAIL: lazy("by email"),
    LinkMethod.IMPORT: lazy("by a list"),
}
ACTIONS: Mapping[LinkAction, str] = {
    LinkAction.LINK: lazy("Linked"),
    LinkAction.UNLINK: lazy("Unlinked"),
    LinkAction.DATA_REQUEST: lazy("Data requested"),
}
STATES: Mapping[RowState, tuple[str, str]] = {
    RowState.WAITING: (lazy("Waiting"), "neutral"),
    RowState.FINE: (lazy("Can be linked"), "good"),
    RowState.LINKED: (lazy("Linked"), "good"),
    RowState.ALREADY: (lazy("Linked before"), "info"),
    RowState.BAD: (lazy("Not linked"), "bad"),
}


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show who is linked, whether Shopify is set up, and the latest lists."""
    service, actor, store = _service(request), actor_of(request), store_of(request)
    text, cursor = request.query.get("text", "")[:100], request.query.get("cursor", "")
    found = await service.list_links(actor, text=text, cursor=cursor, limit=PAGE_SIZE)
    settings, here = service.settings(store.id), URL(page_url(request, PATH))
    return render(
        request,
        "shopify_link/links.html",
        {
            "links": found.items,
            "text": text,
            "next_url": str(here.with_query({"text": text, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query({"text": text})) if cursor else "",
            "bulks": await service.latest_bulks(actor),
            "requests": await service.data_requests(actor),
            "counts": await service.counts(store.id),
            "begun": settings.begun,
            "complete": settings.complete,
            "shop": settings.shop,
            **_words(),
        },
    )


async def unlink(request: web.Request) -> web.StreamResponse:
    """End a link."""
    form = await read_form(request)
    try:
        member = rules.member_id(form.get("member", ""))
        await _service(request).unlink_member(actor_of(request), member)
    except Refusal as refusal:
        refusal.message = refusal.message.replace(f"<@{form.get('member', '')}>", form.get("member", ""))
        raise
    flash(request, _("The link is ended; the client role and the metafields are taken away."))
    raise redirect(request, _back(form.get("customer", "")))


async def link(request: web.Request) -> web.StreamResponse:
    """Link the member who is a customer of this shop."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    customer = await _customer(request)
    try:
        actor.require(LINK_UPDATE)
        if customer.discord_id is None:
            raise Invalid.field("email", _("This customer is no Discord member, so there is nobody to link."))
        target = Target(customer.discord_id, customer.username)
        made = await app.get(LinkService).link_member(actor, target, form.get("email", ""))
    except Refusal as refusal:
        refusal.message = refusal.message.replace(f"<@{customer.discord_id}>", customer.name)
        raise
    flash(request, _("Linked to {name}.").format(name=made.link.name or made.link.shopify_id))
    raise redirect(request, _back(str(customer.id)))


async def data(request: web.Request) -> web.StreamResponse:
    """Send what is kept of a Shopify customer, as a file."""
    shopify_id = rules.digits_of(request.match_info["id"])
    kept = await _service(request).data_of(actor_of(request), shopify_id) if shopify_id else None
    if kept is None:
        raise NotFound(_("Nothing is kept of this Shopify customer."))
    name = f"shopify-customer-{shopify_id}.json"
    return web.Response(
        body=orjson.dumps(kept, option=orjson.OPT_INDENT_2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# Lists


async def bulk_form(request: web.Request) -> web.StreamResponse:
    """Ask for a list."""
    return _bulk_form(request)


async def bulk_start(request: web.Request) -> web.StreamResponse:
    """Begin to look at a list, or to link it."""
    actor, form = actor_of(request), await request.post()
    actor.require(LINK_UPDATE)
    field, pasted = form.get("file"), str(form.get("text", "")).replace("\0", "")
    if isinstance(field, web.FileField) and field.filename:
        content = await asyncio.to_thread(field.file.read)
    else:
        content = pasted.encode()
    if not content.strip():
        return _bulk_form(request, problem=_("Choose a file, or paste its rows."))
    text = pasted or (content.decode("utf-8-sig", errors="replace") if len(content) < LONGEST_SHOWN else "")
    try:
        sheet = await asyncio.to_thread(_read, content)
        if sheet.problems:
            line, sentence = sheet.problems[0]
            raise Invalid(_("Line {line}: {problem}").format(line=line, problem=sentence))
        made = await _service(request).start_bulk(actor, sheet.rows, dry_run=form.get("do") != "link")
    except Refusal as refusal:
        return _bulk_form(request, problem=refusal.message, text=text)
    raise redirect(request, f"{PATH}/bulk/{made.id}")


async def bulk_page(request: web.Request) -> web.StreamResponse:
    """Show how far a list is, and what became of its rows."""
    service, actor, key = _service(request), actor_of(request), _key(request)
    found = await service.bulk(actor, key)
    rows = await service.bulk_rows(actor, key, bad_first=True, limit=SHOWN_ROWS)
    return render(
        request,
        "shopify_link/bulk.html",
        {"bulk": found, "rows": rows, "running": found.state is BulkState.RUNNING, "shown": SHOWN_ROWS, **_words()},
    )


async def bulk_link(request: web.Request) -> web.StreamResponse:
    """Begin to link what a dry run found nothing against."""
    key = _key(request)
    try:
        made = await _service(request).link_fine(actor_of(request), key)
    except NotFound:
        raise
    except Refusal as refusal:
        flash(request, refusal.message, "error")
        raise redirect(request, f"{PATH}/bulk/{key}") from None
    raise redirect(request, f"{PATH}/bulk/{made.id}")


async def bulk_report(request: web.Request) -> web.StreamResponse:
    """Send what became of every row of a list, as CSV."""
    service, actor, key = _service(request), actor_of(request), _key(request)
    await service.bulk(actor, key)
    rows = await service.bulk_rows(actor, key)
    return sheet_response(
        "links-report.csv",
        ["row", *COLUMNS, "result", "message"],
        [[str(row.number), row.member, row.email, row.state.value, row.message] for row in rows],
    )


def customer_tab(app: App) -> CustomerTab:
    """Return the tab of a customer's page with their link, its log, and the form that makes or ends it."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        service, member = app.get(LinkService), customer.discord_id
        return {
            "link": None if member is None else await service.of_member(member),
            "entries": [] if member is None else await service.entries(actor, member),
            "complete": service.settings(actor.store).complete,
            "shop": service.settings(actor.store).shop,
            **_words(),
        }

    return CustomerTab("shopify", lazy("Shopify"), LINK_READ, "shopify_link/customer_tab.html", load, position=60)


# Within


def _service(request: web.Request) -> LinkService:
    return app_of(request).get(LinkService)


def _words() -> dict[str, Any]:
    return {
        "methods": {one: _(label) for one, label in METHODS.items()},
        "actions": {one: _(label) for one, label in ACTIONS.items()},
        "states": {one: (_(label), tone) for one, (label, tone) in STATES.items()},
        "columns": {Markup("<code>{}</code>").format(name): _(hint) for name, hint in COLUMNS.items()},
    }


def _back(customer: str) -> str:
    try:
        return f"customer/{UUID(customer)}/shopify"
    except ValueError:
        return PATH


async def _customer(request: web.Request) -> Customer:
    actor_of(request).require(CUSTOMER_READ)
    return await app_of(request).get(CustomerService).at(request.match_info["id"])


def _key(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such list in this shop.")) from None


def _read(content: bytes) -> Sheet:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(content)
        try:
            return read_sheet(path, COLUMNS, REQUIRED)
        except Invalid as refusal:
            raise Invalid(refusal.message.replace(str(path), FILE)) from None


def _bulk_form(request: web.Request, *, problem: str = "", text: str = "") -> web.Response:
    values = {"problem": problem, "text": text, **_words()}
    return render(request, "shopify_link/bulk_form.html", values, status=422 if problem else 200)


PAGES: Sequence[Page] = [
    Page(PATH, list_page, LINK_READ, label=lazy("Shopify"), position=35, icon="link", shortcut="l"),
    Page(f"{PATH}/unlink", unlink, LINK_UPDATE, methods=("POST",)),
    Page(f"{PATH}/link/{{id}}", link, LINK_UPDATE, methods=("POST",)),
    Page(f"{PATH}/data/{{id}}", data, LINK_READ),
    Page(f"{PATH}/bulk", bulk_form, LINK_UPDATE),
    Page(f"{PATH}/bulk", bulk_start, LINK_UPDATE, methods=("POST",), max_body=MAX_BODY),
    Page(f"{PATH}/bulk/{{id}}", bulk_page, LINK_READ),
    Page(f"{PATH}/bulk/{{id}}/link", bulk_link, LINK_UPDATE, methods=("POST",)),
    Page(f"{PATH}/bulk/{{id}}/report.csv", bulk_report, LINK_READ),
]
