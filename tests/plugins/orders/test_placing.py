"""From the first item to an order, on both databases."""

from __future__ import annotations

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import OrderStatus, Stage


async def test_a_digital_order_is_placed_and_reserves_stock(bench) -> None:
    role = await bench.product("ROLE", price=999, quantity=3)
    order = await bench.order(bench.buyer(), (role, 2))
    assert order.status is OrderStatus.PENDING_PAYMENT
    assert (order.subtotal, order.tax, order.total, order.due) == (1998, 0, 1998, 1998)
    assert order.payment_method == "venmo"
    assert order.shipping_status is None
    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines] == [("ROLE", 2, 999)]
    assert await bench.stock(role.id) == (1, 2)
    assert await bench.rows("order_draft") == []
    await bench.check_stock()


async def test_a_shipped_order_asks_for_the_address_and_keeps_a_copy(bench) -> None:
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    screen = await bench.begin(bench.buyer(), (mug, 1))
    assert screen.stage is Stage.QUESTION
    order = await bench.order(bench.buyer(), (mug, 1))
    assert order.address is not None
    assert order.address.lines[-1] == "US"
    assert order.shipping_type == "Standard"


async def test_confirming_twice_gives_the_same_order(bench) -> None:
    mug = await bench.product()
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    first = await bench.checkout.confirm(who, (), screen.draft.id)
    again = await bench.checkout.confirm(who, (), screen.draft.id)
    assert first == again
    assert len(await bench.rows("orders")) == 1
    assert await bench.stock(mug.id) == (9, 1)
