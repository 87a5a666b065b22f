"""Over any sequence of orders, cancellations, refunds, edits and assignments the counters equal the uses, and no limit
is passed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import DiscountScope
from guildshop.plugins.orders.api import OrderRefund, OrderStatus, RefundMode, WantedItem
from guildshop.plugins.orders.service import OrderEditing
from guildshop.tenancy import scope
from guildshop.testing import GUILD, Clock
from tests.plugins.discounts.conftest import Deals
from tests.plugins.orders.conftest import Bench

PLUGINS = ("customers", "catalog", "orders", "discounts", "payments")
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUNS = int(os.environ.get("GUILDSHOP_TEST_DISCOUNT_RUNS", "6"))
BUYERS = st.integers(1, 3)
INDEX = st.integers(0, 20)


class Sales(RuleBasedStateMachine):
    """Members order, alone and at once, with few uses to be had; staff cancel, refund and assign."""

    database_url: str
    count = 0

    @initialize()
    def open(self) -> None:
        type(self).count += 1
        self.loop = asyncio.new_event_loop()
        self.orders: list[Any] = []
        self.run(self._open())

    def run(self, doing: Awaitable[Any]) -> Any:
        async def scoped() -> Any:
            with scope(self.store.id):
                return await doing

        return self.loop.run_until_complete(scoped() if hasattr(self, "store") else doing)  # type: ignore[arg-type]

    async def _open(self) -> None:
        self.app = await App.open(Settings(), plugins=PLUGINS, database_url=self.database_url)
        self.app.clock = Clock(START)
        self.store = await self.app.stores.create(GUILD + self.count, f"Store {self.count}")
        boss = Actor(ActorKind.MEMBER, "9", "Boss", self.store.id, frozenset(self.app.permissions.permissions))
        self.bench = Bench(self.app, self.store, boss)
        self.deals = Deals(self.bench)
        with scope(self.store.id):
            self.mug = await self.bench.product("MUG", price=1000, tracked=False)
            await self.bench.set(max_unpaid_per_member=100)
            await self.deals.make("Few", percent=50, limit_total=3, limit_per_customer=2)
            await self.deals.make("Always", percent=5)
            self.mine = await self.deals.make("Mine", percent=60, scope=DiscountScope.CUSTOMERS, limit_total=4)

    @rule(buyers=st.sets(BUYERS, min_size=1))
    def order(self, buyers: set[int]) -> None:
        async def one(number: int) -> None:
            who = self.bench.buyer(number)
            screen = await self.bench.summary(who, (self.mug, 1))
            try:
                self.orders.append((await self.bench.checkout.confirm(who, (), screen.draft.id)).id)
            except Refusal:
                screen = await self.bench.checkout.screen(who, (), screen.draft.id)
                self.orders.append((await self.bench.checkout.confirm(who, (), screen.draft.id)).id)

        async def all_at_once() -> None:
            await asyncio.gather(*(one(number) for number in sorted(buyers)), return_exceptions=True)

        self.run(all_at_once())

    @rule(number=BUYERS, total=st.integers(1, 2))
    def assign(self, number: int, total: int) -> None:
        async def give() -> None:
            who = self.bench.buyer(number)
            customer = await self.app.get(CustomerService).register(who, who.name, who.name)
            await self.deals.service.assign(self.bench.boss, self.mine.id, customer.id, total_allowed=total)

        self.run(give())

    @rule(at=INDEX)
    def revoke(self, at: int) -> None:
        async def take() -> None:
            rows = await self.deals.service.assignments(self.bench.boss)
            if rows:
                await self.deals.service.revoke(self.bench.boss, rows[at % len(rows)].assignment.id)

        self.run(take())

    @rule(at=INDEX)
    def cancel(self, at: int) -> None:
        self._do(at, lambda order: self.bench.orders.cancel(self.bench.boss, order.id))

    @rule(at=INDEX, quantity=st.integers(1, 3))
    def edit(self, at: int, quantity: int) -> None:
        editing = self.app.get(OrderEditing)
        self._do(at, lambda order: editing.set_items(self.bench.boss, order.id, [WantedItem("MUG", quantity)]))

    @rule(at=INDEX, part=st.integers(1, 3))
    def refund(self, at: int, part: int) -> None:
        async def give_back(order: Any) -> None:
            if order.status is OrderStatus.PENDING_PAYMENT:
                order = await self.bench.orders.confirm_payment(self.bench.boss, order.id)
            amount = order.refundable // part
            if amount:
                async with self.app.work(self.bench.boss) as work:
                    self.bench.orders.apply_refund(work, order, OrderRefund(uuid4(), RefundMode.AMOUNT, amount))

        self._do(at, give_back)

    def _do(self, at: int, how: Callable[[Any], Awaitable[Any]]) -> None:
        async def attempt() -> None:
            if not self.orders:
                return
            order = await self.bench.orders.get(self.orders[at % len(self.orders)])
            try:
                await how(order)
            except Refusal:
                return
            await self.app.dispatcher.drain()

        self.run(attempt())

    @invariant()
    def counters_equal_uses(self) -> None:
        if not hasattr(self, "mine"):
            return
        self.run(self._check())

    async def _check(self) -> None:
        await self.deals.counters()
        uses = [row for row in await self.bench.rows("discount_use") if row["given_back"] is None]
        for row in await self.bench.rows("discount"):
            mine = [use for use in uses if use["discount"] == row["id"]]
            assert len(mine) <= (row["limit_total"] or len(mine))
            for use in mine:
                if row["limit_per_customer"] and use["assignment"] is None:
                    theirs = [one for one in mine if one["customer"] == use["customer"]]
                    assert len(theirs) <= row["limit_per_customer"]
        for row in await self.bench.rows("discount_assignment"):
            assert row["used"] <= (row["total_allowed"] or row["used"])

    def teardown(self) -> None:
        if hasattr(self, "app"):
            self.loop.run_until_complete(self.app.close())
            self.loop.close()


def test_the_counters_equal_the_uses_whatever_happens(database_url: str) -> None:
    machine = type("SalesHere", (Sales,), {"database_url": database_url, "count": 0})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
