"""Orders in Piccolo Admin: a few fields are changed through the services, everything else is to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.orders.admin_labels import LABELS
from guildshop.plugins.orders.api import (
    Order,
    OrderChange,
    OrderStatus,
    ShipmentChange,
    ShippingStatus,
    WantedItem,
)
from guildshop.plugins.orders.service import OrderEditing, OrderService
from guildshop.plugins.orders.tables import (
    Order as OrderTable,
)
from guildshop.plugins.orders.tables import (
    OrderAdjustment,
    OrderCreditNote,
    OrderHistory,
    OrderInvoice,
    OrderLine,
    OrderNote,
    Shipment,
    ShipmentLine,
)
from guildshop.web.admin import ServiceTable, service_table

if TYPE_CHECKING:
    from guildshop.app import App

READ = "order.read"
EDITABLE = [
    OrderTable.status,
    OrderTable.shipping_status,
    OrderTable.carrier,
    OrderTable.tracking_number,
    OrderTable.notes,
]


def admin_section(app: App) -> AdminSection:
    """Return the section of orders; flows in progress are nobody's business."""
    others = [
        service_table(OrderAdjustment, read=READ, order_by=[OrderAdjustment.order_id, OrderAdjustment.position]),
        service_table(OrderHistory, read=READ, order_by=[OrderHistory.at], newest_first=True),
        service_table(ShipmentLine, read=READ, order_by=[ShipmentLine.shipment]),
        service_table(OrderInvoice, read=READ, order_by=[OrderInvoice.number], newest_first=True),
        service_table(OrderCreditNote, read=READ, order_by=[OrderCreditNote.number], newest_first=True),
    ]
    return AdminSection(
        lazy("Orders"), [_orders(app), _lines(app), _shipments(app), _notes(app), *others], labels=LABELS
    )


def _orders(app: App) -> ServiceTable:
    async def patch(actor: Actor, order_id: UUID, changes: dict[str, Any], version: int | None) -> None:
        await app.get(OrderService).change(actor, order_id, to_change(changes), version=version)

    async def delete(actor: Actor, order_id: UUID) -> str:
        actor.require(READ)
        order = await app.get(OrderService).get(order_id)
        raise Refusal(
            _("Orders are not deleted here. Open /admin/order/{number}, and consider cancelling instead.").format(
                number=order.number
            )
        )

    visible = [
        OrderTable.number,
        OrderTable.status,
        OrderTable.shipping_status,
        OrderTable.payment_method,
        OrderTable.total,
        OrderTable.currency,
        OrderTable.created,
    ]
    return service_table(
        OrderTable,
        read=READ,
        visible=visible,
        hidden=[OrderTable.draft, OrderTable.answers],
        editable=EDITABLE,
        on_patch=patch,
        on_delete=delete,
        order_by=[OrderTable.created],
        newest_first=True,
        link=OrderTable.number,
    )


def _lines(app: App) -> ServiceTable:
    """Return the line items: those of an unpaid order are changed, added and taken out, and its totals follow."""
    editing = app.get(OrderEditing)

    async def patch(actor: Actor, line_id: UUID, changes: dict[str, Any], _version: int | None) -> None:
        order = await _order_of(app, line_id)
        await editing.set_items(actor, order.id, _items(order, {line_id: int(changes["quantity"])}))

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        order = await app.get(OrderService).get(_given(values, "order_id", UUID))
        product = _given(values, "product", UUID)
        added = WantedItem(str(product), _given(values, "quantity", int))
        if any(line.product == product for line in order.lines):
            raise Refusal(_("Order {number} has that product already. Change its line.").format(number=order.number))
        after = await editing.set_items(actor, order.id, [*_items(order, {}), added])
        return next(line.id for line in after.lines if line.product == product)

    async def delete(actor: Actor, line_id: UUID) -> str:
        order = await _order_of(app, line_id)
        await editing.set_items(actor, order.id, _items(order, {line_id: 0}))
        return _("The item was taken out of order {number}; its totals and reserved stock follow.").format(
            number=order.number
        )

    return service_table(
        OrderLine,
        read=READ,
        editable=[OrderLine.quantity],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[OrderLine.order_id, OrderLine.position],
    )


def _shipments(app: App) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], _version: int | None) -> None:
        status = changes.get("status")
        change = ShipmentChange(
            status=ShippingStatus(status) if status else None,
            carrier=_text(changes, "carrier"),
            tracking_number=_text(changes, "tracking_number"),
        )
        order_id = await _owner(app, "shipment", key)
        await app.get(OrderService).change_shipment(actor, order_id, key, change)

    return service_table(
        Shipment,
        read=READ,
        editable=[Shipment.status, Shipment.carrier, Shipment.tracking_number],
        on_patch=patch,
        order_by=[Shipment.created],
        newest_first=True,
    )


def _notes(app: App) -> ServiceTable:
    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        text, public = str(values.get("text") or ""), bool(values.get("public"))
        return await app.get(OrderService).add_note(actor, _given(values, "order_id", UUID), text, public=public)

    return service_table(OrderNote, read=READ, on_post=post, order_by=[OrderNote.at], newest_first=True)


def to_change(changes: dict[str, Any]) -> OrderChange:
    """Return the fields of the form that differ as a change of the order."""
    shipping = changes.get("shipping_status")
    if "shipping_status" in changes and not shipping:
        raise Refusal(_("A shipping status cannot be taken away. Choose one, then save again."))
    return OrderChange(
        status=OrderStatus(changes["status"]) if changes.get("status") else None,
        shipping_status=ShippingStatus(shipping) if shipping else None,
        carrier=_text(changes, "carrier"),
        tracking_number=_text(changes, "tracking_number"),
        notes=_text(changes, "notes"),
    )


def _text(changes: dict[str, Any], name: str) -> str | None:
    return str(changes[name] or "") if name in changes else None


def _given(values: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    try:
        return read(str(values.get(name) or ""))
    except ValueError:
        message = _("“{name}” is missing or wrong. Fill it in, then save again.").format(name=name)
        raise Invalid.field(name, message) from None


def _items(order: Order, changed: dict[UUID, int]) -> list[WantedItem]:
    """Return the order's items with other quantities for some lines."""
    return [WantedItem(str(line.product), changed.get(line.id, line.quantity)) for line in order.lines]


async def _order_of(app: App, line_id: UUID) -> Order:
    return await app.get(OrderService).get(await _owner(app, "order_line", line_id))


async def _owner(app: App, table: Literal["order_line", "shipment"], key: UUID) -> UUID:
    """Return the order of a line or parcel in the store in scope."""
    found = await app.get(OrderService).order_of(table, key)
    if found is None:
        raise NotFound(_("The row is gone. Reload the page."))
    return found
