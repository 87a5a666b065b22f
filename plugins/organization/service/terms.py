"""What the organization changes of the catalog for a buyer, and of what a customer may do with their account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.i18n import _, lazy
from guildshop.plugins.catalog.api import Buyer, BuyerTerms, Product
from guildshop.plugins.customers.api import AccountFunction, Customer, FunctionBlocked
from guildshop.plugins.organization.api import Membership
from guildshop.plugins.organization.rules import price_for
from guildshop.plugins.organization.service.reading import Reading
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

NOWHERE = UUID(int=0)
"""Stands for the unit of somebody who belongs to none: no unit has this ID."""


class OrganizationTerms:
    """Answers the hooks `register_buyer_terms` and `register_account_guards`."""

    def __init__(self, app: App) -> None:
        """Read what this application's stores know."""
        self._app = app
        self._reading = Reading(app)

    def as_hook(self) -> BuyerTerms:
        """Return what the catalog asks."""
        reason = lazy("{product} is restricted to branches or departments that this customer does not belong to.")
        return BuyerTerms(self.closed, self.prices, reason)

    async def closed(self, buyer: Buyer, among: Collection[UUID] | None = None) -> Collection[UUID]:
        """Return the products that are restricted, for each kind of unit, to units that the buyer is not of."""
        store = current_store()
        if not self._reading.restricted(store):
            return ()
        known = await self._of(buyer)
        of_these = "" if among is None else " AND product IN :among"
        rows = await self._app.database.fetch(
            f"SELECT DISTINCT product FROM (SELECT product FROM organization_product WHERE store = :store{of_these}"
            " GROUP BY product, kind HAVING SUM(CASE WHEN unit = :branch OR unit = :department THEN 1 ELSE 0 END) = 0)"
            " AS closed",
            store=store,
            branch=known.branch or NOWHERE,
            department=known.department or NOWHERE,
            **({} if among is None else {"among": list(among)}),
        )
        return {row["product"] for row in rows}

    async def prices(self, buyer: Buyer, products: Sequence[Product]) -> Mapping[UUID, int]:
        """Return what the buyer's discount group pays."""
        group_id = (await self._of(buyer)).group
        if group_id is None:
            return {}
        group = await self._reading.group(group_id)
        own = {}
        if group.prices:
            found = await self._reading.prices_of(group_id, [product.id for product in products])
            own = {(one.product, one.currency): one.price for one in found}
        return {
            product.id: price_for(product.price, group.percent, own.get((product.id, product.currency)))
            for product in products
        }

    async def guard(self, customer: Customer, function: AccountFunction) -> None:
        """Refuse what the customer's group keeps them from."""
        group_id = (await self._reading.membership(customer.id)).group
        if group_id is None or function not in (await self._reading.group(group_id)).blocks:
            return
        told = {
            AccountFunction.ADDRESSES: _("You cannot change your addresses yourself. Ask the shop's staff to do it."),
            AccountFunction.EMAIL: _("You cannot change your email yourself. Ask the shop's staff to do it."),
        }
        raise FunctionBlocked(told[function])

    async def _of(self, buyer: Buyer) -> Membership:
        if buyer.customer is not None:
            return await self._reading.membership(buyer.customer)
        found = None if buyer.member is None else await self._reading.membership_of_member(buyer.member)
        return found or Membership(NOWHERE)
