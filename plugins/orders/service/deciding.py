"""Small decisions that the use cases on an existing order share."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from guildshop.errors import Invalid, Stale
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import AlreadyPaid, MoveRefused, Order, OrderStatus, status_label

REASON_LENGTH = 500
NOTE_LENGTH = 2000


def moved(order: Order, status: OrderStatus) -> Order:
    """Return the order as the rest of a Work finds it after one change."""
    return replace(order, status=status, version=order.version + 1)


def stale(order: Order) -> Stale:
    """Return the refusal of a change to an order that somebody else changed first."""
    return Stale(
        _("Somebody else changed order {number} at the same moment. Look at it again, then repeat your change.").format(
            number=order.number
        )
    )


def paid_or_over(order: Order) -> AlreadyPaid | MoveRefused:
    """Return why an order that is not unpaid cannot become paid."""
    if order.paid_at is not None and order.status is not OrderStatus.CANCELLED:
        return AlreadyPaid(
            _(
                "The payment of order {number} over {total} was confirmed already: it is {status}. Nothing was changed."
            ).format(
                number=order.number, total=format_money(order.due, order.currency), status=status_label(order.status)
            )
        )
    try:
        rules.check_move(order.number, order.status, OrderStatus.PAID, ships=order.ships)
    except MoveRefused as refusal:
        return refusal
    message = f"order {order.number} is {order.status} without having been paid"
    raise AssertionError(message)


def limited(text: str, length: int, field: str) -> str:
    """Return the text without outer spaces; refuse one that is too long."""
    text = text.strip()
    if len(text) > length:
        raise Invalid.field(
            field,
            _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(text), length=length
            ),
        )
    return text


def pieces(order: Order) -> list[tuple[UUID, int]]:
    """Return product and quantity of each line, always in the same sequence, so that two Works never wait in a circle.

    Imported history never touched the stock, so it has none.
    """
    if order.imported:
        return []
    return sorted((line.product, line.quantity) for line in order.lines if line.product is not None)


def check_version(order: Order, version: int | None) -> None:
    """Refuse to change an order that is not as the actor saw it; None is any version."""
    if version is not None and version != order.version:
        raise Stale(
            _("Somebody changed order {number} since you opened it. Reload it, then repeat your change.").format(
                number=order.number
            )
        )
