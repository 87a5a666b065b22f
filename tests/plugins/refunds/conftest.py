"""A shop that has sold something, and processors that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.errors import Unavailable
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.orders.api import Order, OrderStatus
from guildshop.plugins.payments.api import (
    Payment,
    PaymentState,
    ProcessorProblem,
    Received,
    RefundOutcome,
    RefundState,
    Taking,
)
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds import rules
from guildshop.plugins.refunds.api import Refund, RefundMode, RefundRequest
from guildshop.plugins.refunds.service import RefundPayments, RefundService, ReturnService, SurplusRefunds
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.plugins.orders.conftest import Bench

PAYING = frozenset({PaymentState.CONFIRMED, PaymentState.OVERPAID})


@dataclass
class Bank:
    """A processor for tests: it honours keys, gives back no more than it took, and can be told to misbehave.

    `says` are its next answers: a state, or "lost" (it does it, but the answer is lost), "down", "garbage".
    """

    code: str = "bank"
    label: str = "Bank"
    says: list[str] = field(default_factory=list)
    done: dict[UUID, tuple[UUID, int, RefundState]] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)
    held: asyncio.Event | None = None
    """What it waits for before it answers."""
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self, store: int) -> bool:
        return True

    def payable(self, amount: int, currency: str) -> str:
        return ""

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        self.asked.append(key)
        self.called.set()
        if self.held is not None:
            await self.held.wait()
        word = self.says.pop(0) if self.says else "SUCCEEDED"
        known = self.done.get(key)
        if known is not None:
            assert known[:2] == (payment.id, amount), "a key was used for another refund"
        if word == "down":
            raise Unavailable("The bank does not answer.")
        if word == "garbage":
            raise KeyError("status")
        if known is not None and known[2] is not RefundState.PENDING:
            return RefundOutcome(known[2], f"re-{key.hex[:6]}", "No money." if known[2] is RefundState.FAILED else "")
        state = RefundState("SUCCEEDED" if word == "lost" else word)
        self.done[key] = (payment.id, amount, state)
        assert self.given_back(payment.id) <= payment.amount, "more was given back than was taken"
        if word == "lost":
            raise Unavailable("The bank did not answer in time.")
        url = "https://bank.example/claim" if state is RefundState.PENDING else ""
        return RefundOutcome(state, f"re-{key.hex[:6]}", "No money." if state is RefundState.FAILED else "", url)

    def given_back(self, payment: UUID | None = None) -> int:
        """Return what really went back."""
        return sum(
            amount
            for of, amount, state in self.done.values()
            if state is not RefundState.FAILED and payment in {None, of}
        )

    async def takings(self, since: datetime) -> Sequence[Taking]:
        return ()

    async def examine(self, store: int) -> Sequence[ProcessorProblem]:
        return ()


@dataclass
class Till(Bench):
    """A bench that can also pay and refund."""

    bank: Bank = field(default_factory=Bank)

    @property
    def refunds(self) -> RefundService:
        return self.app.get(RefundService)

    @property
    def paying(self) -> RefundPayments:
        return self.app.get(RefundPayments)

    @property
    def returns(self) -> ReturnService:
        return self.app.get(ReturnService)

    @property
    def surplus(self) -> SurplusRefunds:
        return self.app.get(SurplusRefunds)

    async def settle(self) -> None:
        """Deliver everything that is due and needs no Discord."""
        await self.app.dispatcher.drain()

    async def sold(self, *items: tuple[Product, int], by_bank: bool = False, number: int = 1) -> Order:
        """Return an order that was placed and paid."""
        placed = await self.order(self.buyer(number), *items)
        if by_bank:
            await self.take(placed)
        else:
            await self.app.get(PaymentService).confirm(self.boss, placed.id, "TX-1")
        await self.settle()
        return await self.orders.get(placed.id)

    async def accepted(self, *items: tuple[Product, int], share: float) -> Order:
        """Return an order for which the bank took too little, which was accepted as it is."""
        placed = await self.order(self.buyer(1), *items)
        await self.take(placed, int(placed.due * share))
        (payment,) = await self.app.get(PaymentService).of_order(placed.id)
        await self.app.get(PaymentService).accept(self.boss, payment.id)
        await self.settle()
        return await self.orders.get(placed.id)

    async def take(self, order: Order, amount: int | None = None) -> None:
        """Have the bank take money for an order."""
        received = Received(order.id, "bank", f"pay-{order.number}", order.due if amount is None else amount, "USD")
        delivery = FakeDelivery(self.app, self.boss)
        await self.app.get(PaymentService).receive(received, delivery)  # type: ignore[arg-type]

    async def refund(self, order: Order, mode: str = "full", amount: int | None = None, items: str = "", **given: Any):
        wanted = rules.parse_items(items) if items else ()
        request = RefundRequest(
            RefundMode(mode), amount, wanted, given.pop("reason", ""), given.pop("to_credit", False)
        )
        return await self.refunds.refund(given.pop("actor", self.boss), order.id, request, **given)

    async def only(self, order: Order) -> Refund:
        (refund,) = await self.refunds.of_order(order.id)
        return refund

    async def check(self) -> None:
        """Everything adds up: orders, refunds, payments, and what the bank really gave back."""
        await self.check_stock()
        refunds = [one for order in await self.rows("orders") for one in await self.refunds.of_order(order["id"])]
        parts = [part for refund in refunds for part in refund.parts]
        for row in await self.rows("orders"):
            order = await self.orders.get(row["id"])
            mine = [refund for refund in refunds if refund.order == order.id and not refund.surplus]
            done = [refund for refund in mine if refund.state == "SUCCEEDED" or refund.reopened]
            held = [refund for refund in mine if refund.state == "PENDING" and not refund.reopened]
            assert order.refunded == sum(refund.amount for refund in done)
            assert order.refund_held == sum(refund.amount for refund in held)
            assert order.refunded + order.refund_held <= order.paid_total
            if order.paid_at is not None:
                came = sum(
                    one.amount for one in await self.app.get(PaymentService).taken(order.id) if one.state in PAYING
                )
                assert order.refunded + order.refund_held <= came + order.credit, "more goes back than came"
                assert order.paid_total <= came + order.credit
            for line in order.lines:
                pieces = dict.fromkeys(("SUCCEEDED", "PENDING"), 0)
                for refund in (*done, *held):
                    state = "SUCCEEDED" if refund in done else "PENDING"
                    pieces[state] += sum(item.quantity for item in refund.items if item.line == line.id)
                assert (line.returned, line.return_held) == (pieces["SUCCEEDED"], pieces["PENDING"])
                assert line.returned + line.return_held <= line.quantity
            if order.status is OrderStatus.REFUNDED:
                assert order.refunded == order.paid_total
            if order.status is OrderStatus.PARTIALLY_REFUNDED:
                assert 0 < order.refunded < order.paid_total
            if order.status not in {OrderStatus.REFUNDED, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.CANCELLED}:
                assert not order.refunded
        for refund in refunds:
            live = [part for part in refund.parts if part.state != "FAILED"]
            assert refund.amount == sum(part.amount for part in live)
            if refund.state == "SUCCEEDED":
                assert all(part.state == "SUCCEEDED" for part in live)
        for payment in await self.rows("payment"):
            spent = sum(part.amount for part in parts if part.payment == payment["id"] and part.state != "FAILED")
            assert payment["refunded"] == spent <= payment["amount"]
        by_bank = [part for part in parts if part.kind == "PROCESSOR" and part.state == "SUCCEEDED"]
        assert sum(part.amount for part in by_bank if part.key in self.bank.done) <= self.bank.given_back()
        names = [row["name"] for row in await self.rows("event")]
        assert names.count("OrderRefunded") == sum(
            (refund.state == "SUCCEEDED" or refund.reopened) and not refund.surplus for refund in refunds
        )


class FakeDelivery:
    """Stands where a webhook's delivery would."""

    def __init__(self, app: App, boss: Actor) -> None:
        self.app, self.store = app, boss.store
        self._actor = Actor.system(boss.store, "bank")

    def work(self) -> Any:
        return self.app.work(self._actor)


def with_bank(app: App, bank: Bank) -> None:
    """Let an application know a processor that no plugin brought."""
    processors = app.get(PaymentService).processors
    processors._registered()["bank"] = ("payments", bank)


@pytest.fixture
async def till(app: App, store: Store, staff: Callable[..., Actor]) -> AsyncIterator[Till]:
    """The shop, with its store in scope and a bank."""
    bank = Bank()
    with_bank(app, bank)
    with scope(store.id):
        yield Till(app, store, staff(store), bank)
