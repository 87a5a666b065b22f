"""Over any sequence of orders, confirmations, cancellations and expiries nothing is lost and nothing oversold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import OrderChange, OrderStatus, ShippingStatus
from guildshop.tenancy import scope
from guildshop.testing import GUILD, Clock
from tests.plugins.orders.conftest import Bench

PLUGINS = ("customers", "catalog", "orders", "payments")
"""Those that need no Discord."""
BASKETS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3)), min_size=1, max_size=2)
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOVES = {(before.value, after.value) for before, moves in rules.MOVES.items() for after in moves}


class Sales(RuleBasedStateMachine):
    """Members and staff do what they like; the application is also closed and opened again in the middle."""

    database_url: str
    count = 0

    @initialize()
    def open(self) -> None:
        type(self).count += 1
        # Each run has a store of its own, so that they can share a database.
        self.guild = GUILD + self.count
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(START)
        self.orders: list[Any] = []
        self.products: list[Product] = []
        self.run(self._open())
        self.run(self._stock())

    def run(self, doing: Any) -> Any:
        return self.loop.run_until_complete(doing)

    async def _open(self) -> None:
        self.app = await App.open(Settings(), plugins=PLUGINS, database_url=self.database_url)
        self.app.clock = self.clock
        store = self.app.stores.by_guild(self.guild) or await self.app.stores.create(self.guild, "Example store")
        boss = Actor(
            ActorKind.MEMBER, "200000000000000001", "Sam", store.id, frozenset(self.app.permissions.permissions)
        )
        self.bench = Bench(self.app, store, boss)

    async def _stock(self) -> None:
        with scope(self.bench.store.id):
            self.products = [await self.bench.product(sku, quantity=4) for sku in ("AAA", "BBB")]
            await self.bench.set(max_unpaid_per_member=100)

    async def _within(self, doing: Any) -> Any:
        with scope(self.bench.store.id):
            try:
                return await doing()
            except Refusal:
                return None

    @rule(buyer=st.integers(1, 3), items=BASKETS)
    def order(self, buyer: int, items: list[tuple[int, int]]) -> None:
        async def doing() -> None:
            who = self.bench.buyer(buyer)
            chosen = [(self.products[at], quantity) for at, quantity in items]
            try:
                placed = await self.bench.order(who, *chosen)
            finally:
                draft = await self.bench.checkout.drafts.of_member(int(who.id))
                if draft is not None:
                    await self.bench.checkout.drafts.delete(who, draft)
            self.orders.append(placed.id)

        self.run(self._within(doing))

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 50), kind=st.sampled_from(("confirm", "cancel", "reject", "own", "both")))
    def decide(self, at: int, kind: str) -> None:
        orders, boss, chosen = self.bench.orders, self.bench.boss, self.orders[at % len(self.orders)]

        async def doing() -> None:
            if kind == "confirm":
                await orders.confirm_payment(boss, chosen)
            elif kind == "cancel":
                await orders.cancel(boss, chosen, "Why not")
            elif kind == "reject":
                await orders.reject(boss, chosen, "No money")
            elif kind == "own":
                found = await orders.get(chosen)
                owner = Actor(ActorKind.MEMBER, str(found.customer_discord_id), "b", self.bench.store.id)
                await orders.cancel(owner, chosen)
            else:
                both = (orders.confirm_payment(boss, chosen), orders.cancel(boss, chosen))
                for done in await asyncio.gather(*both, return_exceptions=True):
                    assert not isinstance(done, BaseException) or isinstance(done, Refusal), done

        self.run(self._within(doing))

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 50), status=st.sampled_from(OrderStatus), shipping=st.sampled_from([None, *ShippingStatus]))
    def change(self, at: int, status: OrderStatus, shipping: ShippingStatus | None) -> None:
        chosen = self.orders[at % len(self.orders)]
        wanted = OrderChange(status=status, shipping_status=shipping)
        self.run(self._within(lambda: self.bench.orders.change(self.bench.boss, chosen, wanted)))

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)
        self.run(self._within(lambda: self.app.dispatcher.drain()))

    @rule()
    def restart(self) -> None:
        self.run(self.app.close())
        self.run(self._open())

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "bench"):
            self.run(self._within(self._check))

    async def _check(self) -> None:
        bench = self.bench
        await bench.check_stock()
        orders = await bench.rows("orders")
        lines = await bench.rows("order_line")
        held = {product.id: 0 for product in self.products}
        gone = dict(held)
        for order in orders:
            mine = [line for line in lines if line["order_id"] == order["id"]]
            assert order["subtotal"] == sum(line["quantity"] * line["unit_price"] for line in mine)
            for line in mine:
                if order["status"] == "PENDING_PAYMENT":
                    held[line["product"]] += line["quantity"]
                elif order["status"] != "CANCELLED":
                    gone[line["product"]] += line["quantity"]
            moves = [(row.before, row.after) for row in await bench.orders.history(order["id"]) if row.kind == "status"]
            assert all(move in MOVES for move in moves)
            assert [before for before, _after in moves[1:]] == [after for _before, after in moves[:-1]]
            assert order["status"] == (moves[-1][1] if moves else "PENDING_PAYMENT")
        for product in self.products:
            assert await bench.stock(product.id) == (4 - held[product.id] - gone[product.id], held[product.id])
        names = [row["name"] for row in await bench.rows("event")]
        assert names.count("OrderPlaced") == len(orders)
        assert names.count("OrderPaid") == sum(order["paid_at"] is not None for order in orders)
        assert names.count("OrderCancelled") == sum(order["status"] == "CANCELLED" for order in orders)
        confirmed = [row["order_id"] for row in await bench.rows("payment") if row["state"] == "CONFIRMED"]
        assert len(confirmed) == len(set(confirmed))

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.clock.now += timedelta(days=30)
        self.run(self._within(lambda: self.app.dispatcher.drain()))
        self.run(self._within(self._settled))
        self.run(self.app.close())
        self.loop.close()

    async def _settled(self) -> None:
        """Every event was delivered, and no order waits for ever."""
        open_deliveries = [row for row in await self.bench.rows("delivery") if row["status"] != "DONE"]
        timers = set(self.app.listeners.timers)
        assert [row["listener"] for row in open_deliveries if row["listener"] not in timers] == []
        assert all(row["status"] != "PENDING_PAYMENT" for row in await self.bench.rows("orders"))
        await self.bench.check_stock()


def test_sales_conserve_everything(database_url: str) -> None:
    Sales.database_url = database_url
    chosen = settings(
        max_examples=12,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Making a failure smaller would take minutes: it is printed as it is.
        phases=(Phase.explicit, Phase.generate),
    )
    run_state_machine_as_test(Sales, settings=chosen)
