"""What may happen to an order, and what it amounts to: pure, for everybody the same."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _
from guildshop.money import MAXIMUM, format_money
from guildshop.plugins.orders.api import (
    MAXIMUM_QUANTITY,
    NUMBER_ALPHABET,
    Adjustment,
    MoveRefused,
    OrderStatus,
    Phase,
    PriceRose,
    Quote,
    QuoteExpired,
    QuoteLine,
    ShippingStatus,
    ShippingType,
    Totals,
)

QUOTE_LIFE = timedelta(minutes=15)
"""How long what the summary shows is promised."""

FLOW_LIFE = timedelta(minutes=30)
"""How long an order flow waits for its member."""

MAXIMUM_LINES = 25
"""How many different products one order takes: as many as a Discord select can offer for removal."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")

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
            number=number, before=before.value, after=after.value, moves=", ".join(move.value for move in moves)
        )
    else:
        message = _("Order {number} is {before} and cannot become {after}: {before} is final.").format(
            number=number, before=before.value, after=after.value
        )
    raise MoveRefused(message, details={"before": before.value, "after": after.value})


def check_staff_move(number: str, before: OrderStatus, after: OrderStatus, *, ships: bool) -> None:
    """Refuse what `check_move` refuses, and the statuses that only a refund sets."""
    check_move(number, before, after, ships=ships)
    if after in BY_REFUND:
        raise MoveRefused(
            _("Order {number} becomes {after} by a refund, not by hand. Refund the order instead.").format(
                number=number, after=after.value
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
                number=number, status=status.value, after=after.value
            )
        )
    moves = allowed_shipping_moves(status, before)
    if after not in moves:
        raise MoveRefused(
            _("The parcel of order {number} is {before} and cannot become {after}. It can become: {moves}.").format(
                number=number, before=before.value, after=after.value, moves=", ".join(move.value for move in moves)
            )
        )


def status_after_shipping(status: OrderStatus, shipping: ShippingStatus) -> OrderStatus:
    """Return the status that an order has once its parcel has that shipping status."""
    if shipping is ShippingStatus.SHIPPED and status in {_S.PAID, _S.FULFILLING}:
        return _S.SHIPPED
    if shipping is ShippingStatus.DELIVERED and status in {_S.FULFILLING, _S.SHIPPED}:
        return _S.COMPLETE
    return status


def new_number() -> str:
    """Return a new order number: eight random letters and digits, which tell nothing of how many orders there are."""
    return "".join(secrets.choice(NUMBER_ALPHABET) for _position in range(8))


def normal_number(text: str) -> str:
    """Return an order number as it is stored, however it was typed."""
    return text.strip().lstrip("#").upper()


def check_quantity(text: str) -> int:
    """Return a quantity from what somebody typed; refuse anything but a whole number from 1 to 10,000."""
    typed = text.strip()
    if not _WHOLE_NUMBER.fullmatch(typed):
        raise Invalid.field(
            "quantity", _("“{text}” is no quantity. Give a whole number such as 2.").format(text=typed[:20])
        )
    return limit_quantity(int(typed))


def limit_quantity(quantity: int) -> int:
    """Refuse a quantity that is not between 1 and 10,000."""
    if quantity < 1:
        raise Invalid.field(
            "quantity", _("A quantity of {quantity} cannot be ordered. Order at least 1.").format(quantity=quantity)
        )
    if quantity > MAXIMUM_QUANTITY:
        raise Invalid.field(
            "quantity",
            _("{quantity} pieces are more than one order takes. Order at most {maximum}.").format(
                quantity=quantity, maximum=MAXIMUM_QUANTITY
            ),
        )
    return quantity


def add_up(currency: str, lines: Iterable[QuoteLine], adjustments: Iterable[Adjustment]) -> Totals:
    """Return the amounts of an order: lines → discount → loyalty → shipping → tax → total → credit → due.

    Refuses adjustments that would take an amount below zero, and totals larger than the system takes.
    """
    subtotal = sum(line.total for line in lines)
    sums = dict.fromkeys(Phase, 0)
    for adjustment in adjustments:
        if adjustment.amount < 0:
            raise Refusal(_("“{label}” has a negative amount.").format(label=adjustment.label))
        if not adjustment.included:
            sums[adjustment.phase] += adjustment.amount
    lowered = subtotal - sums[Phase.DISCOUNT] - sums[Phase.LOYALTY]
    total = lowered + sums[Phase.SHIPPING] + sums[Phase.TAX]
    due = total - sums[Phase.CREDIT]
    if lowered < 0 or due < 0:
        raise Refusal(_("The reductions of this order are more than its amount."))
    if total > MAXIMUM:
        raise Refusal(
            _("This order would amount to {total}, more than one order may. Order fewer pieces.").format(
                total=format_money(total, currency)
            )
        )
    return Totals(
        currency=currency,
        subtotal=subtotal,
        discount=sums[Phase.DISCOUNT],
        loyalty=sums[Phase.LOYALTY],
        shipping=sums[Phase.SHIPPING],
        tax=sums[Phase.TAX],
        total=total,
        credit=sums[Phase.CREDIT],
        due=due,
    )


def shipping_choices(types: Sequence[ShippingType], country: str, goods: int) -> tuple[tuple[ShippingType, int], ...]:
    """Return each way to ship to a country with what it costs for goods of that value."""
    return tuple(
        (kind, 0 if kind.free_over is not None and goods >= kind.free_over else kind.cost)
        for kind in types
        if not kind.countries or country.upper() in kind.countries
    )


def place(quote: Quote, prices: Mapping[UUID, int], now: datetime) -> None:
    """Refuse to make an order of a quote that has expired, or whose products have become dearer."""
    if now >= quote.expires:
        raise QuoteExpired(_("This summary is older than 15 minutes. Look at the new one and confirm it."))
    for line in quote.lines:
        price = prices[line.product]
        if price > line.unit_price:
            currency = quote.totals.currency
            raise PriceRose(
                _("{name} now costs {price} instead of {before}. Look at the new summary and confirm it.").format(
                    name=line.name,
                    price=format_money(price, currency),
                    before=format_money(line.unit_price, currency),
                )
            )
