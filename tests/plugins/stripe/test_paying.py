"""Stripe from the order to the ledger: what is taken is entered once, whatever is told, lost, repeated or forged."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from guildshop.errors import Unavailable
from guildshop.plugins.orders.api import WantedItem
from guildshop.plugins.orders.service import OrderEditing
from guildshop.plugins.payments.api import BeingEntered, NothingToPay
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.stripe.service import StripeService
from tests.plugins.payments.till import Till, open_till
from tests.plugins.stripe.double import WEBHOOK_SECRET

PAID = ("PAID", ["CONFIRMED"], ["PAID"])
WAITING = ("PENDING_PAYMENT", [], ["OPEN"])


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url) as opened:
        yield opened


def session(till: Till, at: int = -1) -> dict[str, Any]:
    return list(till.stripe.sessions.values())[at]


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


async def forged_old_and_early_events_are_refused_and_nothing_is_stored(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.silent = True
    await till.stripe.pay(session(till))
    body = till.stripe.event("checkout.session.completed", session(till))
    other = await till.app.stores.create(100000000000000009, "Other store")
    signed = till.stripe.webhook
    send = till.stripe.send
    assert await send(body, secret="whsec_of_another_store") == 401
    assert await send(body, at=till.stripe.now() - 600) == 401
    assert await send(body, at=till.stripe.now() + 600) == 401
    assert await send(body, header="") == 401
    assert await send(body, header="t=1,v1=" + "0" * 64) == 401
    assert await send(b"\xff\xfe", header="t=1,v1=" + "0" * 64) == 401
    assert await send(b"{}") == 422
    assert await send(b"[1]") == 422
    assert await send(b"x" * (256 * 1024 + 1)) == 413
    assert await send(body, to=signed.rpartition("/")[0] + f"/{other.guild_id}") == 503
    assert await send(body, to=signed.rpartition("/")[0] + "/999") == 404
    for at in (10, len(body) // 2, len(body) - 2):
        moment = int(till.stripe.now())
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET, moment)
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert await send(changed, header=header) == 401
    await till.settle()
    assert await till.rows("payment_webhook") == []
    assert await till.state(order.id) == WAITING
    till.stripe.silent = False


async def an_old_secret_is_taken_while_it_is_changed_only(till: Till) -> None:
    order, change, kept = await till.order(), till.app.stores.change, await till.count("payment_webhook")
    await till.begin(order)
    body = till.stripe.event("checkout.session.expired", session(till), "evt_rotated")
    await change(till.bench.boss, "stripe", {"webhook_secret": ["whsec_new", WEBHOOK_SECRET]})
    assert [await till.stripe.send(body, secret=one) for one in ("whsec_new", WEBHOOK_SECRET)] == [200, 200]
    await change(till.bench.boss, "stripe", {"webhook_secret": "whsec_new"})
    body = till.stripe.event("checkout.session.expired", session(till), "evt_rotated_2")
    assert await till.stripe.send(body, secret=WEBHOOK_SECRET) == 401
    assert await till.count("payment_webhook") == kept + 1
    await change(till.bench.boss, "stripe", {"webhook_secret": WEBHOOK_SECRET})


async def signed_events_of_odd_texts_are_no_fault_of_ours(till: Till) -> None:
    kept, odd = await till.count("payment_webhook"), "\0\ud800"
    for name, value in (("id", "evt_" + odd), ("type", odd), ("id", 7), ("type", None), ("id", "x" * 201)):
        event = json.loads(till.stripe.event("customer.created", {"id": "cus_1"}))
        assert await till.stripe.send(json.dumps({**event, name: value}).encode()) == 422
    assert await till.count("payment_webhook") == kept
    for kind in ("charge.refunded", "payment_intent.succeeded", "checkout.session.completed"):
        thing = {
            "id": odd,
            "payment_intent": odd,
            "client_reference_id": odd,
            "metadata": {"attempt": odd, "refund": odd},
        }
        assert await till.stripe.send(till.stripe.event(kind, thing)) == 200
    assert await till.count("payment_webhook") == kept + 3
    await till.settle()


async def what_stripe_denies_when_asked_is_not_paid_and_other_modes_are_not_looked_at(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    lie = {**session(till), "payment_status": "paid", "status": "complete"}
    await till.stripe.tell("checkout.session.completed", lie)
    await till.settle()
    assert await till.state(order.id) == WAITING
    asked = len(till.stripe.requests)
    await till.stripe.tell("checkout.session.completed", lie, livemode=True)
    await till.stripe.tell("customer.created", {"id": "cus_1", "object": "customer"})
    await till.settle()
    assert len(till.stripe.requests) == asked
    assert till.stripe.answers[-3:] == [200, 200, 200]
    # Play money is noted, never entered.
    till.stripe.silent = True
    await till.stripe.pay(session(till))
    session(till)["livemode"] = True
    await till.later(minutes=30)
    assert (await till.state(order.id))[:2] == ("PENDING_PAYMENT", [])
    assert [row["kind"] for row in await till.rows("payment_difference")] == ["TEST_MODE"]
    till.stripe.silent = False


async def one_cent_less_another_currency_and_one_cent_more(till: Till) -> None:
    for amount, currency, status, payment in (
        (1499, "usd", "PENDING_PAYMENT", "UNDERPAID"),
        (1500, "eur", "PENDING_PAYMENT", "UNDERPAID"),
        (1501, "usd", "PAID", "OVERPAID"),
    ):
        told = await till.events("PaymentUnexpected")
        order = await till.order()
        await till.begin(order)
        session(till)["currency"] = currency
        await till.stripe.pay(session(till), amount=amount)
        await till.settle()
        assert (await till.state(order.id))[:2] == (status, [payment])
        assert await till.events("PaymentUnexpected") == told + 1


async def a_part_is_completed_by_the_rest(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till), amount=1000)
    await till.settle()
    assert (await till.state(order.id))[:2] == ("PENDING_PAYMENT", ["UNDERPAID"])
    await till.begin(order)
    assert session(till)["amount_total"] == 500
    await till.stripe.pay(session(till))
    await till.settle()
    assert await till.state(order.id) == ("PAID", ["CONFIRMED", "CONFIRMED"], ["PAID", "PAID"])


async def a_lost_webhook_is_made_up_for_by_asking(till: Till) -> None:
    till.stripe.silent = True
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till))
    await till.later(minutes=16)
    assert await till.state(order.id) == PAID
    till.stripe.silent = False


async def a_lost_answer_opens_no_second_session(till: Till) -> None:
    order, before = await till.order(), len(till.stripe.sessions)
    for fault in ("lost", "silent", "garbage"):
        till.stripe.faults = [fault]
        with pytest.raises(Unavailable, match=r"does not answer|makes no sense"):
            await till.begin(order)
    assert len(till.stripe.sessions) == before + 1
    await till.begin(order)
    assert len(till.stripe.sessions) == before + 1
    assert await till.state(order.id) == WAITING
    # A fault of its own, which it would repeat to the same key for a day.
    other = await till.order()
    till.stripe.faults = [500]
    with pytest.raises(Unavailable):
        await till.begin(other)
    await till.begin(other)
    assert await till.state(other.id) == ("PENDING_PAYMENT", [], ["ENDED", "OPEN"])
    assert len(till.stripe.sessions) == before + 2


async def an_attempt_whose_answer_was_lost_for_ever_is_ended(till: Till) -> None:
    order = await till.order()
    till.stripe.faults = ["lost"]
    with pytest.raises(Unavailable):
        await till.begin(order)
    await till.later(minutes=16)
    assert await till.state(order.id) == ("PENDING_PAYMENT", [], ["ENDED"])
    await till.begin(order)
    assert await till.state(order.id) == ("PENDING_PAYMENT", [], ["ENDED", "OPEN"])


async def stripe_at_fault_while_settling_is_asked_again(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.faults = [500, "garbage"]
    await till.stripe.pay(session(till))
    await till.settle()
    assert await till.state(order.id) == WAITING
    await till.later(minutes=2)
    await till.later(minutes=6)
    assert await till.state(order.id) == PAID


async def what_is_told_later_does_not_wait_for_hours(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.faults = [500]
    await till.stripe.tell("checkout.session.expired", session(till))
    await till.settle()
    await till.stripe.pay(session(till))
    await till.settle()
    assert await till.state(order.id) == WAITING
    await till.later(seconds=16)
    assert await till.state(order.id) == PAID
    # Down for hours: what was told is left to the poller, and nothing waits behind it.
    other = await till.order()
    await till.begin(other)
    till.stripe.faults = ["silent"] * 500
    await till.stripe.pay(session(till))
    for _time in range(16):
        await till.later(minutes=5)
    till.stripe.faults = []
    waiting = [row for row in await till.rows("delivery") if row["listener"] == "payments.settle"]
    assert {row["status"] for row in waiting if row["due"] < till.clock() - timedelta(minutes=75)} == {"DONE"}
    assert await till.state(other.id) == WAITING
    await till.later(hours=6)
    assert await till.state(other.id) == PAID


async def old_events_are_forgotten(till: Till) -> None:
    kept = len(await till.rows("payment_webhook"))
    await till.stripe.tell("customer.created", {"id": "cus_1", "object": "customer"}, "evt_old")
    await till.stripe.tell("customer.created", {"id": "cus_1", "object": "customer"}, "evt_new")
    await till.app.database.execute(
        "UPDATE payment_webhook SET received = :then WHERE store = :store AND event_id = 'evt_old'",
        store=till.bench.store.id,
        then=till.clock() - timedelta(days=90, hours=1),
    )
    await till.later(days=1)
    rows = await till.rows("payment_webhook")
    assert (len(rows), {"evt_old", "evt_new"} & {row["event_id"] for row in rows}) == (kept + 1, {"evt_new"})


async def what_can_still_be_paid_does_not_count_as_ended(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.faults = [400]
    with pytest.raises(Unavailable, match="still takes the payment"):
        await till.begin(order, "btcpay")
    assert (await till.state(order.id), till.btcpay.invoices) == (WAITING, {})
    till.stripe.faults = [400]
    await till.bench.orders.cancel(till.bench.boss, order.id)
    await till.settle()
    assert (await till.state(order.id), session(till)["status"]) == (("CANCELLED", [], ["OPEN"]), "open")
    await till.later(minutes=2)
    assert (await till.state(order.id), session(till)["status"]) == (("CANCELLED", [], ["ENDED"]), "expired")


async def an_edited_order_is_paid_anew_unless_it_costs_the_same(till: Till) -> None:
    order = await till.order(quantity=9)
    await till.begin(order)
    edit = till.app.get(OrderEditing).set_items
    sku = order.lines[0].sku
    await edit(till.bench.boss, order.id, [WantedItem(sku, 2)])
    await till.settle()
    assert (await till.state(order.id), session(till)["status"]) == (("PENDING_PAYMENT", [], ["ENDED"]), "expired")
    # Begun again before what was told of the edit is delivered: that one is right, and stays.
    await edit(till.bench.boss, order.id, [WantedItem(sku, 3)])
    await till.begin(order)
    await till.settle()
    assert (session(till)["amount_total"], session(till)["status"]) == (4500, "open")
    await till.stripe.pay(session(till))
    await till.settle()
    assert await till.state(order.id) == ("PAID", ["CONFIRMED"], ["ENDED", "PAID"])


async def a_cancelled_order_cannot_be_paid_and_late_money_leaves_it_cancelled(till: Till) -> None:
    one, two = await till.order(), await till.order()
    await till.begin(one)
    await till.bench.orders.cancel(till.bench.boss, one.id)
    await till.settle()
    assert session(till)["status"] == "expired"
    assert await till.state(one.id) == ("CANCELLED", [], ["ENDED"])
    # The payer is faster than we are with ending it.
    await till.begin(two)
    till.stripe.silent = True
    await till.bench.orders.cancel(till.bench.boss, two.id)
    await till.stripe.pay(session(till))
    await till.settle()
    assert await till.state(two.id) == ("CANCELLED", ["LATE"], ["PAID"])
    till.stripe.silent = False


async def an_order_that_is_gone_leaves_its_money_in_the_books(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.silent = True
    await till.stripe.pay(session(till))
    for table in ("order_history", "order_adjustment", "order_line", "orders"):
        column = "id" if table == "orders" else "order_id"
        await till.app.database.execute(
            f"DELETE FROM {table} WHERE store = :store AND {column} = :id", store=order.store, id=order.id
        )
    till.stripe.silent = False
    await till.stripe.tell("checkout.session.completed", session(till))
    await till.settle()
    (payment,) = await till.payments.of_order(order.id)
    assert (payment.state, payment.amount) == ("LATE", 1500)


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


async def a_dispute_and_a_refund_made_at_stripe_are_shown_to_staff(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till))
    await till.settle()
    intent = till.stripe.intents[session(till)["payment_intent"]]
    intent["latest_charge"].update(disputed=True, amount_refunded=700)
    dispute = {"id": "dp_1", "object": "dispute", "payment_intent": intent["id"], "metadata": {}}
    await till.stripe.tell("charge.dispute.created", dispute)
    await till.settle()
    found = {row["kind"]: (row["ours"], row["theirs"]) for row in await till.rows("payment_difference")}
    assert found == {"DISPUTED": (1500, 1500), "REFUNDED": (0, 700)}
    assert await till.events("PaymentDiffers") == 2
    intent["latest_charge"].update(disputed=False)
    await till.stripe.tell("charge.dispute.closed", dispute)
    await till.settle()
    left = [row["kind"] for row in await till.rows("payment_difference") if row["settled_at"] is None]
    assert left == ["REFUNDED"]
    assert await till.state(order.id) == PAID


async def refunds_are_made_once_however_often_asked(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till))
    await till.settle()
    (payment,) = await till.app.get(PaymentService).taken(order.id)
    key = payment.id
    # The list is asked first: the second fault meets the refund itself.
    for faults in (["garbage"], ["none", "silent"], ["none", "lost"]):
        till.stripe.faults = list(faults)
        with pytest.raises(Unavailable):
            await till.payments.refund(payment.id, 600, key)
    till.stripe.faults = []
    outcome = await till.payments.refund(payment.id, 600, key)
    assert outcome is not None
    assert (outcome.state, len(till.stripe.refunds)) == ("SUCCEEDED", 1)
    assert await till.payments.refund(payment.id, 600, key) == outcome
    too_much = await till.payments.refund(payment.id, 901, order.id)
    assert too_much is not None
    assert (too_much.state, too_much.reason != "") == ("FAILED", True)
    assert len(till.stripe.refunds) == 1


async def a_refund_that_stripe_answers_with_its_own_fault_is_made_all_the_same(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    await till.stripe.pay(session(till))
    await till.settle()
    (payment,) = await till.app.get(PaymentService).taken(order.id)
    before = len(till.stripe.refunds)
    # Each call looks first; the third meets two keys that have been answered with faults.
    for number in range(2):
        till.stripe.faults = ["none", *["none"] * number, 500]
        with pytest.raises(Unavailable):
            await till.payments.refund(payment.id, 600, payment.id)
    till.stripe.faults = []
    outcome = await till.payments.refund(payment.id, 600, payment.id)
    assert outcome is not None
    assert (outcome.state, len(till.stripe.refunds)) == ("SUCCEEDED", before + 1)
    # Where the refund was made before the fault, it is found.
    till.stripe.faults = ["none", "lost"]
    with pytest.raises(Unavailable):
        await till.payments.refund(payment.id, 100, order.id)
    key = str(order.id)
    till.stripe.keys[key] = (till.stripe.keys[key][0], 500, {"error": {"type": "api_error", "message": "no"}})
    found = await till.payments.refund(payment.id, 100, order.id)
    assert found is not None
    assert (found.state, len(till.stripe.refunds)) == ("SUCCEEDED", before + 2)


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


async def the_doctor_examines_the_account(till: Till) -> None:
    store, boss = till.bench.store.id, till.bench.boss

    async def problems(**changed: Any) -> list[str]:
        for section, values in changed.items():
            await till.app.stores.change(boss, section, values)
        return [problem.message for problem in await till.app.get(StripeService).examine(store)]

    assert await problems() == []
    assert "not among the payment methods" in (await problems(payments={"methods": ["venmo"]}))[0]
    assert till.payments.online(store) == ()
    assert (
        "refused the key" in (await problems(payments={"methods": ["stripe"]}, stripe={"secret_key": "sk_test_x"}))[0]
    )
    odd = {"webhook_secret": ["one", "whsec_two"], "api_url": "http://127.0.0.1:9"}
    one, two = await problems(stripe=odd)
    assert ("whsec_" in one, "does not answer" in two) == (True, True)
    assert "half set up" in (await problems(stripe={"webhook_secret": []}))[0]
    assert till.payments.online(store) == ()


GROUPS = {
    "entered once": (
        a_paid_session_pays_its_order_once,
        events_in_any_order_say_the_same,
        a_delayed_payment_is_on_its_way_then_comes_or_not,
        two_ways_at_once_are_one_charge,
        currencies_without_and_with_three_decimals,
    ),
    "not Stripe's": (
        forged_old_and_early_events_are_refused_and_nothing_is_stored,
        an_old_secret_is_taken_while_it_is_changed_only,
        signed_events_of_odd_texts_are_no_fault_of_ours,
        what_stripe_denies_when_asked_is_not_paid_and_other_modes_are_not_looked_at,
        the_doctor_examines_the_account,
    ),
    "does not fit": (
        one_cent_less_another_currency_and_one_cent_more,
        a_part_is_completed_by_the_rest,
        a_cancelled_order_cannot_be_paid_and_late_money_leaves_it_cancelled,
        what_can_still_be_paid_does_not_count_as_ended,
        an_edited_order_is_paid_anew_unless_it_costs_the_same,
        an_order_that_is_gone_leaves_its_money_in_the_books,
        a_dispute_and_a_refund_made_at_stripe_are_shown_to_staff,
        refunds_are_made_once_however_often_asked,
        a_refund_that_stripe_answers_with_its_own_fault_is_made_all_the_same,
    ),
    "lost": (
        a_lost_webhook_is_made_up_for_by_asking,
        a_lost_answer_opens_no_second_session,
        an_attempt_whose_answer_was_lost_for_ever_is_ended,
        stripe_at_fault_while_settling_is_asked_again,
        what_is_told_later_does_not_wait_for_hours,
        old_events_are_forgotten,
    ),
}
"""The stories that share a shop, since opening one takes longer than they do."""


@pytest.mark.parametrize("group", GROUPS)
async def test_stories_of_stripe(till: Till, group: str) -> None:
    for story in GROUPS[group]:
        await story(till)
