"""The use cases and queries of reports."""

from __future__ import annotations

from collections.abc import Sequence

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ
from guildshop.plugins.reports.api import REPORT_READ, REPORT_UPDATE, BuyerFigures, Owed, Period, Report, Share
from guildshop.plugins.reports.service.sharing import LIVES, USUAL_LIFE, ReportSharing

__all__ = ["LIVES", "MOST", "TOP", "USUAL_LIFE", "ReportService"]

TOP = 10
MOST = 10_000
"""Rows of a file."""
PATIENCE = 1.0
"""Seconds for which whoever asks waits for days to be counted."""


class ReportService(ReportSharing):
    """Everything that can be asked and done about reports, within the store in scope."""

    async def report(self, actor: Actor, period: Period, currency: str = "", *, top: int = TOP) -> Report:
        """Return a period in one currency, by default the store's."""
        actor.require(REPORT_READ)
        chosen = currency.upper()
        left = await self.catch_up(period.first, period.last, PATIENCE)
        known = await self.currencies()
        if chosen and chosen not in known:
            raise Invalid.field(
                "currency",
                _("Nothing was sold in “{text}”. Choose one of {names}.").format(
                    text=currency[:10], names=", ".join(known)
                ),
            )
        return await self._report(period, chosen or known[0], known, top, left)

    async def shared(self, share: Share) -> Report:
        """Return the report that a link shows, in its store; also in a currency in which nothing is left."""
        left = await self.catch_up(share.period.first, share.period.last, PATIENCE)
        return await self._report(share.period, share.currency, (share.currency,), TOP, left)

    async def top_buyers(
        self, actor: Actor, period: Period, currency: str, *, top: int = TOP
    ) -> Sequence[BuyerFigures] | None:
        """Return the best customers of a period; None for who may not see customers."""
        actor.require(REPORT_READ)
        if not actor.may(CUSTOMER_READ):
            return None
        return await self.buyers(period, currency, top, named=self.app.stores.get(actor.store).show_pii)

    async def debts(self, actor: Actor) -> Owed:
        """Return what the store owes its customers, as far as the actor may see it."""
        actor.require(REPORT_READ)
        return await self.owed(actor)

    async def recount(self, actor: Actor) -> int:
        """Have every day counted anew; return how many there are."""
        actor.require(REPORT_UPDATE)
        return await self.begin_anew(actor)

    async def _report(self, period: Period, currency: str, known: Sequence[str], top: int, left: int) -> Report:
        days, products = await self.days(period, currency), await self.products(period, currency, top)
        return Report(period, currency, known, days, products, left)
