"""Reports in words: periods, charts with their labels, and the rows of tables and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_decimal

from guildshop import i18n
from guildshop.i18n import _, babel_locale, grouped, lazy
from guildshop.money import format_money, to_decimal
from guildshop.plugins.orders.api import OrderStatus, status_label
from guildshop.plugins.reports import rules
from guildshop.plugins.reports.api import BuyerFigures, Figures, Owed, Period, Preset, Report
from guildshop.plugins.reports.rules import Chart, Column, Span

PRESET_LABELS = {
    Preset.WEEK: lazy("7 days"),
    Preset.MONTH: lazy("30 days"),
    Preset.QUARTER: lazy("90 days"),
    Preset.YEAR: lazy("Year"),
    Preset.CUSTOM: lazy("Custom"),
}
UNDEFINED = "—"
PARTS = 4
"""Lines of a chart above its floor."""


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its definition."""

    title: str
    figure: str
    definition: str


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """The figures of the days that share a bar."""

    label: str
    span: Span
    figures: Figures


def period_text(period: Period) -> str:
    """Write a period as the reader writes dates."""
    locale = babel_locale()
    first, last = (format_date(day, "medium", locale=locale) for day in (period.first, period.last))
    return first if period.days == 1 else _("{first} to {last}").format(first=first, last=last)


def percent(share: float | None) -> str:
    """Write a share as a percentage to a tenth, or a dash where there is none."""
    return UNDEFINED if share is None else i18n.percent(share, least=1)


def cards(report: Report) -> Sequence[Card]:
    """Return the figures above the chart."""
    total, currency = report.total, report.currency
    average = None if not total.paid else total.revenue // total.paid
    return [
        Card(_("Revenue"), format_money(total.revenue, currency), _("What orders paid in these days came to.")),
        Card(_("Refunds"), format_money(total.refunds, currency), _("What went back in these days, whenever it came.")),
        Card(_("Net"), format_money(total.net, currency), _("Revenue less refunds.")),
        Card(_("Paid orders"), grouped(total.paid), _("Orders paid in these days.")),
        Card(
            _("Average order"),
            UNDEFINED if average is None else format_money(average, currency),
            _("Revenue for each paid order."),
        ),
        Card(
            _("Conversion"),
            percent(total.conversion),
            _("Of {placed} orders placed in these days, {converted} have been paid.").format(
                placed=grouped(total.placed), converted=grouped(total.converted)
            ),
        ),
        Card(_("Refund rate"), percent(total.refund_rate), _("Refunds as a share of revenue.")),
    ]


def by_span(report: Report) -> Sequence[SpanFigures]:
    """Return the figures of each day, week or month of a report."""
    found = []
    for span in rules.spans(report.period):
        figures = Figures()
        for day in report.days:
            if span.first <= day.day <= span.last:
                figures += day.figures
        found.append(SpanFigures(_span_label(span), span, figures))
    return found


def chart_of(report: Report) -> Chart:
    """Return the chart of revenue and refunds."""
    spans, currency = by_span(report), report.currency
    columns = [
        Column(
            _short(one.span, report.period),
            one.figures.revenue,
            one.figures.refunds,
            _("{when}: revenue {amount}").format(when=one.label, amount=format_money(one.figures.revenue, currency)),
            _("{when}: refunds {amount}").format(when=one.label, amount=format_money(one.figures.refunds, currency)),
        )
        for one in spans
    ]
    top = rules.ceiling(max((max(one.revenue, one.refunds) for one in columns), default=0))
    ticks = [(top * part // PARTS, _compact(top * part // PARTS, currency)) for part in range(PARTS + 1)]
    return rules.chart(columns, ticks)


def statuses(report: Report) -> Sequence[tuple[OrderStatus, str, int]]:
    """Return the statuses that orders of the period have, in the order of their life."""
    found = report.statuses
    return [(status, status_label(status), found[status.value]) for status in OrderStatus if found.get(status.value)]


# Files


Rows = tuple[Sequence[str], Sequence[Sequence[str]]]


def day_rows(report: Report) -> Rows:
    """Return the file of days."""
    currency = report.currency
    head = (
        "day", "currency", "orders_placed", "of_these_paid", "orders_paid", "revenue", "refunds", "net",
        "orders_refunded",
    )  # fmt: skip
    rows = [
        (
            one.day.isoformat(),
            currency,
            str(one.figures.placed),
            str(one.figures.converted),
            str(one.figures.paid),
            *(_plain(amount, currency) for amount in (one.figures.revenue, one.figures.refunds, one.figures.net)),
            str(one.figures.refunded),
        )
        for one in report.days
    ]
    return head, rows


def product_rows(report: Report) -> Rows:
    """Return the file of products."""
    currency = report.currency
    rows = [(one.sku, one.name, str(one.pieces), _plain(one.amount, currency), currency) for one in report.products]
    return ("sku", "name", "pieces", "amount", "currency"), rows


def status_rows(report: Report) -> Rows:
    """Return the file of statuses."""
    rows = [(status.value, str(count), report.currency) for status, _label, count in statuses(report)]
    return ("status", "orders", "currency"), rows


def buyer_rows(buyers: Sequence[BuyerFigures], currency: str) -> Rows:
    """Return the file of customers."""
    rows = [(str(one.customer), one.name, str(one.orders), _plain(one.amount, currency), currency) for one in buyers]
    return ("customer_id", "customer", "orders", "amount", "currency"), rows


def owed_rows(owed: Owed, currency: str) -> Rows:
    """Return the file of what is owed."""
    rows = [("credit", _plain(amount, code), code, str(people)) for code, amount, people in owed.credit or ()]
    if owed.points is not None:
        rows.append(("points", str(owed.points), "", str(owed.members)))
        rows.append(("points_worth", _plain(owed.points_worth, currency), currency, str(owed.members)))
    return ("what", "amount", "currency", "customers"), rows


def _plain(amount: int, currency: str) -> str:
    return str(to_decimal(amount, currency))


def _compact(amount: int, currency: str) -> str:
    """Write a value beside the chart, short: 12K USD."""
    number = format_compact_decimal(to_decimal(amount, currency), locale=babel_locale(), fraction_digits=1)
    return f"{number} {currency}"


def _span_label(span: Span) -> str:
    return period_text(Period(span.first, span.last))


def _short(span: Span, period: Period) -> str:
    locale = babel_locale()
    months = (span.last - span.first).days > 6 or period.days > 190
    return format_skeleton("MMM" if months else "MMMd", span.first, locale=locale)
