"""Limits per customer, what is held for a member, and stock that members may not count, in the order flow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.errors import Invalid, Refusal
from guildshop.plugins.catalog.api import (
    OutOfStock,
    Product,
    ProductChange,
    ProductKind,
    QuantityVisibility,
    VariantInput,
    VariantNeeded,
)
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Channel, NewOrder, OrderChange, ShipmentChange, ShippingStatus, WantedItem
from guildshop.plugins.orders.service import Invoices, StaffOrders
from guildshop.plugins.orders.service.waiting import PersonalWaiting
from tests.plugins.orders.conftest import Bench


@pytest.fixture
async def tees(bench: Bench) -> list[Product]:
    """A T-shirt in two sizes, two pieces for a customer."""
    tee = await bench.product("TEE", tracked=False, quantity=0, limit_per_customer=2)
    return [
        await bench.catalog.add_variant(
            bench.boss, tee.id, VariantInput(sku=f"TEE-{size}", options=(("Size", size),), tracked=True, quantity=9)
        )
        for size in "SL"
    ]


async def test_variants_count_together_also_in_one_order(bench: Bench, tees: list[Product]) -> None:
    small, large = tees
    who = bench.buyer()
    screen = await bench.begin(who, (small, 1))
    with pytest.raises(VariantNeeded):
        await bench.checkout.set_item(who, (), screen.draft.id, "TEE", "1")
    with pytest.raises(Invalid, match="may order 2 of Tee – L in all; you ordered 1 before: 2 is too many"):
        await bench.checkout.set_item(who, (), screen.draft.id, large.sku, "2")
    order = await bench.order(who, (small, 1), (large, 1))
    assert {line.sku for line in order.lines} == {"TEE-S", "TEE-L"}
    with pytest.raises(Invalid, match="you ordered 2 before"):
        await bench.begin(who, (large, 1))
    await bench.orders.cancel(bench.boss, order.id)
    assert (await bench.order(who, (large, 2))).lines[0].quantity == 2


async def test_two_orders_at_once_keep_the_limit(bench: Bench, tees: list[Product]) -> None:
    customers = bench.app.get(CustomerService)
    guest = await customers.create(bench.boss, CustomerInput(first_name="Grace", last_name="Hopper"))
    staff_orders = bench.app.get(StaffOrders)

    def order(sku: str) -> Any:
        wanted = NewOrder(customer=guest.id, items=[WantedItem(sku, 2)], channel=Channel.WEB, payment_method="venmo")
        return staff_orders.create(bench.boss, wanted)

    results = await asyncio.gather(*(order(tee.sku) for tee in tees), return_exceptions=True)
    refusals = [one for one in results if isinstance(one, BaseException)]
    assert len(refusals) == 1, results
    assert isinstance(refusals[0], Invalid)
    assert "may order 2 of Tee" in str(refusals[0])
    assert len(await bench.rows("orders")) == 1
    assert sum(product["reserved"] for product in await bench.rows("product")) == 2
    await bench.check_stock()


async def test_what_is_held_is_used_by_the_order(bench: Bench) -> None:
    mug = await bench.product(quantity=1)
    first, second, third = (bench.buyer(number) for number in (1, 2, 3))
    order = await bench.order(first, (mug, 1))
    for who in (second, third):
        await bench.catalog.wait_for(who, (), mug.sku)
    await bench.orders.cancel(bench.boss, order.id)
    with pytest.raises(OutOfStock):
        await bench.begin(first, (mug, 1))
    await bench.catalog.watch_stock(bench.store.id)
    with pytest.raises(OutOfStock):
        await bench.begin(third, (mug, 1))
    screen = await bench.summary(second, (mug, 1))
    with pytest.raises(Refusal):
        await bench.checkout.set_item(second, (), screen.draft.id, mug.sku, "2")
    placed = await bench.checkout.confirm(second, (), screen.draft.id)
    assert placed.lines[0].quantity == 1
    assert await bench.catalog.holds(int(second.id)) == {}
    assert await bench.stock(mug.id) == (0, 1)
    # Cancelled again, it goes to the next who waits, not to the one who had it.
    await bench.orders.cancel(bench.boss, placed.id)
    await bench.catalog.watch_stock(bench.store.id)
    assert list(await bench.catalog.holds(int(third.id))) == [mug.id]
    await bench.check_stock()


async def test_members_cannot_learn_a_private_stock_from_a_refusal(bench: Bench) -> None:
    mug = await bench.product(visibility=QuantityVisibility.PRIVATE, quantity=7)
    with pytest.raises(OutOfStock) as caught:
        await bench.begin(bench.buyer(), (mug, 9))
    assert "7" not in str(caught.value)
    assert "fewer than 9" in str(caught.value)


async def test_a_product_hidden_or_given_variants_in_a_flow_is_gone(bench: Bench) -> None:
    mug, pen = await bench.product(tracked=False, quantity=0), await bench.product("PEN")
    who = bench.buyer()
    screen = await bench.begin(who, (mug, 1), (pen, 1))
    await bench.catalog.add_variant(bench.boss, mug.id, VariantInput(sku="MUG-L", options=(("Size", "L"),)))
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert [line.sku for line in screen.draft.lines] == ["PEN"]
    screen = await bench.summary(who)
    await bench.catalog.unpublish(bench.boss, pen.id)
    with pytest.raises(Refusal, match="no longer available"):
        await bench.checkout.confirm(who, (), screen.draft.id)
    assert await bench.rows("orders") == []
    await bench.catalog.change_product(bench.boss, pen.id, ProductChange(description="A pen."))


async def test_a_new_price_is_for_later_orders(bench: Bench) -> None:
    mug = await bench.product()
    order = await bench.order(bench.buyer(), (mug, 2))
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=9900))
    kept = await bench.orders.get(order.id)
    assert (kept.total, kept.lines[0].unit_price) == (3000, 1500)
    assert (await bench.order(bench.buyer(2), (mug, 1))).total == 9900


async def test_a_customer_who_is_forgotten_leaves_every_list(bench: Bench) -> None:
    mug, pen = await bench.product(quantity=0), await bench.product("PEN", quantity=0)
    customers, who = bench.app.get(CustomerService), bench.buyer(7)
    customer = await customers.register(who, who.name, who.name)
    for product in (mug, pen):
        await bench.catalog.wait_for(who, (), product.sku)
    await bench.catalog.restock(bench.boss, pen.id, 1)
    personal = PersonalWaiting(bench.app)
    given = await personal.export(customer)
    assert [(one["product"], one["state"]) for one in given] == [("Mug", "WAITING"), ("Pen", "HELD")]  # type: ignore[attr-defined]
    forget = await personal.erase(customer)
    async with bench.app.work(bench.boss) as work:
        forget(work)
    assert await personal.export(customer) == []
    assert {row["member"] for row in await bench.rows("waitlist")} == {0}
    assert await bench.stock(pen.id) == (1, 0)
    assert (await bench.catalog.get(mug.id)).waiting == 0
    await bench.check_stock()


async def test_nothing_written_about_a_forgotten_customer_stays_on_an_order(bench: Bench) -> None:
    who, customers = bench.buyer(), bench.app.get(CustomerService)
    mug = await bench.product(kind=ProductKind.SHIPPED)
    sent, cancelled = await bench.order(who, (mug, 1)), await bench.order(who, (mug, 1))
    await bench.orders.cancel(who, cancelled.id, "Secret: Ada moved")
    invoice = await bench.app.get(Invoices).issue(bench.boss, sent.id)
    await bench.orders.confirm_payment(bench.boss, sent.id, "Secret reference")
    for public in (True, False):
        await bench.orders.add_note(bench.boss, sent.id, "Secret: rings twice", public=public)
    change = ShipmentChange(status=ShippingStatus.DELIVERED, carrier="UPS", tracking_number="1ZSECRET")
    await bench.orders.ship(bench.boss, sent.id, "UPS", "1ZSECRET")
    (parcel,) = await bench.orders.shipments(sent.id)
    await bench.orders.change_shipment(bench.boss, sent.id, parcel.id, change)
    await bench.orders.change(bench.boss, sent.id, OrderChange(notes="Secret: knows the owner"))
    await customers.forget(who, "FORGET ME")
    kept = [
        str(await bench.rows(table)).casefold()
        for table in ("orders", "order_note", "order_history", "shipment", "payment")
    ]
    for personal in ("secret", "main street", "lovelace", f"'{who.id}'", "'buyer1'"):
        assert not [rows for rows in kept if personal in rows], personal
    order = await bench.orders.get(sent.id)
    assert (order.customer_name, order.total, order.carrier) == ("Erased customer", sent.total, "UPS")
    # An accounting document stays as it was issued: ADR 8.
    after = await bench.app.get(Invoices).of(sent.id)
    assert after == invoice
    assert after.content.buyer[0] == "Ada Lovelace"
