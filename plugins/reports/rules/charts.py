"""The geometry of charts: where bars, lines and labels go. Pages draw them as SVG, Discord gets a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 84, 8, 12, 28
LABELS = 8
"""About how many labels fit below the bars."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; what it means is in `told`."""

    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label, with where it stands along its axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of revenue, with those of refunds in front of them; `lines` are the values beside the chart."""

    revenue: Sequence[Bar]
    refunds: Sequence[Bar]
    lines: Sequence[Mark]
    labels: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Column:
    """What is drawn for one span: its label, both amounts in minor units, and both in words."""

    label: str
    revenue: int
    refunds: int
    told_revenue: str
    told_refunds: str


def ceiling(largest: int) -> int:
    """Return a round number of at least that size, which four parts divide evenly."""
    if largest <= 4:
        return 4
    step = 1
    while True:
        for factor in (4, 8, 12, 20, 40):
            if factor * step >= largest:
                return factor * step
        step *= 10


def chart(columns: Sequence[Column], ticks: Sequence[tuple[int, str]]) -> Chart:
    """Place the columns; `ticks` are values with their texts, the last one is the top of the chart."""
    top = max(ticks[-1][0], 1) if ticks else 1
    height, floor = HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM
    slot = (WIDTH - LEFT - RIGHT) / max(len(columns), 1)
    wide = max(min(slot * 0.72, 56), 1)

    def bar(number: int, value: int, told: str, width: float) -> Bar:
        tall = round(height * min(max(value, 0), top) / top, 2)
        x = LEFT + slot * number + (slot - width) / 2
        return Bar(round(x, 2), round(floor - tall, 2), round(width, 2), tall, told)

    every = max(-(-len(columns) // LABELS), 1)
    return Chart(
        revenue=[bar(n, one.revenue, one.told_revenue, wide) for n, one in enumerate(columns)],
        refunds=[bar(n, one.refunds, one.told_refunds, wide * 0.5) for n, one in enumerate(columns) if one.refunds],
        lines=[Mark(round(floor - height * value / top, 2), text) for value, text in ticks],
        labels=[Mark(round(LEFT + slot * (n + 0.5), 2), one.label) for n, one in enumerate(columns) if n % every == 0],
    )


def sparkline(values: Sequence[int], width: int, height: int) -> str:
    """Return the points of a line through the values, for an SVG polyline; empty for fewer than two."""
    if len(values) < 2:
        return ""
    low, span = min(0, *values), max(max(values) - min(0, *values), 1)
    step = (width - 4) / (len(values) - 1)
    points = (
        f"{2 + step * number:.1f},{height - 3 - (value - low) / span * (height - 6):.1f}"
        for number, value in enumerate(values)
    )
    return " ".join(points)
