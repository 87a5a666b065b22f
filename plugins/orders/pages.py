"""The pages of the workspace: the list of orders, and one order with what can be done to it now."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from yarl import URL

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.money import parse_money
from guildshop.plugins.orders.api import (
    HistoryKind,
    OrderFilter,
    OrderStatus,
    ShippingStatus,
    channel_label,
    shipping_label,
    status_label,
)
from guildshop.plugins.orders.service import OrderActions, OrderFiles, OrderService
from guildshop.spreadsheets import write_row
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_SIZE = 50
TONES: Mapping[OrderStatus, str] = {
    OrderStatus.PENDING_PAYMENT: "warn",
    OrderStatus.PAID: "info",
    OrderStatus.FULFILLING: "info",
    OrderStatus.SHIPPED: "info",
    OrderStatus.COMPLETE: "good",
    OrderStatus.CANCELLED: "bad",
    OrderStatus.PARTIALLY_REFUNDED: "warn",
    OrderStatus.REFUNDED: "bad",
}


TITLES: Mapping[HistoryKind, str] = {
    HistoryKind.PLACED: lazy("Placed"),
    HistoryKind.STATUS: lazy("Status"),
    HistoryKind.SHIPPING: lazy("Shipping"),
    HistoryKind.PAYMENT: lazy("Payment"),
    HistoryKind.REFUND: lazy("Refund"),
    HistoryKind.NOTE: lazy("Notes changed"),
    HistoryKind.IMPORTED: lazy("Imported"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed into the filters, and what it means."""

    typed: Mapping[str, str]
    wanted: OrderFilter
    problem: str = ""


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the orders that fit the filters, newest first."""
    app, actor = app_of(request), actor_of(request)
    orders = app.get(OrderService)
    filters = read_filters(request, app)
    found = await orders.list(actor, filters.wanted, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE)
    count = await orders.count(actor, filters.wanted)
    query = {name: value for name, value in filters.typed.items() if value}
    next_url = URL(page_url(request, "order")).with_query({**query, "cursor": found.cursor}) if found.cursor else ""
    methods = [(method.code, method.label) for method in orders.methods.all(actor.store)]
    return render(
        request,
        "orders/list.html",
        {
            "orders": found.items,
            "count": f"{count - 1}+" if count > 1000 else str(count),
            "filters": filters.typed,
            "problem": filters.problem,
            "filtered": bool(query),
            "statuses": [("", _("All statuses")), *((status.value, status_label(status)) for status in OrderStatus)],
            "methods": [("", _("All payment methods")), *methods],
            "labels": dict(methods),
            "status_label": status_label,
            "tones": TONES,
            "next_url": str(next_url),
            "first_url": str(URL(page_url(request, "order")).with_query(query)) if "cursor" in request.query else "",
        },
    )


async def export_page(request: web.Request) -> web.StreamResponse:
    """Send every order as CSV, in the columns that the import takes."""
    app, actor = app_of(request), actor_of(request)
    actor.require("order.read")
    response = web.StreamResponse(
        headers={"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="orders.csv"'}
    )
    await response.prepare(request)
    columns: list[str] = []
    await response.write(b"\xef\xbb\xbf")
    async for row in app.get(OrderFiles).export_orders(actor):
        buffer = io.StringIO()
        if not columns:
            columns = list(row)
            write_row(buffer, columns)
        write_row(buffer, [row[column] for column in columns])
        await response.write(buffer.getvalue().encode())
    await response.write_eof()
    return response


PAYMENT_WORDS = {
    "REPORTED": lazy("Reported by the customer"),
    "CONFIRMED": lazy("Confirmed"),
    "REJECTED": lazy("Rejected"),
}
"""What the timeline calls the steps of a payment that payment plugins write into it."""


async def order_page(request: web.Request) -> web.StreamResponse:
    """Show an order with everything that happened to it, and the actions allowed now."""
    app, actor = app_of(request), actor_of(request)
    orders, actions = app.get(OrderService), app.get(OrderActions)
    order = await orders.get(request.match_info["id"])
    return render(
        request,
        "orders/order.html",
        {
            "order": order,
            "history": await orders.history(order.id),
            "notes": await orders.notes(order.id),
            "actions": actions.allowed(actor, order),
            "sections": await actions.sections(order),
            "status_label": status_label,
            "channel_label": channel_label,
            "shipping_label": shipping_label,
            "words": {
                **{word: _(label) for word, label in PAYMENT_WORDS.items()},
                **{status.value: shipping_label(status) for status in ShippingStatus},
                **{status.value: status_label(status) for status in OrderStatus},
            },
            "titles": {kind: _(title) for kind, title in TITLES.items()},
            "payment_label": orders.methods.label(order.store, order.payment_method) if order.payment_method else "",
            "tones": TONES,
        },
    )


async def act(request: web.Request) -> web.StreamResponse:
    """Do one of the actions allowed now, and come back to the order."""
    app, actor = app_of(request), actor_of(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    actions, name = app.get(OrderActions), request.match_info["action"]
    values = await read_form(request)
    actions.require(actor, order, name)
    try:
        flash(request, await actions.run(actor, order, name, values))
    except Refusal as refusal:
        flash(request, refusal.message, "error")
    raise redirect(request, f"order/{order.number}")


def read_filters(request: web.Request, app: App) -> Filters:
    """Return the filters of a request's query; what is wrong in one is said, and that one left out."""
    store = app.stores.get(actor_of(request).store)
    names = ("text", "status", "payment_method", "customer", "created_from", "created_to", "minimum", "maximum")
    typed = {name: request.query.get(name, "").strip()[:100] for name in names}
    problems: list[str] = []

    def value(name: str, read: Any) -> Any:
        if not typed[name]:
            return None
        try:
            return read(typed[name])
        except Refusal as refusal:
            problems.append(refusal.message)
        except (ValueError, OverflowError):
            problems.append(_("“{text}” cannot be used as a filter.").format(text=typed[name]))
        return None

    zone = ZoneInfo(store.time_zone)
    status = value("status", OrderStatus)
    wanted = OrderFilter(
        statuses=frozenset() if status is None else frozenset({status}),
        payment_method=typed["payment_method"],
        customer=value("customer", UUID),
        text=typed["text"],
        created_from=value("created_from", lambda text: _day(text, zone)),
        created_before=value("created_to", lambda text: _day(text, zone) + timedelta(days=1)),
        minimum=value("minimum", lambda text: parse_money(text, store.currency)),
        maximum=value("maximum", lambda text: parse_money(text, store.currency)),
    )
    return Filters(typed, wanted, " ".join(problems))


def _day(text: str, zone: ZoneInfo) -> datetime:
    """Return the beginning of a day in the store's time zone."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(_("“{text}” is no date. Write it like 2026-01-31.").format(text=text)) from None


PAGES = [
    Page("order", list_page, "order.read", label=lazy("Orders"), position=10, icon="orders"),
    Page("order/export.csv", export_page, "order.read"),
    Page("order/{id}", order_page, "order.read"),
    Page("order/{id}/{action}", act, "order.read", methods=("POST",)),
]
