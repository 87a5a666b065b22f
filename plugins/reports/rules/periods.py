"""Periods: days of the store's time zone, and the moments at which they begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.reports.api import Period, Preset

LENGTHS = {Preset.WEEK: 7, Preset.MONTH: 30, Preset.QUARTER: 90, Preset.YEAR: 365}
LONGEST = 5 * 366
"""Days of a custom period."""
DAILY, WEEKLY = 45, 190
"""Up to how many days a chart has a bar for each day, or for each week."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days that share one bar of a chart, both included."""

    first: date
    last: date


def today(now: datetime, zone: str) -> date:
    """Return the day that it is in a time zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def beginning(day: date, zone: str) -> datetime:
    """Return when a day begins, in UTC: a day may have 23 or 25 hours, and may begin after midnight."""
    local = datetime.combine(day, time(), ZoneInfo(zone))
    moment = local.astimezone(UTC)
    # Where clocks are put forward at midnight, that hour does not exist: the day begins when it is over.
    while moment.astimezone(local.tzinfo).date() < day:
        moment += timedelta(minutes=15)
    return moment


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does, in UTC."""
    return beginning(day, zone), beginning(day + timedelta(days=1), zone)


def preset_period(preset: Preset, now: datetime, zone: str) -> Period:
    """Return the period of a preset that ends today; a custom one has none of its own."""
    last = today(now, zone)
    return Period(last - timedelta(days=LENGTHS[preset] - 1), last, preset)


def read_period(typed: Mapping[str, str], now: datetime, zone: str) -> Period:
    """Return the period that was asked for by `period`, or by `first` and `last`; refuse what is none."""
    wanted = typed.get("period", "").strip()
    if not wanted:
        wanted = Preset.CUSTOM if typed.get("first") or typed.get("last") else Preset.MONTH
    try:
        preset = Preset(wanted)
    except ValueError:
        names = ", ".join(one.value for one in Preset)
        raise Invalid.field(
            "period", _("“{text}” is no period. Choose one of {names}.").format(text=wanted[:40], names=names)
        ) from None
    if preset is not Preset.CUSTOM:
        return preset_period(preset, now, zone)
    first, last = (_day(typed.get(name, ""), name) for name in ("first", "last"))
    if first > last:
        raise Invalid.field(
            "first", _("{first} comes after {last}. Give the earlier day first.").format(first=first, last=last)
        )
    if last > today(now, zone):
        raise Invalid.field("last", _("{day} is yet to come. End with today or earlier.").format(day=last))
    if (last - first).days >= LONGEST:
        raise Invalid.field(
            "first", _("A report has at most {days} days. Choose a shorter period.").format(days=LONGEST)
        )
    return Period(first, last)


def spans(period: Period) -> Sequence[Span]:
    """Return the days, weeks or months that a chart of the period has bars for."""
    found: list[Span] = []
    first = period.first
    while first <= period.last:
        if period.days <= DAILY:
            last = first
        elif period.days <= WEEKLY:
            last = first + timedelta(days=6 - first.weekday())
        else:
            last = (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        last = min(last, period.last)
        found.append(Span(first, last))
        first = last + timedelta(days=1)
    return found


def _day(text: str, name: str) -> date:
    try:
        found = date.fromisoformat(text.strip()) if text.isascii() else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 9000:
        raise Invalid.field(name, _("“{text}” is no date. Write it like 2026-01-31.").format(text=text[:40]))
    return found
