"""A report as a picture, for Discord, which shows no SVG: PNG, drawn with the library's own letters."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from guildshop.plugins.reports.rules import Chart, Mark

SCALE = 2
"""Pixels for each unit of the chart, so that it is sharp on dense screens."""
PAPER, INK, LINE = "#ffffff", "#1b2430", "#dedcd3"
REVENUE, REFUNDS = "#1c6b58", "#c2571a"
SMALL, LARGE = 12, 15
HEAD = 34
"""Units above the chart for its heading."""


def draw(chart: Chart, heading: str, legend: Sequence[str]) -> bytes:
    """Return the chart as PNG; the legend names revenue and refunds, in that order."""
    image = Image.new("RGB", (chart.width * SCALE, (chart.height + HEAD) * SCALE), PAPER)
    pen = ImageDraw.Draw(image)
    small, large = (ImageFont.load_default(size * SCALE) for size in (SMALL, LARGE))
    pen.text((12 * SCALE, 8 * SCALE), heading, fill=INK, font=large)
    at = (chart.width - 12) * SCALE
    for colour, text in ((REFUNDS, legend[1]), (REVENUE, legend[0])):
        at -= int(pen.textlength(text, font=small))
        pen.text((at, 10 * SCALE), text, fill=INK, font=small)
        at -= 16 * SCALE
        pen.rectangle((at, 12 * SCALE, at + 10 * SCALE, 22 * SCALE), fill=colour)
        at -= 14 * SCALE
    for line in chart.lines:
        y = (line.at + HEAD) * SCALE
        pen.line((chart.left * SCALE, y, chart.right * SCALE, y), fill=LINE, width=SCALE)
        width = pen.textlength(line.text, font=small)
        pen.text((chart.left * SCALE - width - 8 * SCALE, y - 8 * SCALE), line.text, fill=INK, font=small)
    for bars, colour in ((chart.revenue, REVENUE), (chart.refunds, REFUNDS)):
        for bar in bars:
            if bar.height > 0:
                top = (bar.y + HEAD) * SCALE
                pen.rectangle(
                    (bar.x * SCALE, top, (bar.x + bar.width) * SCALE, (chart.floor + HEAD) * SCALE), fill=colour
                )
    for label in chart.labels:
        _centred(pen, label, (chart.floor + HEAD + 8) * SCALE, small)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()


def _centred(
    pen: ImageDraw.ImageDraw, label: Mark, y: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    pen.text((label.at * SCALE - pen.textlength(label.text, font=font) / 2, y), label.text, fill=INK, font=font)
