"""Any sequence of stock operations: counters equal the ledger, nothing is below zero, refusals change nothing.

Members wait for the product too: what comes back is theirs in the order in which they came, and nobody overtakes them.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
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
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.catalog.api import ProductChange, ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import set_store
from guildshop.testing import Clock

Result = TypeVar("Result")
Order = tuple[UUID, int, str]
"""An order of the model: its ID, how many pieces, and whether they are reserved or sold."""


class StockMachine(RuleBasedStateMachine):
    """One product, a model of its two counters, and orders that hold pieces."""

    orders = Bundle("orders")
    database_url: str
    count = 0

    @initialize(
        quantity=st.sampled_from((0, 0, 0, 1, 12)),
        tracked=st.sampled_from((True, True, True, False)),
        line=st.permutations((1, 2, 3, 4)),
        waiting=st.sampled_from((4, 4, 3, 2, 0)),
    )
    def open(self, quantity: int, tracked: bool, line: list[int], waiting: int) -> None:
        """Open a shop; before a sold-out product there is a line already, so that fairness is put to the test."""
        self.runner = asyncio.Runner()
        type(self).count += 1
        self.tracked = tracked
        self.available, self.reserved = (quantity if tracked else 0), 0
        self.line: list[int] = []
        self.held: dict[int, datetime] = {}
        self.clock = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.run(self._open(quantity, tracked))
        if tracked and not quantity:
            for member in line[:waiting]:
                self.wait_for(member)

    async def _open(self, quantity: int, tracked: bool) -> None:
        self.app = await App.open(Settings(), plugins=["customers", "catalog"], database_url=self.database_url)
        self.app.clock = self.clock
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

    def serve(self) -> None:
        """Give what is there to those who wait, the first first."""
        while self.line and (self.available > 0 or not self.tracked):
            self.held[self.line.pop(0)] = self.clock.now + timedelta(hours=24)
            self.available -= 1
            self.reserved += 1

    @rule(members=st.lists(st.integers(1, 4), min_size=1, max_size=3))
    def wait(self, members: list[int]) -> None:
        for member in members:
            self.wait_for(member)

    def wait_for(self, member: int) -> None:
        waits = member in self.line or member in self.held
        allowed = waits or (self.tracked and self.available - len(self.line) <= 0)
        if self.attempt(self.catalog.wait_for(self.member(member), (), "key"), allowed=allowed) and not waits:
            self.line.append(member)
        if allowed and not waits:
            self.serve()

    @rule(member=st.integers(1, 4))
    def leave(self, member: int) -> None:
        place = self.run(self.catalog.waiting_for(member, self.product))
        if place is None:
            assert member not in self.line
            assert member not in self.held
            return
        self.run(self.catalog.leave_list(self.member(member), place.id))
        if member in self.line:
            self.line.remove(member)
        else:
            self.end_hold(member)

    def end_hold(self, member: int) -> None:
        del self.held[member]
        self.available += 1
        self.reserved -= 1
        self.serve()

    @rule(hours=st.sampled_from((1, 12, 23, 25)))
    def pass_time(self, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.run(self.catalog.watch_stock(self.store.id))  # as the timer does every minute
        self.serve()
        self.run(self.app.dispatcher.drain())
        for member, until in sorted(self.held.items(), key=lambda one: one[1]):
            if until <= self.clock.now:
                self.end_hold(member)

    @rule(target=orders, member=st.integers(1, 4), quantity=st.integers(1, 3))
    def buy(self, member: int, quantity: int) -> Order:
        order = new_id()
        own = 1 if member in self.held else 0
        free = max(self.available - len(self.line), 0)
        allowed = not self.tracked or quantity <= own + free
        if not self.attempt(self._buy(member, quantity, order), allowed=allowed):
            return (order, 0, "refused")
        self.held.pop(member, None)
        self.available -= quantity - own
        self.reserved += quantity - own
        return (order, quantity, "reserved")

    async def _buy(self, member: int, quantity: int, order: UUID) -> None:
        holds = await self.catalog.holds(member)
        async with self.app.work(self.actor) as work:
            self.catalog.reserve(work, self.product, quantity, order, hold=holds.get(self.product))

    def member(self, number: int) -> Actor:
        return Actor(ActorKind.MEMBER, str(number), f"member {number}", self.store.id)

    @rule(target=orders, quantity=st.integers(1, 12))
    def reserve(self, quantity: int) -> Order:
        order = new_id()
        allowed = not self.tracked or quantity <= self.available - len(self.line)
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

    @rule(quantity=st.sampled_from((1, 1, 2, 3, 9, 0, -2, 10_002)))
    def restock(self, quantity: int) -> None:
        allowed = self.tracked and 1 <= quantity <= 10_000
        if self.attempt(self.catalog.restock(self.actor, self.product, quantity), allowed=allowed):
            self.available += quantity
            self.serve()

    @rule(change=st.integers(-30, 30))
    def adjust(self, change: int) -> None:
        allowed = self.tracked and change != 0 and self.available + change >= 0
        if self.attempt(self.catalog.adjust(self.actor, self.product, change, "counted"), allowed=allowed):
            self.available += change
            self.serve()

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
        assert product.waiting == len(self.line)
        # First come, first held: whoever came first of those who wait is the first in line, and gets the next piece.
        assert self.places() == (self.line, self.held)
        assert product.reserved >= 0
        assert product.available >= 0 or not product.tracked

    def places(self) -> tuple[list[int], dict[int, datetime]]:
        rows = self.run(
            self.app.database.fetch(
                "SELECT member, state, held_until FROM waitlist WHERE store = :store AND product = :product"
                " AND state IN ('WAITING', 'HELD') ORDER BY place",
                store=self.store.id,
                product=self.product,
            )
        )
        line = [int(row["member"]) for row in rows if row["state"] == "WAITING"]
        return line, {int(row["member"]): row["held_until"] for row in rows if row["state"] == "HELD"}

    def teardown(self) -> None:
        if hasattr(self, "app"):
            self.run(self.app.close())
        if hasattr(self, "runner"):
            self.runner.close()


def test_the_stock_ledger_adds_up(database_url: str) -> None:
    StockMachine.database_url = database_url
    chosen = settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(StockMachine, settings=chosen)
