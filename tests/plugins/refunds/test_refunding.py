"""Refunding through the service, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from guildshop.errors import Forbidden, Refusal, Stale
from guildshop.events import DeliveryPostponed
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import OrderChange, OrderStatus
from guildshop.plugins.orders.service import OrderDeletion
from guildshop.plugins.payments.api import Payment, Received
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds import deliveries
from guildshop.plugins.refunds.api import (
    ItemRequest,
    ProposalOver,
    RefundDue,
    RefundMode,
    RefundRequest,
    RefundState,
    SurplusRefunded,
)
from guildshop.plugins.refunds.service import RefundPayments
from guildshop.plugins.refunds.service.deleting import KeptOrders
from guildshop.plugins.refunds.service.examining import RefundExamination
from guildshop.plugins.refunds.service.paying import LEASE
from guildshop.plugins.refunds.service.personal import PersonalRefunds
from tests.plugins.refunds.conftest import FakeDelivery


async def everything(till) -> dict:
    names = ("refund", "refund_item", "refund_part", "refund_proposal", "audit_entry")
    found = {name: sorted(await till.rows(name), key=lambda row: str(row["id"])) for name in names}
    return {**found, **await till.snapshot()}


async def test_every_mode_of_a_manual_payment(till) -> None:
    mug, cap = await till.product("MUG"), await till.product("CAP", price=500)
    sold = await till.sold((mug, 3), (cap, 1))
    amount = await till.refund(sold, "amount", 200, reason="Scratched", note="Venmo @bea")
    assert (amount.state, amount.by, amount.reason) == (RefundState.SUCCEEDED, "Sam Staff", "Scratched")
    assert [(part.method, part.reference, part.amount) for part in amount.parts] == [("venmo", "Venmo @bea", 200)]
    assert await till.stock(mug.id) == (7, 0)
    items = await till.refund(sold, "items", items="mug:1,CAP")
    assert (items.amount, items.reason) == (2000, "Admin-initiated refund")
    assert await till.stock(mug.id) == (8, 0)
    assert await till.stock(cap.id) == (10, 0)
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded) == (OrderStatus.PARTIALLY_REFUNDED, 2200)
    both = await till.refund(sold, "both", 100, f"{mug.id}:1")
    assert (both.amount, [item.quantity for item in both.items]) == (100, [1])
    full = await till.refund(sold)
    assert (full.amount, [(item.sku, item.quantity) for item in full.items]) == (2700, [("MUG", 1)])
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded, found.refundable) == (OrderStatus.REFUNDED, 5000, 0)
    assert await till.stock(mug.id) == (10, 0)
    await till.check()
    before = await everything(till)
    with pytest.raises(Refusal, match="Nothing is left"):
        await till.refund(sold)
    assert await everything(till) == before


async def test_what_is_refused_changes_nothing(till, staff, member) -> None:
    mug = await till.product()
    sold, unpaid = await till.sold((mug, 2)), await till.order(till.buyer(2), (mug, 1))
    before = await everything(till)
    for asked, kind in (
        (lambda: till.refund(sold, "amount", 0), Refusal),
        (lambda: till.refund(sold, "amount", 3001), Refusal),
        (lambda: till.refund(sold, "items", items="MUG:3"), Refusal),
        (lambda: till.refund(sold, "items", items="NOPE"), Refusal),
        (lambda: till.refund(sold, "both", 100), Refusal),
        (lambda: till.refund(unpaid), Refusal),
        (lambda: till.refund(sold, reason="x" * 501), Refusal),
        (lambda: till.refund(sold, to_credit=True), Refusal),
        (lambda: till.refund(sold, actor=member(till.store)), Forbidden),
        (lambda: till.refund(sold, actor=staff(till.store, "refund.read", "order.update")), Forbidden),
    ):
        with pytest.raises(kind):
            await asked()
    assert await everything(till) == before


async def test_a_key_is_one_refund(till) -> None:
    sold = await till.sold((await till.product(), 2))
    key = uuid4()
    made = await asyncio.gather(*(till.refund(sold, "amount", 500, key=key) for _time in range(4)))
    assert {one.id for one in made} == {key}
    assert (await till.orders.get(sold.id)).refunded == 500
    await till.check()


async def test_any_number_at_once_never_exceed(till) -> None:
    mug = await till.product()
    sold = await till.sold((mug, 4), by_bank=True)
    asked = [till.refund(sold, "amount", 2500), till.refund(sold), till.refund(sold, "items", items="MUG:3")]
    asked += [till.refund(sold, "items", items="MUG:2"), till.refund(sold, "amount", 4000)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, Refusal) for one in done if isinstance(one, BaseException)), done
    assert any(not isinstance(one, BaseException) for one in done)
    await till.check()
    await till.settle()
    await till.check()
    assert till.bank.given_back() == (await till.orders.get(sold.id)).refunded <= 6000


async def test_a_processor_is_asked_with_one_key_until_it_answers(till, clock) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED)
    sold = await till.sold((mug, 2), by_bank=True)
    till.bank.says = ["lost", "garbage", "PENDING", "PENDING"]
    refund = await till.refund(sold, "items", items="MUG:1")
    assert (refund.state, refund.amount) == (RefundState.PENDING, 1500)
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded, found.refund_held, found.lines[0].return_held) == ("PAID", 0, 1500, 1)
    assert await till.stock(mug.id) == (8, 0)
    with pytest.raises(Refusal, match="under way"):
        await till.orders.cancel(till.boss, sold.id)
    for _round in range(6):
        await till.settle()
        await till.check()
        clock.advance(hours=2)
    refund = await till.only(sold)
    assert (refund.state, refund.problem) == (RefundState.SUCCEEDED, "")
    assert len(set(till.bank.asked)) == 1
    assert till.bank.given_back() == 1500
    assert await till.stock(mug.id) == (9, 0)
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded, found.refund_held) == (OrderStatus.PARTIALLY_REFUNDED, 1500, 0)
    troubles = [row for row in await till.rows("event") if row["name"] == "RefundFailed"]
    assert len(troubles) == 1
    await till.check()


async def test_no_more_goes_back_than_was_accepted(till) -> None:
    mug = await till.product(price=750, kind=ProductKind.SHIPPED)
    for first in (None, 400):
        sold = await till.accepted((mug, 2), share=0.6)
        assert (sold.status, sold.total, sold.written_off, sold.refundable) == ("PAID", 1500, 600, 900)
        with pytest.raises(Refusal, match=r"\$9\.00"):
            await till.refund(sold, "amount", 901)
        if first is not None:
            await till.refund(sold, "amount", first)
            await till.settle()
            assert (await till.orders.get(sold.id)).status is OrderStatus.PARTIALLY_REFUNDED
        rest = await till.refund(sold)
        assert [(part.kind, part.amount) for part in rest.parts] == [("PROCESSOR", 900 - (first or 0))]
        await till.settle()
        await till.check()
        found = await till.orders.get(sold.id)
        assert (found.status, found.refunded, found.refundable) == (OrderStatus.REFUNDED, 900, 0)
        (customer,) = [row for row in await till.rows("customer") if row["id"] == sold.customer]
        assert (customer["revenue"], till.bank.given_back()) == (0, 900 if first is None else 1800)


async def test_a_cancelled_order_gives_back_what_was_accepted(till) -> None:
    sold = await till.accepted((await till.product(price=750, kind=ProductKind.SHIPPED), 2), share=0.6)
    await till.orders.cancel(till.boss, sold.id, "Why not")
    (told,) = [row for row in await till.rows("event") if row["name"] == "OrderCancelled"]
    assert json.loads(told["payload"])["refund_due"] == 900
    await till.settle()
    await till.check()
    assert till.bank.given_back() == (await till.orders.get(sold.id)).refunded == 900
    (customer,) = await till.rows("customer")
    assert customer["revenue"] == 0


async def test_two_processes_never_ask_at_once(till, clock) -> None:
    sold = await till.sold((await till.product(), 2), by_bank=True)
    till.bank.held = asyncio.Event()
    made = await till.refund(sold)
    delivery = FakeDelivery(till.app, till.boss)
    first = asyncio.create_task(RefundPayments(till.app).bring_on(RefundDue(made.id), delivery))
    await till.bank.called.wait()
    for other in (RefundPayments(till.app), RefundPayments(till.app)):
        with pytest.raises(DeliveryPostponed) as postponed:
            await other.bring_on(RefundDue(made.id), delivery)
        assert postponed.value.until == clock() + LEASE
    assert len(till.bank.asked) == 1
    # It dies while it asks: once its lease has run out, another one takes the refund up with the same key.
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    till.bank.held = None
    with pytest.raises(DeliveryPostponed):
        await RefundPayments(till.app).bring_on(RefundDue(made.id), delivery)
    assert len(till.bank.asked) == 1
    clock.advance(seconds=LEASE.total_seconds())
    await RefundPayments(till.app).bring_on(RefundDue(made.id), delivery)
    assert (len(till.bank.asked), len(set(till.bank.asked)), till.bank.given_back()) == (2, 1, 3000)
    assert (await till.only(sold)).state is RefundState.SUCCEEDED
    await till.check()


async def test_an_answer_after_its_lease_changes_nothing(till, clock) -> None:
    sold = await till.sold((await till.product(), 2), by_bank=True)
    till.bank.held, till.bank.says = asyncio.Event(), ["PENDING", "FAILED"]
    made, delivery = await till.refund(sold), FakeDelivery(till.app, till.boss)
    slow = asyncio.create_task(RefundPayments(till.app).bring_on(RefundDue(made.id), delivery))
    await till.bank.called.wait()
    held, till.bank.held = till.bank.held, None
    clock.advance(seconds=LEASE.total_seconds())
    with pytest.raises(DeliveryPostponed):
        await RefundPayments(till.app).bring_on(RefundDue(made.id), delivery)
    held.set()
    with pytest.raises(DeliveryPostponed):
        await slow
    assert (await till.only(sold)).state is RefundState.PENDING
    await till.check()


async def test_a_refused_refund_gives_everything_back_to_the_order(till) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED)
    sold = await till.sold((mug, 2), by_bank=True)
    till.bank.says = ["FAILED"]
    await till.refund(sold, "items", items="MUG:1")
    await till.settle()
    refund = await till.only(sold)
    assert (refund.state, refund.amount, refund.asked, refund.problem) == (RefundState.FAILED, 0, 1500, "No money.")
    found = await till.orders.get(sold.id)
    assert (found.status, found.refundable, found.lines[0].returnable) == (OrderStatus.PAID, 3000, 2)
    assert await till.stock(mug.id) == (8, 0)
    await till.check()
    again = await till.refund(sold)
    await till.settle()
    assert (await till.refunds.get(again.id)).state is RefundState.SUCCEEDED
    assert len(set(till.bank.asked)) == 2
    await till.check()


async def test_staff_cannot_pay_back_what_the_processor_is_being_asked_again(till, clock) -> None:
    sold = await till.sold((await till.product(kind=ProductKind.SHIPPED), 1), by_bank=True)
    till.bank.says = ["FAILED", "lost"]
    await till.orders.cancel(till.boss, sold.id)
    await till.settle()
    refund = await till.only(sold)
    clock.advance(hours=2)
    await till.settle()
    before = await everything(till)
    with pytest.raises(Refusal, match="nothing of it waits for you"):
        await till.paying.paid_back(till.boss, refund.id, "By check")
    assert await everything(till) == before
    clock.advance(hours=2)
    await till.settle()
    assert (await till.only(sold)).state is RefundState.SUCCEEDED
    assert till.bank.given_back() == 1500
    await till.check()


async def test_a_cancelled_order_ends_cancelled_with_its_refund(till, clock) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED)
    sold = await till.sold((mug, 2), by_bank=True)
    till.bank.says = ["FAILED", "FAILED", "down"]
    await till.orders.cancel(till.boss, sold.id, "Sold out after all")
    await till.settle()
    refund = await till.only(sold)
    assert (refund.state, refund.mode, refund.reason) == (RefundState.PENDING, RefundMode.FULL, "Sold out after all")
    assert refund.problem == "No money."
    await till.check()
    for _day in range(6):
        clock.advance(days=1)
        await till.settle()
        await till.check()
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded) == (OrderStatus.CANCELLED, 3000)
    assert (await till.only(sold)).state is RefundState.SUCCEEDED
    assert len(set(till.bank.asked)) == 3
    assert till.bank.given_back() == 3000
    assert await till.stock(mug.id) == (10, 0)


async def test_staff_pay_a_cancelled_order_back_and_say_so(till, clock) -> None:
    sold = await till.sold((await till.product(kind=ProductKind.SHIPPED), 1))
    await till.orders.cancel(till.boss, sold.id)
    await till.settle()
    refund = await till.only(sold)
    assert (refund.state, refund.by_hand) == (RefundState.PENDING, 1500)
    customer = await till.app.get(CustomerService).get(sold.customer)
    personal = PersonalRefunds(till.app)
    with pytest.raises(Refusal, match="is on its way to you"):
        await personal.erase(customer)
    clock.advance(days=1, seconds=1)
    (finding,) = await RefundExamination(till.app).examine(till.store.id)
    assert f"1 refund waits for you to pay it back: order {sold.number}" in finding.message
    done = await till.paying.paid_back(till.boss, refund.id, "Venmo")
    assert (done.state, done.parts[0].reference) == (RefundState.SUCCEEDED, "Venmo")
    found = await till.orders.get(sold.id)
    assert (found.status, found.refunded) == (OrderStatus.CANCELLED, 1500)
    with pytest.raises(Refusal, match="nothing of it waits for you"):
        await till.paying.paid_back(till.boss, refund.id)
    assert await RefundExamination(till.app).examine(till.store.id) == []
    given = await personal.export(customer)
    assert (given["refunds"][0]["amount"], given["returns"]) == (1500, [])
    join = await personal.erase(customer)
    async with till.app.work(till.boss) as work:
        join(work)
    await till.check()


async def test_a_confirmation_does_what_it_showed_or_nothing(till, clock, staff) -> None:
    mug = await till.product()
    sold = await till.sold((mug, 3))
    wanted = RefundRequest(RefundMode.AMOUNT, 1000)
    first = await till.refunds.propose(till.boss, sold.id, wanted)
    other = staff(till.store, id="200000000000000002", name="Ann")
    second = await till.refunds.propose(other, sold.id, wanted)
    with pytest.raises(ProposalOver):
        await till.refunds.confirm(other, first.id)
    done = await asyncio.gather(
        till.refunds.confirm(till.boss, first.id),
        till.refunds.confirm(other, second.id),
        till.refunds.confirm(till.boss, first.id),
        return_exceptions=True,
    )
    assert all(isinstance(one, ProposalOver | Stale) for one in done if isinstance(one, BaseException)), done
    assert (await till.orders.get(sold.id)).refunded == 1000
    anew = await till.refunds.again_shown(other, second.id) if isinstance(done[1], BaseException) else None
    if anew is not None:
        assert anew.plan.left == 2500
        await till.refunds.discard(other, anew.id)
        with pytest.raises(ProposalOver):
            await till.refunds.confirm(other, anew.id)
    old = await till.refunds.propose(till.boss, sold.id, RefundRequest(RefundMode.FULL))
    clock.advance(hours=1, seconds=1)
    with pytest.raises(ProposalOver, match="over an hour old"):
        await till.refunds.confirm(till.boss, old.id)
    await till.check()


async def test_a_return_from_request_to_refund(till, member) -> None:
    mug = await till.product(kind=ProductKind.DIGITAL)
    sold = await till.sold((mug, 2))
    buyer = till.buyer(1)
    line = str(sold.lines[0].id)
    with pytest.raises(Refusal):
        await till.returns.request(till.buyer(2), sold.id, [ItemRequest(line, 1)], "mine now")
    done = await asyncio.gather(
        *(till.returns.request(buyer, sold.id, [ItemRequest(line, 1)], "too small") for _time in range(3)),
        return_exceptions=True,
    )
    (asked,) = [one for one in done if not isinstance(one, BaseException)]
    assert all(isinstance(one, Refusal) for one in done if isinstance(one, BaseException))
    with pytest.raises(Refusal, match="is Requested and cannot become Refunded"):
        await till.returns.propose_refund(till.boss, asked.id)
    with pytest.raises(Forbidden):
        await till.returns.approve(buyer, asked.id)
    with pytest.raises(Refusal, match="Refund or decline it"):
        await KeptOrders(till.app).check(sold)
    await till.returns.approve(till.boss, asked.id)
    await till.returns.receive(till.boss, asked.id)
    shown = await till.returns.propose_refund(till.boss, asked.id)
    assert (shown.plan.amount, shown.plan.items[0].quantity) == (1500, 1)
    refund = await till.refunds.confirm(till.boss, shown.id)
    await till.settle()
    found = await till.returns.get(asked.id)
    assert (found.status, found.refund) == ("REFUNDED", refund.id)
    with pytest.raises(Refusal):
        await till.returns.decline(till.boss, asked.id, "changed my mind")
    again = await till.returns.request(buyer, sold.id, [ItemRequest(line, 1)], "this one too")
    declined = await till.returns.decline(till.boss, again.id, "It was used")
    assert (declined.status, declined.decision) == ("DECLINED", "It was used")
    join = await KeptOrders(till.app).check(sold)
    async with till.app.work(till.boss) as work:
        join(work)
    await till.check()


async def test_money_of_no_order_goes_back_and_changes_none(till) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED)
    placed = await till.order(till.buyer(1), (mug, 1))
    await till.take(placed, 2000)
    late = await till.order(till.buyer(2), (mug, 1))
    await till.orders.cancel(till.boss, late.id)
    await till.take(late, 700)
    await till.settle()
    found = {one.order.id: one for one in await till.surplus.all(till.boss)}
    assert {key: one.amount for key, one in found.items()} == {placed.id: 500, late.id: 700}
    before = await till.orders.get(late.id)
    payment = found[late.id].payment.id
    done = await asyncio.gather(
        *(till.surplus.refund(till.boss, payment) for _time in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    till.bank.says = ["FAILED"]
    await till.settle()
    await till.check()
    assert till.bank.given_back() == 0
    over = found[placed.id].payment.id
    await till.surplus.refund(till.boss, payment)
    await till.surplus.refund(till.boss, over)
    await till.refund(await till.orders.get(placed.id))
    await till.settle()
    await till.check()
    assert await till.orders.get(late.id) == before
    refunded = await till.orders.get(placed.id)
    assert (refunded.status, refunded.refunded) == (OrderStatus.REFUNDED, 1500)
    assert till.bank.given_back() == 2700
    assert await till.surplus.all(till.boss) == []
    with pytest.raises(Refusal, match="Nothing of this payment"):
        await till.surplus.refund(till.boss, over)


async def test_money_that_was_moved_to_another_order_goes_back_after_a_refund_that_failed(till) -> None:
    mug = await till.product(price=500)
    placed = await till.order(till.buyer(1), (mug, 1))
    await till.orders.cancel(till.boss, placed.id)
    await till.take(placed, 1500)
    (late,) = await till.surplus.all(till.boss)
    till.bank.says = ["FAILED"]
    failed = await till.surplus.refund(till.boss, late.payment.id)
    await till.settle()
    assert (await till.refunds.get(failed.id)).state is RefundState.FAILED
    again = await till.order(till.buyer(1), (mug, 1))
    await till.app.get(PaymentService).use_late(till.boss, late.payment.id, again.number)
    (over,) = await till.surplus.all(till.boss)
    assert (over.payment.state, over.amount) == ("OVERPAID", 1000)
    made = await till.surplus.refund(till.boss, late.payment.id)
    await till.settle()
    assert (await till.refunds.get(made.id)).state is RefundState.SUCCEEDED
    assert till.bank.given_back() == 1000
    await till.check()


@pytest.mark.parametrize("says", [["SUCCEEDED"], ["FAILED", "SUCCEEDED"], ["PENDING", "SUCCEEDED"]])
async def test_money_of_a_deleted_order_goes_back(till, clock, says) -> None:
    placed = await till.order(till.buyer(1), (await till.product(), 1))
    await till.orders.cancel(till.boss, placed.id)
    await till.settle()
    await till.app.get(OrderDeletion).delete(till.boss, placed.id, placed.number)
    await till.take(placed, 700)
    (late,) = await till.surplus.all(till.boss)
    assert (late.order, late.amount, late.payment.state) == (None, 700, "LATE")
    till.bank.says = list(says)
    for _time in range(1 + (says[0] == "FAILED")):
        made = await till.surplus.refund(till.boss, late.payment.id)
        await till.settle()
        clock.advance(hours=1)
        await till.settle()
    assert (await till.refunds.get(made.id)).state is RefundState.SUCCEEDED
    assert (till.bank.given_back(), await till.surplus.all(till.boss)) == (700, [])
    with pytest.raises(Refusal, match="Nothing of this payment"):
        await till.surplus.refund(till.boss, late.payment.id)
    delivery = FakeDelivery(till.app, till.boss)
    await deliveries.customer_surplus(SurplusRefunded(placed.id, made.id), delivery)  # type: ignore[arg-type]
    assert not [row for row in await till.rows("delivery") if row["status"] == "FAILED"]


async def test_money_that_is_given_back_meanwhile_does_not_pay_the_order(till) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED)
    placed = await till.order(till.buyer(1), (mug, 1))
    await till.take(placed, 1000)
    payments = till.app.get(PaymentService)
    (first,) = await payments.of_order(placed.id)
    read, given_back = payments.of_order, []

    async def read_then_refund(order: UUID) -> Sequence[Payment]:
        found = await read(order)
        if not given_back:
            given_back.append(await till.surplus.refund(till.boss, first.id))
        return found

    payments.of_order = read_then_refund
    rest = Received(placed.id, "bank", "the rest", 500, "USD")
    await payments.receive(rest, FakeDelivery(till.app, till.boss))
    assert len(given_back) == 1
    order = await till.orders.get(placed.id)
    assert (order.status, [one.state.value for one in await read(placed.id)]) == ("PENDING_PAYMENT", ["UNDERPAID"] * 2)


async def test_who_may_not_refund_may_not_cancel_a_paid_order(till) -> None:
    sold = await till.sold((await till.product("MUG", kind=ProductKind.SHIPPED), 1))
    fulfilment = replace(till.boss, permissions=till.boss.permissions - {"refund.create"})
    before = await everything(till)
    for attempt in (
        till.orders.cancel(fulfilment, sold.id, "x"),
        till.orders.change(fulfilment, sold.id, OrderChange(status=OrderStatus.CANCELLED)),
    ):
        with pytest.raises(Forbidden, match=r"refund\.create"):
            await attempt
    assert await everything(till) == before
    assert (await till.orders.cancel(till.boss, sold.id, "x")).status is OrderStatus.CANCELLED
