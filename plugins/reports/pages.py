"""The page of reports, its files, and the links that are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web
from yarl import URL

from guildshop.errors import Invalid, NotFound, Refusal, Unavailable
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy, ngettext
from guildshop.plugins.reports import rules, words
from guildshop.plugins.reports.api import REPORT_READ, REPORT_UPDATE, Period, Preset, Report
from guildshop.plugins.reports.service import LIVES, MOST, USUAL_LIFE, ReportService
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render
from guildshop.web.sheets import sheet_response

PATH = "reports"
NAMES = ("period", "first", "last", "currency")


async def show(request: web.Request) -> web.StreamResponse:
    """Show a period."""
    return await _page(request)


async def export(request: web.Request) -> web.StreamResponse:
    """Send one table of a period as CSV."""
    service, actor, name = app_of(request).get(ReportService), actor_of(request), request.match_info["table"]
    period, currency = _asked(request)
    report = await service.report(actor, period, currency, top=MOST)
    if name == "customers":
        buyers = await service.top_buyers(actor, period, report.currency, top=MOST)
        if buyers is None:
            actor.require("customer.read")
        head, rows = words.buyer_rows(buyers or (), report.currency)
    elif name == "owed":
        head, rows = words.owed_rows(await service.debts(actor), store_of(request).currency)
    else:
        tables = {"days": words.day_rows, "products": words.product_rows, "statuses": words.status_rows}
        if name not in tables:
            raise NotFound(_("There is no table “{name}” in reports.").format(name=name[:40]))
        if report.uncounted:
            raise Unavailable(
                ngettext(
                    "{n} day is still being counted, so the file would lack something. Ask for it again in a minute.",
                    "{n} days are still being counted, so the file would lack something. Ask for it again in a minute.",
                    report.uncounted,
                ).format(n=report.uncounted)
            )
        head, rows = tables[name](report)
    file = f"{name}-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    return sheet_response(file, head, rows)


async def share(request: web.Request) -> web.StreamResponse:
    """Make a link, and show it."""
    form = await read_form(request)
    service, store = app_of(request).get(ReportService), store_of(request)
    try:
        days = next((life for life in LIVES if str(life) == form.get("days", "").strip()), 0)
        period = rules.read_period(form, app_of(request).now(), store.time_zone)
        report = await service.report(actor_of(request), period, form.get("currency", ""))
        _shared, link = await service.share(actor_of(request), period, report.currency, days)
    except Refusal as refusal:
        return await _page(request, typed=form, problem=refusal)
    return await _page(request, typed=form, link=link)


async def revoke(request: web.Request) -> web.StreamResponse:
    """End a link."""
    try:
        key = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such link in this store, or it was revoked already.")) from None
    await app_of(request).get(ReportService).revoke(actor_of(request), key)
    flash(request, _("The link is revoked: whoever opens it reads that."))
    raise redirect(request, PATH)


async def recount(request: web.Request) -> web.StreamResponse:
    """Have all days counted anew."""
    days = await app_of(request).get(ReportService).recount(actor_of(request))
    text = ngettext("{count} day is counted anew.", "{count} days are counted anew.", days)
    flash(request, text.format(count=days))
    raise redirect(request, PATH)


def values_of(report: Report) -> dict[str, Any]:
    """Return what the templates show of a report, to staff and to whoever has a link."""
    return {
        "report": report,
        "period_text": words.period_text(report.period),
        "cards": words.cards(report),
        "chart": words.chart_of(report),
        "spans": words.by_span(report),
        "statuses": words.statuses(report),
        "percent": words.percent,
    }


async def _page(
    request: web.Request,
    *,
    typed: Mapping[str, str] | None = None,
    problem: Refusal | None = None,
    link: str = "",
) -> web.StreamResponse:
    app, actor, store = app_of(request), actor_of(request), store_of(request)
    service = app.get(ReportService)
    given = {name: (typed or request.query).get(name, "").strip()[:40] for name in NAMES}
    try:
        period = rules.read_period(given, app.now(), store.time_zone)
        report = await service.report(actor, period, given["currency"])
    except Invalid as refusal:
        # What was typed stays in the form; below it the usual period is shown.
        problem = problem or refusal
        period = rules.preset_period(Preset.MONTH, app.now(), store.time_zone)
        report = await service.report(actor, period)
    query = _query(period, report.currency)
    here = URL(page_url(request, PATH))
    presets = [
        (_(label), str(here.with_query({"period": one.value, "currency": report.currency})), one is period.preset)
        for one, label in words.PRESET_LABELS.items()
        if one is not Preset.CUSTOM
    ]
    return render(
        request,
        "reports/reports.html",
        {
            **values_of(report),
            "presets": presets,
            "typed": {**given, "first": given["first"] or period.first, "last": given["last"] or period.last},
            "query": query,
            "file_url": lambda table: str(URL(page_url(request, f"{PATH}/{table}.csv")).with_query(query)),
            "problem": "" if problem is None else _sentence(problem),
            "buyers": await service.top_buyers(actor, period, report.currency),
            "named": store.show_pii,
            "owed": await service.debts(actor),
            "link": link,
            "lives": [(str(days), ngettext("{n} day", "{n} days", days).format(n=days)) for days in LIVES],
            "life": str(USUAL_LIFE),
            "shares": [(one, words.period_text(one.period)) for one in await service.shares(actor)],
            "may_share": actor.may(REPORT_UPDATE),
        },
        status=200 if problem is None else problem.status,
    )


def _asked(request: web.Request) -> tuple[Period, str]:
    store = store_of(request)
    period = rules.read_period(request.query, app_of(request).now(), store.time_zone)
    return period, request.query.get("currency", "").strip()


def _query(period: Period, currency: str) -> dict[str, str]:
    if period.preset is not Preset.CUSTOM:
        return {"period": period.preset.value, "currency": currency}
    return {
        "period": period.preset.value,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "currency": currency,
    }


def _sentence(refusal: Refusal) -> str:
    errors = refusal.errors if isinstance(refusal, Invalid) else ()
    return " ".join(error.message for error in errors) or refusal.message


PAGES = [
    Page(PATH, show, REPORT_READ, label=lazy("Reports"), position=70, icon="reports", shortcut="e"),
    Page(f"{PATH}/share", share, REPORT_UPDATE, methods=("POST",)),
    Page(f"{PATH}/share/{{id}}/revoke", revoke, REPORT_UPDATE, methods=("POST",)),
    Page(f"{PATH}/recount", recount, REPORT_UPDATE, methods=("POST",)),
    Page(f"{PATH}/{{table}}.csv", export, REPORT_READ),
]
