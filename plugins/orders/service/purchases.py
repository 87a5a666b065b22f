"""What a customer bought in this shop, for whoever looks at the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.money import Money
from guildshop.plugins.customers.api import Customer, Purchase, Purchases
from guildshop.plugins.orders.api import OrderStatus, status_label

if TYPE_CHECKING:
    from guildshop.app import App

NET = """CASE WHEN status <> 'CANCELLED' THEN total - written_off - refunded
    WHEN due > written_off + refunded THEN due - written_off - refunded ELSE 0 END"""
"""What is kept of a paid order: `rules.net_revenue` as SQL."""


class CustomerPurchases:
    """Answers the hook `register_customer_figures` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def read(self, customer: Customer, last: int) -> Purchases:
        """Return what was paid less what was refunded, how many orders were paid, and the last ones."""
        store, database = customer.store, self._app.database
        sums = await database.fetch(
            f"SELECT currency, SUM({NET}) AS kept, COUNT(*) AS paid FROM orders"
            " WHERE store = :store AND customer = :customer AND paid_at IS NOT NULL GROUP BY currency",
            store=store,
            customer=customer.id,
        )
        own = self._app.stores.get(store).currency
        sums.sort(key=lambda row: (row["currency"] != own, row["currency"]))
        revenue = tuple(Money(int(row["kept"]), row["currency"]) for row in sums) or (Money(0, own),)
        orders = sum(int(row["paid"]) for row in sums)
        return Purchases(revenue, orders, await self._last(customer, last) if last else ())

    async def _last(self, customer: Customer, last: int) -> tuple[Purchase, ...]:
        rows = await self._app.database.fetch(
            "SELECT number, created, status, total, currency FROM orders WHERE store = :store AND customer = :customer"
            " ORDER BY created DESC, id DESC LIMIT :last",
            store=customer.store,
            customer=customer.id,
            last=last,
        )
        return tuple(
            Purchase(
                row["number"],
                row["created"],
                status_label(OrderStatus(row["status"])),
                Money(row["total"], row["currency"]),
            )
            for row in rows
        )
