"""What refunds join to an order's Work: never more money than was paid, never more pieces than were bought."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from guildshop.errors import Invalid, Stale
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import (
    MoveRefused,
    Order,
    OrderRefund,
    OrderStatus,
    RefundedItem,
    RefundMode,
    ShipmentChange,
    ShippingStatus,
)
from tests.plugins.orders.conftest import Bench, Refused


def _refund(amount: int, order: Order | None = None, *quantities: int) -> OrderRefund:
    items = ()
    if order is not None:
        items = tuple(
            RefundedItem(line.id, line.product, quantity)
            for line, quantity in zip(order.lines, quantities, strict=False)
            if quantity
        )
    return OrderRefund(uuid4(), RefundMode.BOTH, amount, items, "Scratched")


async def _apply(bench: Bench, order: Order, refund: OrderRefund, *, held: bool = False) -> Order:
    async with bench.app.work(bench.boss) as work:
        bench.orders.apply_refund(work, order, refund, held=held)
    return await bench.orders.get(order.id)


async def _hold(bench: Bench, order: Order, refund: OrderRefund) -> Order:
    async with bench.app.work(bench.boss) as work:
        bench.orders.hold_refund(work, order, refund)
    return await bench.orders.get(order.id)


async def test_refunds_until_nothing_is_left(bench: Bench, refused: Refused) -> None:
    mug, hat = await bench.product(), await bench.product("HAT", price=1000)
    placed = await bench.order(bench.buyer(), (mug, 2), (hat, 1))
    unpaid = await refused(MoveRefused, _apply(bench, placed, _refund(1)))
    assert "never paid" in unpaid
    order = await bench.orders.confirm_payment(bench.boss, placed.id)

    order = await _apply(bench, order, _refund(1500, order, 1))
    assert (order.status, order.refunded, order.refundable) == (OrderStatus.PARTIALLY_REFUNDED, 1500, 2500)
    assert [line.returned for line in order.lines] == [1, 0]
    assert await bench.stock(mug.id) == (9, 0)
    assert "2 × Mug" in await refused(Invalid, _apply(bench, order, _refund(0, order, 2)))
    assert "at most" in await refused(Invalid, _apply(bench, order, _refund(2501)))
    assert "nothing" in await refused(Invalid, _apply(bench, order, _refund(0)))

    held = _refund(2000, order, 0, 1)
    order = await _hold(bench, order, held)
    assert (order.refundable, order.refund_held, order.lines[1].returnable) == (500, 2000, 0)
    assert "at most" in await refused(Invalid, _apply(bench, order, _refund(501)))
    async with bench.app.work(bench.boss) as work:
        bench.orders.release_refund(work, order, held)
    order = await _hold(bench, await bench.orders.get(order.id), held)
    order = await _apply(bench, order, held, held=True)
    assert (order.refunded, order.refund_held, order.lines[1].returned) == (3500, 0, 1)
    order = await _apply(bench, order, _refund(500))
    assert (order.status, order.refunded) == (OrderStatus.REFUNDED, 4000)
    assert "was refunded already" in await refused(MoveRefused, _apply(bench, order, _refund(0, order, 1)))

    events = [row for row in await bench.rows("event") if row["name"] == "OrderRefunded"]
    assert len(events) == 3
    await bench.check_stock()


async def test_a_cancelled_order_takes_its_refund_and_no_items(bench: Bench, refused: Refused) -> None:
    mug = await bench.product()
    order = await bench.orders.confirm_payment(bench.boss, (await bench.order(bench.buyer(), (mug, 2))).id)
    order = await _hold(bench, order, _refund(3000))
    assert "under way" in await refused(MoveRefused, bench.orders.cancel(bench.boss, order.id))
    async with bench.app.work(bench.boss) as work:
        bench.orders.release_refund(work, order, _refund(3000))
    order = await bench.orders.cancel(bench.boss, order.id)
    assert "on the shelf already" in await refused(MoveRefused, _apply(bench, order, _refund(3000, order, 2)))
    order = await _apply(bench, order, _refund(3000))
    assert (order.status, order.refunded) == (OrderStatus.CANCELLED, 3000)
    assert await bench.stock(mug.id) == (10, 0)


async def test_refunds_at_once_give_the_money_back_once(bench: Bench) -> None:
    mug = await bench.product()
    order = await bench.orders.confirm_payment(bench.boss, (await bench.order(bench.buyer(), (mug, 2))).id)
    done = await asyncio.gather(
        *(_apply(bench, order, _refund(2000, order, 1)) for _one in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, Order) for one in done) == 1
    assert all(isinstance(one, Order | Stale) for one in done)
    order = await bench.orders.get(order.id)
    assert (order.refunded, order.lines[0].returned) == (2000, 1)
    with pytest.raises(Stale):
        await _apply(bench, await bench.orders.get(order.id), _refund(1000), held=True)
    await bench.check_stock()


async def test_what_was_sent_back_leaves_the_rest_to_be_sent(bench: Bench, refused: Refused) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    placed = await bench.order(bench.buyer(), (mug, 3))
    line = placed.lines[0].id
    order = await bench.orders.confirm_payment(bench.boss, placed.id)
    gone = ShipmentChange(status=ShippingStatus.SHIPPED)
    await bench.orders.pack(bench.boss, order.id, {line: 2}, gone)
    order = await bench.orders.get(order.id)
    assert order.lines[0].sent == 2
    order = await _apply(bench, order, replace(_refund(1500, order, 1), sent_back=True))
    assert (order.lines[0].returned, order.lines[0].unsent) == (1, 0)
    order = await bench.orders.pack(bench.boss, order.id, None, ShipmentChange())
    parcel = (await bench.orders.shipments(order.id))[-1]
    assert [item.quantity for item in parcel.items] == [1]
    # The last piece is refunded while its parcel waits: it does not leave any more.
    order = await _apply(bench, order, _refund(1500, order, 1))
    assert (order.lines[0].returned, order.lines[0].unsent) == (2, 1)
    told = await refused(MoveRefused, bench.orders.change_shipment(bench.boss, order.id, parcel.id, gone))
    assert "only 0 are still to be sent" in told
    order = await bench.orders.unpack(bench.boss, order.id, parcel.id)
    assert "0 of 3" in await refused(Invalid, bench.orders.pack(bench.boss, order.id, {line: 1}, gone))
    # A parcel that is lost after a piece of it was refunded: that piece is not sent anew.
    (first,) = await bench.orders.shipments(order.id)
    order = await _apply(bench, order, _refund(1499, order, 1))
    assert order.lines[0].unsent == 1
    await bench.orders.change_shipment(bench.boss, order.id, first.id, ShipmentChange(status=ShippingStatus.FAILED))
    assert (await bench.orders.get(order.id)).lines[0].unsent == 3
