"""Any sequence of stock operations: counters equal the ledger, nothing is below zero, refusals change nothing."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductChange, ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import set_store

Result = TypeVar("Result")
Order = tuple[UUID, int, str]
"""An order of the model: its ID, how many pieces, and whether they are reserved or sold."""


class StockMachine(RuleBasedStateMachine):
    """One product, a model of its two counters, and orders that hold pieces."""

    orders = Bundle("orders")
    database_url: str
    count = 0

    @initialize(quantity=st.integers(0, 20), tracked=st.booleans())
    def open(self, quantity: int, tracked: bool) -> None:
        self.runner = asyncio.Runner()
        type(self).count += 1
        self.tracked = tracked
        self.available, self.reserved = (quantity if tracked else 0), 0
        self.run(self._open(quantity, tracked))

    async def _open(self, quantity: int, tracked: bool) -> None:
        self.app = await App.open(Settings(), plugins=["customers", "catalog"], database_url=self.database_url)
        # Each run has a store of its own, so that they can share a database.
        self.store = await self.app.stores.create(self.count, "Machine")
        set_store(self.store.id)
        self.actor = Actor.system(self.store.id, "machine")
        self.catalog = self.app.get(CatalogService)
        given = ProductInput(sku="key", name="Key", price=1, tracked=tracked, quantity=quantity)
        self.product = (await self.catalog.create_product(self.actor, given)).id

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        async def within() -> Result:
            if hasattr(self, "store"):
                set_store(self.store.id)
            return await coroutine

        return self.runner.run(within())

    def attempt(self, coroutine: Coroutine[Any, Any, object], *, allowed: bool) -> bool:
        try:
            self.run(coroutine)
        except Refusal:
            assert not allowed
            return False
        assert allowed
        return True

    async def join(self, *steps: tuple[str, int, UUID]) -> None:
        async with self.app.work(self.actor) as work:
            for name, quantity, order in steps:
                getattr(self.catalog, name)(work, self.product, quantity, order)

    @rule(target=orders, quantity=st.integers(1, 12))
    def reserve(self, quantity: int) -> Order:
        order = new_id()
        allowed = not self.tracked or quantity <= self.available
        if not self.attempt(self.join(("reserve", quantity, order)), allowed=allowed):
            return (order, 0, "refused")
        self.available -= quantity
        self.reserved += quantity
        return (order, quantity, "reserved")

    @rule(order=consumes(orders), target=orders)
    def sell(self, order: Order) -> Order:
        if order[2] != "reserved":
            return order
        self.attempt(self.join(("sell", order[1], order[0])), allowed=True)
        self.reserved -= order[1]
        return (order[0], order[1], "sold")

    @rule(order=consumes(orders))
    def release(self, order: Order) -> None:
        if order[2] == "reserved":
            self.attempt(self.join(("release", order[1], order[0])), allowed=True)
            self.available += order[1]
            self.reserved -= order[1]

    @rule(order=consumes(orders))
    def take_back(self, order: Order) -> None:
        if order[2] == "sold":
            self.attempt(self.join(("return_stock", order[1], order[0])), allowed=True)
            self.available += order[1]

    @rule(quantity=st.integers(1, 12))
    def release_too_much(self, quantity: int) -> None:
        too_much = self.reserved + quantity
        self.attempt(self.join(("release", too_much, new_id())), allowed=False)
        self.attempt(self.join(("reserve", 1, new_id()), ("sell", too_much + 2, new_id())), allowed=False)

    @rule(quantity=st.integers(-2, 10_002))
    def restock(self, quantity: int) -> None:
        allowed = self.tracked and 1 <= quantity <= 10_000
        if self.attempt(self.catalog.restock(self.actor, self.product, quantity), allowed=allowed):
            self.available += quantity

    @rule(change=st.integers(-30, 30))
    def adjust(self, change: int) -> None:
        allowed = self.tracked and change != 0 and self.available + change >= 0
        if self.attempt(self.catalog.adjust(self.actor, self.product, change, "counted"), allowed=allowed):
            self.available += change

    @rule()
    def switch_tracking(self) -> None:
        self.tracked = not self.tracked
        self.run(self.catalog.change_product(self.actor, self.product, ProductChange(tracked=self.tracked)))
        if self.tracked:
            self.available = max(0, self.available)

    @invariant()
    def counters_equal_the_ledger(self) -> None:
        if not hasattr(self, "product"):
            return
        product = self.run(self.catalog.get(self.product))
        assert (product.available, product.reserved) == (self.available, self.reserved)
        row = self.run(
            self.app.database.fetch_one(
                "SELECT COALESCE(SUM(available_change), 0) AS a, COALESCE(SUM(reserved_change), 0) AS r"
                " FROM stock_movement WHERE store = :store AND product = :product",
                store=self.store.id,
                product=self.product,
            )
        )
        assert row is not None
        assert (row["a"], row["r"]) == (self.available, self.reserved)
        assert product.reserved >= 0
        assert product.available >= 0 or not product.tracked

    def teardown(self) -> None:
        if hasattr(self, "app"):
            self.run(self.app.close())
        if hasattr(self, "runner"):
            self.runner.close()


def test_the_stock_ledger_adds_up(database_url: str) -> None:
    StockMachine.database_url = database_url
    chosen = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(StockMachine, settings=chosen)
