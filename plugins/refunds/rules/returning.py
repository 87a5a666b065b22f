"""Which goods may still be sent back, and how a return moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from guildshop.errors import Invalid
from guildshop.i18n import _, ngettext
from guildshop.plugins.orders.api import Order, OrderStatus, status_label
from guildshop.plugins.refunds.api import ItemRequest, Return, ReturnItem, ReturnRefused, ReturnStatus
from guildshop.plugins.refunds.labels import return_label
from guildshop.plugins.refunds.rules.items import checked

REASON_LENGTH = 1000
_DELIVERED = frozenset({OrderStatus.SHIPPED, OrderStatus.COMPLETE, OrderStatus.PARTIALLY_REFUNDED})
_R = ReturnStatus

MOVES: Mapping[ReturnStatus, frozenset[ReturnStatus]] = MappingProxyType(
    {
        _R.REQUESTED: frozenset({_R.APPROVED, _R.DECLINED}),
        _R.APPROVED: frozenset({_R.RECEIVED, _R.DECLINED}),
        _R.RECEIVED: frozenset({_R.REFUNDED, _R.DECLINED}),
        _R.REFUNDED: frozenset(),
        _R.DECLINED: frozenset(),
    }
)
"""Where a return may go from each status; anything else is refused."""


def returnable_until(order: Order, days: int) -> datetime | None:
    """Return until when a return can be asked for; None while the order has not arrived, which leaves it open."""
    arrived = order.completed_at or (None if order.ships else order.paid_at)
    return None if arrived is None else arrived + timedelta(days=days)


def check_return(
    order: Order, items: Sequence[ItemRequest], reason: str, *, days: int, now: datetime
) -> tuple[ReturnItem, ...]:
    """Return the pieces that the customer wants to send back; refuse what cannot be returned now."""
    check_returnable(order, days=days, now=now)
    text = reason.strip()
    if not text:
        raise Invalid.field("reason", _("Say why you want to send it back."))
    if len(text) > REASON_LENGTH:
        raise Invalid.field(
            "reason",
            _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(text), length=REASON_LENGTH
            ),
        )
    found: list[ReturnItem] = []
    for item in checked(items):
        line = next((line for line in order.lines if str(line.id) == item.product), None)
        if line is None:
            raise ReturnRefused(_("Order {number} does not have that item.").format(number=order.number))
        if item.quantity > line.returnable:
            raise ReturnRefused(
                _("Only {left} of {product} can be sent back, not {quantity}.").format(
                    left=line.returnable, product=line.name, quantity=item.quantity
                )
            )
        found.append(ReturnItem(line.id, line.product, line.sku, line.name, item.quantity))
    if not found:
        raise Invalid.field("items", _("Choose what you want to send back."))
    return tuple(found)


def check_returnable(order: Order, *, days: int, now: datetime) -> None:
    """Refuse an order of which nothing can be sent back now, saying why."""
    if not days:
        raise ReturnRefused(_("This shop takes no returns. Ask the staff if something is wrong with your order."))
    if order.status not in _DELIVERED:
        if order.status in {OrderStatus.PENDING_PAYMENT, OrderStatus.PAID}:
            text = _("Order {number} is {status} and has not been sent. Use /cancel-order instead.")
        else:
            text = _("Order {number} is {status}, so nothing of it can be sent back.")
        raise ReturnRefused(text.format(number=order.number, status=status_label(order.status)))
    until = returnable_until(order, days)
    if until is not None and now > until:
        raise ReturnRefused(
            ngettext(
                "Order {number} arrived more than {days} day ago, so it cannot be sent back any more.",
                "Order {number} arrived more than {days} days ago, so it cannot be sent back any more.",
                days,
            ).format(number=order.number, days=days)
        )
    if not any(line.returnable for line in order.lines):
        raise ReturnRefused(_("Everything of order {number} came back already.").format(number=order.number))


def return_move(request: Return, after: ReturnStatus) -> None:
    """Refuse a move that the return's status does not allow, naming both."""
    if after not in MOVES[request.status]:
        raise ReturnRefused(
            _("The return of order {number} is {before} and cannot become {after}.").format(
                number=request.order_number, before=return_label(request.status), after=return_label(after)
            )
        )
