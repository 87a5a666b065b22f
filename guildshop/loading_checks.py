"""What the doctor says of the plugins: which were left out, which are slow, and whose timers fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.tenancy import every_store

if TYPE_CHECKING:
    from guildshop.app import App


async def plugin_findings(app: App, store_id: int | None = None) -> list[Finding]:
    """Return what is wrong with the plugins; of timers, those of one store, or of all."""
    return [*loading_findings(app), *await _failing_timers(app, store_id)]


def loading_findings(app: App) -> list[Finding]:
    """Return the plugins that were left out, and those that are slow to answer."""
    failures = [
        Finding(Severity.BROKEN, failure.name, failure.reason, failure.remedy) for failure in app.plugins.failures
    ]
    slow = [
        Finding(
            Severity.WARNING,
            found.name,
            _("It took {seconds:.1f} s to answer {hook}, during which nothing else ran.").format(
                seconds=found.seconds, hook=found.hook
            ),
            _("Tell its author: a hook returns things and does no work of its own."),
        )
        for found in app.plugins.slow
    ]
    return [*failures, *slow]


async def _failing_timers(app: App, store_id: int | None) -> Sequence[Finding]:
    findings = []
    of_store = "" if store_id is None else "AND store = :store"
    with every_store():
        rows = await app.database.fetch(
            "SELECT listener, MAX(last_error) AS reason FROM delivery WHERE status = 'PENDING' AND key = 'timer'"
            f" AND last_error IS NOT NULL {of_store} GROUP BY listener ORDER BY listener",
            **({} if store_id is None else {"store": store_id}),
        )
    for row in rows:
        plugin = app.listeners.timers.get(row["listener"])
        if plugin is not None:
            message = _("The timer {timer} failed when it ran last: {reason}.")
            findings.append(
                Finding(
                    Severity.WARNING,
                    plugin[0],
                    message.format(timer=row["listener"], reason=row["reason"]),
                    _("It runs again at its next time. If it fails again, see the log and tell the plugin's author."),
                )
            )
    return findings
