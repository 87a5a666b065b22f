"""Money that does not fit its order, and money that goes back."""

from __future__ import annotations

import pytest

from guildshop.errors import Unavailable
from guildshop.plugins.orders.api import WantedItem
from guildshop.plugins.orders.service import OrderEditing
from guildshop.plugins.payments.service import PaymentService
from tests.plugins.payments.till import Till
from tests.plugins.stripe.conftest import PAID, WAITING, session


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


STORIES = (
    one_cent_less_another_currency_and_one_cent_more,
    a_part_is_completed_by_the_rest,
    a_cancelled_order_cannot_be_paid_and_late_money_leaves_it_cancelled,
    what_can_still_be_paid_does_not_count_as_ended,
    an_edited_order_is_paid_anew_unless_it_costs_the_same,
    an_order_that_is_gone_leaves_its_money_in_the_books,
    a_dispute_and_a_refund_made_at_stripe_are_shown_to_staff,
    refunds_are_made_once_however_often_asked,
    a_refund_that_stripe_answers_with_its_own_fault_is_made_all_the_same,
)
"""They share a shop, since opening one takes longer than they do."""


async def test_what_does_not_fit(till: Till) -> None:
    for story in STORIES:
        await story(till)
