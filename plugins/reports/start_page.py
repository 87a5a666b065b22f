"""The cards of the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from guildshop.hookspecs import DashboardCard
from guildshop.i18n import _, grouped, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.reports import rules
from guildshop.plugins.reports.api import REPORT_READ, Period, Preset
from guildshop.plugins.reports.service import ReportService

if TYPE_CHECKING:
    from guildshop.app import App

WIDTH, HEIGHT = 160, 40


def dashboard_cards(app: App) -> list[DashboardCard]:
    """Return today's orders and revenue, and the revenue of 30 days with its line."""
    service = app.get(ReportService)

    async def orders(actor: Actor) -> str:
        today = service.today()
        return grouped((await service.report(actor, Period(today, today))).total.placed)

    async def revenue(actor: Actor) -> str:
        today = service.today()
        report = await service.report(actor, Period(today, today))
        return format_money(report.total.revenue, report.currency)

    async def month(actor: Actor) -> str:
        period = rules.preset_period(Preset.MONTH, app.now(), app.stores.get(actor.store).time_zone)
        report = await service.report(actor, period)
        return format_money(report.total.revenue, report.currency) + line_of(
            [one.figures.revenue for one in report.days]
        )

    return [
        DashboardCard(lazy("Orders today"), orders, REPORT_READ, "order", position=5),
        DashboardCard(lazy("Revenue today"), revenue, REPORT_READ, "reports?period=7d", position=6),
        DashboardCard(lazy("Revenue of 30 days"), month, REPORT_READ, "reports", position=90, wide=True),
    ]


def line_of(values: list[int]) -> Markup:
    """Return the line through the values as SVG."""
    points = rules.sparkline(values, WIDTH, HEIGHT)
    return Markup(
        ' <svg class="sparkline" viewBox="0 0 {w} {h}" width="{w}" height="{h}" preserveAspectRatio="none" role="img"'
        ' aria-label="{label}"><polyline points="{points}" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>'
    ).format(w=WIDTH, h=HEIGHT, label=_("Revenue by day"), points=points)
