"""The page of one order, and what can be done to it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import CUSTOMER_READ
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    Order,
    OrderStatus,
    Quote,
    ShipmentChange,
    ShippingStatus,
    WantedItem,
    channel_label,
    shipping_label,
    status_label,
)
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.plugins.orders.pages.words import PARCEL_TONES, TONES, titles, words
from guildshop.plugins.orders.service import (
    CreditNotes,
    Invoices,
    OrderActions,
    OrderDeletion,
    OrderEditing,
    OrderService,
)
from guildshop.plugins.orders.service.deleting import check_deletable
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, form_version, read_form, redirect, render

QUANTITY = "quantity-"
"""What the field for a line's quantity is called, before the line's ID."""


async def order_page(request: web.Request) -> web.StreamResponse:
    """Show an order with everything that happened to it, and the actions allowed now."""
    return await _show(request)


async def _show(
    request: web.Request, typed: dict[str, str] | None = None, quote: Quote | None = None
) -> web.StreamResponse:
    """Show the order; with what was typed into the form of its items, and what they would come to."""
    app, actor = app_of(request), actor_of(request)
    orders, actions = app.get(OrderService), app.get(OrderActions)
    order = await orders.get(request.match_info["id"])
    shipments = await orders.shipments(order.id)
    invoice = await app.get(Invoices).of(order.id)
    shippable = actor.may("order.update") and order.ships and order.status in rules.SHIPPABLE
    editable = (
        actor.may("order.update")
        and order.status is OrderStatus.PENDING_PAYMENT
        and not order.imported
        and invoice is None
    )
    return render(
        request,
        "orders/order.html",
        {
            "order": order,
            "customer": await app.get(CustomerService).get(order.customer) if actor.may(CUSTOMER_READ) else None,
            "history": await orders.history(order.id),
            "notes": await orders.notes(order.id),
            "actions": actions.allowed(actor, order),
            "sections": await actions.sections(order),
            "shipments": shipments,
            "moves": {
                shipment.id: [
                    (one.value, shipping_label(one))
                    for one in (shipment.status, *rules.allowed_shipping_moves(order.status, shipment.status))
                ]
                for shipment in shipments
            },
            "unpacked": rules.left_to_pack(order, shipments) if shippable else (),
            "shippable": shippable,
            "editable": editable,
            "suggested": await _suggested(request) if editable else (),
            "typed": typed,
            "quote": quote,
            "carriers": list(orders.carriers(order.store)),
            "invoice": invoice,
            "credit_notes": await app.get(CreditNotes).of(order.id) if invoice is not None else (),
            "to_credit": await app.get(CreditNotes).open_amount(order) if invoice is not None else 0,
            "deletable": actor.may("order.delete") and _deletable(order),
            "reason_text": reason_text,
            "status_label": status_label,
            "channel_label": channel_label,
            "shipping_label": shipping_label,
            "words": words(),
            "titles": titles(),
            "payment_label": orders.methods.label(order.store, order.payment_method) if order.payment_method else "",
            "tones": TONES,
            "parcel_tones": PARCEL_TONES,
        },
    )


async def act(request: web.Request) -> web.StreamResponse:
    """Do one of the actions allowed now, and come back to the order."""
    app, actor = app_of(request), actor_of(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    actions, name = app.get(OrderActions), request.match_info["action"]
    values = await read_form(request)
    actions.require(actor, order, name)

    async def run() -> str:
        return await actions.run(actor, order, name, values)

    return await _done(request, order, run)


async def pack_act(request: web.Request) -> web.StreamResponse:
    """Put the pieces that were chosen into a new parcel."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    orders = app.get(OrderService)
    order = await orders.get(request.match_info["id"])

    async def run() -> str:
        await orders.pack(actor, order.id, _quantities(form), _change(form))
        return _("The parcel of order {number} is packed.").format(number=order.number)

    return await _done(request, order, run)


async def parcel_act(request: web.Request) -> web.StreamResponse:
    """Change a parcel, or take it apart."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    orders = app.get(OrderService)
    order = await orders.get(request.match_info["id"])
    shipment = _key(request.match_info["shipment"])

    async def run() -> str:
        if form.get("do") == "unpack":
            await orders.unpack(actor, order.id, shipment)
            return _("The parcel is taken apart.")
        after = await orders.change_shipment(actor, order.id, shipment, _change(form))
        return _("The parcel is saved. Order {number} is {status}.").format(
            number=after.number, status=status_label(after.status)
        )

    return await _done(request, order, run)


async def items_act(request: web.Request) -> web.StreamResponse:
    """Change the items of an unpaid order, or show what it would come to."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    order, editing = await app.get(OrderService).get(request.match_info["id"]), app.get(OrderEditing)
    version = form_version(form)
    if form.get("do") == "quote":
        try:
            return await _show(
                request, form, await editing.preview(actor, order.id, _items(order, form), version=version)
            )
        except Refusal as refusal:
            return await show_again(request, order_page, refusal)

    async def run() -> str:
        after = await editing.set_items(actor, order.id, _items(order, form), version=version)
        if after.version == order.version:
            return _("The items of order {number} are as they were.").format(number=after.number)
        return _("The items of order {number} are saved. Its total is {total} now.").format(
            number=after.number, total=format_money(after.total, after.currency)
        )

    return await _done(request, order, run)


async def delete_act(request: web.Request) -> web.StreamResponse:
    """Delete an order whose number was typed."""
    app, actor, form = app_of(request), actor_of(request), await read_form(request)
    order = await app.get(OrderService).get(request.match_info["id"])
    try:
        number = await app.get(OrderDeletion).delete(actor, order.id, form.get("number", ""))
    except Invalid as refusal:
        return await show_again(request, order_page, refusal)
    flash(request, _("Order {number} is deleted.").format(number=number))
    raise redirect(request, "order")


async def _done(request: web.Request, order: Order, run: Callable[[], Awaitable[str]]) -> web.StreamResponse:
    """Come back to the order with what was done, or with why it was not."""
    try:
        flash(request, await run())
    except Refusal as refusal:
        return await show_again(request, order_page, refusal)
    raise redirect(request, f"order/{order.number}")


async def _suggested(request: web.Request) -> list[tuple[str, str]]:
    found = await app_of(request).get(CatalogService).autocomplete("", frozenset())
    return [(product.sku, product.name) for product in found]


def _items(order: Order, form: dict[str, str]) -> list[WantedItem]:
    """Return the items that the form wants: those of the order with their new quantities, and one more."""
    quantities = _quantities(form)
    items = [WantedItem(str(line.product), quantities.get(line.id, line.quantity)) for line in order.lines]
    if form.get("add"):
        items.append(WantedItem(form["add"], rules.check_quantity(form.get("add_quantity") or "1")))
    return items


def _quantities(form: dict[str, str]) -> dict[UUID, int]:
    """Return the quantities of the form by line; an empty one is none."""
    found: dict[UUID, int] = {}
    for name, typed in form.items():
        if name.startswith(QUANTITY):
            if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
                raise Invalid.field(
                    name, _("“{text}” is no quantity. Give a whole number such as 2.").format(text=typed[:20])
                )
            found[_key(name.removeprefix(QUANTITY))] = int(typed or 0)
    return found


def _change(form: dict[str, str]) -> ShipmentChange:
    status = form.get("status", "")
    if status and status not in ShippingStatus.__members__:
        raise Invalid.field("status", _("“{text}” is no shipping status.").format(text=status[:40]))
    return ShipmentChange(
        status=ShippingStatus(status) if status else None,
        carrier=form.get("carrier"),
        tracking_number=form.get("tracking_number"),
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such part of this order. Reload the page.")) from None


def _deletable(order: Order) -> bool:
    try:
        check_deletable(order)
    except Refusal:
        return False
    return True
