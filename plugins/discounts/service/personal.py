"""What discounts keep of a person: given out, and no longer theirs when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.plugins.customers.api import Customer
from guildshop.plugins.discounts import tables

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalDiscounts:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return the discounts assigned to the customer, and those that they used."""
        assigned = await self._app.database.fetch(
            "SELECT d.name, d.code, a.rule, a.total_allowed, a.used, a.expires, a.active, a.created"
            " FROM discount_assignment AS a JOIN discount AS d ON d.store = a.store AND d.id = a.discount"
            " WHERE a.store = :store AND a.customer = :customer ORDER BY a.created, a.id",
            store=customer.store,
            customer=customer.id,
        )
        used = await self._app.database.fetch(
            "SELECT d.name, d.code, u.amount, u.currency, u.created, u.given_back"
            " FROM discount_use AS u JOIN discount AS d ON d.store = u.store AND d.id = u.discount"
            " WHERE u.store = :store AND u.customer = :customer ORDER BY u.created, u.id",
            store=customer.store,
            customer=customer.id,
        )
        return {"assigned": [dict(row) for row in assigned], "used": [dict(row) for row in used]}

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what ends the customer's assignments; the uses stay, as the orders do, without a name."""

        def join(work: Work) -> None:
            work.guard(
                tables.DiscountAssignment,
                set="active = FALSE, ended = :now, version = version + 1",
                where="customer = :customer AND active",
                rows=None,
                customer=customer.id,
            )
            work.delete(tables.DiscountAttempt, where="customer = :customer", customer=customer.id)

        return join
