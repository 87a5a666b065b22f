"""The page of the doctor."""

from __future__ import annotations

from aiohttp import web

from guildshop.doctor import examine_store
from guildshop.hookspecs import Severity
from guildshop.i18n import _
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import render

TONES = {Severity.BROKEN: "bad", Severity.WARNING: "warn", Severity.FINE: "good"}


async def doctor(request: web.Request) -> web.StreamResponse:
    """Examine the store and show what was found, the worst first."""
    findings = await examine_store(app_of(request), actor_of(request).store)
    order = list(TONES)
    labels = {Severity.BROKEN: _("Broken"), Severity.WARNING: _("Warning"), Severity.FINE: _("Fine")}
    values = {
        "findings": sorted(findings, key=lambda finding: order.index(finding.severity)),
        "tones": TONES,
        "labels": labels,
        "counts": [(labels[kind], sum(found.severity is kind for found in findings), TONES[kind]) for kind in order],
    }
    return render(request, "staff/doctor.html", values)
