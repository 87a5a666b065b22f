"""Over any order of earnings, redemptions, refunds and expiries every balance is the sum of its entries."""

from __future__ import annotations

import asyncio
import os
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
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import WantedItem
from guildshop.plugins.orders.service import OrderDeletion, OrderEditing
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import scope
from guildshop.testing import GUILD, Clock
from tests.plugins.loyalty.conftest import Club
from tests.plugins.refunds.conftest import Bank, with_bank

PLUGINS = ("customers", "catalog", "orders", "loyalty", "payments", "refunds")
"""Those that need no Discord."""
RUNS = int(os.environ.get("GUILDSHOP_TEST_LOYALTY_RUNS", "4"))
KINDS = ("confirm", "cancel", "edit", "delete", "refund", "some", "both", "settle")
DEEDS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)
QUANTITIES = st.integers(1, 3)
REDEEMED = st.sampled_from([60, 0, 10, 100])
PEOPLE = st.integers(1, 2)
TIERS = [{"name": "Gold", "threshold": 60, "multiplier": "2"}]


class Points(RuleBasedStateMachine):
    """Members and staff do what they like, some of it at once."""

    database_url: str
    count = 0

    @initialize(stories=st.lists(st.tuples(PEOPLE, QUANTITIES, REDEEMED, DEEDS), min_size=4, max_size=6))
    def open(self, stories: list[tuple[int, int, int, list[str]]]) -> None:
        """Begin with some orders: hypothesis takes few steps in its first runs."""
        type(self).count += 1
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.orders: list[Any] = []
        self.loop.run_until_complete(self._open())
        for number, quantity, points, kinds in stories:
            self.order(number=number, quantity=quantity, points=points, race=False, kinds=kinds)
        self.merge(number=stories[0][0])

    async def _open(self) -> None:
        self.app = await App.open(Settings(), plugins=PLUGINS, database_url=self.database_url)
        self.app.clock = self.clock
        store = await self.app.stores.create(GUILD + self.count, "Example store")
        held = frozenset(self.app.permissions.permissions)
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Sam", store.id, held)
        bank = Bank()
        with_bank(self.app, bank)
        self.club = Club(self.app, store, boss, bank)
        with scope(store.id):
            await self.club.terms(minimum_redemption=10, point_value=7, expire_days=5, daily_cap=90, tiers=TIERS)
            await self.club.set(max_unpaid_per_member=100)
            self.mug = await self.club.product(price=3000, tracked=False, quantity=0)
            for number in (1, 2):
                await self.club.join(number, 150)

    def run(self, *doing: Any) -> None:
        """Do these at once; a refusal is an answer."""

        async def all_of_it() -> None:
            with scope(self.club.store.id):
                for done in await asyncio.gather(*(one() for one in doing), return_exceptions=True):
                    if isinstance(done, BaseException) and not isinstance(done, Refusal):
                        raise done

        self.loop.run_until_complete(all_of_it())

    @rule(number=PEOPLE, points=st.sampled_from([1, 50, 300]))
    def join(self, number: int, points: int) -> None:
        self.run(lambda: self.club.join(number, points))

    @rule(number=PEOPLE, amounts=st.lists(st.sampled_from([-40, -10, 25]), min_size=1, max_size=2))
    def adjust_at_once(self, number: int, amounts: list[int]) -> None:
        self.run(*(lambda points=points: self.club.adjust(points, number) for points in amounts))

    @rule(number=PEOPLE)
    def merge(self, number: int) -> None:
        """Find that two records are of one person, while something happens to both."""

        async def merging() -> None:
            customers = self.app.get(CustomerService)
            people = [self.club.buyer(one) for one in (number, 3 - number)]
            gone, kept = [await customers.register(one, one.name, one.name) for one in people]
            await customers.merge(self.club.boss, gone.id, kept.id, member=kept.discord_id)

        last = self.orders[-1] if self.orders else None
        cancel = lambda: self.club.orders.cancel(self.club.boss, last, "No")  # noqa: E731
        self.run(merging, lambda: self.club.adjust(-10, number), *([cancel] if last else []))

    @rule(number=PEOPLE, quantity=QUANTITIES, points=REDEEMED, race=st.booleans(), kinds=DEEDS)
    def order(self, number: int, quantity: int, points: int, race: bool, kinds: list[str]) -> None:
        """Place an order, and do some things to it."""

        async def placing() -> None:
            who = self.club.buyer(number)
            try:
                basket = (self.mug, quantity)
                placed = await (
                    self.club.redeemed(points, basket, number=number) if points else self.club.order(who, basket)
                )
                self.orders.append(placed.id)
            finally:
                draft = await self.club.checkout.drafts.of_member(int(who.id))
                if draft is not None:
                    await self.club.checkout.drafts.delete(who, draft)

        self.run(placing, *([lambda: self.club.adjust(-30, number)] if race else []))
        if self.orders:
            for kind in kinds:
                self.decide(at=len(self.orders) - 1, kind=kind)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 20), kind=st.sampled_from(KINDS))
    def decide(self, at: int, kind: str) -> None:
        club, chosen = self.club, self.orders[at % len(self.orders)]

        async def refund(mode: str, amount: int | None = None) -> None:
            await club.refund(await club.orders.get(chosen), mode, amount)

        async def delete() -> None:
            order = await club.orders.get(chosen)
            await self.app.get(OrderDeletion).delete(club.boss, chosen, order.number)

        what = {
            "confirm": lambda: self.app.get(PaymentService).confirm(club.boss, chosen, "TX"),
            "cancel": lambda: club.orders.cancel(club.boss, chosen, "No"),
            "edit": lambda: self.app.get(OrderEditing).set_items(club.boss, chosen, [WantedItem("MUG", at % 3 + 1)]),
            "delete": delete,
            "refund": lambda: refund("full"),
            "some": lambda: refund("amount", 700),
        }
        if kind == "settle":
            self.wait(hours=1, active=True)
        else:
            self.run(*([what["cancel"], what["confirm"]] if kind == "both" else [what[kind]]))

    @rule(hours=st.sampled_from([1, 30, 60]), active=st.sampled_from([True, True, False]))
    def wait(self, hours: int, active: bool) -> None:
        self.clock.now += timedelta(hours=hours)
        self.run(lambda: self.club.terms(enabled=active))
        self.run(self.club.settle)
        self.run(self.club.terms, lambda: self.club.loyalty.expire_all(self.club.store.id))

    @invariant()
    def balances_are_sums(self) -> None:
        if hasattr(self, "club"):
            self.run(self.club.check_points)

    def teardown(self) -> None:
        if not hasattr(self, "club"):
            return
        self.wait(hours=60, active=True)
        self.wait(hours=60, active=True)
        self.run(self._settled)
        self.loop.run_until_complete(self.app.close())
        self.loop.close()

    async def _settled(self) -> None:
        """Each order holds and has earned what it stands for, and no more."""
        rows = {row["order_id"]: row for row in await self.club.rows("loyalty_order")}
        for row in await self.club.rows("orders"):
            mine = rows.get(row["id"])
            if mine is None:
                assert row["loyalty"] == 0
                continue
            if row["paid_at"] is None:
                assert (mine["redeemed"], mine["returned"], mine["earned"]) == (0, 0, 0)
                continue
            assert mine["redeemed"] * 7 == row["loyalty"]
            assert mine["earned"] <= (mine["base"] or 0)
            if row["refunded"] == row["total"] and row["status"] in {"REFUNDED", "CANCELLED"}:
                assert (mine["earned"], mine["returned"]) == (0, mine["redeemed"])


def test_points_are_conserved(database_url: str) -> None:
    machine = type("PointsHere", (Points,), {"database_url": database_url, "count": 0})
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    run_state_machine_as_test(machine, settings=chosen)
