"""Whatever is told, lost, repeated, confirmed, cancelled, refunded or cut off: what was taken is in the books, once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from contextvars import copy_context
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from guildshop.errors import Refusal
from guildshop.plugins.orders.api import OrderStatus, RefundMode
from guildshop.plugins.refunds.api import RefundRequest
from guildshop.plugins.refunds.service import RefundService, SurplusRefunds
from guildshop.tenancy import scope
from tests.plugins.payments import till as tills
from tests.plugins.payments.till import Till, open_till

EXAMPLES = int(os.environ.get("GUILDSHOP_TEST_PAYMENT_EXAMPLES", "5"))
FAULTS = st.sampled_from([None, None, None, "lost", "garbage", 500])
SHARES = st.sampled_from(["0.5", "1", "1", "1.2"])
EVENTS = ("completed", "expired", "async_payment_failed", "async_payment_succeeded")
PAYING = {"CONFIRMED", "OVERPAID"}


class Payments(RuleBasedStateMachine):
    """Payers, processors and staff do what they like with a few orders; deliveries are also cut off in the middle."""

    till: Till
    loop: asyncio.AbstractEventLoop

    @initialize()
    def begin_anew(self) -> None:
        self.orders: list[UUID] = []
        self.handed: dict[str, UUID] = {}
        """The pages that payers were sent to, and for which order."""
        for double in (self.till.stripe, self.till.btcpay):
            double.faults, double.silent = [], False
        for code in ("stripe", "btcpay"):
            self.order(method=code)
            self.begin(at=len(self.orders) - 1, code=code, fault=None, twice=False)

    def run(self, doing: Callable[[], Awaitable[Any]]) -> Any:
        async def within() -> Any:
            with scope(self.till.bench.store.id):
                try:
                    return await doing()
                except Refusal:
                    return None

        return self.loop.run_until_complete(within())

    @rule(method=st.sampled_from(["stripe", "btcpay", "venmo"]))
    def order(self, method: str) -> None:
        if len(self.orders) < 3:
            placed = self.run(lambda: self.till.order(method))
            self.orders.append(placed.id)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9), code=st.sampled_from(["stripe", "btcpay"]), fault=FAULTS, twice=st.booleans())
    def begin(self, at: int, code: str, fault: int | str | None, twice: bool) -> None:
        async def doing() -> None:
            order = await self.till.bench.orders.get(self._order(at))
            double: Any = self.till.stripe if code == "stripe" else self.till.btcpay
            double.faults = [] if fault is None else [fault]
            both = [self.till.begin(order, code) for _time in range(2 if twice else 1)]
            for url in await asyncio.gather(*both, return_exceptions=True):
                if isinstance(url, str):
                    self.handed[url] = order.id
                else:
                    assert isinstance(url, Refusal), url

        self.run(doing)
        self.till.stripe.faults, self.till.btcpay.faults = [], []

    @precondition(lambda self: self.handed)
    @rule(
        at=st.integers(0, 9), share=st.sampled_from(["0.5", "1", "1", "1.2"]), silent=st.booleans(), slow=st.booleans()
    )
    def pay(self, at: int, share: str, silent: bool, slow: bool) -> None:
        url = list(self.handed)[at % len(self.handed)]

        async def doing() -> None:
            self.till.stripe.silent = self.till.btcpay.silent = silent
            for session in self._sessions(url):
                if session["status"] == "open":
                    part = int(session["amount_total"] * min(float(share), 1))
                    if slow:
                        await self.till.stripe.pay(session, delayed=True)
                    else:
                        await self.till.stripe.pay(session, amount=part)
            for invoice in self._invoices(url):
                # Whoever kept the address can pay whenever they like.
                if len(self.till.btcpay.payments[invoice["id"]]) < 2:
                    await self.till.btcpay.pay(invoice, share, "BTC-CHAIN" if slow else "BTC-LN")
            self.till.stripe.silent = self.till.btcpay.silent = False

        self.run(doing)

    @precondition(lambda self: self.handed)
    @rule(at=st.integers(0, 9), well=st.booleans())
    def time_passes_at_processors(self, at: int, well: bool) -> None:
        url = list(self.handed)[at % len(self.handed)]

        async def doing() -> None:
            for session in self._sessions(url):
                if session["status"] == "complete" and session["payment_status"] == "unpaid":
                    await (self.till.stripe.arrive(session) if well else self.till.stripe.fail(session))
            for invoice in self._invoices(url):
                await (self.till.btcpay.confirm(invoice) if well else self.till.btcpay.expire(invoice))

        self.run(doing)

    @precondition(lambda self: self.handed)
    @rule(at=st.integers(0, 9), kind=st.sampled_from(EVENTS), times=st.integers(1, 3))
    def tell(self, at: int, kind: str, times: int) -> None:
        url = list(self.handed)[at % len(self.handed)]

        async def doing() -> None:
            for session in self._sessions(url):
                event = self.till.stripe.event(f"checkout.session.{kind}", session)
                await asyncio.gather(*(self.till.stripe.send(event) for _time in range(times)))

        self.run(doing)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9), what=st.sampled_from(["confirm", "cancel", "accept"]))
    def decide(self, at: int, what: str) -> None:
        async def doing() -> None:
            orders, boss, order = self.till.bench.orders, self.till.bench.boss, self._order(at)
            if what == "confirm":
                await orders.confirm_payment(boss, order)
            elif what == "cancel":
                await orders.cancel(boss, order)
            else:
                for payment in await self.till.payments.of_order(order):
                    await self.till.payments.accept(boss, payment.id)

        self.run(doing)

    @precondition(lambda self: self.orders)
    @rule(
        at=st.integers(0, 9),
        amount=st.sampled_from([None, None, 1, 400, 1501]),
        fault=FAULTS,
        claimed=st.sampled_from(["0", "0.5", "1"]),
    )
    def refund(self, at: int, amount: int | None, fault: int | str | None, claimed: str) -> None:
        """Give back all of an order or a part, and what of its money belongs to no order; payers claim some of it."""

        async def doing() -> None:
            order_id, boss = self._order(at), self.till.bench.boss
            self.till.stripe.faults = [] if fault is None else ["none", fault]
            mode = RefundMode.FULL if amount is None else RefundMode.AMOUNT
            with suppress(Refusal):
                await self.refunds.refund(boss, order_id, RefundRequest(mode, amount))
            for payment in await self.till.payments.of_order(order_id):
                with suppress(Refusal):
                    await self.till.app.get(SurplusRefunds).refund(boss, payment.id)
            await self.till.settle()
            self.till.stripe.faults = []
            for key, pull in self.till.btcpay.pulls.items():
                part = {"originalAmount": str(Decimal(pull["amount"]) * Decimal(claimed)), "state": "Completed"}
                if not self.till.btcpay.payouts[key] and claimed != "0":
                    self.till.btcpay.payouts[key].append(part)

        self.run(doing)

    @rule(steps=st.integers(0, 40))
    def cut_off(self, steps: int) -> None:
        """Stop in the middle of delivering, as a process does that is killed."""

        async def doing() -> None:
            delivering = asyncio.ensure_future(self.till.settle())
            for _step in range(steps):
                await asyncio.sleep(0)
            cut = [delivering, *self.till.app.dispatcher._running.values()]
            for task in cut:
                task.cancel()
            await asyncio.gather(*cut, return_exceptions=True)
            # What it had claimed is free again after a while.
            self.till.clock.advance(minutes=2)

        self.run(doing)

    @rule(minutes=st.sampled_from([0, 20, 400]))
    def deliver(self, minutes: int) -> None:
        self.run(lambda: self.till.later(minutes=minutes))

    @invariant()
    def only_one_page_of_an_order_can_be_paid(self) -> None:
        if not hasattr(self, "handed"):
            return
        payable: dict[UUID, int] = {}
        for url, order in self.handed.items():
            ready = any(one["status"] == "open" for one in self._sessions(url))
            payable[order] = payable.get(order, 0) + (
                ready or any(one["status"] == "New" for one in self._invoices(url))
            )
        assert all(number <= 1 for number in payable.values()), payable

    def teardown(self) -> None:
        if hasattr(self, "orders"):
            self.run(self._end)

    async def _end(self) -> None:
        for key, pull in self.till.btcpay.pulls.items():
            # Nobody claims what is left any more.
            pull["archived"] = bool(self.till.btcpay.payouts[key])
        for minutes in (10, 400, 900):
            await self.till.later(minutes=minutes)
        await self._what_went_back_agrees()
        for order_id in self.orders:
            order = await self.till.bench.orders.get(order_id)
            payments = await self.till.payments.of_order(order_id)
            states = [payment.state.value for payment in payments]
            for method in ("stripe", "btcpay"):
                entered = sum(one.amount for one in payments if one.method == method and one.processor_id)
                assert entered == self._taken(order_id, method), (method, payments)
            assert len([one for one in payments if one.method == "venmo" and one.state in PAYING]) <= 1
            paid = order.status is not OrderStatus.PENDING_PAYMENT and order.paid_at is not None
            assert paid == bool(PAYING & set(states)), (order.status, states)
            if order.status is OrderStatus.PENDING_PAYMENT:
                assert await self.till.payments.remaining(order) > 0
            back = sum(one.refunded for one in payments if one.method == "stripe")
            assert self._taken(order_id, "stripe") - back <= order.due
        moved = [row for row in await self.till.rows("event") if row["name"] == "OrderPaid"]
        assert len({row["key"] for row in moved}) == len(moved)

    async def _what_went_back_agrees(self) -> None:
        """What processors gave back is what the books say, and no more than came for each order."""
        parts = await self.till.rows("refund_part")
        for row in await self.till.rows("payment"):
            held = sum(one["amount"] for one in parts if one["payment"] == row["id"] and one["state"] != "FAILED")
            assert row["refunded"] == held <= row["amount"]
        done = [one for one in parts if one["state"] == "SUCCEEDED" and one["kind"] == "PROCESSOR"]
        by_stripe = sum(one["amount"] for one in done if one["method"] == "stripe")
        assert by_stripe == sum(one["amount"] for one in self.till.stripe.refunds.values())
        assert not [one for one in parts if one["state"] == "PENDING" and one["method"] == "stripe"]
        claimed = sum(Decimal(one["originalAmount"]) for made in self.till.btcpay.payouts.values() for one in made)
        assert sum(one["amount"] for one in done if one["method"] == "btcpay") <= claimed * 100 + len(done)
        for order_id in self.orders:
            order = await self.till.bench.orders.get(order_id)
            of_order = [one for one in await self.refunds.of_order(order_id) if not one.surplus]
            settled = sum(one.amount for one in of_order if one.state == "SUCCEEDED")
            assert (order.refunded, order.refunded + order.refund_held <= order.paid_total) == (settled, True)

    # Within

    @property
    def refunds(self) -> RefundService:
        return self.till.app.get(RefundService)

    def _order(self, at: int) -> UUID:
        return self.orders[at % len(self.orders)]

    def _sessions(self, url: str) -> list[dict[str, Any]]:
        return [one for one in self.till.stripe.sessions.values() if one["url"] == url]

    def _invoices(self, url: str) -> list[dict[str, Any]]:
        return [one for one in self.till.btcpay.invoices.values() if one["checkoutLink"] == url]

    def _taken(self, order: UUID, method: str) -> int:
        """Return what a processor has of an order, and does not wait for any more."""
        total = 0
        for url, whose in self.handed.items():
            if whose != order:
                continue
            if method == "stripe":
                for session in self._sessions(url):
                    if session["payment_status"] == "paid":
                        total += int(self.till.stripe.intents[session["payment_intent"]]["amount_received"])
            else:
                for invoice in self._invoices(url):
                    total += self._settled(invoice)
        return total

    def _settled(self, invoice: dict[str, Any]) -> int:
        payments = self.till.btcpay.payments[invoice["id"]]
        waits = any(one["status"] == "Processing" for one in payments)
        if invoice["status"] == "New" or (waits and invoice["status"] != "Settled"):
            return 0
        if invoice["status"] == "Settled" and invoice["additionalStatus"] == "None":
            return round(float(invoice["amount"]) * 100)
        return round(sum(float(one["value"]) for one in payments if one["status"] == "Settled") * 60000 * 100)


def test_what_was_taken_is_in_the_books(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tills, "PLUGINS", (*tills.PLUGINS, "refunds"))
    loop, context = asyncio.new_event_loop(), copy_context()
    stack = AsyncExitStack()

    def run(doing: Any) -> Any:
        """Open and close in one context, which the store's scope wants."""
        return loop.run_until_complete(loop.create_task(doing, context=context))

    try:
        till = run(stack.enter_async_context(open_till(database_url, methods=("stripe", "btcpay", "venmo"))))
        machine = type("Run", (Payments,), {"till": till, "loop": loop})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                # Making a failure smaller would take minutes: it is printed as it is.
                phases=(Phase.explicit, Phase.generate),
            ),
        )
    finally:
        run(stack.aclose())
        loop.close()
