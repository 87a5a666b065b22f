"""What store credit keeps of a person: given out, and left without words about them when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.store_credit import tables
from guildshop.plugins.store_credit.api import EntryKind
from guildshop.plugins.store_credit.service.ledger import CreditLedger

if TYPE_CHECKING:
    from guildshop.database import Work

MOST = 100_000


class PersonalCredit:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, ledger: CreditLedger) -> None:
        """Read this ledger."""
        self._ledger = ledger

    async def export(self, customer: Customer) -> object:
        """Return the balances and everything that changed them."""
        return {
            "balances": {one.currency: one.balance for one in await self._ledger.accounts_of(customer.id)},
            "entries": [
                {
                    "kind": entry.kind,
                    "amount": entry.amount,
                    "currency": entry.currency,
                    "reason": entry.reason,
                    "order": entry.order_number,
                    "created": entry.created,
                }
                for entry in await self._ledger.entries(customer.id, limit=MOST)
            ],
        }

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what empties the reasons that staff wrote; the amounts stay, as the orders do."""

        def join(work: Work) -> None:
            work.guard(
                tables.CreditEntry,
                set="reason = ''",
                where="account IN (SELECT a.id FROM credit_account AS a WHERE a.store = :store"
                " AND a.customer = :customer)",
                rows=None,
                customer=customer.id,
            )

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what books the credit over; what orders hold of it comes back to the record that stays.

        Refused while there is credit in another currency than the store's: nothing can be topped up in it.
        """
        own = self._ledger.app.stores.get(gone.store).currency
        accounts = await self._ledger.accounts_of(gone.id)
        other = next((one for one in accounts if one.currency != own and one.balance), None)
        if other is not None:
            told = _("{number} has {amount} of credit left, but the store's currency is {currency}. Reduce it first.")
            amount = format_money(other.balance, other.currency)
            raise Refusal(told.format(number=gone.account_number, amount=amount, currency=own))
        ours = {one.currency: one for one in await self._ledger.accounts_of(kept.id)}

        def join(work: Work) -> None:
            for one in accounts:
                known = ours.get(one.currency)
                target = new_id() if known is None else known.id
                if known is None:
                    self._ledger.open(work, target, kept.id, one.currency)
                if one.balance:
                    out = _("Merged into {number}").format(number=kept.account_number)
                    into = _("Merged from {number}").format(number=gone.account_number)
                    book = partial(self._ledger.book, work, gone=again())
                    book(one.id, EntryKind.REDUCE, -one.balance, reason=out, seen=one.version)
                    book(target, EntryKind.TOP_UP, one.balance, reason=into)
                work.guard(
                    tables.CreditUse,
                    set="account = :target",
                    where="account = :source",
                    rows=None,
                    source=one.id,
                    target=target,
                )
            # What came in since, also on an account that was opened since, is not left behind.
            work.guard(
                tables.CreditAccount,
                set="version = version",
                where="customer = :gone AND balance <> 0",
                rows=0,
                refusal=again(),
                gone=gone.id,
            )

        sums = [format_money(one.balance, one.currency) for one in accounts if one.balance]
        return Moving([_("{amount} of store credit").format(amount=amount) for amount in sums], join)


def again() -> Stale:
    """Return the refusal of a merge while the credit changes."""
    return Stale(_("The credit of one of the two changed at the same moment. Try again."))
