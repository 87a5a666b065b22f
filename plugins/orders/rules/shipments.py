"""What is in parcels, what is not yet, and what that makes of the order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.orders.api import (
    LineKind,
    MoveRefused,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    ShipmentItem,
    ShippingStatus,
    status_label,
)
from guildshop.plugins.orders.rules.moves import SHIPPABLE

_S = ShippingStatus
SENT = frozenset({_S.SHIPPED, _S.DELIVERED})
"""The shipping statuses of a parcel that left."""

MAXIMUM_SHIPMENTS = 100
"""How many parcels one order takes."""


def packed(shipments: Iterable[Shipment]) -> Mapping[UUID, int]:
    """Return how many pieces of each line are in parcels."""
    counted: Counter[UUID] = Counter()
    for shipment in shipments:
        for item in shipment.items:
            counted[item.line] += item.quantity
    return counted


def newly_unsent(line: OrderLine, quantity: int, *, sent_back: bool) -> int:
    """Return how many of the pieces that are given back now were never sent.

    What the customer sent back is of the pieces that left, as far as those did not come back already; what is refunded
    without coming back is of the pieces that did not leave, as far as there are any.
    """
    if sent_back:
        with_customer = max(line.sent - (line.returned - line.unsent), 0)
        return max(quantity - with_customer, 0)
    return min(quantity, max(line.quantity - line.unsent - line.sent, 0))


def never_sent(line: OrderLine, shipments: Iterable[Shipment]) -> int:
    """Return how many of the returned pieces were never sent.

    What was refunded out of a parcel that was lost then counts as never sent: it is not sent anew.
    """
    sent = packed(shipment for shipment in shipments if shipment.status in SENT).get(line.id, 0)
    return max(line.unsent, line.returned - sent)


def to_send(line: OrderLine, shipments: Iterable[Shipment]) -> int:
    """Return how many pieces of a line are sent in all: those bought without those refunded before they were sent."""
    return line.quantity - never_sent(line, shipments)


def left_to_pack(order: Order, shipments: Iterable[Shipment]) -> tuple[ShipmentItem, ...]:
    """Return what is in no parcel yet and is still to be sent."""
    present = tuple(shipments)
    done = packed(present)
    return tuple(
        ShipmentItem(line.id, line.sku, line.name, left)
        for line in order.lines
        if line.kind is LineKind.SHIPPED and (left := to_send(line, present) - done.get(line.id, 0)) > 0
    )


def check_sendable(order: Order, shipments: Iterable[Shipment], parcel: Shipment) -> None:
    """Refuse to send a parcel that has pieces in it that were refunded since they were packed."""
    others = [shipment for shipment in shipments if shipment.id != parcel.id]
    gone = packed(shipment for shipment in others if shipment.status in SENT)
    lines = {line.id: line for line in order.lines}
    for item in parcel.items:
        line = lines[item.line]
        left = max(line.quantity - line.unsent - gone.get(item.line, 0), 0)
        if item.quantity > left:
            raise MoveRefused(
                _(
                    "Parcel {position} of order {number} has {quantity} × {name}, but only {left} are still to be sent:"
                    " the rest was refunded. Take the parcel back, then pack it anew."
                ).format(
                    position=parcel.position, number=order.number, quantity=item.quantity, name=item.name, left=left
                )
            )


def check_items(order: Order, shipments: Iterable[Shipment], wanted: Mapping[UUID, int]) -> tuple[ShipmentItem, ...]:
    """Return the wanted pieces as a parcel's; refuse more of a line than is left, or nothing at all."""
    present = tuple(shipments)
    done = packed(present)
    lines = {line.id: line for line in order.lines if line.kind is LineKind.SHIPPED}
    items: list[ShipmentItem] = []
    for key, quantity in wanted.items():
        line = lines.get(key)
        if line is None:
            raise Invalid.field("items", _("Order {number} has no such item to ship.").format(number=order.number))
        left = max(to_send(line, present) - done.get(key, 0), 0)
        if not 0 <= quantity <= left:
            raise Invalid.field(
                "items",
                _("{quantity} × {name} cannot be packed: {left} of {bought} are still to be packed.").format(
                    quantity=quantity, name=line.name, left=left, bought=line.quantity
                ),
            )
        if quantity:
            items.append(ShipmentItem(key, line.sku, line.name, quantity))
    if not items:
        raise (
            nothing_left(order)
            if not left_to_pack(order, present)
            else Invalid.field("items", _("The parcel is empty. Give the quantity of at least one item."))
        )
    return tuple(items)


def check_shippable(order: Order, status: OrderStatus | None = None) -> None:
    """Refuse parcels of an order that is not paid, is over, or has nothing to ship."""
    now = status or order.status
    if order.shipping_status is None:
        raise MoveRefused(_("Nothing of order {number} ships: it has no parcels.").format(number=order.number))
    if now not in SHIPPABLE:
        raise MoveRefused(
            _("Order {number} is {status}: only a paid order ships.").format(
                number=order.number, status=status_label(now)
            )
        )


def nothing_left(order: Order) -> MoveRefused:
    """Return the refusal of one more parcel where everything is in one."""
    return MoveRefused(
        _("All items of order {number} are in parcels already. Change one of those instead.").format(
            number=order.number
        )
    )


def overall(order: Order, shipments: Sequence[Shipment]) -> ShippingStatus:
    """Return the shipping status of an order by its parcels: it is as far as the last of them, failures first."""
    statuses = {shipment.status for shipment in shipments}
    if _S.FAILED in statuses:
        return _S.FAILED
    if not statuses or left_to_pack(order, shipments):
        return _S.PENDING
    if statuses <= SENT:
        return _S.DELIVERED if statuses == {_S.DELIVERED} else _S.SHIPPED
    return _S.PENDING if _S.PENDING in statuses else _S.LABEL_CREATED


def status_by_shipments(order: Order, status: OrderStatus, shipments: Sequence[Shipment]) -> OrderStatus:
    """Return where an order stands given its parcels: one that left makes it FULFILLING, the last one SHIPPED."""
    now = overall(order, shipments)
    if now is _S.DELIVERED and status in {OrderStatus.FULFILLING, OrderStatus.SHIPPED}:
        return OrderStatus.COMPLETE
    if now in SENT and status in {OrderStatus.PAID, OrderStatus.FULFILLING}:
        return OrderStatus.SHIPPED
    if status is OrderStatus.PAID and any(shipment.status in SENT for shipment in shipments):
        return OrderStatus.FULFILLING
    return status
