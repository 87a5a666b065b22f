"""BTCPay from the order to the ledger: on-chain and Lightning, too little, too much and too late."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guildshop.errors import Unavailable
from guildshop.plugins.btcpay.service import BtcpayService
from guildshop.plugins.payments.api import BeingEntered
from guildshop.plugins.payments.service import PaymentService
from tests.plugins.btcpay.double import WEBHOOK_SECRET
from tests.plugins.payments.till import Till, open_till

PAID = ("PAID", ["CONFIRMED"], ["PAID"])
WAITING = ("PENDING_PAYMENT", [], ["OPEN"])


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url, methods=("btcpay", "stripe", "venmo")) as opened:
        yield opened


def invoice(till: Till, at: int = -1) -> dict[str, Any]:
    return list(till.btcpay.invoices.values())[at]


async def lightning_pays_at_once(till: Till) -> None:
    order = await till.order("btcpay")
    url = await till.begin(order, "btcpay")
    assert await till.begin(order, "btcpay") == url == invoice(till)["checkoutLink"]
    assert (invoice(till)["amount"], invoice(till)["metadata"]["orderId"]) == ("15.00", order.number)
    await till.btcpay.pay(invoice(till))
    event = till.btcpay.event("InvoiceSettled", invoice(till), "same")
    again = till.btcpay.event("InvoiceSettled", invoice(till), "other", originalDeliveryId="same", isRedelivery=True)
    await asyncio.gather(*(till.btcpay.send(one) for one in (event, again) * 25))
    await till.settle()
    assert await till.state(order.id) == PAID
    assert set(till.btcpay.answers) == {200}
    assert len([row for row in await till.rows("payment_webhook") if row["event_id"] == "same"]) == 1
    (payment,) = await till.payments.of_order(order.id)
    assert (payment.amount, payment.currency, payment.processor_id) == (1500, "USD", invoice(till)["id"])


async def on_chain_waits_for_its_confirmation(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    await till.btcpay.pay(invoice(till), kind="BTC-CHAIN")
    await till.settle()
    assert await till.state(order.id) == WAITING
    with pytest.raises(BeingEntered):
        await till.begin(order, "stripe")
    await till.btcpay.confirm(invoice(till))
    await till.settle()
    assert await till.state(order.id) == PAID


async def another_way_ends_the_first(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    await till.begin(order, "stripe")
    assert (invoice(till)["status"], await till.state(order.id)) == (
        "Invalid",
        ("PENDING_PAYMENT", [], ["ENDED", "OPEN"]),
    )
    # Whoever kept the address pays all the same: it is entered, and the order paid once.
    await till.btcpay.pay(invoice(till))
    await till.settle()
    assert (await till.state(order.id))[:2] == ("PAID", ["CONFIRMED"])
    assert list(till.stripe.sessions.values())[-1]["status"] == "expired"


async def a_part_expires_and_the_rest_comes_late(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    await till.btcpay.pay(invoice(till), "0.6")
    await till.settle()
    assert await till.state(order.id) == WAITING
    await till.btcpay.expire(invoice(till))
    await till.settle()
    assert await till.state(order.id) == ("PENDING_PAYMENT", ["UNDERPAID"], ["ENDED"])
    await till.btcpay.pay(invoice(till), "0.4")
    await till.settle()
    assert await till.state(order.id) == ("PAID", ["CONFIRMED", "CONFIRMED"], ["ENDED"])
    assert [payment.amount for payment in await till.payments.of_order(order.id)] == [900, 600]


async def too_much_and_too_late(till: Till) -> None:
    one, two = await till.order("btcpay"), await till.order("btcpay")
    await till.begin(one, "btcpay")
    await till.btcpay.pay(invoice(till), "1.2")
    await till.settle()
    assert (await till.state(one.id))[:2] == ("PAID", ["OVERPAID"])
    assert (await till.payments.of_order(one.id))[0].amount == 1800
    await till.begin(two, "btcpay")
    await till.bench.orders.cancel(till.bench.boss, two.id)
    await till.settle()
    assert invoice(till)["status"] == "Invalid"
    await till.btcpay.pay(invoice(till))
    await till.settle()
    assert (await till.state(two.id))[:2] == ("CANCELLED", ["LATE"])


async def forged_events_are_refused(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    body, kept = till.btcpay.event("InvoiceSettled", invoice(till)), await till.count("payment_webhook")
    send = till.btcpay.send
    assert await send(body, secret="another store's") == 401
    assert await send(body, header="") == 401
    assert await send(body, header="sha256=" + "0" * 64) == 401
    assert await send(b"{}") == 422
    assert await send(b"\xff") == 422
    assert await send(b"x" * (256 * 1024 + 1)) == 413
    signed = "sha256=" + hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    for at in (10, len(body) // 2, len(body) - 2):
        assert await send(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], header=signed) == 401
    # An old secret is taken while it is changed only.
    change = till.app.stores.change
    await change(till.bench.boss, "btcpay", {"webhook_secret": "a new one"})
    assert await send(body) == 401
    await change(till.bench.boss, "btcpay", {"webhook_secret": ["a new one", WEBHOOK_SECRET]})
    assert await till.count("payment_webhook") == kept
    # Signed, and not true: nothing is paid.
    assert [await send(body), await send(body, secret="a new one")] == [200, 200]
    await change(till.bench.boss, "btcpay", {"webhook_secret": WEBHOOK_SECRET})
    assert await till.count("payment_webhook") == kept + 1
    await till.settle()
    assert await till.state(order.id) == WAITING


async def signed_events_of_odd_texts_are_no_fault_of_ours(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    kept, odd = await till.count("payment_webhook"), "\0\ud800"
    for name, value in (("originalDeliveryId", odd), ("type", odd), ("type", 7), ("originalDeliveryId", "x" * 201)):
        event = json.loads(till.btcpay.event("InvoiceSettled", invoice(till)))
        assert await till.btcpay.send(json.dumps({**event, name: value}).encode()) == 422
    assert await till.count("payment_webhook") == kept
    body = till.btcpay.event("InvoiceSettled", invoice(till), invoiceId=odd, metadata={"attempt": odd})
    assert await till.btcpay.send(body) == 200
    assert await till.count("payment_webhook") == kept + 1


async def what_is_lost_is_asked_for(till: Till) -> None:
    order, before = await till.order("btcpay"), len(till.btcpay.invoices)
    for fault in ("lost", 500, "garbage"):
        till.btcpay.faults = [fault]
        with pytest.raises(Unavailable):
            await till.begin(order, "btcpay")
        till.clock.advance(seconds=2)
    await till.begin(order, "btcpay")
    assert len(till.btcpay.invoices) == before + 1
    till.btcpay.silent = True
    await till.btcpay.pay(invoice(till))
    till.btcpay.faults = [503]
    await till.later(minutes=20)
    await till.later(minutes=2)
    assert await till.state(order.id) == PAID
    till.btcpay.silent = False


async def a_refund_is_claimed(till: Till) -> None:
    order = await till.order("btcpay")
    await till.begin(order, "btcpay")
    await till.btcpay.pay(invoice(till))
    await till.settle()
    (payment,) = await till.app.get(PaymentService).taken(order.id)
    for faults in (["garbage"], ["none", "lost"]):
        till.btcpay.faults = list(faults)
        with pytest.raises(Unavailable):
            await till.payments.refund(payment.id, 600, payment.id)
    outcome = await till.payments.refund(payment.id, 600, payment.id)
    assert outcome is not None
    (pull,) = till.btcpay.pulls.values()
    assert (outcome.state, outcome.url, pull["amount"]) == ("PENDING", pull["viewLink"], "6.00")
    till.btcpay.payouts[pull["id"]] = [{"originalAmount": "6.00", "state": "Completed"}]
    done = await till.payments.refund(payment.id, 600, payment.id)
    assert done is not None
    assert done.state == "SUCCEEDED"
    refused = await till.payments.refund(payment.id, 1600, order.id)
    assert refused is not None
    assert (refused.state, len(till.btcpay.pulls)) == ("FAILED", 1)


async def the_doctor_examines_the_account(till: Till) -> None:
    store, boss = till.bench.store.id, till.bench.boss

    async def problems(**changed: Any) -> list[str]:
        for section, values in changed.items():
            await till.app.stores.change(boss, section, values)
        return [problem.message for problem in await till.app.get(BtcpayService).examine(store)]

    assert await problems() == []
    assert "refused the key" in (await problems(btcpay={"api_key": "wrong"}))[0]
    assert "does not answer" in (await problems(btcpay={"url": "http://127.0.0.1:9"}))[0]
    assert "half set up" in (await problems(btcpay={"store_id": ""}))[0]
    assert [method.code for method in till.payments.online(store)] == ["stripe"]


GROUPS = {
    "fits": (lightning_pays_at_once, on_chain_waits_for_its_confirmation, another_way_ends_the_first),
    "does not fit": (a_part_expires_and_the_rest_comes_late, too_much_and_too_late, a_refund_is_claimed),
    "lost": (
        forged_events_are_refused,
        signed_events_of_odd_texts_are_no_fault_of_ours,
        what_is_lost_is_asked_for,
        the_doctor_examines_the_account,
    ),
}
"""The stories that share a shop, since opening one takes longer than they do."""


@pytest.mark.parametrize("group", GROUPS)
async def test_stories_of_btcpay(till: Till, group: str) -> None:
    for story in GROUPS[group]:
        await story(till)
