"""What is believed of Stripe: its own events, what it says when asked, and an account that works."""

from __future__ import annotations

import json
from typing import Any

import stripe

from guildshop.plugins.stripe.service import StripeService
from tests.plugins.payments.till import Till
from tests.plugins.stripe.conftest import WAITING, session
from tests.plugins.stripe.double import WEBHOOK_SECRET


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


async def an_event_that_names_its_session_alone_is_enough(till: Till) -> None:
    order = await till.order()
    await till.begin(order)
    till.stripe.silent = True
    await till.stripe.pay(session(till))
    till.stripe.silent = False
    body = {"id": "evt_short", "type": "checkout.session.completed", "data": {"object": {"id": session(till)["id"]}}}
    assert await till.stripe.send(json.dumps(body).encode()) == 200
    await till.settle()
    assert (await till.state(order.id))[0] == "PAID"


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


STORIES = (
    forged_old_and_early_events_are_refused_and_nothing_is_stored,
    an_old_secret_is_taken_while_it_is_changed_only,
    signed_events_of_odd_texts_are_no_fault_of_ours,
    an_event_that_names_its_session_alone_is_enough,
    what_stripe_denies_when_asked_is_not_paid_and_other_modes_are_not_looked_at,
    the_doctor_examines_the_account,
)
"""They share a shop, since opening one takes longer than they do."""


async def test_what_is_believed_of_stripe(till: Till) -> None:
    for story in STORIES:
        await story(till)
