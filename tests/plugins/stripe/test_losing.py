"""Events and answers that are lost, late or old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildshop.errors import Unavailable
from tests.plugins.payments.till import Till
from tests.plugins.stripe.conftest import PAID, WAITING, session


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


STORIES = (
    a_lost_webhook_is_made_up_for_by_asking,
    a_lost_answer_opens_no_second_session,
    an_attempt_whose_answer_was_lost_for_ever_is_ended,
    stripe_at_fault_while_settling_is_asked_again,
    what_is_told_later_does_not_wait_for_hours,
    old_events_are_forgotten,
)
"""They share a shop, since opening one takes longer than they do."""


async def test_what_is_lost(till: Till) -> None:
    for story in STORIES:
        await story(till)
