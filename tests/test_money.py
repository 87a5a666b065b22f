"""Amounts are exact: parsing, writing, percentages and allocation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildshop.errors import Invalid
from guildshop.i18n import use_locale
from guildshop.money import MAXIMUM, Money, allocate, format_money, known_currency, parse_money, percent_of, to_decimal


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("19.99", "USD", 1999), ("19.9", "USD", 1990), (" 20 ", "USD", 2000), ("500", "JPY", 500), ("1.234", "KWD", 1234)],
)
def test_parse(text: str, currency: str, amount: int) -> None:
    assert parse_money(text, currency) == amount


@pytest.mark.parametrize(
    "text", ["", "abc", "1,5", "NaN", "Infinity", "1e999990", "1e999999", "19.999", "1e30", "--1", "1_0.001"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_money(text, "USD")
    assert refusal.value.errors[0].field == "amount"


def test_yen_has_no_decimals() -> None:
    with pytest.raises(Invalid, match="more decimals than JPY has"):
        parse_money("1.5", "JPY")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "shown"),
    [
        (1999, "USD", "en-US", "$19.99"),
        (1999, "JPY", "en-US", "¥1,999"),
        (1234, "KWD", "en-US", "KWD1.234"),
        (1999, "EUR", "de", "19,99\xa0€"),
        (-500, "USD", "en-US", "-$5.00"),
    ],
)
def test_format(amount: int, currency: str, locale: str, shown: str) -> None:
    with use_locale(locale):
        assert format_money(amount, currency) == shown


@given(st.integers(-MAXIMUM, MAXIMUM), st.sampled_from(["USD", "JPY", "KWD"]))
def test_decimal_and_back(amount: int, currency: str) -> None:
    assert parse_money(str(to_decimal(amount, currency)), currency) == amount


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "USD") + Money(1, "EUR")


def test_unknown_currency_is_refused() -> None:
    assert known_currency(" usd ") == "USD"
    with pytest.raises(Invalid, match="no ISO 4217 currency"):
        known_currency("XYZZY")


@given(st.integers(0, MAXIMUM), st.integers(1, 100))
def test_percent_never_exceeds_the_amount(amount: int, percent: int) -> None:
    assert 0 <= percent_of(amount, percent) <= amount


def test_half_a_cent_rounds_up() -> None:
    assert percent_of(50, 25) == 13
    assert percent_of(150, 15) == 23


@given(st.integers(-MAXIMUM, MAXIMUM), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_add_up_and_are_fair(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    if total:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * total - amount * weight) < total


def test_nothing_can_be_split_among_nobody_but_nothing() -> None:
    assert allocate(0, []) == []
    with pytest.raises(ValueError, match="nobody"):
        allocate(1, [])
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [1, -1])
