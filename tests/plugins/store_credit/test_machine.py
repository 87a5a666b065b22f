"""Over any order of top-ups, orders, payments, refunds and cancellations every balance is the sum of its entries."""

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
from tests.plugins.refunds.conftest import Bank, with_bank
from tests.plugins.store_credit.conftest import Purse

PLUGINS = ("customers", "catalog", "orders", "store_credit", "payments", "refunds")
"""Those that need no Discord."""
RUNS = int(os.environ.get("GUILDSHOP_TEST_CREDIT_RUNS", "4"))
KINDS = ("confirm", "cancel", "edit", "delete", "refund", "some", "instead", "both", "settle")
DEEDS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)
QUANTITIES = st.integers(1, 2)
RACES = st.sampled_from([0, 0, 300, 1500])
PEOPLE = st.integers(1, 2)
AMOUNTS = st.sampled_from([1, 300, 1500, 2200, 9000])


class Credits(RuleBasedStateMachine):
    """Members and staff do what they like, some of it at once."""

    database_url: str
    count = 0

    @initialize(stories=st.lists(st.tuples(PEOPLE, QUANTITIES, RACES, DEEDS), min_size=4, max_size=6))
    def open(self, stories: list[tuple[int, int, int, list[str]]]) -> None:
        """Begin with some orders: hypothesis takes few steps in its first runs."""
        type(self).count += 1
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.orders: list[Any] = []
        self.loop.run_until_complete(self._open())
        for number, quantity, meanwhile, kinds in stories:
            self.order(number=number, quantity=quantity, meanwhile=meanwhile, kinds=kinds)
        self.merge(number=stories[0][0])

    async def _open(self) -> None:
        self.app = await App.open(Settings(), plugins=PLUGINS, database_url=self.database_url)
        self.app.clock = self.clock
        store = await self.app.stores.create(GUILD + self.count, "Example store")
        held = frozenset(self.app.permissions.permissions)
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Sam", store.id, held)
        bank = Bank()
        with_bank(self.app, bank)
        self.purse = Purse(self.app, store, boss, bank)
        with scope(store.id):
            await self.purse.enable()
            await self.purse.set(max_unpaid_per_member=100)
            self.mug = await self.purse.product(price=1500, tracked=False, quantity=0)
            for number in (1, 2):
                await self.purse.top_up(2200, number)

    def run(self, *doing: Any) -> None:
        """Do these at once; a refusal is an answer."""

        async def all_of_it() -> None:
            with scope(self.purse.store.id):
                for done in await asyncio.gather(*(one() for one in doing), return_exceptions=True):
                    if isinstance(done, BaseException) and not isinstance(done, Refusal):
                        raise done

        self.loop.run_until_complete(all_of_it())

    @rule(number=PEOPLE, amount=AMOUNTS)
    def top_up(self, number: int, amount: int) -> None:
        self.run(lambda: self.purse.top_up(amount, number))

    @rule(number=PEOPLE, amounts=st.lists(AMOUNTS, min_size=1, max_size=2))
    def reduce_at_once(self, number: int, amounts: list[int]) -> None:
        self.run(*(lambda amount=amount: self.purse.reduce(amount, number) for amount in amounts))

    @rule(number=PEOPLE)
    def merge(self, number: int) -> None:
        """Find that two records are of one person, while something happens to both."""

        async def merging() -> None:
            customers = self.app.get(CustomerService)
            people = [self.purse.buyer(one) for one in (number, 3 - number)]
            gone, kept = [await customers.register(one, one.name, one.name) for one in people]
            await customers.merge(self.purse.boss, gone.id, kept.id, member=kept.discord_id)

        last = self.orders[-1] if self.orders else None
        cancel = lambda: self.purse.orders.cancel(self.purse.boss, last, "No")  # noqa: E731
        self.run(merging, lambda: self.purse.reduce(300, number), *([cancel] if last else []))

    @rule(number=PEOPLE, quantity=QUANTITIES, meanwhile=RACES, kinds=DEEDS)
    def order(self, number: int, quantity: int, meanwhile: int, kinds: list[str]) -> None:
        """Place an order, and do some things to it."""

        async def placing() -> None:
            who = self.purse.buyer(number)
            try:
                placed = await self.purse.order(who, (self.mug, quantity))
                self.orders.append(placed.id)
            finally:
                draft = await self.purse.checkout.drafts.of_member(int(who.id))
                if draft is not None:
                    await self.purse.checkout.drafts.delete(who, draft)

        self.run(placing, *([lambda: self.purse.reduce(meanwhile, number)] if meanwhile else []))
        if self.orders:
            for kind in kinds:
                self.decide(at=len(self.orders) - 1, kind=kind)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 20), kind=st.sampled_from(KINDS))
    def decide(self, at: int, kind: str) -> None:
        purse, chosen = self.purse, self.orders[at % len(self.orders)]

        async def refund(mode: str, amount: int | None = None, *, to_credit: bool = False) -> None:
            await purse.refund(await purse.orders.get(chosen), mode, amount, to_credit=to_credit)

        async def delete() -> None:
            order = await purse.orders.get(chosen)
            await self.app.get(OrderDeletion).delete(purse.boss, chosen, order.number)

        what = {
            "confirm": lambda: self.app.get(PaymentService).confirm(purse.boss, chosen, "TX"),
            "cancel": lambda: purse.orders.cancel(purse.boss, chosen, "No"),
            "edit": lambda: self.app.get(OrderEditing).set_items(purse.boss, chosen, [WantedItem("MUG", 3)]),
            "delete": delete,
            "refund": lambda: refund("full"),
            "some": lambda: refund("amount", 700),
            "instead": lambda: refund("amount", 500, to_credit=True),
        }
        if kind == "settle":
            self.wait(hours=1)
        else:
            self.run(*([what["cancel"], what["confirm"]] if kind == "both" else [what[kind]]))

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)
        self.run(self.purse.settle)

    @invariant()
    def balances_are_sums(self) -> None:
        if hasattr(self, "purse"):
            self.run(self._check)

    async def _check(self) -> None:
        entries = await self.purse.rows("credit_entry")
        for account in await self.purse.rows("credit_account"):
            assert account["balance"] == sum(one["amount"] for one in entries if one["account"] == account["id"]) >= 0
        assert await self.purse.credit.check_balances(self.purse.store.id) == []

    def teardown(self) -> None:
        if not hasattr(self, "purse"):
            return
        self.wait(hours=60)
        self.wait(hours=60)
        self.run(self.purse.check_credit, self._all_came_back)
        self.loop.run_until_complete(self.app.close())
        self.loop.close()

    async def _all_came_back(self) -> None:
        """What orders took and did not keep is back, to the cent."""
        entries = await self.purse.rows("credit_entry")
        by_staff = sum(one["amount"] for one in entries if one["kind"] in {"TOP_UP", "REDUCE"})
        used = sum(row["held"] for row in await self.purse.rows("credit_use"))
        refunded = sum(one["amount"] for one in entries if one["kind"] == "REFUND")
        # A part is credited with the whole refund, which may wait for staff to pay the rest back.
        done = {row["id"] for row in await self.purse.rows("refund") if row["state"] == "SUCCEEDED"}
        parts = [row for row in await self.purse.rows("refund_part") if row["refund"] in done]
        assert refunded == sum(row["amount"] for row in parts if row["kind"] == "CREDIT")
        balance = sum(row["balance"] for row in await self.purse.rows("credit_account"))
        assert balance == by_staff - used + refunded


def test_credit_is_conserved(database_url: str) -> None:
    machine = type("CreditsHere", (Credits,), {"database_url": database_url, "count": 0})
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    run_state_machine_as_test(machine, settings=chosen)
