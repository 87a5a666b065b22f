"""What a customer bought, counted beside the customer: told by whoever keeps orders, read by lists and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, CustomerFigures, Purchases, Sale
from guildshop.plugins.customers.service.reading import Reading
from guildshop.plugins.customers.tables import Customer as CustomerTable

if TYPE_CHECKING:
    from guildshop.database import Work


class Sales(Reading):
    """Joins that keep the counters, and the figures that plugins give."""

    def count_sale(self, work: Work, customer_id: UUID, sale: Sale) -> None:
        """Count a sale, or with negative numbers what is taken back, in the Work that it happens in.

        Revenue is kept in one currency: that of the store when something was last paid. What comes back in another
        one is not counted.
        """
        columns = ["paid_orders = paid_orders + :orders"]
        values: dict[str, Any] = {"orders": sale.orders}
        if sale.amount:
            # A parameter that is set and compared would have two types on PostgreSQL.
            same, kept = "revenue_currency = :same", "revenue"
            values |= {"amount": sale.amount, "same": sale.currency}
            if sale.amount > 0 and sale.currency == self.app.stores.get(work.store).currency:
                columns.append("revenue_currency = :currency")
                values["currency"], kept = sale.currency, ":fresh"
                values["fresh"] = sale.amount
            columns.append(f"revenue = CASE WHEN {same} THEN revenue + :amount ELSE {kept} END")
        for name, at in (("last_order", sale.placed), ("last_paid", sale.paid)):
            if at is not None:
                columns.append(f"{name} = CASE WHEN {name} > :{name}_seen THEN {name} ELSE :{name} END")
                values |= {name: at, f"{name}_seen": at}
        work.guard(CustomerTable, set=", ".join(columns), where="id = :id", id=customer_id, **values)

    def sources_of_figures(self, actor: Actor) -> list[CustomerFigures]:
        """Return what counts purchases in this store, as far as the actor may see it."""
        found = [
            source
            for plugin, sources in self.app.hooks("register_customer_figures")
            for source in sources
            if self.app.stores.enabled(actor.store, plugin) and actor.may(source.permission)
        ]
        return sorted(found, key=lambda source: source.position)

    async def figures(self, actor: Actor, customer: Customer, *, last: int = 0) -> list[tuple[str, Purchases]]:
        """Return what each source counted for a customer with its `last` orders, under the source's title."""
        found = [(source.title, await source.read(customer, last)) for source in self.sources_of_figures(actor)]
        return [(title, purchases) for title, purchases in found if purchases is not None]

    async def links(self, actor: Actor, customer: Customer) -> list[str]:
        """Return in words where else a customer is known, as far as the actor may see it."""
        found = [
            link
            for plugin, links in self.app.hooks("register_customer_links")
            for link in links
            if self.app.stores.enabled(actor.store, plugin) and actor.may(link.permission)
        ]
        told = [await link.describe(customer) for link in sorted(found, key=lambda link: link.position)]
        return [text for text in told if text]
