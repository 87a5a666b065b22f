"""The page of the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from yarl import URL

from guildshop.i18n import _, lazy
from guildshop.permissions import Actor, Origin
from guildshop.plugins.customers.api import Customer, CustomerTab
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.staff.api import AUDIT_READ, AuditFilter, AuditRecord
from guildshop.plugins.staff.service import AuditService
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import page_url, render

if TYPE_CHECKING:
    from guildshop.app import App

FILTERS = ("actor", "action", "subject", "since", "until")


async def show(request: web.Request) -> web.StreamResponse:
    """Show the entries that fit the filters, newest first."""
    typed = {name: request.query.get(name, "").strip() for name in FILTERS}
    wanted, problem = _wanted(typed, ZoneInfo(store_of(request).time_zone))
    found = (
        await app_of(request)
        .get(AuditService)
        .search(actor_of(request), wanted, cursor=request.query.get("cursor", ""))
    )
    query = {name: value for name, value in typed.items() if value}
    address = URL(page_url(request, "audit"))
    values = {
        "entries": _entries(found.items),
        "filters": typed,
        "filtered": bool(query),
        "problem": problem,
        "origins": _origins(),
        "next_url": str(address.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
        "first_url": str(address.with_query(query)) if "cursor" in request.query else "",
    }
    return render(request, "staff/audit.html", values)


def customer_tab(app: App) -> CustomerTab:
    """Return the tab of a customer's page with what the log says of them, and of records merged into theirs."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        records = await app.get(CustomerService).records_of(customer.id)
        found = await app.get(AuditService).about(actor, "customer", records)
        return {"entries": _entries(found.items), "origins": _origins(), "more": bool(found.cursor)}

    return CustomerTab("audit", lazy("Audit"), AUDIT_READ, "staff/customer_tab.html", load, position=90)


def _entries(records: Sequence[AuditRecord]) -> list[dict[str, Any]]:
    return [{"record": record, "differences": differences(record)} for record in records]


def _origins() -> dict[Origin, str]:
    return {
        Origin.DISCORD: _("Discord"),
        Origin.WEB: _("Web"),
        Origin.API: _("API"),
        Origin.ADMIN: _("Admin"),
        Origin.CLI: _("Command line"),
        Origin.DELIVERY: _("By itself"),
    }


def differences(record: AuditRecord) -> list[tuple[str, str, str]]:
    """Return (name, before, after) for each value that an entry says has changed."""
    names = dict.fromkeys([*record.before, *record.after])
    return [
        (name, _text(record.before, name), _text(record.after, name))
        for name in names
        if record.before.get(name) != record.after.get(name)
    ]


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None or value == "":
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value) or "–"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wanted(typed: Mapping[str, str], zone: ZoneInfo) -> tuple[AuditFilter, str]:
    since, until = _day(typed["since"], zone), _day(typed["until"], zone, days=1)
    problem = ""
    if (typed["since"] and since is None) or (typed["until"] and until is None):
        problem = _("Write dates as year-month-day, such as 2026-11-22. The filter was left out.")
    return AuditFilter(typed["actor"][:100], typed["action"][:100], typed["subject"][:100], since, until), problem


def _day(text: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
