"""Stripe from the order to the ledger: what is taken is entered once, whatever is told."""

from __future__ import annotations

import asyncio
import random

import pytest

from guildshop.plugins.payments.api import BeingEntered, NothingToPay
from tests.plugins.payments.till import Till
from tests.plugins.stripe.conftest import PAID, WAITING, session


async def a_paid_session_pays_its_order_once(till: Till) -> None:
    order = await till.order()
    url = await till.begin(order)
    assert await till.begin(order) == url == session(till)["url"]
    await till.stripe.pay(session(till))
    event = till.stripe.event("checkout.session.completed", session(till), "evt_same")
    await asyncio.gather(*(till.stripe.send(event) for _time in range(50)))
    assert till.stripe.answers[-51:] == [200] * 51
    await till.settle()
    assert await till.state(order.id) == PAID
    (payment,) = await till.payments.of_order(order.id)
    assert (payment.amount, payment.currency, payment.method) == (1500, "USD", "stripe")
    assert payment.processor_id == session(till)["payment_intent"]
    assert payment.order_number == order.number
    assert (await till.events("OrderPaid"), await till.events("PaymentUnexpected")) == (1, 0)
    assert len([row for row in await till.rows("payment_webhook") if row["event_id"] == "evt_same"]) == 1
    with pytest.raises(NothingToPay):
        await till.begin(order)


async def events_in_any_order_say_the_same(till: Till) -> None:
    till.stripe.silent = True
    orders = [await till.order() for _time in range(3)]
    for order in orders:
        await till.begin(order)
        await till.stripe.pay(session(till))
    till.stripe.silent = False
    kinds = ("completed", "async_payment_failed", "expired", "async_payment_succeeded")
    for seed, one in enumerate(list(till.stripe.sessions.values())[-3:]):
        events = [till.stripe.event(f"checkout.session.{kind}", {**one, "status": "open"}) for kind in kinds]
        random.Random(seed).shuffle(events)
        for event in events:
            await till.stripe.send(event)
            await till.settle()
    assert [await till.state(order.id) for order in orders] == [PAID] * 3


async def a_delayed_payment_is_on_its_way_then_comes_or_not(till: Till) -> None:
    one, two = await till.order(), await till.order()
    await till.begin(one)
    await till.stripe.pay(session(till), delayed=True)
    await till.settle()
    assert await till.state(one.id) == WAITING
    assert [row["processing"] for row in await till.rows("payment_attempt") if row["order_id"] == one.id] == [True]
    await till.begin(two)
    await till.stripe.pay(session(till), delayed=True)
    await till.settle()
    await till.stripe.arrive(session(till, -2))
    await till.stripe.fail(session(till, -1))
    await till.settle()
    assert await till.state(one.id) == PAID
    assert await till.state(two.id) == ("PENDING_PAYMENT", [], ["ENDED"])
    await till.begin(two)
    assert (await till.state(two.id))[2] == ["ENDED", "OPEN"]


async def two_ways_at_once_are_one_charge(till: Till) -> None:
    order, before = await till.order(), len(till.stripe.sessions)
    urls = await asyncio.gather(*(till.begin(order) for _time in range(8)))
    assert len(set(urls)) == 1
    assert len(till.stripe.sessions) == before + 1
    # While money is on its way, nothing else can be begun: not with another amount either.
    await till.stripe.pay(session(till), delayed=True)
    await till.app.database.execute(
        "UPDATE payment_attempt SET amount = amount - 1 WHERE store = :store AND order_id = :id",
        store=order.store,
        id=order.id,
    )
    with pytest.raises(BeingEntered):
        await till.begin(order)
    assert len(till.stripe.sessions) == before + 1


async def currencies_without_and_with_three_decimals(till: Till) -> None:
    for currency, price, sent in (("JPY", 1500, 1500), ("KWD", 1500, 1500), ("ISK", 1500, 150000)):
        await till.app.stores.change(till.bench.boss, "store", {"currency": currency})
        order = await till.order(price=price)
        await till.begin(order)
        assert (session(till)["amount_total"], session(till)["currency"]) == (sent, currency.lower())
        await till.stripe.pay(session(till))
        await till.settle()
        assert await till.state(order.id) == PAID
        if currency == "KWD":
            odd = await till.order(price=1501)
            with pytest.raises(NothingToPay, match="takes no such amount"):
                await till.begin(odd)


STORIES = (
    a_paid_session_pays_its_order_once,
    events_in_any_order_say_the_same,
    a_delayed_payment_is_on_its_way_then_comes_or_not,
    two_ways_at_once_are_one_charge,
    currencies_without_and_with_three_decimals,
)
"""They share a shop, since opening one takes longer than they do."""


async def test_paying_by_stripe(till: Till) -> None:
    for story in STORIES:
        await story(till)
