"""Periods in time zones, tokens, and the geometry of charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildshop.errors import Invalid
from guildshop.plugins.reports import rules
from guildshop.plugins.reports.api import Figures, Period, Preset
from guildshop.plugins.reports.drawing import draw
from guildshop.plugins.reports.rules import Column, Opened

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPENED = Opened(7, UUID(int=5), NOW)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # the clocks go forward at midnight
        ("America/Havana", date(2026, 11, 1), 25),  # and back into the same day
        ("UTC", date(2026, 3, 29), 24),
    ],
)
def test_a_day_lasts_as_long_as_its_clocks_say(zone: str, day: date, hours: int) -> None:
    begin, end = rules.bounds(day, zone)
    assert end - begin == timedelta(hours=hours)
    assert rules.today(begin, zone) == day
    assert rules.today(end - timedelta(microseconds=1), zone) == day
    assert rules.today(begin - timedelta(microseconds=1), zone) == day - timedelta(days=1)


@given(
    st.sampled_from(["America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Dublin"]),
    st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
)
@settings(max_examples=200, deadline=None)
def test_every_moment_belongs_to_one_day(zone: str, naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    begin, end = rules.bounds(rules.today(moment, zone), zone)
    assert begin <= moment < end


def test_presets_end_today_in_the_stores_time_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert rules.read_period({}, late, "Asia/Tokyo") == Period(date(2026, 10, 25), date(2026, 11, 23), Preset.MONTH)
    assert rules.read_period({"period": "7d"}, late, "UTC") == Period(
        date(2026, 11, 16), date(2026, 11, 22), Preset.WEEK
    )
    assert rules.read_period({"period": "year"}, late, "UTC").days == 365
    custom = rules.read_period({"first": "2026-01-31", "last": "2026-01-31"}, NOW, "UTC")
    assert (custom.days, custom.preset) == (1, Preset.CUSTOM)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"period": "'; DROP"}, "is no period"),
        ({"first": "2026-02-30", "last": "2026-03-01"}, "“2026-02-30” is no date"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "comes after"),
        ({"first": "2026-03-02"}, "is no date"),
        ({"first": "2026-11-22", "last": "2026-11-23"}, "yet to come"),
        ({"first": "2020-01-01", "last": "2026-01-01"}, "at most 1830 days"),
        ({"first": "0001-01-01", "last": "2026-01-01"}, "is no date"),
        ({"first": "２０２６-01-01", "last": "2026-01-01"}, "is no date"),
        ({"period": "custom", "first": "x" * 5000, "last": ""}, "is no date"),
    ],
)
def test_what_is_no_period_is_refused(typed: dict[str, str], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.read_period(typed, NOW, "UTC")
    sentences = " ".join(error.message for error in refused.value.errors)
    assert told in sentences
    assert len(sentences) < 200


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(1, rules.LONGEST))
@settings(max_examples=100, deadline=None)
def test_the_bars_of_a_chart_cover_each_day_once(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length - 1))
    spans = rules.spans(period)
    days = [span.first + timedelta(days=n) for span in spans for n in range((span.last - span.first).days + 1)]
    assert days == [first + timedelta(days=n) for n in range(length)]
    assert len(spans) <= 62


def test_a_token_says_what_it_was_signed_for() -> None:
    token = rules.share_token("secret", OPENED)
    assert rules.read_token(["other", "secret"], token) == OPENED
    assert rules.read_token(["other"], token) is None
    store, share, expires, mac = token.split("-")
    for forged in (
        f"8-{share}-{expires}-{mac}",
        f"{store}-{UUID(int=6).hex}-{expires}-{mac}",
        f"{store}-{share}-{int(expires) + 1}-{mac}",
        f"{store}-{share}-{expires}-{mac[:-1]}{'0' if mac[-1] != '0' else '1'}",
        f"{store}-{share}-{expires}-{mac.upper()}",
        f"{token}\n",
        f" {token}",
        "٧" + token[1:],
        "",
        "x" * 300,
    ):
        assert rules.read_token(["secret"], forged) is None


@given(st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(-(10**6), 10**15)), min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_bars_stay_within_the_chart(values: list[tuple[int, int]]) -> None:
    columns = [Column("x", revenue, refunds, "", "") for revenue, refunds in values]
    top = rules.ceiling(max(max(pair) for pair in values))
    assert top % 4 == 0
    assert top >= max(max(pair) for pair in values)
    made = rules.chart(columns, [(0, "0"), (top, "top")])
    for bar in (*made.revenue, *made.refunds):
        assert made.left <= bar.x
        assert bar.x + bar.width <= made.right + 0.01
        assert 0 <= bar.y <= made.floor
        assert bar.height >= 0


def test_a_chart_becomes_a_picture() -> None:
    columns = [Column("Nov 1", 500, 200, "", ""), Column("Nov 2", 0, 0, "", "")]
    made = rules.chart(columns, [(0, "0"), (500, "5 €")])
    picture = draw(made, "Łódź · 店", ("Revenue", "Refunds"))
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) < 100_000
    assert draw(rules.chart([Column("", 500, 0, "", "")], [(500, "")]), "", ("", "")) != picture


def test_shares_of_nothing_are_undefined() -> None:
    assert (Figures().conversion, Figures().refund_rate) == (None, None)
    both = Figures(placed=4, converted=3, revenue=200, refunds=50) + Figures()
    assert (both.conversion, both.refund_rate, both.net) == (0.75, 0.25, 150)
    assert rules.sparkline([5], 10, 10) == ""
    assert len(rules.sparkline([0, 5, -5], 100, 20).split()) == 3
