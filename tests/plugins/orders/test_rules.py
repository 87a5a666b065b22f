"""The pure rules: moves, amounts, quantities, numbers."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildshop.errors import Invalid, Refusal
from guildshop.money import MAXIMUM
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    MAXIMUM_QUANTITY,
    NUMBER_ALPHABET,
    Adjustment,
    MoveRefused,
    OrderStatus,
    Phase,
    QuoteLine,
    ShippingStatus,
    ShippingType,
    status_label,
)

S = OrderStatus
TABLE = {
    S.PENDING_PAYMENT: {S.PAID, S.CANCELLED},
    S.PAID: {S.FULFILLING, S.SHIPPED, S.COMPLETE, S.CANCELLED, S.PARTIALLY_REFUNDED, S.REFUNDED},
    S.FULFILLING: {S.SHIPPED, S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED},
    S.SHIPPED: {S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED},
    S.COMPLETE: {S.PARTIALLY_REFUNDED, S.REFUNDED},
    S.PARTIALLY_REFUNDED: {S.PARTIALLY_REFUNDED, S.REFUNDED},
    S.CANCELLED: set(),
    S.REFUNDED: set(),
}


def test_the_moves_are_those_of_the_product_description() -> None:
    assert {before: set(after) for before, after in rules.MOVES.items()} == TABLE


@given(st.sampled_from(S), st.sampled_from(S), st.booleans())
def test_every_other_move_is_refused_naming_both_statuses_and_what_is_possible(
    before: OrderStatus, after: OrderStatus, ships: bool
) -> None:
    possible = rules.allowed_moves(before, ships=ships)
    assert set(possible) <= TABLE[before]
    if after in possible:
        rules.check_move("ABCD-EFGH", before, after, ships=ships)
        return
    with pytest.raises(MoveRefused) as refused:
        rules.check_move("ABCD-EFGH", before, after, ships=ships)
    sentence = str(refused.value)
    assert f"is {status_label(before)} and" in sentence
    assert f"cannot become {status_label(after)}" in sentence
    assert "ABCD-EFGH" in sentence
    assert all(status_label(move) in sentence for move in possible)


def test_what_ships_is_not_complete_straight_from_paid_and_what_does_not_is_never_shipped() -> None:
    assert S.COMPLETE not in rules.allowed_moves(S.PAID, ships=True)
    assert S.COMPLETE in rules.allowed_moves(S.PAID, ships=False)
    assert not {S.SHIPPED, S.FULFILLING} & set(rules.allowed_moves(S.PAID, ships=False))


@pytest.mark.parametrize("after", [S.REFUNDED, S.PARTIALLY_REFUNDED])
def test_staff_cannot_set_a_refund_by_hand(after: OrderStatus) -> None:
    with pytest.raises(MoveRefused, match="by a refund"):
        rules.check_staff_move("A", S.PAID, after, ships=True)


@given(st.lists(st.sampled_from(S), max_size=12))
def test_an_order_walks_only_along_the_table_and_never_leaves_a_final_status(steps: list[OrderStatus]) -> None:
    status = S.PENDING_PAYMENT
    seen = [status]
    for after in steps:
        try:
            rules.check_move("A", status, after, ships=True)
        except MoveRefused:
            continue
        assert after in TABLE[status]
        status = after
        seen.append(status)
    finals = [one for one in seen[:-1] if not TABLE[one]]
    assert finals == []


def test_shipping_moves_only_on_paid_orders() -> None:
    assert rules.allowed_shipping_moves(S.PENDING_PAYMENT, ShippingStatus.PENDING) == ()
    assert rules.allowed_shipping_moves(S.PAID, None) == ()
    with pytest.raises(MoveRefused, match="only a paid order ships"):
        rules.check_shipping_move("A", S.CANCELLED, ShippingStatus.PENDING, ShippingStatus.SHIPPED)
    with pytest.raises(MoveRefused, match="Nothing of order A ships"):
        rules.check_shipping_move("A", S.PAID, None, ShippingStatus.SHIPPED)


lines = st.lists(
    st.builds(
        lambda quantity, price: QuoteLine(uuid4(), "SKU", "Name", False, quantity, price),
        st.integers(1, MAXIMUM_QUANTITY),
        st.integers(0, 10_000_00),
    ),
    max_size=25,
)
adjustments = st.lists(
    st.builds(
        lambda phase, amount, included: Adjustment(phase, "p", "c", "l", amount, included),
        st.sampled_from(Phase),
        st.integers(0, 10**7),
        st.booleans(),
    ),
    max_size=6,
)


@given(lines, adjustments)
def test_amounts_add_up_or_are_refused(lines: list[QuoteLine], adjustments: list[Adjustment]) -> None:
    try:
        totals = rules.add_up("USD", lines, adjustments)
    except Refusal:
        counted = {phase: sum(a.amount for a in adjustments if a.phase is phase and not a.included) for phase in Phase}
        lowered = sum(line.total for line in lines) - counted[Phase.DISCOUNT] - counted[Phase.LOYALTY]
        total = lowered + counted[Phase.SHIPPING] + counted[Phase.TAX]
        assert lowered < 0 or total - counted[Phase.CREDIT] < 0 or total > MAXIMUM
        return
    assert totals.subtotal == sum(line.quantity * line.unit_price for line in lines)
    assert totals.total == totals.subtotal - totals.discount - totals.loyalty + totals.shipping + totals.tax
    assert totals.due == totals.total - totals.credit
    assert min(totals.subtotal, totals.total, totals.due) >= 0
    shown = sum(a.amount for a in adjustments if a.phase is Phase.TAX and not a.included)
    assert totals.tax == shown


@given(st.text(max_size=12))
def test_a_typed_quantity_is_a_whole_number_from_1_to_10000_or_refused(text: str) -> None:
    try:
        quantity = rules.check_quantity(text)
    except Invalid:
        return
    assert 1 <= quantity <= MAXIMUM_QUANTITY
    assert int(text) == quantity


@pytest.mark.parametrize("text", ["0", "-1", "10001", "1.5", "two", "", "1_000", "٣", "9" * 30, "1e3"])
def test_bad_quantities_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        rules.check_quantity(text)


def test_order_numbers_are_short_and_tell_no_count() -> None:
    numbers = {rules.new_number() for _each in range(2000)}
    assert len(numbers) == 2000
    for number in numbers:
        assert len(number) == 8
        assert set(number) <= set(NUMBER_ALPHABET)
        assert rules.normal_number(f" #{number.lower()} ") == number


def test_shipping_by_country_and_free_above_a_value() -> None:
    types = (
        ShippingType(code="standard", label="Standard", cost=499, countries=("us",), free_over=10000),
        ShippingType(code="world", label="World", cost=1999),
    )
    assert [(kind.code, cost) for kind, cost in rules.shipping_choices(types, "us", 9999)] == [
        ("standard", 499),
        ("world", 1999),
    ]
    assert [cost for _kind, cost in rules.shipping_choices(types, "US", 10000)] == [0, 1999]
    assert [kind.code for kind, _cost in rules.shipping_choices(types, "DE", 0)] == ["world"]
    assert rules.shipping_choices(types[:1], "DE", 0) == ()
