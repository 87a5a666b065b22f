"""What points come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from guildshop.errors import Invalid
from guildshop.plugins.loyalty import rules
from guildshop.plugins.loyalty.api import MOST_POINTS, LoyaltySettings, Tier

TIERS = (Tier(name="Gold", threshold=1000, multiplier="1.5"), Tier(name="Silver", threshold=100, multiplier="1.25"))


@pytest.mark.parametrize(
    ("goods", "currency", "per_unit", "tier", "points"),
    [
        (1999, "USD", 1, None, 19),
        (1999, "USD", 10, None, 199),
        (1999, "JPY", 1, None, 1999),
        (1999, "KWD", 3, None, 5),
        (1999, "USD", 1, TIERS[0], 29),
        (0, "USD", 1, None, 0),
        (10**13, "JPY", 1000, None, MOST_POINTS),
    ],
)
def test_points_for_goods(goods: int, currency: str, per_unit: int, tier: Tier | None, points: int) -> None:
    assert rules.earned_for(goods, currency, per_unit, tier) == points


def test_tiers_by_the_points_ever_earned() -> None:
    reached = [getattr(rules.tier_of(TIERS, at), "name", "") for at in (0, 99, 100, 999, 1000)]
    assert reached == ["", "", "Silver", "Silver", "Gold"]
    assert [getattr(rules.next_tier(TIERS, at), "name", "") for at in (0, 100, 1000)] == ["Silver", "Gold", ""]


def test_what_may_be_redeemed() -> None:
    assert rules.redeemable(500, 2000, 1, 100, 100) == 500
    assert rules.redeemable(5000, 2000, 1, 50, 100) == 1000
    assert rules.redeemable(5000, 2000, 3, 100, 100) == 666
    assert rules.redeemable(99, 2000, 1, 100, 100) == 0
    assert rules.redeemable(500, 150, 1, 50, 100) == 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_shares_of_a_refund_never_leave_the_whole(points: int, total: int, refunded: int, over: bool) -> None:
    refunded = min(refunded, total)
    kept = rules.kept(points, total, refunded, over=over)
    returned = rules.returned(points, total, refunded, over=over)
    assert 0 <= kept <= points
    assert 0 <= returned <= points
    assert kept + returned <= points
    if total and refunded == total:
        assert (kept, returned) == (0, points)


def test_the_daily_cap_and_what_expires() -> None:
    assert [rules.capped(50, cap, 30) for cap in (0, 20, 60, 100)] == [50, 0, 30, 50]
    assert [rules.expiring(lapsed, spent) for lapsed, spent in ((0, 0), (100, -30), (100, -200))] == [0, 70, 0]


@pytest.mark.parametrize("typed", ["0", "-5", "1.5", "", " ", "1e3", "9" * 10, str(10**18), "²", "١٢", "five", "1 000"])
def test_no_number_of_points(typed: str) -> None:
    with pytest.raises(Invalid, match="positive whole number"):
        rules.parse_points(typed)


def test_a_number_of_points() -> None:
    assert rules.parse_points(" 100 ") == 100
    assert rules.parse_points(str(MOST_POINTS)) == MOST_POINTS


@pytest.mark.parametrize("multiplier", ["0", "0.5", "101", "x", "1.234", "NaN"])
def test_wrong_multipliers(multiplier: str) -> None:
    with pytest.raises(ValidationError, match="multiplier"):
        LoyaltySettings.model_validate({"tiers": [{"name": "Gold", "multiplier": multiplier}]})
