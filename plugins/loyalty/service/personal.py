"""What loyalty keeps of a person: given out, and left without words about them when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.plugins.customers.api import Customer
from guildshop.plugins.loyalty import tables
from guildshop.plugins.loyalty.service.ledger import PointsLedger

if TYPE_CHECKING:
    from guildshop.database import Work

MOST = 100_000


class PersonalPoints:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, ledger: PointsLedger) -> None:
        """Read this ledger."""
        self._ledger = ledger

    async def export(self, customer: Customer) -> object:
        """Return the balance and everything that changed it; None without an account."""
        account = await self._ledger.account(customer.id)
        if account is None:
            return None
        return {
            "balance": account.balance,
            "lifetime": account.lifetime,
            "since": account.created,
            "entries": [
                {
                    "kind": entry.kind,
                    "points": entry.points,
                    "reason": entry.reason,
                    "order": entry.order_number,
                    "expires": entry.expires,
                    "created": entry.created,
                }
                for entry in await self._ledger.entries(customer.id, limit=MOST)
            ],
        }

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what empties the reasons that staff wrote; the points stay, as the orders do."""

        def join(work: Work) -> None:
            work.guard(
                tables.LoyaltyEntry,
                set="reason = ''",
                where="account IN (SELECT a.id FROM loyalty_account AS a WHERE a.store = :store"
                " AND a.customer = :customer)",
                rows=None,
                customer=customer.id,
            )

        return join
