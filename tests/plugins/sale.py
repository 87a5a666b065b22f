"""Short ways to a sale in a whole shop, for the tests of what follows from one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product, ProductInput, ProductKind
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders.api import Order, Stage
from guildshop.plugins.orders.service import CheckoutService, OrderService
from guildshop.plugins.payments.service import PaymentService
from guildshop.simulator.driver import Person
from guildshop.tenancy import scope
from guildshop.testing import Shop

ADDRESS = {
    "recipient": "Ada Lovelace",
    "street": "12 Main Street",
    "city": "San Francisco, CA",
    "postal_code": "94111",
    "country": "US",
}


class Sale:
    """A shop with products, and people who order them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def role(self, key: str) -> int:
        return int(self.shop.sim.role_id(key))

    async def product(
        self, sku: str = "GOLD", *, roles: tuple[str, ...] = (), ships: bool = False, **given: Any
    ) -> Product:
        granted = tuple(self.role(role) for role in roles)
        kind = ProductKind.SHIPPED if ships else ProductKind.DIGITAL
        values = {"name": sku.title(), "price": 1500, "granted_roles": granted, "kind": kind, **given}
        with scope(self.shop.store.id):
            return await self.shop.app.get(CatalogService).create_product(
                self.shop.actor(), ProductInput(sku=sku, **values)
            )

    async def order(self, *items: Product, person: Person | None = None, method: str = "venmo") -> Order:
        """Place an order and let everything happen that follows from it."""
        who = self._member(person or self.shop.buyer)
        checkout = self.shop.app.get(CheckoutService)
        with scope(self.shop.store.id):
            screen = await checkout.start(who, (), who.name, who.name.title())
            for item in items:
                screen = await checkout.set_item(who, (), screen.draft.id, item.sku, "1")
            screen = await checkout.finish_items(who, (), screen.draft.id)
            while screen.stage is not Stage.SUMMARY:
                draft = screen.draft.id
                if screen.stage is Stage.QUESTION and screen.question is not None:
                    asked = screen.question
                    values = {"value": asked.choices[0].value} if asked.choices else ADDRESS
                    screen = await checkout.answer(who, (), draft, asked.name, values)
                else:
                    screen = await checkout.choose_payment(who, (), draft, method)
            placed = await checkout.confirm(who, (), screen.draft.id)
        await self.shop.settle()
        return placed

    async def confirm(self, order: Order) -> Order:
        with scope(self.shop.store.id):
            await self.shop.app.get(PaymentService).confirm(self.shop.actor(), order.id)
        await self.shop.settle()
        return await self.get(order.id)

    async def cancel(self, order: Order, reason: str = "") -> Order:
        with scope(self.shop.store.id):
            await self.shop.app.get(OrderService).cancel(self.shop.actor(), order.id, reason)
        await self.shop.settle()
        return await self.get(order.id)

    async def report(self, order: Order, reference: str, person: Person | None = None) -> None:
        with scope(self.shop.store.id):
            await self.shop.app.get(PaymentService).report(self._member(person or self.shop.buyer), order.id, reference)
        await self.shop.settle()

    async def get(self, order_id: UUID) -> Order:
        with scope(self.shop.store.id):
            return await self.shop.app.get(OrderService).get(order_id)

    async def paid(self, *items: Product, person: Person | None = None) -> Order:
        return await self.confirm(await self.order(*items, person=person))

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return await self.shop.app.database.fetch(
            f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=self.shop.store.id
        )

    def _member(self, person: Person) -> Actor:
        return self.shop.actor(person=person)
