"""Refunds through Stripe and BTCPay: their doubles check every request, honour keys and give back no more than came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from guildshop.plugins.orders.api import Order, OrderStatus, RefundMode
from guildshop.plugins.refunds import rules
from guildshop.plugins.refunds.api import Refund, RefundRequest, RefundState
from guildshop.plugins.refunds.service import RefundPayments, RefundService
from guildshop.plugins.stripe.service import StripeService
from tests.plugins.payments import till as tills
from tests.plugins.payments.till import Till

CLOSED = "The customer's card has expired or was cancelled."


@pytest.fixture
async def till(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Till]:
    monkeypatch.setattr(tills, "PLUGINS", (*tills.PLUGINS, "refunds"))
    async with tills.open_till(database_url, methods=("stripe", "btcpay", "venmo")) as opened:
        yield opened


async def paid(till: Till, method: str) -> Order:
    order = await till.order(method, quantity=10)
    await till.begin(order, method)
    if method == "stripe":
        await till.stripe.pay(list(till.stripe.sessions.values())[-1])
    else:
        await till.btcpay.pay(list(till.btcpay.invoices.values())[-1])
    await till.settle()
    return await till.bench.orders.get(order.id)


async def refund(till: Till, order: Order, mode: str = "full", amount: int | None = None, items: str = "") -> Refund:
    wanted = RefundRequest(RefundMode(mode), amount, rules.parse_items(items) if items else ())
    made = await till.app.get(RefundService).refund(till.bench.boss, order.id, wanted)
    await till.settle()
    return await got(till, made.id)


async def got(till: Till, refund_id: UUID) -> Refund:
    return await till.app.get(RefundService).get(refund_id)


async def through_stripe(till: Till) -> None:
    order = await paid(till, "stripe")
    part = await refund(till, order, "amount", 600)
    assert (part.state, part.parts[0].kind, len(till.stripe.refunds)) == ("SUCCEEDED", "PROCESSOR", 1)
    till.stripe.faults = ["none", "lost"]
    rest = await refund(till, order, "items", items=order.lines[0].sku)
    assert (rest.state, rest.amount, rest.problem != "") == (RefundState.PENDING, 900, True)
    await till.later(minutes=2)
    assert (await got(till, rest.id)).state is RefundState.SUCCEEDED
    assert sorted(one["amount"] for one in till.stripe.refunds.values()) == [600, 900]
    found = await till.bench.orders.get(order.id)
    assert (found.status, found.refunded, found.lines[0].returned) == (OrderStatus.REFUNDED, 1500, 1)
    await till.bench.check_stock()

    # Stripe takes dinars by the hundredth only. Without an amount it would give all back, so it must not be asked.
    order = await paid(till, "stripe")
    (payment,) = await till.payments.of_order(order.id)
    said = await till.app.get(StripeService).refund(replace(payment, currency="KWD"), 1005, payment.id)
    assert (said.state, "1.005" in said.reason, len(till.stripe.refunds)) == ("FAILED", True, 2)
    till.stripe.refund_status = "failed"
    refused = await refund(till, order)
    assert (refused.state, refused.amount, refused.problem != "") == (RefundState.FAILED, 0, True)
    assert (await till.bench.orders.get(order.id)).refundable == 1500
    till.stripe.refund_status = "succeeded"
    assert (await refund(till, order)).state is RefundState.SUCCEEDED
    assert {row["refunded"] for row in await till.rows("payment") if row["method"] == "stripe"} == {1500}


async def through_btcpay_the_customer_collects(till: Till) -> None:
    order = await paid(till, "btcpay")
    wanted = RefundRequest(RefundMode.AMOUNT, 600)
    waiting = await till.app.get(RefundService).refund(till.bench.boss, order.id, wanted)
    # Pressed again while it is asked: BTCPay knows no keys, so that it must be asked once at a time.
    await till.app.get(RefundPayments).retry(till.bench.boss, waiting.id)
    await till.settle()
    waiting = await got(till, waiting.id)
    (pull,) = till.btcpay.pulls.values()
    assert (waiting.state, waiting.url) == (RefundState.PENDING, pull["viewLink"])
    assert await till.events("RefundCollectable") == 1
    assert (await till.bench.orders.get(order.id)).refund_held == 600
    till.btcpay.payouts[pull["id"]] = [{"originalAmount": "6.00", "state": "Completed"}]
    await till.later(hours=1, minutes=1)
    assert (await got(till, waiting.id)).state is RefundState.SUCCEEDED
    found = await till.bench.orders.get(order.id)
    assert (found.status, found.refunded, found.refund_held) == (OrderStatus.PARTIALLY_REFUNDED, 600, 0)
    assert len(till.btcpay.pulls) == 1


async def stripe_takes_back_that_a_refund_succeeded(till: Till) -> None:
    order = await paid(till, "stripe")
    done = await refund(till, order, "items", items=order.lines[0].sku)
    assert done.state is RefundState.SUCCEEDED
    asked, told = len(till.stripe.refunds), await till.events("RefundFailed")
    (made,) = [one for one in till.stripe.refunds.values() if one["id"] == done.parts[0].reference]
    # What is told of one that stands changes nothing.
    await till.stripe.tell("refund.updated", made)
    await till.settle()
    assert await got(till, done.id) == done
    for _time in range(2):
        await till.stripe.fail_refund(made)
        made["amount"] = 0  # The double counts it down once.
        await till.settle()
    back = await got(till, done.id)
    assert (back.state, back.by_hand, back.problem) == (RefundState.PENDING, 1500, CLOSED)
    assert (await till.events("RefundFailed"), len(till.stripe.refunds)) == (told + 1, asked)
    found = await till.bench.orders.get(order.id)
    assert (found.status, found.refunded, found.refund_held) == (OrderStatus.REFUNDED, 1500, 0)
    refunded = await till.events("OrderRefunded")
    again = await till.app.get(RefundPayments).paid_back(till.bench.boss, done.id, "By bank")
    assert (again.state, again.parts[0].kind, again.parts[0].reference) == (RefundState.SUCCEEDED, "MANUAL", "By bank")
    await till.settle()
    assert await till.bench.orders.get(order.id) == found
    assert await till.events("OrderRefunded") == refunded


async def a_refund_that_fails_unheard_is_found(till: Till) -> None:
    order = await paid(till, "stripe")
    done = await refund(till, order, "amount", 500)
    till.stripe.silent = True
    await till.later(days=1, hours=1)
    assert (await got(till, done.id)).state is RefundState.SUCCEEDED
    await till.stripe.fail_refund(list(till.stripe.refunds.values())[-1])
    await till.later(days=1, hours=2)
    assert (await got(till, done.id)).by_hand == 500
    # One that stands is not asked about for ever.
    other = await refund(till, order, "amount", 100)
    for _time in range(8):
        await till.later(days=8)
    (row,) = [one for one in await till.rows("refund_part") if one["refund"] == other.id]
    assert (row["state"], row["next_attempt"]) == ("SUCCEEDED", None)
    till.stripe.silent = False
    # Stripe does not answer just then: it is asked again, and nothing waits behind that.
    order = await paid(till, "stripe")
    done = await refund(till, order, "amount", 500)
    till.stripe.faults = ["silent"] * 50
    await till.stripe.fail_refund(list(till.stripe.refunds.values())[-1])
    await till.settle()
    assert (await got(till, done.id)).state is RefundState.SUCCEEDED
    waiting = [row for row in await till.rows("delivery") if row["listener"] == "refunds.processor_told"]
    assert {row["status"] for row in waiting} == {"DONE"}
    till.stripe.faults = []
    await till.later(hours=1, minutes=1)
    await till.later(hours=1, minutes=1)
    assert (await got(till, done.id)).by_hand == 500


async def of_what_was_claimed_in_part_the_rest_is_the_orders_again(till: Till) -> None:
    order = await paid(till, "btcpay")
    waiting = await refund(till, order, "amount", 600)
    pull = list(till.btcpay.pulls.values())[-1]
    pull["archived"] = True
    till.btcpay.payouts[pull["id"]] = [
        {"originalAmount": "2.00", "state": "Completed"},
        {"originalAmount": "4.00", "state": "AwaitingPayment"},
    ]
    await till.later(hours=1, minutes=1)
    assert (await got(till, waiting.id)).state is RefundState.PENDING
    till.btcpay.payouts[pull["id"]][1]["state"] = "Cancelled"
    await till.later(hours=1, minutes=1)
    done = await got(till, waiting.id)
    assert (done.state, done.amount, done.asked, "before all of it" in done.problem) == ("SUCCEEDED", 200, 600, True)
    found = await till.bench.orders.get(order.id)
    assert (found.refunded, found.refund_held, found.refundable) == (200, 0, 1300)
    (payment,) = await till.payments.of_order(order.id)
    assert payment.refunded == 200

    # The rest of a cancelled order goes back anew.
    order = await paid(till, "btcpay")
    await till.bench.orders.cancel(till.bench.boss, order.id)
    await till.settle()
    pull = list(till.btcpay.pulls.values())[-1]
    pull["archived"] = True
    till.btcpay.payouts[pull["id"]] = [{"originalAmount": "5.00", "state": "Completed"}]
    await till.later(hours=1, minutes=1)
    await till.later(hours=7)
    rest = list(till.btcpay.pulls.values())[-1]
    assert rest["amount"] == "10.00"
    till.btcpay.payouts[rest["id"]] = [{"originalAmount": "10.00", "state": "Completed"}]
    await till.later(hours=1, minutes=1)
    (made,) = await till.app.get(RefundService).of_order(order.id)
    assert (made.state, [part.amount for part in made.parts]) == ("SUCCEEDED", [500, 1000])
    assert (await till.bench.orders.get(order.id)).refunded == 1500
    # What was claimed in part is not doubted again.
    await till.later(days=2)
    assert (await got(till, made.id)).state is RefundState.SUCCEEDED
    assert (await got(till, done.id)).state is RefundState.SUCCEEDED


async def test_processors_give_money_back_once(till: Till) -> None:
    """One shop for both, since opening it takes longer than they do."""
    await through_stripe(till)
    await through_btcpay_the_customer_collects(till)
    await stripe_takes_back_that_a_refund_succeeded(till)
    await of_what_was_claimed_in_part_the_rest_is_the_orders_again(till)
    await a_refund_that_fails_unheard_is_found(till)
