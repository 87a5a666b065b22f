"""What TaxJar says falls on lines and shipping so that they add up to it; refunds add up to their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from guildshop.plugins.orders.api import (
    Adjustment,
    Channel,
    LineKind,
    Order,
    OrderLine,
    OrderRefunded,
    OrderStatus,
    Phase,
    RefundedItem,
    RefundMode,
    ShippingAddress,
)
from guildshop.plugins.taxjar import rules
from guildshop.plugins.taxjar.api import TaxAddress
from guildshop.plugins.taxjar.rules import Asked, WrongAnswer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = TaxAddress(country="us", state="ca", postal_code="94111")
PLACE = ShippingAddress("Ada", "12 Main Street", "San Francisco", "94111", "US", region="CA")


def asked(*nets: int) -> list[Asked]:
    return [Asked(None, 1, net, net) for net in nets]


def answer(amount: str, *lines: str, shipping: str = "", **given: Any) -> dict[str, Any]:
    items = [{"id": str(number), "tax_collectable": Decimal(tax)} for number, tax in enumerate(lines, 1)]
    breakdown: dict[str, Any] = {"line_items": items}
    if shipping:
        breakdown["shipping"] = {"tax_collectable": Decimal(shipping)}
    return {"tax": {"amount_to_collect": Decimal(amount), "has_nexus": True, "breakdown": breakdown, **given}}


@pytest.mark.parametrize(
    ("told", "nets", "shipping", "expected"),
    [
        (answer("1.35", "1.35"), (1500,), 0, (135,)),
        # By a cent or two more or less than its lines, as TaxJar does.
        (answer("0.30", "0.10", "0.10", "0.11"), (100, 100, 110), 0, (10, 10, 10)),
        (answer("0.32", "0.10", "0.10", "0.10"), (100, 100, 100), 0, (11, 11, 10)),
        (answer("1.00", "0.80", shipping="0.21"), (900,), 200, (79,)),
        # No lines told: in proportion to what they cost.
        ({"tax": {"amount_to_collect": Decimal("0.09"), "has_nexus": True}}, (200, 100), 300, (6, 3)),
        ({"tax": {"amount_to_collect": 9, "has_nexus": True, "freight_taxable": True}}, (300, 300), 300, (300, 300)),
        ({"tax": {"amount_to_collect": 0, "has_nexus": False}}, (200, 100), 0, (0, 0)),
    ],
)
def test_the_total_is_split_over_the_lines(
    told: dict[str, Any], nets: tuple[int, ...], shipping: int, expected: tuple[int, ...]
) -> None:
    result = rules.read_answer(told, asked(*nets), shipping, "USD")
    assert result.lines == expected
    assert result.amount == int(told["tax"]["amount_to_collect"] * 100)
    assert 0 <= result.amount - sum(result.lines) <= (shipping or 0)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 1200)), min_size=1, max_size=8),
    st.tuples(st.integers(0, 10**6), st.integers(0, 1200)),
    st.integers(-3, 3),
)
def test_lines_and_shipping_always_add_up(lines: list[tuple[int, int]], freight: tuple[int, int], off: int) -> None:
    nets, shipping = [net for net, _rate in lines], freight[0]
    taxes = [net * rate // 10_000 for net, rate in lines]
    shipping_tax = shipping * freight[1] // 10_000
    amount = min(max(sum(taxes) + shipping_tax + off, 0), sum(nets) + shipping)
    told = answer(
        str(Decimal(amount) / 100),
        *(str(Decimal(tax) / 100) for tax in taxes),
        shipping=str(Decimal(shipping_tax) / 100),
    )
    result = rules.read_answer(told, asked(*nets), shipping, "USD")
    rest = result.amount - sum(result.lines)
    assert result.amount == amount
    assert all(part >= 0 for part in (*result.lines, rest))
    if any(taxes) or shipping_tax:
        parts, exact = [*result.lines, rest], [*taxes, shipping_tax]
        assert sum(abs(one - other) for one, other in zip(parts, exact, strict=True)) <= abs(off) + len(parts)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"tax": None},
        {"tax": {"has_nexus": True}},
        {"tax": {"amount_to_collect": "1.00", "has_nexus": True}},
        {"tax": {"amount_to_collect": True, "has_nexus": True}},
        {"tax": {"amount_to_collect": None, "has_nexus": True}},
        answer("-0.01"),
        answer("15.01"),
        answer("1.00", order_total_amount=Decimal("14.99")),
        answer("1.00", "-1.00"),
        answer("1.00", rate="9%"),
        {"tax": {"amount_to_collect": Decimal(1), "has_nexus": True, "breakdown": {"line_items": [{}]}}},
        {"tax": {"amount_to_collect": Decimal(1), "has_nexus": True, "breakdown": []}, "x": 1} | {"tax": [1]},
        {"tax": {"amount_to_collect": Decimal("1e999999"), "has_nexus": True}},
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(told: dict[str, Any]) -> None:
    with pytest.raises(WrongAnswer):
        rules.read_answer(told, asked(1500), 0, "USD")


def test_the_amount_alone_is_an_answer() -> None:
    found = rules.read_answer({"tax": {"amount_to_collect": Decimal("1.24")}}, asked(1500), 0, "USD")
    assert (found.amount, found.lines) == (124, (124,))


def test_the_question_is_in_major_units_and_exact() -> None:
    lines = [Asked(UUID(int=1), 3, 1999, 5000, "20010"), Asked(None, 1, 1, 1)]
    found = rules.question(
        shop=SHOP, place=PLACE, nexus=[SHOP], lines=lines, shipping=499, currency="USD", exemption="wholesale"
    )
    assert (found["amount"], found["shipping"]) == (Decimal("50.01"), Decimal("4.99"))
    assert found["line_items"][0] == {
        "id": "1",
        "quantity": 3,
        "unit_price": Decimal("19.99"),
        "discount": Decimal("9.97"),
        "product_tax_code": "20010",
    }
    assert (found["from_country"], found["to_state"], found["exemption_type"]) == ("US", "CA", "wholesale")
    assert found["nexus_addresses"][0]["state"] == "CA"
    yen = rules.question(shop=SHOP, place=PLACE, nexus=[], lines=lines[1:], shipping=0, currency="JPY")
    assert (str(yen["amount"]), "nexus_addresses" in yen) == ("1", False)


def order(prices: list[int], discount: int, shipping: int, tax: int) -> Order:
    lines = tuple(
        OrderLine(uuid4(), uuid4(), f"SKU{at}", "Mug", LineKind.SHIPPED, 2, price, 2 * price)
        for at, price in enumerate(prices)
    )
    subtotal = sum(line.total for line in lines)
    total = subtotal - discount + shipping + tax
    adjustments = [Adjustment(Phase.DISCOUNT, "discounts", "", "", discount)] if discount else []
    adjustments.append(Adjustment(Phase.TAX, "taxjar", "calculated", "", tax))
    return Order(
        id=uuid4(), store=1, number="ABCD2345", customer=uuid4(), customer_name="Ada", customer_discord_id=1,
        recipient_discord_id=None, channel=Channel.DISCORD, status=OrderStatus.PAID, shipping_status=None, carrier="",
        tracking_number="", currency="USD", subtotal=subtotal, discount=discount, loyalty=0, shipping=shipping, tax=tax,
        total=total, credit=0, due=total, refunded=0, payment_method="cash", shipping_type="", address=PLACE,
        created=NOW, updated=NOW, reserved_until=None, paid_at=NOW, cancelled_at=None, completed_at=None,
        cancel_reason="", locale="en-US", imported=False, notes="", version=1, lines=lines,
        adjustments=tuple(adjustments), tax_place=PLACE,
    )  # fmt: skip


def refund(of: Order, amount: int, before: int, **given: Any) -> OrderRefunded:
    refunded = before + amount
    return OrderRefunded(of.id, uuid4(), RefundMode.AMOUNT, amount, refunded, refunded == of.total, **given)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=5),
    st.integers(0, 1000),
    st.integers(0, 10**5),
    st.integers(0, 10**5),
    st.lists(st.integers(0, 1000), max_size=6),
)
def test_any_number_of_refunds_adds_up_to_the_order(
    prices: list[int], off: int, shipping: int, tax: int, cuts: list[int]
) -> None:
    of = order(prices, 2 * sum(prices) * off // 1000, shipping, tax)
    told = rules.order_transaction(of, SHOP, {}, "")
    goods = sum(line["quantity"] * line["unit_price"] - line["discount"] for line in told["line_items"])
    assert goods + told["shipping"] == told["amount"]
    assert told["amount"] + told["sales_tax"] == Decimal(of.total) / 100
    sums = dict.fromkeys(("amount", "shipping", "sales_tax"), Decimal(0))
    ends = sorted({of.total * cut // 1000 for cut in cuts} | {of.total})
    for before, after in zip([0, *ends], ends, strict=False):
        if before == after:
            continue
        body = rules.refund_transaction(of, refund(of, after - before, before), NOW, SHOP, {}, "")
        assert body["amount"] + body["sales_tax"] == -Decimal(after - before) / 100
        assert all(body[name] <= 0 for name in sums)
        lines = sum((line["unit_price"] for line in body["line_items"]), Decimal(0))
        assert lines + body["shipping"] == body["amount"]
        assert sum((line["sales_tax"] for line in body["line_items"]), Decimal(0)) == body["sales_tax"]
        sums = {name: value + body[name] for name, value in sums.items()}
    assert {name: -value for name, value in sums.items()} == {name: told[name] for name in sums}


def test_refunds_of_what_was_accepted_for_less_add_up_to_the_order_too() -> None:
    of = replace(order([1000], 0, 300, 170), written_off=771)
    told, sums = (
        rules.order_transaction(of, SHOP, {}, ""),
        dict.fromkeys(("amount", "shipping", "sales_tax"), Decimal(0)),
    )
    for before, after in ((0, 1), (1, 700), (700, of.paid_total)):
        body = rules.refund_transaction(of, refund(of, after - before, before), NOW, SHOP, {}, "")
        sums = {name: value + body[name] for name, value in sums.items()}
    assert {name: -value for name, value in sums.items()} == {name: told[name] for name in sums}


def test_a_refund_of_pieces_falls_on_their_lines() -> None:
    of = order([1000, 500], 0, 0, 300)
    line = of.lines[1]
    items = (RefundedItem(line.id, line.product, 1),)
    codes = {line.product or uuid4(): "20010"}
    later = NOW + timedelta(days=40)
    body = rules.refund_transaction(of, refund(of, 550, 0, items=items), later, SHOP, codes, "")
    assert body["transaction_date"] == later.isoformat()
    (told,) = body["line_items"]
    assert (told["product_identifier"], told["unit_price"], told["sales_tax"]) == (
        "SKU1",
        Decimal(-5),
        Decimal("-0.50"),
    )
    assert told["product_tax_code"] == "20010"
    assert body["transaction_reference_id"] == str(of.id) != body["transaction_id"]


def test_shares_that_were_told_are_kept() -> None:
    of = order([1000, 1000], 0, 0, 100)
    of = replace(of, adjustments=(replace(of.adjustments[0], shares=(100, 0)),))
    told = rules.order_transaction(of, SHOP, {}, "")
    assert [line["sales_tax"] for line in told["line_items"]] == [Decimal(1), Decimal(0)]
