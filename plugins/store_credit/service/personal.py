"""What store credit keeps of a person: given out, and left without words about them when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.plugins.customers.api import Customer
from guildshop.plugins.store_credit import tables
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
