"""What an order amounts to: the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.money import MAXIMUM, allocate, format_money
from guildshop.plugins.orders.api import Adjustment, Phase, QuoteLine, ShippingType, Totals, net_lines


def add_up(currency: str, lines: Iterable[QuoteLine], adjustments: Iterable[Adjustment]) -> Totals:
    """Return the amounts of an order: lines → discount → loyalty → shipping → tax → total → credit → due.

    Refuses adjustments that would take an amount below zero, and totals larger than the system takes.
    """
    costs, adjustments = [line.total for line in lines], list(adjustments)
    subtotal = sum(costs)
    sums = dict.fromkeys(Phase, 0)
    for adjustment in adjustments:
        _check_adjustment(adjustment, len(costs))
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
    nets = net_lines(costs, adjustments)
    if nets and min(nets) < 0:
        raise Refusal(_("The reductions of this order are more than its amount."))
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
        nets=nets,
    )


def _check_adjustment(adjustment: Adjustment, lines: int) -> None:
    """Refuse an amount below zero, and shares that are not those of the amount."""
    if min(adjustment.amount, *adjustment.shares, 0) < 0:
        raise Refusal(_("“{label}” has a negative amount.").format(label=adjustment.label))
    given, reduces = sum(adjustment.shares), adjustment.phase in {Phase.DISCOUNT, Phase.LOYALTY}
    wrong = given > adjustment.amount or (reduces and given != adjustment.amount)
    if adjustment.shares and (len(adjustment.shares) != lines or wrong):
        raise Refusal(_("The shares of “{label}” do not add up to its amount.").format(label=adjustment.label))


def flat_tax(nets: Sequence[int], shipping: int, rate: Decimal, *, included: bool) -> tuple[int, tuple[int, ...]]:
    """Return the tax on lines and shipping at that percentage, half a minor unit rounded up, and each line's share.

    Where it is `included`, it is the part of the amounts that is tax.
    """
    base = sum(nets) + shipping
    exact = base * rate / ((100 + rate) if included else 100)
    amount = int(exact.to_integral_value(rounding=ROUND_HALF_UP))
    return amount, tuple(allocate(amount, [*nets, shipping])[: len(nets)]) if base else (0,) * len(nets)


def shipping_types_in(types: Sequence[ShippingType], currency: str, store_currency: str) -> tuple[ShippingType, ...]:
    """Return the ways to ship an order in that currency: those priced in it, and those that cost nothing."""
    return tuple(kind for kind in types if not kind.cost or kind.priced_in(store_currency) == currency)


def shipping_choices(types: Sequence[ShippingType], country: str, goods: int) -> tuple[tuple[ShippingType, int], ...]:
    """Return each way to ship to a country with what it costs for goods of that value."""
    return tuple(
        (kind, 0 if kind.free_over is not None and goods >= kind.free_over else kind.cost)
        for kind in types
        if not kind.countries or country.upper() in kind.countries
    )
