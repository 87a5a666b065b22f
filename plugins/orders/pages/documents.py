"""Pages to print: packing slips and invoices."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import Order, OrdersSettings, Shipment, ShipmentItem
from guildshop.plugins.orders.service import CreditNotes, Invoices, OrderService
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, redirect, render

MOST = 50
"""How many packing slips are printed at once."""


async def slip_page(request: web.Request) -> web.StreamResponse:
    """Show the packing slip of one order: a sheet for each parcel, or one for what is in none."""
    return await _slips(request, [request.match_info["id"]])


async def slips_page(request: web.Request) -> web.StreamResponse:
    """Show the packing slips of several orders, each on a page of its own."""
    return await _slips(request, request.query.getall("order", [])[:MOST])


async def invoice_page(request: web.Request) -> web.StreamResponse:
    """Show an order's invoice as it was issued."""
    app = app_of(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    invoice = await app.get(Invoices).of(order.id)
    return render(request, "orders/invoice.html", {"order": order, "invoice": invoice})


async def invoice_act(request: web.Request) -> web.StreamResponse:
    """Issue the invoice of an order, once."""
    app, actor = app_of(request), actor_of(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    try:
        await app.get(Invoices).issue(actor, order.id)
    except Refusal as refusal:
        flash(request, refusal.message, "error")
        raise redirect(request, f"order/{order.number}") from None
    raise redirect(request, f"order/{order.number}/invoice")


async def credit_note_page(request: web.Request) -> web.StreamResponse:
    """Show a credit note of an order as it was issued."""
    app, number = app_of(request), request.match_info["number"]
    order = await app.get(OrderService).get(request.match_info["id"])
    known = number.isascii() and number.isdigit() and len(number) < 10
    note = await app.get(CreditNotes).numbered(order.id, int(number) if known else 0)
    return render(request, "orders/credit_note.html", {"order": order, "note": note})


async def credit_note_act(request: web.Request) -> web.StreamResponse:
    """Issue a credit note over what was given back of an invoiced order."""
    app, actor = app_of(request), actor_of(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    try:
        note = await app.get(CreditNotes).issue(actor, order.id)
    except Refusal as refusal:
        flash(request, refusal.message, "error")
        raise redirect(request, f"order/{order.number}") from None
    raise redirect(request, f"order/{order.number}/credit-note/{note.number}")


async def _slips(request: web.Request, references: list[str]) -> web.StreamResponse:
    app, actor = app_of(request), actor_of(request)
    orders = app.get(OrderService)
    sheets: list[tuple[Order, Shipment | None, Sequence[ShipmentItem]]] = []
    for reference in references:
        order = await orders.get(reference)
        shipments = await orders.shipments(order.id)
        for shipment in shipments:
            sheets.append((order, shipment, shipment.items))
        left = rules.left_to_pack(order, shipments)
        if left:
            sheets.append((order, None, left))
    settings = app.stores.settings(actor.store, OrdersSettings)
    title = _("Packing slips")
    return render(
        request,
        "orders/slips.html",
        {
            "title": title,
            "sheets": sheets,
            "seller": settings.seller_name or app.stores.get(actor.store).name,
            "seller_address": settings.seller_address.splitlines(),
        },
    )
