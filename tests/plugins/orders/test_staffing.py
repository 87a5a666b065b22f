"""What staff do with orders: making them for a customer, changing their items, numbering invoices, deleting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import OutOfStock, ProductChange, ProductKind
from guildshop.plugins.customers.api import AddressInput, CustomerBlocked, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import (
    Channel,
    HistoryKind,
    MoveRefused,
    NewOrder,
    Order,
    OrderRefund,
    OrderStatus,
    RefundMode,
    ShopClosed,
    WantedItem,
)
from guildshop.plugins.orders.service import CreditNotes, Invoices, OrderDeletion, OrderEditing, StaffOrders
from tests.plugins.orders.conftest import Bench, Refused

HOME = AddressInput("Grace Hopper", "1 Navy Way", "Arlington", "US", "22202", "VA")


@pytest.fixture
async def guest(bench: Bench) -> UUID:
    customers = bench.app.get(CustomerService)
    return (
        await customers.create(bench.boss, CustomerInput(first_name="Grace", last_name="Hopper", email="g@example.org"))
    ).id


def _wanted(customer: UUID, *items: tuple[str, int], **given: Any) -> NewOrder:
    values = {"channel": Channel.WEB, "payment_method": "venmo", **given}
    return NewOrder(customer=customer, items=[WantedItem(sku, count) for sku, count in items], **values)


async def test_staff_order_for_a_guest_with_the_same_checks(bench: Bench, guest: UUID, refused: Refused) -> None:
    mug = await bench.product(kind=ProductKind.SHIPPED)
    await bench.product("VIP", required_roles=(77,))
    await bench.product("ONCE", limit_per_customer=1)
    staff = bench.app.get(StaffOrders)

    async def no(kind: type[Exception], wanted: NewOrder, actor: Actor = bench.boss) -> str:
        return await refused(kind, staff.create(actor, wanted))

    assert "address" in await no(Invalid, _wanted(guest, ("MUG", 1)))
    assert "empty" in await no(Invalid, _wanted(guest))
    assert "Only 10" in await no(OutOfStock, _wanted(guest, ("MUG", 11), address=HOME))
    assert "too many" in await no(Invalid, _wanted(guest, ("ONCE", 2)))
    assert "VIP" in await no(Refusal, _wanted(guest, ("VIP", 1)))
    assert "does not take" in await no(Invalid, _wanted(guest, ("ONCE", 1), payment_method="gold"))
    assert (
        "postal code"
        in (
            await no(
                Invalid, _wanted(guest, ("MUG", 1), address=AddressInput("G", "1 Way", "Reno", "US", "99999", "NV"))
            )
        ).lower()
    )
    await no(Forbidden, _wanted(guest, ("ONCE", 1)), bench.buyer())
    await bench.set(open=False)
    await no(ShopClosed, _wanted(guest, ("ONCE", 1)))
    await bench.set(open=True)

    wanted = _wanted(guest, ("MUG", 2), address=HOME, channel=Channel.API, note="Rang us up")
    quote = await staff.quote(bench.boss, wanted)
    order = await staff.create(bench.boss, wanted)
    assert (order.channel, order.status, order.total) == (Channel.API, OrderStatus.PENDING_PAYMENT, quote.totals.total)
    assert order.address is not None
    assert order.address.recipient == "Grace Hopper"
    assert await bench.stock(mug.id) == (8, 2)
    (note,) = await bench.orders.notes(order.id)
    assert (note.text, note.public) == ("Rang us up", False)
    timeline = [(one.kind, one.actor_name) for one in await bench.orders.history(order.id)]
    assert timeline == [(HistoryKind.PLACED, bench.boss.name), (HistoryKind.NOTE, bench.boss.name)]

    await bench.app.get(CustomerService).block(bench.boss, guest)
    await no(CustomerBlocked, _wanted(guest, ("ONCE", 1)))
    await bench.check_stock()


async def test_items_of_an_unpaid_order_change_with_totals_and_reservations(bench: Bench, refused: Refused) -> None:
    editing = bench.app.get(OrderEditing)
    mug, hat = await bench.product(kind=ProductKind.SHIPPED), await bench.product("HAT", price=900)
    await bench.set(shipping_types=[{"code": "standard", "label": "Standard", "cost": 499, "free_over": 5000}])
    placed = await bench.order(bench.buyer(), (mug, 2))
    assert placed.total == 3499
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=9900))

    order = await editing.set_items(bench.boss, placed.id, [WantedItem("MUG", 3), WantedItem("HAT", 1)])
    assert (order.subtotal, order.shipping, order.total) == (3 * 1500 + 900, 0, 5400)
    assert (await bench.stock(mug.id), await bench.stock(hat.id)) == ((7, 3), (9, 1))
    order = await editing.set_items(bench.boss, placed.id, [WantedItem("MUG", 1), WantedItem("HAT", 0)])
    assert (order.subtotal, order.total, len(order.lines)) == (1500, 1999, 1)
    assert (await bench.stock(mug.id), await bench.stock(hat.id)) == ((9, 1), (10, 0))
    assert [row["name"] for row in await bench.rows("event")].count("OrderEdited") == 2
    # The one way to send it became one of two: it stays the way that was promised, and not one for nothing.
    standard, express = ({"code": code, "label": code, "cost": 499} for code in ("standard", "express"))
    await bench.set(shipping_types=[standard, express])
    assert (await editing.set_items(bench.boss, placed.id, [WantedItem("MUG", 2)])).shipping == 499
    order = await editing.set_items(bench.boss, placed.id, [WantedItem("MUG", 1)])
    await bench.set(shipping_types=[{**standard, "code": "slow"}, express])
    assert "not offer" in await refused(MoveRefused, editing.set_items(bench.boss, placed.id, [WantedItem("MUG", 3)]))
    assert await bench.orders.get(placed.id) == order
    await bench.set(shipping_types=[standard, express])

    async def no(kind: type[Exception], *items: WantedItem, **given: Any) -> str:
        return await refused(kind, editing.set_items(bench.boss, placed.id, items, **given))

    assert "empty" in await no(Invalid, WantedItem("MUG", 0))
    assert "twice" in await no(Invalid, WantedItem("MUG", 1), WantedItem(str(mug.id), 1))
    await no(OutOfStock, WantedItem("MUG", 11))
    await no(Refusal, WantedItem("NONE", 1))
    await no(Refusal, WantedItem("MUG", 2), version=1)
    paid = await bench.orders.confirm_payment(bench.boss, placed.id)
    assert "unpaid" in await no(MoveRefused, WantedItem("MUG", 2))
    assert paid.total == 1999
    await bench.check_stock()


async def test_invoice_numbers_have_no_gaps_under_races(bench: Bench, refused: Refused) -> None:
    await bench.set(
        seller_name="Ada's Mugs Ltd", seller_address="1 Way\nReno", tax_number="US-12", invoice_prefix="INV-"
    )
    invoices, mug = bench.app.get(Invoices), await bench.product()
    await bench.set(max_unpaid_per_member=50)
    placed = [await bench.order(bench.buyer(), (mug, 1)) for _one in range(4)]
    again = [*placed, placed[0], placed[1]]
    issued = await asyncio.gather(*(invoices.issue(bench.boss, order.id) for order in again))
    assert {one.number for one in issued} == {1, 2, 3, 4}
    assert issued[0] == issued[4]
    content = issued[0].content
    assert (issued[0].label[:4], content.seller, content.seller_address) == (
        "INV-",
        "Ada's Mugs Ltd",
        ("1 Way", "Reno"),
    )
    assert (content.tax_number, content.total, content.lines[0].quantity) == ("US-12", 1500, 1)
    await bench.set(seller_name="Somebody else")
    assert (await invoices.issue(bench.boss, placed[0].id)).content.seller == "Ada's Mugs Ltd"

    editing = bench.app.get(OrderEditing)
    assert "invoice" in await refused(MoveRefused, editing.set_items(bench.boss, placed[0].id, [WantedItem("MUG", 2)]))
    last = await bench.order(bench.buyer(), (mug, 1))
    await bench.orders.cancel(bench.boss, last.id)
    assert "no invoice" in await refused(MoveRefused, invoices.issue(bench.boss, last.id))
    await bench.orders.cancel(bench.boss, placed[3].id)
    await bench.app.get(CreditNotes).issue(bench.boss, placed[3].id)
    await bench.app.dispatcher.drain()
    await bench.app.get(OrderDeletion).delete(bench.boss, placed[3].id, placed[3].number)
    assert sorted(row["number"] for row in await bench.rows("order_invoice")) == [1, 2, 3, 4]


async def test_an_order_is_deleted_only_where_no_money_stays(
    bench: Bench, refused: Refused, staff: Callable[..., Actor]
) -> None:
    deletion, mug = bench.app.get(OrderDeletion), await bench.product()
    unpaid = await bench.order(bench.buyer(), (mug, 2))
    await bench.orders.add_note(bench.boss, unpaid.id, "Look at this")

    async def no(kind: type[Exception], order: Order, typed: str = "", actor: Actor = bench.boss) -> str:
        return await refused(kind, deletion.delete(actor, order.id, typed or order.number))

    assert "Consider cancelling" in await no(Invalid, unpaid, "OTHER")
    await no(Forbidden, unpaid, actor=staff(bench.store, "order.read", "order.update"))
    assert await deletion.delete(bench.boss, unpaid.id, f" #{unpaid.number.lower()} ") == unpaid.number
    for table in ("orders", "order_line", "order_note", "order_history", "order_adjustment"):
        assert not await bench.rows(table)
    assert not [
        row
        for row in await bench.rows("delivery")
        if row["key"] == str(unpaid.id) and row["status"] == "PENDING" and row["listener"].startswith("orders.")
    ]
    assert await bench.stock(mug.id) == (10, 0)
    released = next(row for row in await bench.rows("stock_movement") if row["kind"] == "RELEASE")
    assert released["reason"] == unpaid.number
    assert any(
        row["note"] == unpaid.number and row["action"] == "order.delete" for row in await bench.rows("audit_entry")
    )

    paid = await bench.orders.confirm_payment(bench.boss, (await bench.order(bench.buyer(), (mug, 1))).id)
    assert "not refunded" in await no(MoveRefused, paid)
    cancelled = await bench.orders.cancel(bench.boss, paid.id)
    assert "not refunded" in await no(MoveRefused, cancelled)
    async with bench.app.work(bench.boss) as work:
        bench.orders.apply_refund(work, cancelled, OrderRefund(paid.id, RefundMode.FULL, paid.total))
    assert "still being done" in await no(MoveRefused, await bench.orders.get(paid.id))
    await bench.app.dispatcher.drain()
    await deletion.delete(bench.boss, paid.id, paid.number)
    await bench.check_stock()


async def test_staff_enter_more_unpaid_orders_than_a_member_may_have(bench: Bench, refused: Refused) -> None:
    await bench.set(max_unpaid_per_member=1)
    pen = await bench.product("PEN")
    order = await bench.order(bench.buyer(), (pen, 1))
    with pytest.raises(Refusal, match="unpaid"):
        await bench.order(bench.buyer(), (pen, 1))
    wanted = NewOrder(
        customer=order.customer, items=[WantedItem("PEN", 1)], channel=Channel.WEB, payment_method="venmo"
    )
    made = await bench.app.get(StaffOrders).create(bench.boss, wanted)
    assert made.status is OrderStatus.PENDING_PAYMENT
