"""The checkout step: a customer's credit pays as much of the order as it can, by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Adjustment, Draft, Phase, Question, Quote, Totals
from guildshop.plugins.store_credit import tables
from guildshop.plugins.store_credit.api import CreditGone, EntryKind
from guildshop.plugins.store_credit.service.ledger import PLUGIN, CreditLedger

if TYPE_CHECKING:
    from guildshop.database import Work


class CreditStep:
    """Offsets credit, as a payment."""

    name = PLUGIN
    phase = Phase.CREDIT
    position = 0

    def __init__(self, ledger: CreditLedger) -> None:
        """Use this ledger."""
        self._ledger = ledger

    async def ask(self, draft: Draft) -> Question | None:
        """Ask nothing: credit is used by itself."""
        return None

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep nothing."""
        return {}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return what the credit pays. An order that is edited keeps what it took, and takes no more."""
        open_amount = totals.total - totals.credit
        if draft.order is not None:
            taken = await self._ledger.held(draft.order)
            if taken is None or not taken[1]:
                return ()
            return self._payment(min(taken[1], open_amount), taken[0], taken[1])
        if not self._ledger.active(draft.store):
            return ()
        account = await self._ledger.account(draft.customer, draft.currency)
        return () if account is None else self._payment(min(account.balance, open_amount), account.id, 0)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Take what the summary promised, or refuse it: used elsewhere, taken away or switched off since."""
        for one in quote.adjustments:
            if one.plugin != PLUGIN or one.phase is not Phase.CREDIT:
                continue
            account, held = one.reference.split(":")
            if int(held):
                # Of an order whose lines are edited: it holds the credit already.
                if one.amount < int(held):
                    self._ledger.give_back(work, order, UUID(account), int(held), one.amount)
                continue
            gone = CreditGone(_("Your credit changed since the summary was shown. Look at what is due now."))
            if not self._ledger.active(work.store):
                raise gone
            self._ledger.book(work, UUID(account), EntryKind.ORDER, -one.amount, gone=gone, order=order)
            work.insert(
                tables.CreditUse,
                conflict=gone,
                id=new_id(),
                order_id=order,
                account=UUID(account),
                held=one.amount,
                created=work.now,
            )

    def release(self, order: UUID, work: Work) -> None:
        """Do nothing: an edited order settles the difference as it claims, a deleted one by its deletion check."""

    def _payment(self, amount: int, account: UUID, held: int) -> Sequence[Adjustment]:
        if amount <= 0:
            return ()
        return (
            Adjustment(Phase.CREDIT, PLUGIN, "credit", _("Store credit"), amount, reference=f"{account.hex}:{held}"),
        )
