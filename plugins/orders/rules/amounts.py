"""What an order amounts to: the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.money import MAXIMUM, format_money
from guildshop.plugins.orders.api import Adjustment, Phase, QuoteLine, ShippingType, Totals


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
