"""Where an order and its parcel may go from each status."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from guildshop.i18n import _
from guildshop.plugins.orders.api import MoveRefused, OrderStatus, ShippingStatus, shipping_label, status_label

_S = OrderStatus

MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = MappingProxyType(
    {
        _S.PENDING_PAYMENT: frozenset({_S.PAID, _S.CANCELLED}),
        _S.PAID: frozenset({_S.FULFILLING, _S.SHIPPED, _S.COMPLETE, _S.CANCELLED, _S.PARTIALLY_REFUNDED, _S.REFUNDED}),
        _S.FULFILLING: frozenset({_S.SHIPPED, _S.COMPLETE, _S.PARTIALLY_REFUNDED, _S.REFUNDED}),
        _S.SHIPPED: frozenset({_S.COMPLETE, _S.PARTIALLY_REFUNDED, _S.REFUNDED}),
        _S.COMPLETE: frozenset({_S.PARTIALLY_REFUNDED, _S.REFUNDED}),
        _S.PARTIALLY_REFUNDED: frozenset({_S.PARTIALLY_REFUNDED, _S.REFUNDED}),
        _S.CANCELLED: frozenset(),
        _S.REFUNDED: frozenset(),
    }
)
"""Where an order may go from each status; anything else is refused."""

BY_REFUND = frozenset({_S.PARTIALLY_REFUNDED, _S.REFUNDED})
"""The statuses that only a refund sets."""


def allowed_moves(status: OrderStatus, *, ships: bool) -> tuple[OrderStatus, ...]:
    """Return where an order may go now, in the order of the statuses.

    What ships cannot be complete straight from `PAID`; what does not ship is neither fulfilled nor shipped.
    """
    moves = set(MOVES[status])
    if status is _S.PAID and ships:
        moves.discard(_S.COMPLETE)
    if not ships:
        moves -= {_S.FULFILLING, _S.SHIPPED}
    return tuple(move for move in OrderStatus if move in moves)


def check_move(number: str, before: OrderStatus, after: OrderStatus, *, ships: bool) -> None:
    """Refuse a move that the order's status does not allow, naming both and what is possible."""
    moves = allowed_moves(before, ships=ships)
    if after in moves:
        return
    if moves:
        message = _("Order {number} is {before} and cannot become {after}. It can become: {moves}.").format(
            number=number,
            before=status_label(before),
            after=status_label(after),
            moves=", ".join(status_label(move) for move in moves),
        )
    else:
        message = _("Order {number} is {before} and cannot become {after}: {before} is final.").format(
            number=number, before=status_label(before), after=status_label(after)
        )
    raise MoveRefused(message, details={"before": before.value, "after": after.value})


def check_staff_move(number: str, before: OrderStatus, after: OrderStatus, *, ships: bool) -> None:
    """Refuse what `check_move` refuses, and the statuses that only a refund sets."""
    check_move(number, before, after, ships=ships)
    if after in BY_REFUND:
        raise MoveRefused(
            _("Order {number} becomes {after} by a refund, not by hand. Refund the order instead.").format(
                number=number, after=status_label(after)
            )
        )


_SHIPPING_MOVES: Mapping[ShippingStatus, frozenset[ShippingStatus]] = MappingProxyType(
    {
        ShippingStatus.PENDING: frozenset({ShippingStatus.LABEL_CREATED, ShippingStatus.SHIPPED}),
        ShippingStatus.LABEL_CREATED: frozenset({ShippingStatus.PENDING, ShippingStatus.SHIPPED}),
        ShippingStatus.SHIPPED: frozenset({ShippingStatus.DELIVERED, ShippingStatus.FAILED}),
        ShippingStatus.DELIVERED: frozenset({ShippingStatus.FAILED}),
        ShippingStatus.FAILED: frozenset(
            {ShippingStatus.LABEL_CREATED, ShippingStatus.SHIPPED, ShippingStatus.DELIVERED}
        ),
    }
)

SHIPPABLE = frozenset({_S.PAID, _S.FULFILLING, _S.SHIPPED, _S.COMPLETE, _S.PARTIALLY_REFUNDED})
"""The statuses in which the shipping status may move."""


def allowed_shipping_moves(status: OrderStatus, shipping: ShippingStatus | None) -> tuple[ShippingStatus, ...]:
    """Return where the shipping status may go now."""
    if shipping is None or status not in SHIPPABLE:
        return ()
    return tuple(move for move in ShippingStatus if move in _SHIPPING_MOVES[shipping])


def check_shipping_move(number: str, status: OrderStatus, before: ShippingStatus | None, after: ShippingStatus) -> None:
    """Refuse a move of the shipping status that is not possible now, naming what is."""
    if before is None:
        raise MoveRefused(_("Nothing of order {number} ships, so it has no shipping status.").format(number=number))
    if status not in SHIPPABLE:
        raise MoveRefused(
            _("Order {number} is {status}, so its parcel cannot become {after}: only a paid order ships.").format(
                number=number, status=status_label(status), after=shipping_label(after)
            )
        )
    moves = allowed_shipping_moves(status, before)
    if after not in moves:
        raise MoveRefused(
            _("The parcel of order {number} is {before} and cannot become {after}. It can become: {moves}.").format(
                number=number,
                before=shipping_label(before),
                after=shipping_label(after),
                moves=", ".join(shipping_label(move) for move in moves),
            )
        )
