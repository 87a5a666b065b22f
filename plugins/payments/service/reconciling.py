"""Reconciliation: what processors took for us is compared with our books, and mended or noted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from guildshop.errors import Refusal
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.payments.api import DifferenceKind, Figures, Processor, ProcessorTold, Taking
from guildshop.plugins.payments.service.attempts import AttemptService
from guildshop.plugins.payments.service.differences import DifferenceService
from guildshop.plugins.payments.service.payments import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App

LOOKED_BACK = timedelta(days=3)
"""How far back the processors' lists are read; single attempts are asked about for much longer."""


class Reconciliation:
    """Compares the books of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def compare(self, store: int) -> None:
        """Look through what each processor took in the last days; one that does not answer leaves the others alone."""
        problems = []
        for processor in self.app.get(PaymentService).processors.enabled(store):
            try:
                await self._compare(processor)
            except Refusal as refusal:
                problems.append(f"{processor.label}: {refusal}")
        if problems:
            raise Refusal(" ".join(problems))

    async def examine(self, store: int | None) -> Sequence[Finding]:
        """Tell the doctor how the accounts with processors are, and whether books differ."""
        if store is None:
            return []
        found = []
        for processor in self.app.get(PaymentService).processors.all():
            for problem in await processor.examine(store):
                severity = Severity.BROKEN if problem.broken else Severity.WARNING
                found.append(Finding(severity, processor.label, problem.message, problem.remedy))
        differences = await self.app.get(DifferenceService).open()
        if differences:
            found.append(
                Finding(
                    Severity.WARNING,
                    _("Reconciliation"),
                    ngettext(
                        "The books of payment processors differ from ours in {count} place.",
                        "The books of payment processors differ from ours in {count} places.",
                        len(differences),
                    ).format(count=len(differences)),
                    _("Look at them on the page Payments, and settle each."),
                )
            )
        return found

    # Within

    async def _compare(self, processor: Processor) -> None:
        for taking in await processor.takings(self.app.now() - LOOKED_BACK):
            attempt = None if taking.attempt is None else await self.app.get(AttemptService).get(taking.attempt)
            if attempt is None:
                figures = Figures(DifferenceKind.UNKNOWN, 0, taking.amount, taking.currency)
                await self.app.get(DifferenceService).note_unknown(processor.code, taking.money_id, figures)
            elif await self._lacks(taking):
                async with self.app.work(Actor.system(attempt.store, "payments")) as work:
                    work.record(ProcessorTold(attempt.id))

    async def _lacks(self, taking: Taking) -> bool:
        """Tell whether our ledger has less of an attempt than its processor took."""
        if taking.attempt is None:
            return False
        known = await self.app.get(PaymentService).of_attempt(taking.attempt)
        return sum(payment.amount for payment in known) < taking.amount
