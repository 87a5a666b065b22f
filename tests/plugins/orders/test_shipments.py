"""Parcels: packed in parts, sent and delivered; the order follows the last of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.errors import Forbidden, Invalid
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    MoveRefused,
    Order,
    OrderChange,
    OrderRefund,
    OrderStatus,
    RefundMode,
    ShipmentChange,
    ShippingStatus,
)
from tests.plugins.orders.conftest import Bench, Refused

SHIPPED, DELIVERED = ShippingStatus.SHIPPED, ShippingStatus.DELIVERED


@pytest.fixture
async def paid(bench: Bench) -> Order:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    hat = await bench.product("HAT", kind=ProductKind.SHIPPED)
    key = await bench.product("KEY", kind=ProductKind.DIGITAL)
    placed = await bench.order(bench.buyer(), (mug, 2), (hat, 1), (key, 1))
    return await bench.orders.confirm_payment(bench.boss, placed.id)


async def _events(bench: Bench, name: str) -> list[dict[str, Any]]:
    return [row for row in await bench.rows("event") if row["name"] == name]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1Z 999 AA1 01 2345 6784", "1Z999AA10123456784"),
        ("\u200b 9400-1000\u00a00000 ", "9400-10000000"),
        ("", ""),
        ("a.b/c#1", "a.b/c#1"),
    ],
)
def test_tracking_numbers_lose_their_spaces(typed: str, kept: str) -> None:
    assert rules.clean_tracking(typed) == kept


@pytest.mark.parametrize("typed", ["x" * 101, "<script>", "🎁", "=1+1", "-5"])
def test_what_is_no_tracking_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        rules.clean_tracking(typed)


def test_carriers_are_known_by_any_spelling_and_lead_to_their_page() -> None:
    assert rules.carrier_name("  fedex ", rules.KNOWN) == "FedEx"
    assert rules.carrier_name("Aunt  Ada", rules.KNOWN) == "Aunt Ada"
    assert rules.tracking_url("UPS", "1Z/9", rules.KNOWN) == "https://www.ups.com/track?tracknum=1Z%2F9"
    assert rules.tracking_url("Aunt Ada", "1", rules.KNOWN) == ""


async def test_the_last_parcel_sent_makes_it_shipped_all_delivered_complete(
    bench: Bench, paid: Order, refused: Refused
) -> None:
    mug, hat, key = paid.lines
    orders = bench.orders
    too_many = await refused(Invalid, orders.pack(bench.boss, paid.id, {mug.id: 3}, ShipmentChange()))
    assert "2 of 2" in too_many
    assert "no such item" in await refused(Invalid, orders.pack(bench.boss, paid.id, {key.id: 1}, ShipmentChange()))
    assert "empty" in await refused(Invalid, orders.pack(bench.boss, paid.id, {mug.id: 0}, ShipmentChange()))

    order = await orders.pack(bench.boss, paid.id, {mug.id: 1}, ShipmentChange(carrier="ups", tracking_number="1 2"))
    assert (order.status, order.shipping_status) == (OrderStatus.PAID, ShippingStatus.PENDING)
    assert (order.carrier, order.tracking_number) == ("UPS", "12")
    (first,) = await orders.shipments(order.id)
    order = await orders.change_shipment(bench.boss, order.id, first.id, ShipmentChange(status=SHIPPED))
    assert (order.status, order.shipping_status) == (OrderStatus.FULFILLING, ShippingStatus.PENDING)
    assert len(await _events(bench, "OrderShipped")) == 1

    order = await orders.ship(bench.boss, order.id, "DHL", "JD 1")
    first, second = await orders.shipments(order.id)
    assert [(item.line, item.quantity) for item in second.items] == [(mug.id, 1), (hat.id, 1)]
    assert (order.status, order.shipping_status, order.carrier) == (OrderStatus.SHIPPED, SHIPPED, "DHL")
    assert "parcels already" in await refused(MoveRefused, orders.ship(bench.boss, order.id, "DHL", "JD2"))
    assert "2 parcels" in await refused(
        MoveRefused, orders.change(bench.boss, order.id, OrderChange(shipping_status=DELIVERED))
    )
    assert "cannot be taken back" in await refused(MoveRefused, orders.unpack(bench.boss, order.id, first.id))

    for shipment in (first, second):
        assert order.status is OrderStatus.SHIPPED
        order = await orders.change_shipment(bench.boss, order.id, shipment.id, ShipmentChange(status=DELIVERED))
    assert (order.status, order.shipping_status) == (OrderStatus.COMPLETE, DELIVERED)
    order = await orders.change_shipment(bench.boss, order.id, first.id, ShipmentChange(status=ShippingStatus.FAILED))
    assert (order.status, order.shipping_status) == (OrderStatus.COMPLETE, ShippingStatus.FAILED)
    assert len(await _events(bench, "ShipmentFailed")) == 1


async def test_the_same_values_at_once_are_one_shipment(bench: Bench, paid: Order) -> None:
    done = await asyncio.gather(*(bench.orders.ship(bench.boss, paid.number, "usps", "94 00") for _one in range(3)))
    assert {order.status for order in done} == {OrderStatus.SHIPPED}
    (shipment,) = await bench.orders.shipments(paid.id)
    assert shipment.tracking_url.endswith("tLabels=9400")
    assert len(await _events(bench, "OrderShipped")) == 1
    again = await bench.orders.ship(bench.boss, paid.number, "USPS", "9400")
    assert again.version == done[0].version


async def test_tracking_alone_changes_nothing_and_is_told_once_the_parcel_left(
    bench: Bench, paid: Order, refused: Refused
) -> None:
    order = await bench.orders.change(bench.boss, paid.id, OrderChange(carrier="FedEx", tracking_number="77 1"))
    assert (order.status, order.shipping_status, order.tracking_number) == (
        OrderStatus.PAID,
        ShippingStatus.PENDING,
        "771",
    )
    assert not await _events(bench, "OrderShipped")
    order = await bench.orders.change(bench.boss, paid.id, OrderChange(status=OrderStatus.SHIPPED))
    assert order.shipping_status is SHIPPED
    await bench.orders.change(bench.boss, paid.id, OrderChange(tracking_number="772"))
    assert len(await _events(bench, "OrderShipped")) == 2
    (shipment,) = await bench.orders.shipments(paid.id)
    assert (shipment.carrier, shipment.tracking_number) == ("FedEx", "772")
    assert await refused(MoveRefused, bench.orders.ship_all(bench.boss, paid.id))


async def test_only_a_paid_order_ships_and_shipping_goes_on_after_a_partial_refund(
    bench: Bench, paid: Order, refused: Refused
) -> None:
    mug = await bench.catalog.find("MUG")
    unpaid = await bench.order(bench.buyer(2), (mug, 1))
    assert "only a paid order" in await refused(MoveRefused, bench.orders.ship(bench.boss, unpaid.id, "UPS", "1"))
    digital = await bench.order(bench.buyer(3), (await bench.catalog.find("KEY"), 1))
    await bench.orders.confirm_payment(bench.boss, digital.id)
    assert "Nothing of order" in await refused(MoveRefused, bench.orders.ship(bench.boss, digital.id, "UPS", "1"))
    assert "carrier" in await refused(Invalid, bench.orders.ship(bench.boss, paid.id, " ", "1"))
    await refused(Forbidden, bench.orders.ship(bench.buyer(), paid.id, "UPS", "1"))

    async with bench.app.work(bench.boss) as work:
        bench.orders.apply_refund(work, paid, OrderRefund(paid.lines[0].id, RefundMode.AMOUNT, 100))
    order = await bench.orders.ship(bench.boss, paid.id, "UPS", "1")
    assert (order.status, order.shipping_status) == (OrderStatus.PARTIALLY_REFUNDED, SHIPPED)
    (shipment,) = await bench.orders.shipments(paid.id)
    order = await bench.orders.change_shipment(bench.boss, paid.id, shipment.id, ShipmentChange(status=DELIVERED))
    assert (order.status, order.shipping_status) == (OrderStatus.PARTIALLY_REFUNDED, DELIVERED)


async def test_an_unsent_parcel_is_unpacked(bench: Bench, paid: Order) -> None:
    await bench.orders.pack(bench.boss, paid.id, None, ShipmentChange(status=ShippingStatus.LABEL_CREATED))
    order = await bench.orders.get(paid.id)
    assert order.shipping_status is ShippingStatus.LABEL_CREATED
    (shipment,) = await bench.orders.shipments(paid.id)
    order = await bench.orders.unpack(bench.boss, paid.id, shipment.id)
    assert order.shipping_status is ShippingStatus.PENDING
    assert not await bench.orders.shipments(paid.id)
    assert not await bench.rows("shipment_line")
