"""However parcels are packed, sent, delivered and lost: no piece goes twice, and the order follows the last parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildshop.errors import Refusal
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    Channel,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    ShipmentChange,
    ShippingStatus,
)
from guildshop.plugins.orders.service.packing import Packing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAID = (OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.PARTIALLY_REFUNDED)


def _order(status: OrderStatus, *quantities: int, returned: int = 0) -> Order:
    lines = tuple(
        OrderLine(uuid4(), uuid4(), f"S{at}", f"Name {at}", LineKind.SHIPPED, quantity, 100, 100 * quantity, at)
        for at, quantity in enumerate(quantities)
    )
    lines = (replace(lines[0], returned=min(returned, lines[0].quantity)), *lines[1:])
    digital = OrderLine(uuid4(), uuid4(), "KEY", "Key", LineKind.DIGITAL, 1, 0, 0, 99)
    amounts: dict[str, Any] = dict.fromkeys(
        ("subtotal", "discount", "loyalty", "shipping", "tax", "total", "credit", "due", "refunded"), 0
    )
    texts: dict[str, Any] = dict.fromkeys(
        ("carrier", "tracking_number", "shipping_type", "cancel_reason", "locale", "notes", "payment_method"), ""
    )
    return Order(
        id=uuid4(),
        store=1,
        number="ABCD2345",
        customer=uuid4(),
        customer_name="Ada",
        customer_discord_id=None,
        recipient_discord_id=None,
        channel=Channel.WEB,
        status=status,
        shipping_status=ShippingStatus.PENDING,
        currency="USD",
        address=None,
        created=NOW,
        updated=NOW,
        reserved_until=None,
        paid_at=NOW,
        cancelled_at=None,
        completed_at=None,
        imported=False,
        version=1,
        lines=(*lines, digital),
        **amounts,
        **texts,
    )


step = st.one_of(
    st.tuples(st.just("add"), st.lists(st.integers(0, 4), min_size=2, max_size=2), st.sampled_from(ShippingStatus)),
    st.tuples(st.just("change"), st.integers(0, 5), st.sampled_from(ShippingStatus)),
    st.tuples(st.just("remove"), st.integers(0, 5), st.none()),
    st.tuples(st.just("all"), st.none(), st.none()),
)
steps = st.lists(step, max_size=15)


def _do(packing: Packing, step: tuple[str, Any, Any]) -> None:
    what, which, status = step
    present = list(packing.after.values())
    if what == "add":
        wanted = {line.id: quantity for line, quantity in zip(packing.order.lines, which, strict=False)}
        packing.add(wanted, ShipmentChange(status=status))
    elif what == "all":
        packing.ship_all(ShipmentChange())
    elif present:
        shipment = present[which % len(present)]
        if what == "change":
            packing.change(shipment, ShipmentChange(status=status))
        else:
            packing.remove(shipment)


@settings(max_examples=60)
@given(st.sampled_from(PAID), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), steps)
def test_the_order_follows_its_parcels(
    status: OrderStatus, first: int, second: int, returned: int, wanted: list[tuple[str, Any, Any]]
) -> None:
    order = _order(status, first, second, returned=returned)
    shipments: tuple[Shipment, ...] = ()
    for step in wanted:
        packing = Packing(order, shipments, NOW)
        try:
            _do(packing, step)
        except Refusal:
            continue
        shipments = tuple(packing.after.values())
        packed = rules.packed(shipments)
        for line in order.lines:
            assert packed.get(line.id, 0) <= (line.quantity if line.kind is LineKind.SHIPPED else 0)
        now = rules.overall(order, shipments)
        after = rules.status_by_shipments(order, order.status, shipments)
        statuses = {shipment.status for shipment in shipments}
        nothing_left = not rules.left_to_pack(order, shipments)
        assert (now is ShippingStatus.DELIVERED) == (statuses == {ShippingStatus.DELIVERED} and nothing_left)
        assert (now is ShippingStatus.FAILED) == (ShippingStatus.FAILED in statuses)
        if after is not order.status:
            # `COMPLETE` from `PAID` in one step is never reached: a parcel is sent before it is delivered.
            rules.check_move(order.number, order.status, after, ships=True)
        if after is OrderStatus.SHIPPED and order.status is not OrderStatus.SHIPPED:
            assert statuses <= rules.SENT
            assert nothing_left
        for shipment in shipments:
            assert (shipment.delivered_at is not None) == (shipment.status is ShippingStatus.DELIVERED)
            assert shipment.shipped_at is not None or shipment.status not in rules.SENT
        order = replace(order, status=after, shipping_status=now)


def _refund(order: Order, which: int, quantity: int, *, sent_back: bool, shipments: tuple[Shipment, ...]) -> Order:
    """Give pieces of a line back as the service does."""
    sent = rules.packed(shipment for shipment in shipments if shipment.status in rules.SENT)
    line = replace(order.lines[which], sent=sent.get(order.lines[which].id, 0))
    quantity = min(quantity, line.quantity - line.returned)
    unsent = line.unsent + rules.newly_unsent(line, quantity, sent_back=sent_back)
    lines = list(order.lines)
    lines[which] = replace(line, returned=line.returned + quantity, unsent=unsent)
    return replace(order, lines=tuple(lines))


refunds = st.tuples(st.just("refund"), st.integers(0, 1), st.tuples(st.integers(1, 3), st.booleans()))


@settings(max_examples=100)
@given(st.integers(1, 4), st.integers(1, 4), st.lists(st.one_of(refunds, step), max_size=15))
def test_no_refunded_piece_is_sent_and_no_bought_one_forgotten(
    first: int, second: int, wanted: list[tuple[str, Any, Any]]
) -> None:
    order, shipments = _order(OrderStatus.PARTIALLY_REFUNDED, first, second), ()
    for what, which, given_ in wanted:
        if what == "refund":
            order = _refund(order, which, given_[0], sent_back=given_[1], shipments=shipments)
        else:
            packing = Packing(order, shipments, NOW)
            try:
                _do(packing, (what, which, given_))
            except Refusal:
                continue
            shipments = tuple(packing.after.values())
        lines = tuple(replace(line, unsent=rules.never_sent(line, shipments)) for line in order.lines)
        order = replace(order, lines=lines)
        sent = rules.packed(shipment for shipment in shipments if shipment.status in rules.SENT)
        packed = rules.packed(shipments)
        left = {item.line: item.quantity for item in rules.left_to_pack(order, shipments)}
        for line in order.lines[:2]:
            kept = sent.get(line.id, 0) - (line.returned - line.unsent)
            assert 0 <= kept <= line.quantity - line.returned
            assert 0 <= line.unsent <= line.returned
            # Once what is left is sent, the customer has every piece that was not refunded.
            open_parcels = packed.get(line.id, 0) - sent.get(line.id, 0)
            short = line.quantity - line.returned - kept - left.get(line.id, 0)
            assert short <= open_parcels
            assert not left.get(line.id) or short == open_parcels


def test_a_piece_that_was_sent_back_is_not_taken_off_those_still_to_be_sent() -> None:
    order = _order(OrderStatus.FULFILLING, 3, 1)
    mug = order.lines[0]
    packing = Packing(order, (), NOW)
    packing.send(ShipmentChange(carrier="UPS", tracking_number="1"), {mug.id: 2})
    sent = tuple(packing.after.values())
    back = _refund(order, 0, 1, sent_back=True, shipments=sent)
    assert {item.line: item.quantity for item in rules.left_to_pack(back, sent)}[mug.id] == 1
    assert rules.check_items(back, sent, {mug.id: 1})[0].quantity == 1
    # Refunded without coming back, it is the one that was not sent yet.
    unsent = _refund(order, 0, 1, sent_back=False, shipments=sent)
    assert mug.id not in {item.line for item in rules.left_to_pack(unsent, sent)}
    with pytest.raises(Refusal, match="0 of 3 are still to be packed"):
        rules.check_items(unsent, sent, {mug.id: 1})


def test_a_parcel_with_a_refunded_piece_is_not_sent() -> None:
    order = _order(OrderStatus.PAID, 3, 1)
    packing = Packing(order, (), NOW)
    parcel = packing.add({order.lines[0].id: 3}, ShipmentChange())
    packed = tuple(packing.after.values())
    packing = Packing(_refund(order, 0, 1, sent_back=False, shipments=packed), packed, NOW)
    with pytest.raises(Refusal, match="has 3 × Name 0, but only 2 are still to be sent"):
        packing.change(parcel, ShipmentChange(status=ShippingStatus.SHIPPED))
    packing.remove(parcel)
    assert [item.quantity for item in rules.left_to_pack(packing.order, ())] == [2, 1]


@pytest.mark.parametrize("status", [s for s in OrderStatus if s not in rules.SHIPPABLE])
def test_nothing_is_packed_for_an_order_that_is_unpaid_or_over(status: OrderStatus) -> None:
    with pytest.raises(Refusal, match="only a paid order ships"):
        Packing(_order(status, 1), (), NOW)
