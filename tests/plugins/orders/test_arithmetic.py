"""What is shown adds up, always: lines, reductions, shipping, tax, credit, in currencies of 0, 2 and 3 decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildshop.bot.rendering import embed
from guildshop.errors import Refusal
from guildshop.i18n import use_locale
from guildshop.money import precision
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import Adjustment, Phase, QuoteLine, Totals, net_lines, shares_of
from guildshop.plugins.orders.views.amounts import amount_lines, item_fields

CURRENCIES = ("USD", "JPY", "KWD")
NAMES = st.one_of(
    st.text(min_size=1, max_size=100),
    st.sampled_from(["**Bold** @everyone <@1>", "كوب قهوة", "🫖" * 50, "x" * 4000, "`code` || spoiler ||", "a\nb"]),
)
REDUCES = {Phase.DISCOUNT, Phase.LOYALTY}


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, list[QuoteLine], list[Adjustment], Totals]:
    """An order as the checkout adds one up: each step is given the totals of those before it."""
    currency = draw(st.sampled_from(CURRENCIES))
    names = draw(st.lists(NAMES, min_size=1, max_size=25))
    lines = [
        QuoteLine(
            UUID(int=at),
            f"SKU{at}",
            name,
            ships=draw(st.booleans()),
            quantity=draw(st.integers(1, 10_000)),
            unit_price=draw(st.integers(0, 5_000_000)),
        )
        for at, name in enumerate(names)
    ]
    added: list[Adjustment] = []
    for phase in (Phase.DISCOUNT, Phase.LOYALTY):
        totals = rules.add_up(currency, lines, added)
        amount = draw(st.integers(0, sum(totals.nets)))
        shares = tuple(rules.amounts.allocate(amount, totals.nets)) if draw(st.booleans()) else ()
        added.append(Adjustment(phase, "some", "code", draw(NAMES), amount, shares=shares))
    added.append(Adjustment(Phase.SHIPPING, "orders", "post", draw(NAMES), draw(st.integers(0, 10_000))))
    added.append(Adjustment(Phase.SHIPPING, "giftwrap", "wrap", "Gift wrap", draw(st.integers(0, 500))))
    totals = rules.add_up(currency, lines, added)
    rate, included = draw(st.decimals(0, 100, places=4)), draw(st.booleans())
    tax, shares = rules.flat_tax(totals.nets, totals.shipping, rate, included=included)
    added.append(Adjustment(Phase.TAX, "orders", "flat", "Tax 8.25%", tax, included=included, shares=shares))
    totals = rules.add_up(currency, lines, added)
    if credit := draw(st.integers(0, totals.total)):
        added.append(Adjustment(Phase.CREDIT, "store_credit", "credit", "Store credit", credit))
    return currency, lines, added, rules.add_up(currency, lines, added)


def amount(text: str, currency: str) -> int:
    """Read an amount as it is shown, in minor units."""
    shown = re.sub(r"[^\d.]", "", text.rpartition(": ")[2])
    return int(Decimal(shown).scaleb(precision(currency)))


def shown_amounts(currency: str, shown: Sequence[str]) -> dict[str, int]:
    """Add the amounts that are shown up, by what their line does."""
    sums = dict.fromkeys(("subtotal", "minus", "plus", "total", "due"), 0)
    after_total = False
    for line in shown:
        value = amount(line, currency)
        if line.startswith("Subtotal: "):
            sums["subtotal"] = value
        elif line.startswith("Total: "):
            sums["total"], after_total = value, True
        elif line.startswith("Due: "):
            sums["due"] = value
        elif " (included): " in line:
            continue
        elif ": −" in line:
            sums["credit" if after_total else "minus"] = sums.get("credit" if after_total else "minus", 0) + value
        else:
            sums["plus"] += value
    return sums


@settings(max_examples=40, deadline=None)
@given(orders())
def test_what_is_shown_adds_up(order: tuple[str, list[QuoteLine], list[Adjustment], Totals]) -> None:
    currency, lines, adjustments, totals = order
    with use_locale("en-US"):
        fields = item_fields("Items", lines, currency)
        written = "\n".join(value for _name, value, _inline in fields).split(" = **")[1:]
        shown = shown_amounts(currency, amount_lines(totals, adjustments, ships=True).split("\n"))
        made = embed("Summary", "text", fields=fields)
    assert sum(amount(one.partition("**")[0], currency) for one in written) == shown["subtotal"] == totals.subtotal
    assert shown["subtotal"] - shown["minus"] + shown["plus"] == shown["total"] == totals.total
    assert shown["total"] - shown.get("credit", 0) == (shown["due"] if totals.credit else totals.total) == totals.due
    assert len(written) == len(lines)
    assert all(len(value) <= 1024 for _name, value, _inline in fields)
    assert [field.value for field in made.fields] == [value for _name, value, _inline in fields]


@settings(max_examples=40, deadline=None)
@given(orders())
def test_what_falls_on_the_lines_adds_up(order: tuple[str, list[QuoteLine], list[Adjustment], Totals]) -> None:
    _currency, lines, adjustments, totals = order
    costs = [line.total for line in lines]
    assert totals.nets == net_lines(costs, adjustments)
    assert sum(totals.nets) == totals.subtotal - totals.discount - totals.loyalty
    assert all(0 <= net <= cost for net, cost in zip(totals.nets, costs, strict=True))
    for one in adjustments:
        if one.phase in REDUCES and sum(costs):
            assert sum(shares_of(one, costs)) == one.amount
        if one.phase is Phase.TAX:
            assert sum(one.shares) <= one.amount


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=5),
    st.integers(0, 10**6),
    st.decimals(0, 100, places=4),
)
def test_a_tax_added_and_a_tax_contained_are_the_same_up_to_half_a_unit(nets: list[int], shipping: int, rate) -> None:
    base = sum(nets) + shipping
    added, _shares = rules.flat_tax(nets, shipping, rate, included=False)
    contained, _shares = rules.flat_tax([base + added], 0, rate, included=True)
    assert abs(added - contained) <= 1
    assert abs(Decimal(added) - base * rate / 100) <= Decimal("0.5")


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.integers(1, 99))
def test_the_dearer_line_never_bears_less(costs: list[int], percent: int) -> None:
    costs.sort()
    one = Adjustment(Phase.DISCOUNT, "some", "code", "Off", sum(costs) * percent // 100)
    assert all(less <= more + 1 for less, more in pairwise(shares_of(one, costs)))


@pytest.mark.parametrize(
    "wrong",
    [
        Adjustment(Phase.DISCOUNT, "a", "b", "Off", 10, shares=(5,)),
        Adjustment(Phase.DISCOUNT, "a", "b", "Off", 10, shares=(5, 4)),
        Adjustment(Phase.DISCOUNT, "a", "b", "Off", 10, shares=(11, -1)),
        Adjustment(Phase.DISCOUNT, "a", "b", "Off", 110, shares=(105, 5)),
        Adjustment(Phase.TAX, "a", "b", "Tax", 10, shares=(10, 1)),
        Adjustment(Phase.TAX, "a", "b", "Tax", -1),
    ],
)
def test_shares_that_are_not_those_of_the_amount_are_refused(wrong: Adjustment) -> None:
    lines = [QuoteLine(UUID(int=at), "S", "N", ships=False, quantity=1, unit_price=100) for at in range(2)]
    with pytest.raises(Refusal):
        rules.add_up("USD", lines, [wrong])
