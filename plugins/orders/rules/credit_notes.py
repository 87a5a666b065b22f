"""How much tax lies in what is credited: pure."""

from __future__ import annotations

from guildshop.plugins.orders.api import InvoiceAmount, Order, Phase


def taxes_within(order: Order, credited: int, amount: int) -> tuple[InvoiceAmount, ...]:
    """Return the tax within an amount that is credited after `credited` was, in minor units.

    It is the order's tax in proportion, counted from the first credit note on, so that the parts of several add up to
    the whole tax once all is credited.
    """
    found = []
    for one in order.adjustments:
        if one.phase is Phase.TAX and order.total:
            part = _share(one.amount, credited + amount, order.total) - _share(one.amount, credited, order.total)
            if part:
                found.append(InvoiceAmount(one.label, part, one.included))
    return tuple(found)


def _share(tax: int, amount: int, total: int) -> int:
    return (2 * tax * amount + total) // (2 * total)
