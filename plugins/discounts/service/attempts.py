"""A limit on codes that do not exist, so that nobody finds one by trying: counted in the database, for all processes.

An attempt is counted before the code is looked for and taken back when it fits, so that parallel guesses cannot slip
past the limit together.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.discounts import tables
from guildshop.plugins.discounts.api import TooManyCodes

if TYPE_CHECKING:
    from guildshop.app import App

WINDOW = timedelta(minutes=15)
FAILURES = 10
"""How many codes that do not exist a customer may type within the window."""


class _NotCounted(Refusal):
    """There is no row to count in, or its limit is reached."""


class Attempts:
    """Counts failures per customer."""

    def __init__(self, app: App) -> None:
        """Count in this application's database."""
        self._app = app

    async def claim(self, actor: Actor, customer: UUID) -> None:
        """Count one attempt; TooManyCodes when the customer has used up theirs."""
        if (
            await self._count(actor, customer)
            or await self._begin(actor, customer)
            or await self._count(actor, customer)
        ):
            return
        raise TooManyCodes(
            _("Too many codes that do not exist. Wait {minutes} minutes, or go on without a code.").format(
                minutes=int(WINDOW.total_seconds() // 60)
            )
        )

    async def give_back(self, actor: Actor, customer: UUID) -> None:
        """Take one attempt back: its code was right."""
        async with self._app.work(actor) as work:
            work.guard(
                tables.DiscountAttempt,
                set="failures = failures - 1",
                where="customer = :customer AND failures > 0",
                rows=None,
                customer=customer,
            )

    async def _count(self, actor: Actor, customer: UUID) -> bool:
        try:
            async with self._app.work(actor) as work:
                work.guard(
                    tables.DiscountAttempt,
                    set="failures = CASE WHEN window_start <= :cutoff THEN 1 ELSE failures + 1 END,"
                    " window_start = CASE WHEN window_start <= :cutoff THEN :now ELSE window_start END",
                    where="customer = :customer AND (failures < :limit OR window_start <= :cutoff)",
                    refusal=_NotCounted(""),
                    cutoff=work.now - WINDOW,
                    customer=customer,
                    limit=FAILURES,
                )
        except _NotCounted:
            return False
        return True

    async def _begin(self, actor: Actor, customer: UUID) -> bool:
        try:
            async with self._app.work(actor) as work:
                work.insert(
                    tables.DiscountAttempt,
                    conflict=_NotCounted(""),
                    id=new_id(),
                    customer=customer,
                    failures=1,
                    window_start=work.now,
                )
        except _NotCounted:
            return False
        return True
