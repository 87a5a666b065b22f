"""The list of orders: filters, saved ones too, a file of what they show, and what is done to several orders at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import web
from yarl import URL

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _, grouped, ngettext
from guildshop.importing import import_kind
from guildshop.jobs import MOST_SUBJECTS
from guildshop.plugins.orders.api import OrderStatus, ShipmentChange, status_label
from guildshop.plugins.orders.pages.filters import NAMES, TO_BE_FULFILLED, read_filters
from guildshop.plugins.orders.pages.words import TONES
from guildshop.plugins.orders.service import OrderFiles, OrderService, SavedFilters
from guildshop.web.again import PartlyDone
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render
from guildshop.web.sheets import stream_sheet

PAGE_SIZE = 50
CHOSEN = "order-"
"""What the check box of an order is called, before its ID."""


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the orders that fit the filters, newest first."""
    app, actor = app_of(request), actor_of(request)
    orders = app.get(OrderService)
    filters = read_filters(request.query, app.stores.get(actor.store))
    found = await orders.list(actor, filters.wanted, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    count = await orders.count(actor, filters.wanted)
    here = URL(page_url(request, "order"))
    methods = [(method.code, method.label) for method in orders.methods.all(actor.store)]
    return render(
        request,
        "orders/list.html",
        {
            "orders": found.items,
            "count": count,
            "counted": f"{grouped(count - 1)}+" if count > 1000 else grouped(count),
            "filters": filters.typed,
            "problem": filters.problem,
            "filtered": bool(filters.query),
            "more": bool(found.cursor or "cursor" in request.query),
            "saved": await app.get(SavedFilters).all(actor),
            "query": URL.build(query=filters.query).raw_query_string,
            "statuses": [
                ("", _("All statuses")),
                *((status.value, status_label(status)) for status in OrderStatus),
                (TO_BE_FULFILLED, _("To be fulfilled")),
            ],
            "methods": [("", _("All payment methods")), *methods],
            "labels": dict(methods),
            "carriers": list(orders.carriers(actor.store)),
            "status_label": status_label,
            "tones": TONES,
            "export_url": str(URL(page_url(request, "order/export.csv")).with_query(filters.query)),
            "next_url": str(here.with_query({**filters.query, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query(filters.query)) if "cursor" in request.query else "",
        },
    )


async def export_page(request: web.Request) -> web.StreamResponse:
    """Send the orders that fit the filters as CSV, in the columns that the import takes."""
    app, actor = app_of(request), actor_of(request)
    actor.require("order.read")
    filters = read_filters(request.query, app.stores.get(actor.store))
    if filters.problem:
        raise Invalid(filters.problem)
    rows = app.get(OrderFiles).export_orders(actor, filters.wanted)
    return await stream_sheet(request, "orders.csv", list(import_kind(app, "orders").columns), rows)


async def filters_act(request: web.Request) -> web.StreamResponse:
    """Keep the filter that is shown under a name, or drop a kept one."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    saved = app.get(SavedFilters)
    query = read_filters(_typed(form), app.stores.get(actor.store)).query
    if form.get("drop"):
        await saved.drop(actor, form["drop"])
        flash(request, _("The filter is dropped."))
    else:
        await saved.keep(actor, form.get("name", ""), URL.build(query=query).raw_query_string)
        flash(request, _("The filter is kept as “{name}”.").format(name=form.get("name", "")))
    raise web.HTTPSeeOther(str(URL(page_url(request, "order")).with_query(query)))


async def bulk_act(request: web.Request) -> web.StreamResponse:
    """Confirm or send every order that is ticked, and say which could not be and why."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    orders = app.get(OrderService)
    chosen = [name.removeprefix(CHOSEN) for name in form if name.startswith(CHOSEN)][:PAGE_SIZE]
    change = ShipmentChange(carrier=form.get("carrier") or None)

    async def confirm(order: str) -> object:
        return await orders.confirm_payment(actor, order)

    async def ship(order: str) -> object:
        return await orders.ship_all(actor, order, change)

    if form.get("all") and form.get("do") in {"confirm", "ship"}:
        raise await _begin_all(request, form)
    actions: dict[str, Callable[[str], Awaitable[object]]] = {"confirm": confirm, "ship": ship}
    back = URL(page_url(request, "order")).with_query(_typed(form))
    act = actions.get(form.get("do", ""))
    if not chosen or act is None:
        raise Invalid(_("No order is ticked. Tick the orders first, then choose what to do."))
    problems: list[str] = []
    done: list[str] = []
    for order in chosen:
        try:
            await act(order)
        except Refusal as refusal:
            problems.append(refusal.message)
        else:
            done.append(f"{CHOSEN}{order}")
    if done:
        flash(request, _said(form["do"], len(done)))
    if problems:
        told = " ".join([*problems[:5], *_more(len(problems) - 5)])
        raise PartlyDone(request, told, done) if done else Invalid(told)
    raise web.HTTPSeeOther(str(back))


async def _begin_all(request: web.Request, form: Mapping[str, str]) -> web.HTTPSeeOther:
    """Write down all orders that fit the filters, also those on other pages, and lead to where they are begun."""
    app, actor = app_of(request), actor_of(request)
    filters = read_filters(_typed(form), app.stores.get(actor.store))
    if filters.problem:
        raise Invalid(filters.problem)
    orders = app.get(OrderService)
    fitting = await orders.matching(actor, filters.wanted, MOST_SUBJECTS + 1)
    carrier = orders.clean_change(actor.store, ShipmentChange(carrier=form.get("carrier") or None)).carrier
    arguments = {"carrier": carrier} if carrier and form["do"] == "ship" else {}
    job = await app.jobs.begin_bulk(actor, f"orders.{form['do']}", fitting, arguments)
    return redirect(request, f"job/{job.id}")


async def slips_act(request: web.Request) -> web.StreamResponse:
    """Lead to the packing slips of the orders that are ticked."""
    form = await read_form(request)
    chosen = [name.removeprefix(CHOSEN) for name in form if name.startswith(CHOSEN)][:PAGE_SIZE]
    if not chosen:
        raise Invalid(_("No order is ticked. Tick the orders first, then choose what to do."))
    raise web.HTTPSeeOther(str(URL(page_url(request, "order/slips")).with_query({"order": chosen})))


def _said(what: str, done: int) -> str:
    if what == "confirm":
        text = ngettext("{count} order is confirmed.", "{count} orders are confirmed.", done)
    else:
        text = ngettext("{count} order is sent.", "{count} orders are sent.", done)
    return text.format(count=grouped(done))


def _more(count: int) -> list[str]:
    if count <= 0:
        return []
    text = ngettext("{count} more order could not be changed.", "{count} more orders could not be changed.", count)
    return [text.format(count=grouped(count))]


def _typed(form: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that the list was shown with."""
    return {name: value for name, value in parse_qsl(form.get("query", "")[:1000]) if name in NAMES}
