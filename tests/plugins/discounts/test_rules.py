"""What a discount takes off always adds up, and what cannot be a discount is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from guildshop.errors import Invalid
from guildshop.money import MAXIMUM
from guildshop.plugins.discounts import rules
from guildshop.plugins.discounts.api import (
    Assignment,
    AssignmentRule,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
)
from guildshop.plugins.discounts.rules import Item, Obstacle, Offer, Shopper
from guildshop.plugins.orders.api import Adjustment, Phase, QuoteLine
from guildshop.plugins.orders.rules import add_up

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRODUCTS = [UUID(int=number) for number in range(1, 6)]
CATEGORIES = [None, UUID(int=100), UUID(int=101)]
SHOPPER = Shopper(UUID(int=7))


def discount(**given: Any) -> Discount:
    values: dict[str, Any] = {
        "id": uuid4(), "store": 1, "name": "Sale", "kind": DiscountKind.PERCENT, "percent": 10, "amount": None,
        "currency": "USD", "code": "", "scope": DiscountScope.ALL, "targets": (), "starts": NOW, "ends": None,
        "limit_total": None, "limit_per_customer": None, "minimum": 0, "active": True, "used": 0, "created": NOW,
        "version": 1,
    }  # fmt: skip
    return Discount(**{**values, **given})


def fixed(amount: int, **given: Any) -> Discount:
    return discount(kind=DiscountKind.FIXED, percent=None, amount=amount, **given)


def assignment(of: Discount, **given: Any) -> Assignment:
    values: dict[str, Any] = {
        "id": uuid4(), "store": 1, "discount": of.id, "customer": SHOPPER.customer, "rule": AssignmentRule.NEXT_N,
        "total_allowed": 2, "used": 0, "expires": None, "active": True, "created": NOW, "version": 1,
    }  # fmt: skip
    return Assignment(**{**values, **given})


def offered(
    of: Discount,
    *totals: int,
    assigned: Assignment | None = None,
    shopper: Shopper = SHOPPER,
    currency: str = "USD",
    typed: bool = False,
) -> Offer | Obstacle:
    items = [Item(PRODUCTS[at], None, total) for at, total in enumerate(totals or (1000,))]
    return rules.offer(of, assigned, shopper, items, currency=currency, typed=typed, now=NOW)


lines = st.lists(
    st.tuples(
        st.sampled_from(PRODUCTS), st.sampled_from(CATEGORIES), st.integers(1, 99), st.integers(0, MAXIMUM // 10**5)
    ),
    min_size=1,
    max_size=8,
)
discounts = st.builds(
    lambda percent, amount, is_fixed, scope, chosen: (
        fixed(amount, **scope_of(scope, chosen)) if is_fixed else discount(percent=percent, **scope_of(scope, chosen))
    ),
    st.integers(1, 100),
    st.integers(1, MAXIMUM),
    st.booleans(),
    st.sampled_from([DiscountScope.ALL, DiscountScope.PRODUCTS, DiscountScope.CATEGORIES]),
    st.sets(st.integers(0, 4), min_size=1),
)


def scope_of(scope: DiscountScope, chosen: set[int]) -> dict[str, Any]:
    if scope is DiscountScope.PRODUCTS:
        return {"scope": scope, "targets": tuple(str(PRODUCTS[at]) for at in chosen)}
    if scope is DiscountScope.CATEGORIES:
        return {"scope": scope, "targets": tuple(str(CATEGORIES[at % 2 + 1]) for at in chosen)}
    return {}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(discounts, lines)
def test_what_is_shown_adds_up_whatever_is_ordered(
    of: Discount, ordered: list[tuple[UUID, UUID | None, int, int]]
) -> None:
    quoted = [QuoteLine(key, "X", "X", False, quantity, price) for key, _category, quantity, price in ordered]
    items = [
        Item(line.product, category, line.total) for line, (_key, category, _q, _p) in zip(quoted, ordered, strict=True)
    ]
    taken = rules.shares(of, items)
    whole = sum(item.total for item in items if rules.applies_to(of, item))
    assert all(0 <= share <= item.total for share, item in zip(taken, items, strict=True))
    assert all(not share for share, item in zip(taken, items, strict=True) if not rules.applies_to(of, item))
    if of.kind is DiscountKind.FIXED:
        assert sum(taken) == min(of.amount or 0, whole)
    else:
        assert abs(200 * sum(taken) - 2 * whole * (of.percent or 0)) <= 100
    totals = add_up("USD", quoted, [Adjustment(Phase.DISCOUNT, "discounts", "", "", sum(taken), shares=taken)])
    assert totals.total == totals.subtotal - sum(taken) == sum(totals.nets)
    assert list(totals.nets) == [item.total - share for item, share in zip(items, taken, strict=True)]


@pytest.mark.parametrize(
    ("of", "totals", "expected"),
    [
        (discount(percent=10), (1999, 1), (200, 0)),
        (discount(percent=50), (1,), (1,)),
        (discount(percent=33), (100, 100, 100), (33, 33, 33)),
        (fixed(100), (100, 100, 100), (34, 33, 33)),
        (fixed(5000), (1500, 500), (1500, 500)),
        (discount(percent=100), (1500, 7), (1500, 7)),
        (discount(scope=DiscountScope.PRODUCTS, targets=(str(PRODUCTS[1]),)), (1000, 1000), (0, 100)),
    ],
)
def test_examples(of: Discount, totals: tuple[int, ...], expected: tuple[int, ...]) -> None:
    found = offered(of, *totals)
    assert isinstance(found, Offer)
    assert found.shares == expected


def test_a_discount_on_a_product_is_one_on_its_variants() -> None:
    of = discount(scope=DiscountScope.PRODUCTS, targets=(str(PRODUCTS[0]),))
    items = [Item(PRODUCTS[3], None, 1000, PRODUCTS[0]), Item(PRODUCTS[4], None, 1000, PRODUCTS[1])]
    assert rules.shares(of, items) == (100, 0)


def test_whom_it_is_for() -> None:
    roles = discount(scope=DiscountScope.ROLES, targets=("10", "11"))
    tags = discount(scope=DiscountScope.TAGS, targets=("VIP",))
    people = discount(scope=DiscountScope.CUSTOMERS, targets=(str(SHOPPER.customer),))
    nobody = discount(scope=DiscountScope.CUSTOMERS)
    assert [offered(one) for one in (roles, tags, nobody)] == [Obstacle.UNKNOWN] * 3
    assert isinstance(offered(people), Offer)
    assert isinstance(offered(roles, shopper=replace(SHOPPER, roles=frozenset({11}))), Offer)
    assert isinstance(offered(tags, shopper=replace(SHOPPER, tags=frozenset({"vip"}))), Offer)
    assigned = offered(nobody, assigned=assignment(nobody))
    assert isinstance(assigned, Offer)
    assert assigned.assignment is not None


def test_what_stands_in_the_way() -> None:
    before, later = NOW - timedelta(days=2), NOW + timedelta(seconds=1)
    limited = discount(limit_per_customer=2)
    assert offered(discount(active=False)) is Obstacle.UNKNOWN
    assert offered(discount(starts=later)) is Obstacle.UNKNOWN
    assert offered(discount(starts=before, ends=NOW)) is Obstacle.ENDED
    assert offered(discount(limit_total=3, used=3)) is Obstacle.USED_UP
    assert offered(limited, shopper=replace(SHOPPER, used={limited.id: 2})) is Obstacle.USED_BY_CUSTOMER
    assert isinstance(offered(limited, shopper=replace(SHOPPER, used={limited.id: 1})), Offer)
    assert offered(discount(minimum=1001)) is Obstacle.MINIMUM
    assert offered(fixed(100), currency="EUR") is Obstacle.CURRENCY
    assert isinstance(offered(discount(), currency="EUR"), Offer)
    assert offered(discount(), 0) is Obstacle.NOTHING
    assert offered(discount(), 4) is Obstacle.NOTHING
    coded = discount(code="SAVE10")
    assert offered(coded) is Obstacle.UNKNOWN
    assert isinstance(offered(coded, typed=True), Offer)


def test_an_assignment_allows_what_the_limit_per_customer_does_not() -> None:
    of = discount(limit_per_customer=1)
    shopper = replace(SHOPPER, used={of.id: 1})
    assert isinstance(offered(of, assigned=assignment(of), shopper=shopper), Offer)
    for over in ({"used": 2}, {"active": False}, {"expires": NOW}):
        assert offered(of, assigned=assignment(of, **over), shopper=shopper) is Obstacle.USED_BY_CUSTOMER


def test_the_best_is_chosen_the_same_way_every_time() -> None:
    def made(amount: int, **given: Any) -> Offer:
        return Offer(fixed(amount, **given), (amount,))

    small, large = made(100), made(200)
    ending = made(200, ends=NOW + timedelta(days=1))
    older = made(200, created=NOW - timedelta(days=1))
    assert rules.best([]) is None
    assert rules.best([small, large]) is large
    assert rules.best([large, ending, older]) is rules.best([older, ending, large]) is ending
    assert rules.best([large, older]) is rules.best([older, large]) is older
    assert rules.best([large, older], large.discount.id) is large
    assigned = Offer(fixed(200, created=NOW - timedelta(days=9)), (200,), assignment(large.discount))
    assert rules.best([assigned, large]) is large


@pytest.mark.parametrize(
    ("given_values", "field"),
    [
        ({"percent": 0}, "percent"),
        ({"percent": 101}, "percent"),
        ({"percent": None}, "percent"),
        ({"kind": DiscountKind.FIXED, "amount": 0}, "amount"),
        ({"kind": DiscountKind.FIXED, "amount": MAXIMUM + 1}, "amount"),
        ({"starts": NOW, "ends": NOW}, "ends"),
        ({"starts": NOW, "ends": NOW - timedelta(days=1)}, "ends"),
        ({"ends": NOW - timedelta(days=1)}, "ends"),
        ({"limit_total": 0}, "limit_total"),
        ({"limit_per_customer": -1}, "limit_per_customer"),
        ({"minimum": -1}, "minimum"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"code": "a b"}, "code"),
        ({"code": "ab"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"code": "ПРИВЕТ"}, "code"),
        ({"currency": "XXXX"}, "currency"),
        ({"scope": DiscountScope.PRODUCTS}, "targets"),
        ({"scope": DiscountScope.PRODUCTS, "targets": ("mug",)}, "targets"),
        ({"scope": DiscountScope.ROLES, "targets": ("@VIP",)}, "targets"),
        ({"scope": DiscountScope.TAGS, "targets": tuple(map(str, range(501)))}, "targets"),
    ],
)
def test_what_cannot_be_a_discount_is_refused(given_values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check(DiscountInput(**{"name": "Sale", "percent": 10, **given_values}), "USD", NOW)
    assert [error.field for error in refused.value.errors] == [field]


def test_what_is_entered_is_put_in_order() -> None:
    given = DiscountInput(name="  Summer   sale ", percent=10, amount=5, code=" ｓave10 ", targets=("x",))
    checked = rules.check(given, "EUR", NOW)
    assert (checked.name, checked.code, checked.amount, checked.currency) == ("Summer sale", "SAVE10", None, "EUR")
    assert (checked.starts, checked.targets) == (NOW, ())


@pytest.mark.parametrize(
    ("rule", "total", "expected"),
    [
        (None, None, (AssignmentRule.FOREVER, None)),
        (None, 1, (AssignmentRule.ONE_TIME, 1)),
        (None, 3, (AssignmentRule.NEXT_N, 3)),
        (AssignmentRule.NEXT_N, 1, (AssignmentRule.NEXT_N, 1)),
        (AssignmentRule.ONE_TIME, 1, (AssignmentRule.ONE_TIME, 1)),
    ],
)
def test_rules_of_assignments(rule: AssignmentRule | None, total: int | None, expected: object) -> None:
    assert rules.check_assignment(rule, total, None, NOW) == expected


@pytest.mark.parametrize(
    ("rule", "total"),
    [
        (AssignmentRule.ONE_TIME, None),
        (AssignmentRule.NEXT_N, None),
        (AssignmentRule.ONE_TIME, 2),
        (AssignmentRule.NEXT_N, 0),
        (AssignmentRule.FOREVER, 3),
    ],
)
def test_rules_and_numbers_that_do_not_go_together(rule: AssignmentRule, total: int | None) -> None:
    with pytest.raises(Invalid, match=rule.value if total != 0 else "0 uses"):
        rules.check_assignment(rule, total, None, NOW)


def test_an_assignment_that_is_over_already() -> None:
    with pytest.raises(Invalid, match="2026-11-22 12:00 UTC is over"):
        rules.check_assignment(None, None, NOW, NOW)
