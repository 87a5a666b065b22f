"""The rules of reports: pure and synchronous."""

from guildshop.plugins.reports.rules.charts import Chart, Column, Mark, ceiling, chart, sparkline
from guildshop.plugins.reports.rules.periods import (
    LENGTHS,
    LONGEST,
    Span,
    beginning,
    bounds,
    preset_period,
    read_period,
    spans,
    today,
)
from guildshop.plugins.reports.rules.tokens import Opened, read_token, share_token

__all__ = [
    "LENGTHS",
    "LONGEST",
    "Chart",
    "Column",
    "Mark",
    "Opened",
    "Span",
    "beginning",
    "bounds",
    "ceiling",
    "chart",
    "preset_period",
    "read_period",
    "read_token",
    "share_token",
    "spans",
    "sparkline",
    "today",
]
