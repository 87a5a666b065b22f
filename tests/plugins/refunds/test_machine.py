"""Over any sequence of sales, refunds, cancellations, crashes and answers of a bank, the books agree."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
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
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.refunds.api import ItemRequest, RefundMode, RefundRequest
from guildshop.tenancy import scope
from guildshop.testing import GUILD, Clock
from tests.plugins.refunds.conftest import Bank, Till, with_bank

PLUGINS = ("customers", "catalog", "orders", "payments", "refunds")
"""Those that need no Discord."""
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLES = int(os.environ.get("GUILDSHOP_TEST_REFUND_EXAMPLES", "5"))
ANSWERS = st.lists(st.sampled_from(["SUCCEEDED", "PENDING", "FAILED", "lost", "down", "garbage"]), max_size=4)
AT = st.integers(0, 50)
MODES = st.sampled_from(list(RefundMode))


class Books(RuleBasedStateMachine):
    """Staff refund what they like; the bank answers as it likes; the application dies in between."""

    database_url: str
    count = 0

    @initialize()
    def open(self) -> None:
        type(self).count += 1
        self.guild = GUILD + self.count
        self.loop = asyncio.new_event_loop()
        self.clock, self.bank = Clock(START), Bank()
        self.orders: list[Any] = []
        self.run(self._open())
        self.run(self._within(self._stock))

    def run(self, doing: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(doing)

    async def _open(self) -> None:
        self.app = await App.open(Settings(), plugins=PLUGINS, database_url=self.database_url)
        self.app.clock = self.clock
        with_bank(self.app, self.bank)
        store = self.app.stores.by_guild(self.guild) or await self.app.stores.create(self.guild, "Example store")
        allowed = frozenset(self.app.permissions.permissions)
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Sam", store.id, allowed)
        self.till = Till(self.app, store, boss, self.bank)

    async def _stock(self) -> None:
        kinds = {"AAA": ProductKind.SHIPPED, "BBB": ProductKind.DIGITAL}
        self.products = [await self.till.product(sku, kind=kind, quantity=90) for sku, kind in kinds.items()]

    async def _within(self, doing: Callable[[], Awaitable[Any]]) -> Any:
        with scope(self.till.store.id):
            try:
                return await doing()
            except Refusal:
                return None

    @rule(quantity=st.integers(1, 3), by_bank=st.booleans(), share=st.sampled_from((0.4, 1, 1)))
    def sell(self, quantity: int, by_bank: bool, share: float) -> None:
        """Sell; what comes through the bank may be too little, and is accepted as it is."""

        async def doing() -> None:
            items = [(one, quantity) for one in self.products]
            if by_bank and share < 1:
                sold = await self.till.accepted(*items, share=share)
            else:
                sold = await self.till.sold(*items, by_bank=by_bank)
            self.orders.append(sold.id)

        self.run(self._within(doing))

    @precondition(lambda self: self.orders)
    @rule(at=AT, mode=MODES, amount=st.integers(-1, 4000), pieces=st.integers(1, 2), twice=st.booleans(), says=ANSWERS)
    def refund(self, at: int, mode: RefundMode, amount: int, pieces: int, twice: bool, says: list[str]) -> None:
        self.bank.says += says
        chosen = self.orders[at % len(self.orders)]
        by_items = mode in {RefundMode.ITEMS, RefundMode.BOTH}
        request = RefundRequest(
            mode,
            amount if mode in {RefundMode.AMOUNT, RefundMode.BOTH} else None,
            (ItemRequest("AAA", pieces),) if by_items else (),
        )

        async def doing() -> None:
            asked = [self.till.refunds.refund(self.till.boss, chosen, request) for _time in range(1 + twice)]
            for done in await asyncio.gather(*asked, return_exceptions=True):
                assert not isinstance(done, BaseException) or isinstance(done, Refusal), done

        self.run(self._within(doing))

    @precondition(lambda self: self.orders)
    @rule(at=AT, kind=st.sampled_from(("cancel", "confirm", "paid_back", "retry", "both")))
    def decide(self, at: int, kind: str) -> None:
        till, chosen = self.till, self.orders[at % len(self.orders)]

        async def doing() -> None:
            refunds = await till.refunds.of_order(chosen)
            if kind == "cancel":
                await till.orders.cancel(till.boss, chosen, "Why not")
            elif kind == "confirm":
                shown = await till.refunds.propose(till.boss, chosen, RefundRequest(RefundMode.FULL))
                await till.refunds.confirm(till.boss, shown.id)
            elif kind == "both":
                full = till.refunds.refund(till.boss, chosen, RefundRequest(RefundMode.FULL))
                for done in await asyncio.gather(full, till.orders.cancel(till.boss, chosen), return_exceptions=True):
                    assert not isinstance(done, BaseException) or isinstance(done, Refusal), done
            elif refunds and kind == "paid_back":
                await till.paying.paid_back(till.boss, refunds[-1].id, "cash")
            elif refunds:
                await till.paying.retry(till.boss, refunds[-1].id)

        self.run(self._within(doing))

    @rule(hours=st.integers(0, 30), says=ANSWERS)
    def wait(self, hours: int, says: list[str]) -> None:
        self.bank.says += says
        self.clock.now += timedelta(hours=hours)
        self.run(self._within(self.till.settle))

    @rule()
    def die(self) -> None:
        """Go down while deliveries are under way, and come back."""

        async def doing() -> None:
            going = asyncio.ensure_future(self.app.dispatcher.drain())
            for _step in range(3):
                await asyncio.sleep(0)
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            await self.app.close()

        self.run(self._within(doing))
        self.run(self._open())

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "till"):
            self.run(self._within(self.till.check))

    def teardown(self) -> None:
        if not hasattr(self, "till"):
            return
        self.bank.says.clear()
        for _round in range(3):
            self.clock.now += timedelta(days=3)
            self.run(self._within(self.till.settle))
        self.run(self._within(self._settled))
        self.run(self.app.close())
        self.loop.close()

    async def _settled(self) -> None:
        """Nothing waits for the bank any more, and it gave back exactly what the books say."""
        await self.till.check()
        parts = await self.till.rows("refund_part")
        assert not [part for part in parts if part["state"] == "PENDING" and part["kind"] == "PROCESSOR"]
        by_bank = [part for part in parts if part["key"] in self.bank.done and part["state"] == "SUCCEEDED"]
        assert sum(part["amount"] for part in by_bank) == self.bank.given_back()


def test_refunds_agree_with_the_bank(database_url: str) -> None:
    Books.database_url = database_url
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Making a failure smaller would take minutes: it is printed as it is.
        phases=(Phase.explicit, Phase.generate),
    )
    run_state_machine_as_test(Books, settings=chosen)
