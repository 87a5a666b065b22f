"""The figures above the list of customers, and the lines that show how they went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

WIDTH, HEIGHT = 120, 32
"""Of a trend, in units of its own."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """A store on one day: registered and active customers, those who paid once, twice, and what the store kept."""

    registered: int = 0
    active: int = 0
    buyers: int = 0
    repeaters: int = 0
    revenue: int = 0
    """In minor units of the currency: paid minus refunded."""
    currency: str = ""

    @property
    def average(self) -> int | None:
        """Net revenue for each customer with a paid order, in minor units, half up; None without any."""
        if not self.buyers:
            return None
        return int((Decimal(self.revenue) / self.buyers).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def retention(self) -> Decimal | None:
        """Percentage of buyers who paid twice or more, to a tenth; None without any."""
        if not self.buyers:
            return None
        return (Decimal(100 * self.repeaters) / self.buyers).quantize(Decimal("0.1"), ROUND_HALF_UP)


def month_start(now: datetime, zone: tzinfo) -> datetime:
    """Return when the current month of a time zone began, in UTC."""
    local = now.astimezone(zone)
    return datetime(local.year, local.month, 1, tzinfo=zone).astimezone(UTC)


def trend(values: Sequence[tuple[date, Decimal | int | None]]) -> str:
    """Return the points of a line through the days, for an SVG polyline; empty for fewer than two known values."""
    known = [(day.toordinal(), float(value)) for day, value in values if value is not None]
    if len(known) < 2:
        return ""
    first, days = known[0][0], known[-1][0] - known[0][0]
    low, high = min(value for _day, value in known), max(value for _day, value in known)
    span = high - low
    points = []
    for day, value in known:
        across = (day - first) / days * (WIDTH - 4) + 2
        up = (value - low) / span if span else 0.5
        points.append(f"{across:.1f},{HEIGHT - 3 - up * (HEIGHT - 6):.1f}")
    return " ".join(points)
