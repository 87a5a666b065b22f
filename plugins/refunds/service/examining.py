"""What the doctor finds about refunds: money that should be back by now and is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App

PATIENCE = timedelta(days=1)


class RefundExamination:
    """Looks for refunds that wait too long."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def examine(self, store_id: int | None) -> Sequence[Finding]:
        """Name the refunds that a processor has not given back for a day, and those that staff have not."""
        if store_id is None:
            return []
        with scope(store_id):
            rows = await self._app.database.fetch(
                "SELECT r.order_number, p.kind, p.problem FROM refund_part p"
                " JOIN refund r ON r.store = p.store AND r.id = p.refund"
                " WHERE p.store = :store AND p.state = 'PENDING' AND r.created < :before ORDER BY r.created LIMIT 100",
                store=store_id,
                before=self._app.now() - PATIENCE,
            )
        stuck = [row for row in rows if row["kind"] == "PROCESSOR" and row["problem"]]
        by_hand = [row for row in rows if row["kind"] == "MANUAL"]
        findings = []
        if stuck:
            text = ngettext(
                "{count} refund has not gone back for a day: order {numbers}. {problem}",
                "{count} refunds have not gone back for a day: orders {numbers}. {problem}",
                len(stuck),
            ).format(count=len(stuck), numbers=_numbers(stuck), problem=stuck[0]["problem"])
            remedy = _("Look at the processor, then try again on the page Refunds, or pay it back in another way.")
            findings.append(Finding(Severity.BROKEN, _("Refunds"), text, remedy))
        if by_hand:
            text = ngettext(
                "{count} refund waits for you to pay it back: order {numbers}.",
                "{count} refunds wait for you to pay them back: orders {numbers}.",
                len(by_hand),
            ).format(count=len(by_hand), numbers=_numbers(by_hand))
            remedy = _("Pay it back, then press “I paid it back” on the page Refunds.")
            findings.append(Finding(Severity.WARNING, _("Refunds"), text, remedy))
        return findings


def _numbers(rows: Sequence[dict[str, object]]) -> str:
    return ", ".join(dict.fromkeys(str(row["order_number"]) for row in rows[:5]))
