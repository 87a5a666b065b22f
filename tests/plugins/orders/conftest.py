"""A small shop for the tests of orders: products, a way to order, and checks that everything adds up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.catalog.api import Product, ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders.api import Order, OrdersSettings, Screen, Stage
from guildshop.plugins.orders.service import CheckoutService, OrderService
from guildshop.stores import Store
from guildshop.tenancy import scope

ADDRESS = {
    "recipient": "Ada Lovelace",
    "street": "12 Main Street",
    "city": "San Francisco, CA",
    "postal_code": "94111",
    "country": "US",
}


@dataclass
class Bench:
    """The services of a store, and short ways through them."""

    app: App
    store: Store
    boss: Actor

    @property
    def orders(self) -> OrderService:
        return self.app.get(OrderService)

    @property
    def checkout(self) -> CheckoutService:
        return self.app.get(CheckoutService)

    @property
    def catalog(self) -> CatalogService:
        return self.app.get(CatalogService)

    def buyer(self, number: int = 1) -> Actor:
        return Actor(ActorKind.MEMBER, str(300000000000000000 + number), f"buyer{number}", self.store.id)

    async def product(self, sku: str = "MUG", **given: Any) -> Product:
        values: dict[str, Any] = {"name": sku.title(), "price": 1500, "tracked": True, "quantity": 10}
        return await self.catalog.create_product(self.boss, ProductInput(sku=sku, **{**values, **given}))

    async def begin(self, who: Actor, *items: tuple[Product, int], roles: tuple[int, ...] = ()) -> Screen:
        """Go as far as the items are done."""
        screen = await self.checkout.start(who, roles, who.name, who.name.title())
        for product, quantity in items:
            screen = await self.checkout.set_item(who, roles, screen.draft.id, product.sku, str(quantity))
        return await self.checkout.finish_items(who, roles, screen.draft.id)

    async def summary(
        self, who: Actor, *items: tuple[Product, int], roles: tuple[int, ...] = (), method: str = "venmo"
    ) -> Screen:
        """Go as far as the summary."""
        screen = await self.begin(who, *items, roles=roles)
        for _step in range(6):
            draft = screen.draft.id
            if screen.stage is Stage.QUESTION and screen.question is not None:
                asked = screen.question
                values = {"value": asked.choices[0].value} if asked.choices else ADDRESS
                screen = await self.checkout.answer(who, roles, draft, asked.name, values)
            elif screen.stage is Stage.PAYMENT:
                screen = await self.checkout.choose_payment(who, roles, draft, method)
        assert screen.stage is Stage.SUMMARY, screen
        return screen

    async def order(self, who: Actor, *items: tuple[Product, int], **given: Any) -> Order:
        screen = await self.summary(who, *items, **given)
        return await self.checkout.confirm(who, given.get("roles", ()), screen.draft.id)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=self.store.id
        )

    async def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that a refused action must leave as it is."""
        names = ("orders", "order_line", "order_adjustment", "order_history", "order_note", "stock_movement", "payment")
        found = {name: sorted(await self.rows(name), key=lambda row: str(row["id"])) for name in names}
        found["product"] = sorted(await self.rows("product"), key=lambda row: str(row["id"]))
        found["event"] = sorted(await self.rows("event"), key=lambda row: str(row["id"]))
        return found

    async def check_stock(self) -> None:
        """Counters equal the sums of their ledger, and nothing is below zero where it is tracked."""
        for product in await self.rows("product"):
            moves = [row for row in await self.rows("stock_movement") if row["product"] == product["id"]]
            assert product["available"] == sum(row["available_change"] for row in moves)
            assert product["reserved"] == sum(row["reserved_change"] for row in moves)
            assert product["reserved"] >= 0
            if product["tracked"]:
                assert product["available"] >= 0

    async def stock(self, product: UUID) -> tuple[int, int]:
        found = await self.catalog.get(product)
        return found.available, found.reserved

    async def set(self, **values: Any) -> None:
        """Change the store's settings of orders."""
        assert values.keys() <= OrdersSettings.model_fields.keys()
        await self.app.stores.change(self.boss, "orders", values)


@pytest.fixture
async def bench(app: App, store: Store, staff: Callable[..., Actor]) -> AsyncIterator[Bench]:
    """The shop, with its store in scope."""
    with scope(store.id):
        yield Bench(app, store, staff(store))


Refused = Callable[[type[Exception], Awaitable[Any]], Awaitable[str]]


@pytest.fixture
def refused(bench: Bench) -> Refused:
    """Expect a refusal that changes nothing; return its sentence."""

    async def expect(kind: type[Exception], asked: Awaitable[Any]) -> str:
        before = await bench.snapshot()
        with pytest.raises(kind) as raised:
            await asked
        assert await bench.snapshot() == before
        return str(raised.value)

    return expect
