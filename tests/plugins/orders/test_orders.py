"""What happens to an order once it exists: service against both databases."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from guildshop.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.api import CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import (
    AlreadyPaid,
    MoveRefused,
    OrderChange,
    OrderFilter,
    OrderStatus,
    ShippingStatus,
)
from guildshop.plugins.orders.service import OrderFiles
from guildshop.plugins.payments.service import PaymentService

S = OrderStatus


async def events(bench) -> list[str]:
    return [row["name"] for row in await bench.rows("event")]


async def test_confirming_sells_the_stock_and_records_the_payment_once(bench, refused, staff, store) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 2))
    paid = await bench.orders.confirm_payment(bench.boss, order.number, "TX-1")
    assert (paid.status, paid.paid_at is not None, paid.reserved_until) == (S.PAID, True, None)
    assert await bench.stock(mug.id) == (8, 0)
    (payment,) = await bench.rows("payment")
    assert (payment["state"], payment["amount"], payment["reference"]) == ("CONFIRMED", 3000, "TX-1")
    assert (await events(bench)).count("OrderPaid") == 1
    sentence = await refused(AlreadyPaid, bench.orders.confirm_payment(bench.boss, order.id))
    assert sentence.startswith(f"The payment of order {order.number} over $30.00 was confirmed already")
    await bench.check_stock()


async def test_twenty_staff_at_once_confirm_once(bench) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 1))

    async def press() -> bool:
        try:
            await bench.orders.confirm_payment(bench.boss, order.id)
        except AlreadyPaid:
            return False
        return True

    assert sum(await asyncio.gather(*(press() for _each in range(20)))) == 1
    assert len(await bench.rows("payment")) == 1
    assert (await events(bench)).count("OrderPaid") == 1
    await bench.check_stock()


async def test_confirming_and_cancelling_at_once_ends_in_one_status(bench) -> None:
    mug = await bench.product()
    for number in range(10):
        order = await bench.order(bench.buyer(number), (mug, 1))
        asked = [
            bench.orders.confirm_payment(bench.boss, order.id),
            bench.orders.reject(bench.boss, order.id, "No money"),
        ]
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(one, Refusal) for one in done) == 1
        after = await bench.orders.get(order.id)
        assert after.status in {S.PAID, S.CANCELLED}
    await bench.check_stock()


async def test_cancelling_an_unpaid_order_releases_its_stock(bench, refused) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 3))
    done = await bench.orders.cancel(bench.buyer(), order.number, "Changed my mind")
    assert (done.status, done.cancel_reason) == (S.CANCELLED, "Changed my mind")
    assert await bench.stock(mug.id) == (10, 0)
    sentence = await refused(MoveRefused, bench.orders.cancel(bench.boss, order.number))
    assert "Cancelled is final" in sentence
    await bench.check_stock()


async def test_cancelling_a_paid_order_returns_its_stock_and_says_what_is_due_back(bench) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 3))
    await bench.orders.confirm_payment(bench.boss, order.id)
    await bench.orders.cancel(bench.buyer(), order.number)
    assert await bench.stock(mug.id) == (10, 0)
    (event,) = [row for row in await bench.rows("event") if row["name"] == "OrderCancelled"]
    assert '"refund_due":4500' in str(event["payload"]).replace(" ", "")
    await bench.check_stock()


async def test_a_member_cannot_cancel_what_is_being_fulfilled_or_somebody_elses(bench, refused) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    order = await bench.order(bench.buyer(1), (mug, 1))
    await refused(NotFound, bench.orders.cancel(bench.buyer(2), order.number))
    await bench.orders.confirm_payment(bench.boss, order.id)
    await bench.orders.change(bench.boss, order.id, OrderChange(status=S.FULFILLING))
    assert "cannot be cancelled any more" in await refused(MoveRefused, bench.orders.cancel(bench.buyer(1), order.id))


async def test_an_unpaid_order_expires_after_48_hours_unless_it_was_paid(bench, clock) -> None:
    mug = await bench.product()
    lost = await bench.order(bench.buyer(1), (mug, 1))
    kept = await bench.order(bench.buyer(2), (mug, 1))
    await bench.orders.confirm_payment(bench.boss, kept.id)
    clock.advance(hours=47, minutes=59)
    await bench.app.dispatcher.drain()
    assert (await bench.orders.get(lost.id)).status is S.PENDING_PAYMENT
    clock.advance(minutes=1)
    await bench.app.dispatcher.drain()
    after = await bench.orders.get(lost.id)
    assert (after.status, after.cancel_reason) == (S.CANCELLED, "It was not paid in time.")
    assert (await bench.orders.get(kept.id)).status in {S.PAID, S.COMPLETE}
    assert await bench.stock(mug.id) == (9, 0)
    await bench.check_stock()


@pytest.mark.parametrize("after", list(S))
async def test_every_move_from_every_status_follows_the_table(bench, refused, after: OrderStatus) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    order = await bench.order(bench.buyer(), (mug, 1))
    path = (S.PENDING_PAYMENT, S.PAID, S.FULFILLING, S.SHIPPED, S.COMPLETE)
    for at, before in enumerate(path):
        current = await bench.orders.get(order.id)
        assert current.status is before
        allowed = {S.PAID, S.CANCELLED} if at == 0 else set(path[at + 1 :]) | ({S.CANCELLED} if at == 1 else set())
        if before is S.PAID:
            allowed.discard(S.COMPLETE)
        if after is not before and after not in allowed:
            await refused(MoveRefused, bench.orders.change(bench.boss, order.id, OrderChange(status=after)))
        if at + 1 < len(path):
            await bench.orders.change(bench.boss, order.id, OrderChange(status=path[at + 1]))
    await bench.check_stock()


async def test_shipping_moves_the_order_along_with_a_timeline(bench, refused) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    order = await bench.order(bench.buyer(), (mug, 1))
    shipped = OrderChange(shipping_status=ShippingStatus.SHIPPED, carrier="UPS", tracking_number=" 1Z9 ")
    assert "only a paid order ships" in await refused(MoveRefused, bench.orders.change(bench.boss, order.id, shipped))
    await bench.orders.confirm_payment(bench.boss, order.id)
    await bench.orders.change(bench.boss, order.id, OrderChange(tracking_number="1Z9"))
    assert (await bench.orders.get(order.id)).status is S.PAID
    done = await bench.orders.change(bench.boss, order.id, shipped)
    assert (done.status, done.shipping_status, done.carrier, done.tracking_number) == (
        S.SHIPPED,
        ShippingStatus.SHIPPED,
        "UPS",
        "1Z9",
    )
    done = await bench.orders.change(bench.boss, order.id, OrderChange(shipping_status=ShippingStatus.DELIVERED))
    assert done.status is S.COMPLETE
    told = [(row.kind.value, row.after, row.actor_name) for row in await bench.orders.history(order.id)]
    assert told[0] == ("placed", "PENDING_PAYMENT", "buyer1")
    assert [after for kind, after, _name in told if kind == "status"] == ["PAID", "SHIPPED", "COMPLETE"]
    assert {name for _kind, _after, name in told[1:]} == {"Sam Staff"}
    again = await bench.snapshot()
    await bench.orders.change(bench.boss, order.id, OrderChange(carrier="UPS", tracking_number="1Z9"))
    assert await bench.snapshot() == again


async def test_several_fields_are_saved_together_or_not_at_all(bench, refused) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    order = await bench.order(bench.buyer(), (mug, 1))
    both = OrderChange(notes="Fragile", status=S.SHIPPED)
    await refused(MoveRefused, bench.orders.change(bench.boss, order.id, both))
    good = OrderChange(notes="Fragile", status=S.PAID, shipping_status=ShippingStatus.SHIPPED, tracking_number="1")
    done = await bench.orders.change(bench.boss, order.id, good, version=order.version)
    assert (done.status, done.notes, done.tracking_number) == (S.SHIPPED, "Fragile", "1")
    await refused(Stale, bench.orders.change(bench.boss, order.id, OrderChange(notes="x"), version=order.version))
    await refused(Invalid, bench.orders.change(bench.boss, order.id, OrderChange(notes="x" * 2001)))
    await bench.check_stock()


async def test_without_the_permission_nothing_changes(bench, refused, staff, store) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 1))
    reader = staff(store, "order.read", id="9", name="Rita")
    for asked in (
        bench.orders.change(reader, order.id, OrderChange(notes="x")),
        bench.orders.confirm_payment(reader, order.id),
        bench.orders.reject(reader, order.id, "x"),
        bench.orders.cancel(reader, order.id),
        bench.orders.add_note(reader, order.id, "x"),
        bench.orders.change(staff(store, "order.read", "order.update"), order.id, OrderChange(status=S.PAID)),
    ):
        await refused(Forbidden, asked)
    await refused(NotFound, bench.orders.get("NOPE"))
    await refused(NotFound, bench.orders.get(uuid4()))


async def test_rejecting_cancels_with_the_reason_and_closes_the_report(bench, refused) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 1))
    payments = bench.app.get(PaymentService)
    await refused(Invalid, payments.report(bench.buyer(), order.id, " "))
    await refused(NotFound, payments.report(bench.buyer(2), order.id, "TX"))
    await payments.report(bench.buyer(), order.id, "TX-1")
    await payments.report(bench.buyer(), order.id, "TX-2")
    assert [row["reference"] for row in await bench.rows("payment")] == ["TX-2"]
    await refused(Invalid, payments.reject(bench.boss, order.id, "  "))
    done = await payments.reject(bench.boss, order.id, "No money came")
    assert (done.status, done.cancel_reason) == (S.CANCELLED, "No money came")
    await bench.app.dispatcher.drain()
    assert [row["state"] for row in await bench.rows("payment")] == ["REJECTED"]
    await refused(MoveRefused, payments.reject(bench.boss, order.id, "Again"))
    await bench.check_stock()


async def test_lists_go_on_after_a_cursor_without_gaps(bench, clock, refused) -> None:
    mug = await bench.product(quantity=100)
    made = []
    for number in range(7):
        if number % 3 == 0:
            clock.advance(minutes=1)
        made.append((await bench.order(bench.buyer(number), (mug, 1))).id)
    seen, cursor = [], ""
    while True:
        page = await bench.orders.list(bench.boss, OrderFilter(), cursor=cursor, limit=2)
        seen += [order.id for order in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert sorted(seen) == sorted(made)
    assert len(set(seen)) == 7
    await refused(Invalid, bench.orders.list(bench.boss, OrderFilter(), cursor="nonsense"))
    assert await bench.orders.count(bench.boss, OrderFilter(statuses=frozenset({S.PAID}))) == 0
    drawn = CustomerChange(account_number="C-7UUK9QXWPT")
    first = await bench.orders.get(made[0])
    await bench.app.get(CustomerService).change(bench.boss, first.customer, drawn)
    for text, found in (("BUYER3", 1), ("uu", 0), ("7uuk", 1)):
        assert await bench.orders.count(bench.boss, OrderFilter(text=text)) == found, text


async def test_past_orders_come_in_and_go_out_and_touch_nothing_else(bench) -> None:
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    await bench.order(bench.buyer(), (mug, 1))
    stock = await bench.stock(mug.id)
    before = len(await events(bench))
    files = bench.app.get(OrderFiles)
    good = {
        "number": "old-1",
        "customer": str(bench.buyer().id),
        "placed_days_ago": "30.5",
        "status": "complete",
        "payment_method": "venmo",
        "lines": "mug:2|MUG:1:9.99",
        "shipping": "4.99",
        "note": "Leave at the door",
        "channel": "WEB",
    }
    report = await files.import_orders(bench.boss, [good], False, lambda _done, _total, _bad=0: None)
    assert (report.written, list(report.problems)) == (1, [])
    order = await bench.orders.get("OLD-1")
    assert (order.status, order.total, order.imported) == (S.COMPLETE, 3000 + 999 + 499, True)
    assert order.shipping_status is ShippingStatus.DELIVERED
    (parcel,) = await bench.orders.shipments(order.id)
    assert (parcel.status, [item.quantity for item in parcel.items]) == (ShippingStatus.DELIVERED, [2, 1])
    assert await bench.stock(mug.id) == stock
    told = await events(bench)
    assert (len(told), told.count("OrdersImported")) == (before + 1, 1)
    exported = [row async for row in files.export_orders(bench.boss)]
    assert exported[0]["lines"] == "MUG:2:15.00|MUG:1:9.99"
    again = [{**row, "number": f"NEW-{at}"} for at, row in enumerate(exported)]
    report = await files.import_orders(bench.boss, again, False, lambda _done, _total, _bad=0: None)
    assert list(report.problems) == []
    copies = [row async for row in files.export_orders(bench.boss) if row["number"].startswith("NEW-")]
    assert copies == again
    await bench.check_stock()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"number": ""}, "no order number"),
        ({"number": "=1+1"}, "no order number"),
        ({"customer": "404"}, "no customer"),
        ({"status": "lost"}, "no status"),
        ({"lines": "NOPE:1"}, "no product with the SKU"),
        ({"lines": "MUG:0"}, "at least 1"),
        ({"lines": ""}, "no lines"),
        ({"placed_days_ago": "soon"}, "is no time"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "is no time"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, "before 2000"),
        ({"placed_days_ago": "20000"}, "before 2000"),
        ({"placed_days_ago": "-3"}, "in the future"),
        ({"shipping": "many"}, "no amount"),
        ({"discount": "99"}, "more than its amount"),
        ({"currency": "XXZ"}, "ISO 4217"),
    ],
)
async def test_a_bad_row_is_named_and_nothing_is_written(bench, wrong: dict[str, str], says: str) -> None:
    await bench.product("MUG")
    await bench.checkout.start(bench.buyer(), (), "b", "B")
    good = {
        "number": "OLD-1",
        "customer": str(bench.buyer().id),
        "placed_days_ago": "30",
        "status": "COMPLETE",
        "lines": "MUG:1",
    }
    before = await bench.snapshot()
    rows = [good, {**good, "number": "OLD-2", **wrong}]
    report = await bench.app.get(OrderFiles).import_orders(bench.boss, rows, False, lambda _done, _total, _bad=0: None)
    ((row, sentence),) = report.problems
    assert row == 2
    assert says in sentence
    assert report.written == 0
    assert await bench.snapshot() == before


async def test_a_payment_reported_many_times_at_once_is_one_payment(bench) -> None:
    order = await bench.order(bench.buyer(), (await bench.product(), 1))
    payments = bench.app.get(PaymentService)
    said = await asyncio.gather(
        *(payments.report(bench.buyer(), order.id, f"TX-{number}") for number in range(2)), return_exceptions=True
    )
    assert not [one for one in said if isinstance(one, BaseException)]
    (row,) = await bench.rows("payment")
    assert (row["state"], row["reference"] in {"TX-0", "TX-1"}) == ("REPORTED", True)


async def test_confirming_an_imported_order_moves_its_status_and_nothing_else(bench) -> None:
    mug = await bench.product("MUG", granted_roles=(77,))
    await bench.order(bench.buyer(), (mug, 1))
    row = {"number": "OLD-7", "customer": bench.buyer().id, "status": "PENDING_PAYMENT", "lines": "MUG:2"}
    row |= {"placed_days_ago": "3", "payment_method": "venmo"}
    report = await bench.app.get(OrderFiles).import_orders(bench.boss, [row], False, lambda _done, _total, _bad=0: None)
    assert report.problems == ()
    before = await bench.snapshot()
    order = await bench.orders.confirm_payment(bench.boss, "OLD-7")
    after = await bench.snapshot()
    assert order.status is S.PAID
    assert (after["stock_movement"], after["product"]) == (before["stock_movement"], before["product"])
    told = {row["name"] for row in after["event"]} - {row["name"] for row in before["event"]}
    assert told == {"OrderStatusChanged"}


async def test_an_imported_order_that_is_never_paid_expires_too(bench, clock) -> None:
    mug = await bench.product()
    await bench.orders.cancel(bench.boss, (await bench.order(bench.buyer(), (mug, 1))).id)
    row = {"number": "OLD-8", "customer": bench.buyer().id, "status": "PENDING_PAYMENT", "lines": "MUG:2"}
    row |= {"placed_days_ago": "300", "payment_method": "venmo"}
    await bench.app.get(OrderFiles).import_orders(bench.boss, [row], False, lambda _done, _total, _bad=0: None)
    clock.advance(hours=47)
    await bench.app.dispatcher.drain()
    assert (await bench.orders.get("OLD-8")).status is S.PENDING_PAYMENT
    clock.advance(hours=2)
    await bench.app.dispatcher.drain()
    assert (await bench.orders.get("OLD-8")).status is S.CANCELLED
    assert await bench.stock(mug.id) == (10, 0)
    await bench.check_stock()


async def test_points_and_credit_of_an_order_survive_the_file(bench) -> None:
    await bench.product("MUG", price=5000)
    await bench.order(bench.buyer(), ((await bench.catalog.find("MUG")), 1))
    row = {"number": "OLD-9", "customer": bench.buyer().id, "status": "COMPLETE", "lines": "MUG:2:50.00"}
    row |= {"placed_at": "2026-01-31T12:00:00Z", "payment_method": "venmo", "channel": "WEB", "currency": "USD"}
    amounts = {"discount": "10.00", "loyalty": "5.00", "shipping": "4.99", "tax": "7.01", "credit": "20.00"}
    files = bench.app.get(OrderFiles)
    report = await files.import_orders(bench.boss, [row | amounts], False, lambda _done, _total, _bad=0: None)
    assert report.problems == ()
    order = await bench.orders.get("OLD-9")
    assert (order.loyalty, order.credit, order.total, order.due) == (500, 2000, 9700, 7700)
    (exported,) = [one async for one in files.export_orders(bench.boss) if one["number"] == "OLD-9"]
    assert {name: exported[name] for name in amounts} == amounts
    again = await files.import_orders(
        bench.boss, [{**exported, "number": "OLD-10"}], False, lambda _done, _total, _bad=0: None
    )
    assert again.problems == ()
    copy = await bench.orders.get("OLD-10")
    assert (copy.total, copy.due, copy.loyalty, copy.credit) == (9700, 7700, 500, 2000)
    nothing = row | {"number": "OLD-11", "status": "PENDING_PAYMENT", "credit": "100.00"}
    refused = await files.import_orders(bench.boss, [nothing], False, lambda _done, _total, _bad=0: None)
    assert "Nothing is due" in refused.problems[0][1]
