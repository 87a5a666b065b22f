"""What can be given back of an order, and where that leads it."""

from __future__ import annotations

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.orders.api import MoveRefused, Order, OrderRefund, OrderStatus, status_label


def check_refund(order: Order, refund: OrderRefund, *, held: bool = False) -> None:
    """Refuse to give back more money than was paid and is left, or more pieces than were bought and are left.

    With `held`, what the refund holds of the order already is its own.
    """
    if order.paid_at is None:
        raise MoveRefused(
            _("Order {number} is {status} and was never paid: there is nothing to refund.").format(
                number=order.number, status=status_label(order.status)
            )
        )
    if order.status is OrderStatus.REFUNDED:
        raise MoveRefused(
            _("Order {number} was refunded already: all of {total} was given back.").format(
                number=order.number, total=format_money(order.refunded, order.currency)
            )
        )
    left = order.refundable + (refund.amount if held else 0)
    if not 0 <= refund.amount <= left:
        raise Invalid.field(
            "amount",
            _("{amount} cannot be refunded of order {number}: at most {left} is left of {total}.").format(
                amount=format_money(refund.amount, order.currency),
                number=order.number,
                left=format_money(left, order.currency),
                total=format_money(order.paid_total, order.currency),
            ),
        )
    _check_items(order, refund, held=held)
    if not refund.amount and not refund.items and order.refunded < order.paid_total:
        raise Invalid.field("amount", _("A refund of nothing changes nothing. Give an amount or items."))


def status_after_refund(order: Order, amount: int) -> OrderStatus:
    """Return where an order stands once that much more of it was given back; a cancelled one stays so."""
    if order.status is OrderStatus.CANCELLED:
        return order.status
    return OrderStatus.REFUNDED if order.refunded + amount == order.paid_total else OrderStatus.PARTIALLY_REFUNDED


def net_revenue(order: Order, status: OrderStatus, refund: int = 0) -> int:
    """Return what the store keeps of an order in that status once `refund` more of it was given back.

    What credit paid of a cancelled order went back with the cancellation.
    """
    kept = order.paid_total - order.refunded - refund
    if status is OrderStatus.CANCELLED:
        return max(order.kept_due - refund, 0)
    return kept


def _check_items(order: Order, refund: OrderRefund, *, held: bool) -> None:
    if refund.items and order.status is OrderStatus.CANCELLED:
        raise MoveRefused(
            _("Order {number} was cancelled: its items are back on the shelf already. Refund the amount alone.").format(
                number=order.number
            )
        )
    lines = {line.id: line for line in order.lines}
    if len({item.line for item in refund.items}) != len(refund.items):
        raise Invalid.field("items", _("An item is named twice. Name each once, with its quantity."))
    for item in refund.items:
        line = lines.get(item.line)
        if line is None:
            raise Invalid.field("items", _("Order {number} has no such item.").format(number=order.number))
        left = line.returnable + (item.quantity if held else 0)
        if not 1 <= item.quantity <= left:
            raise Invalid.field(
                "items",
                _("{quantity} × {name} cannot come back: {left} of {bought} are left.").format(
                    quantity=item.quantity, name=line.name, left=left, bought=line.quantity
                ),
            )
