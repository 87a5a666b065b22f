"""From the first item to an order, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.errors import Invalid, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import OutOfStock, ProductChange, ProductKind
from guildshop.plugins.customers.api import CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import (
    FlowExpired,
    OrderStatus,
    PriceRose,
    ProductGone,
    QuoteExpired,
    ShopClosed,
    Stage,
    TooManyUnpaid,
)


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
    assert order.address.country == "US"
    assert order.address.lines[-1] == "United States"
    assert order.shipping_type == "Standard"


async def test_shipping_costs_what_the_settings_say_and_is_free_over_a_value(bench) -> None:
    await bench.set(
        shipping_types=[
            {"code": "standard", "label": "Standard", "cost": 499, "countries": ["US"], "free_over": 5000},
            {"code": "express", "label": "Express", "cost": 1500, "countries": ["US"]},
        ]
    )
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED, price=2000)
    order = await bench.order(bench.buyer(), (mug, 2))
    assert (order.shipping, order.total, order.shipping_type) == (499, 4499, "Standard")
    assert [(one.phase, one.code, one.amount) for one in order.adjustments] == [("shipping", "standard", 499)]
    free = await bench.order(bench.buyer(), (mug, 3))
    assert (free.shipping, free.total) == (0, 6000)


async def test_shipping_is_charged_in_the_currency_it_is_priced_in(bench) -> None:
    dollars = {"code": "standard", "label": "Standard", "cost": 499, "free_over": 1000}
    await bench.set(shipping_types=[dollars])
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED, price=4000, currency="JPY")
    cap = await bench.product("CAP", kind=ProductKind.SHIPPED, price=400)
    screen = await bench.begin(bench.buyer(), (mug, 1))
    assert screen.stage is Stage.ITEMS
    assert screen.notice.startswith("Shipping is priced in USD only, this order is in JPY.")
    yen = {"code": "air", "label": "Air mail", "cost": 1200, "free_over": 9000, "currency": "jpy"}
    await bench.set(shipping_types=[dollars, yen])
    order = await bench.order(bench.buyer(2), (mug, 2))
    assert (order.currency, order.shipping, order.shipping_type, order.total) == ("JPY", 1200, "Air mail", 9200)
    assert (await bench.order(bench.buyer(3), (mug, 3))).shipping == 0
    order = await bench.order(bench.buyer(4), (cap, 1))
    assert (order.currency, order.shipping, order.shipping_type) == ("USD", 499, "Standard")
    # What costs nothing is offered with any order.
    await bench.set(shipping_types=[dollars, {"code": "slow", "label": "Slow boat"}])
    order = await bench.order(bench.buyer(5), (mug, 1))
    assert (order.shipping, order.shipping_type) == (0, "Slow boat")


async def test_we_do_not_ship_there(bench, refused) -> None:
    await bench.set(shipping_types=[{"code": "standard", "label": "Standard", "cost": 499, "countries": ["CA"]}])
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    who = bench.buyer()
    screen = await bench.begin(who, (mug, 1))
    given = {"recipient": "A", "street": "1 Road", "city": "Reno, NV", "postal_code": "89501", "country": "us"}
    sentence = await refused(Invalid, bench.checkout.answer(who, (), screen.draft.id, "address", given))
    assert sentence == "We don't ship to United States. Choose or add another address."


async def test_confirming_twice_gives_the_same_order(bench) -> None:
    mug = await bench.product()
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    answers = await asyncio.gather(*(bench.checkout.confirm(who, (), screen.draft.id) for _press in range(5)))
    again = await bench.checkout.confirm(who, (), screen.draft.id)
    assert {order.id for order in answers} == {again.id}
    assert len(await bench.rows("orders")) == 1
    assert await bench.stock(mug.id) == (9, 1)


async def test_a_free_order_is_paid_at_submit_without_a_payment_method(bench) -> None:
    gift = await bench.product("GIFT", price=0)
    screen = await bench.begin(bench.buyer(), (gift, 1))
    assert screen.stage is Stage.SUMMARY
    order = await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)
    assert order.status is OrderStatus.PAID
    assert order.payment_method == ""
    assert order.reserved_until is None
    assert await bench.stock(gift.id) == (9, 0)
    await bench.check_stock()
    names = [row["name"] for row in await bench.rows("event")]
    assert {"OrderPlaced", "OrderPaid"} <= set(names)
    assert "OrderExpiryDue" not in names


async def test_the_summary_is_promised_for_15_minutes(bench, refused, clock) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 1))
    clock.advance(minutes=15)
    await refused(QuoteExpired, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    fresh = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert (await bench.checkout.confirm(bench.buyer(), (), fresh.draft.id)).total == 1500


async def test_a_price_that_rose_is_asked_again_and_one_that_fell_is_kept(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 1))
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=1600))
    sentence = await refused(PriceRose, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    assert "$16.00" in sentence
    assert "$15.00" in sentence
    screen = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert screen.stage is Stage.SUMMARY
    assert screen.quote.totals.total == 1600
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=1000))
    assert (await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)).total == 1600


async def test_products_gone_meanwhile_lead_back_to_the_items(bench, refused) -> None:
    mug, cap = await bench.product("MUG"), await bench.product("CAP")
    screen = await bench.summary(bench.buyer(), (mug, 1), (cap, 1))
    await bench.catalog.deactivate_product(bench.boss, mug.id)
    sentence = await refused(ProductGone, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    assert sentence == "Mug is no longer available. Choose something else."
    screen = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert screen.stage is Stage.ITEMS
    assert [line.name for line in screen.draft.lines] == ["Cap"]
    assert "Mug is no longer available" in screen.notice


async def test_a_role_lost_on_the_way_closes_the_product(bench, refused) -> None:
    vip = await bench.product("VIP", required_roles=(77,))
    screen = await bench.summary(bench.buyer(), (vip, 1), roles=(77,))
    await refused(ProductGone, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    await refused(Refusal, bench.checkout.set_item(bench.buyer(), (), screen.draft.id, "VIP", "1"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("0", "at least 1"),
        ("-3", "at least 1"),
        ("10001", "at most 10,000"),
        ("x", "no quantity"),
        ("11", "Only 10 of Mug are available, you asked for 11."),
    ],
)
async def test_bad_quantities_are_refused(bench, refused, typed: str, says: str) -> None:
    await bench.product()
    screen = await bench.checkout.start(bench.buyer(), (), "buyer", "Buyer")
    drafts = await bench.rows("order_draft")
    assert says in await refused(Refusal, bench.checkout.set_item(bench.buyer(), (), screen.draft.id, "MUG", typed))
    assert await bench.rows("order_draft") == drafts


async def test_stock_taken_by_somebody_else_is_named_at_confirm(bench, refused) -> None:
    mug = await bench.product(quantity=3)
    screen = await bench.summary(bench.buyer(1), (mug, 3))
    await bench.order(bench.buyer(2), (mug, 2))
    sentence = await refused(OutOfStock, bench.checkout.confirm(bench.buyer(1), (), screen.draft.id))
    assert sentence.startswith("Only 1 of Mug are available")
    screen = await bench.checkout.screen(bench.buyer(1), (), screen.draft.id)
    assert screen.stage is Stage.ITEMS


async def test_an_unknown_product_is_refused(bench, refused) -> None:
    screen = await bench.checkout.start(bench.buyer(), (), "buyer", "Buyer")
    await refused(Refusal, bench.checkout.set_item(bench.buyer(), (), screen.draft.id, "NOPE", "1"))
    await refused(Invalid, bench.checkout.finish_items(bench.buyer(), (), screen.draft.id))


async def test_a_closed_shop_takes_no_orders(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 1))
    await bench.set(open=False, closed_message="Back on Monday.")
    for asked in (
        bench.checkout.start(bench.buyer(), (), "b", "B"),
        bench.checkout.confirm(bench.buyer(), (), screen.draft.id),
    ):
        assert await refused(ShopClosed, asked) == "Back on Monday."


async def test_at_most_three_unpaid_orders(bench, refused) -> None:
    mug = await bench.product()
    for _each in range(3):
        await bench.order(bench.buyer(), (mug, 1))
    sentence = await refused(TooManyUnpaid, bench.checkout.start(bench.buyer(), (), "b", "B"))
    assert "You have 3 unpaid orders" in sentence
    await bench.checkout.start(bench.buyer(2), (), "c", "C")


async def test_a_limit_per_customer_counts_earlier_orders(bench, refused) -> None:
    mug = await bench.product(limit_per_customer=2)
    await bench.order(bench.buyer(), (mug, 1))
    screen = await bench.checkout.start(bench.buyer(), (), "b", "B")
    sentence = await refused(Invalid, bench.checkout.set_item(bench.buyer(), (), screen.draft.id, "MUG", "2"))
    assert "may order 2 of Mug in all" in sentence


async def test_a_customer_blocked_on_the_way_orders_nothing(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 1))
    await bench.app.get(CustomerService).change(bench.boss, screen.draft.customer, CustomerChange(blocked=True))
    await refused(Refusal, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))


async def test_one_currency_per_order(bench, refused) -> None:
    mug, euro = await bench.product("MUG"), await bench.product("EURO", currency="EUR")
    screen = await bench.begin(bench.buyer(), (mug, 1))
    sentence = await refused(Invalid, bench.checkout.set_item(bench.buyer(), (), screen.draft.id, "EURO", "1"))
    assert sentence == "Euro is sold in EUR, your order is in USD. Order it separately."
    assert euro.currency == "EUR"


async def test_somebody_elses_flow_cannot_be_touched(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(1), (mug, 1))
    for asked in (
        bench.checkout.confirm(bench.buyer(2), (), screen.draft.id),
        bench.checkout.cancel(bench.buyer(2), screen.draft.id),
        bench.checkout.set_item(bench.buyer(2), (), screen.draft.id, "MUG", "1"),
    ):
        assert "somebody else's" in await refused(Refusal, asked)


async def test_a_flow_resumes_where_it_was_and_ends_after_30_idle_minutes(bench, refused, clock) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 2))
    clock.advance(minutes=29)
    again = await bench.checkout.start(bench.buyer(), (), "b", "B")
    assert (again.stage, again.draft.id) == (Stage.SUMMARY, screen.draft.id)
    clock.advance(minutes=29)
    await bench.app.dispatcher.drain()
    assert len(await bench.rows("order_draft")) == 1
    clock.advance(minutes=2)
    await refused(FlowExpired, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    await bench.app.dispatcher.drain()
    assert await bench.rows("order_draft") == []
    new = await bench.checkout.start(bench.buyer(), (), "b", "B")
    assert new.draft.id != screen.draft.id


async def test_a_cancelled_flow_is_over(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.summary(bench.buyer(), (mug, 1))
    await bench.checkout.cancel(bench.buyer(), screen.draft.id)
    await refused(FlowExpired, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))


async def test_a_payment_method_that_is_off_is_not_taken(bench, refused) -> None:
    mug = await bench.product()
    screen = await bench.begin(bench.buyer(), (mug, 1))
    assert [method.code for method in screen.methods] == ["venmo", "zelle", "cashapp", "cash"]
    await refused(Invalid, bench.checkout.choose_payment(bench.buyer(), (), screen.draft.id, "chime"))
    await bench.app.stores.switch(bench.boss, "payments", False, with_dependants=True)
    await refused(Refusal, bench.checkout.choose_payment(bench.buyer(), (), screen.draft.id, "venmo"))


async def test_a_gift_names_its_receiver(bench) -> None:
    mug = await bench.product()
    who = bench.buyer()
    await bench.checkout.start(who, (), "b", "B", recipient=42)
    order = await bench.order(who, (mug, 1))
    assert order.recipient_discord_id == 42
    assert order.receiver_discord_id == 42


async def test_a_hundred_members_confirm_at_once_on_the_last_ten_pieces(bench) -> None:
    mug = await bench.product(quantity=10)
    screens = [(bench.buyer(n), await bench.summary(bench.buyer(n), (mug, 1))) for n in range(100)]

    async def press(who: Actor, draft) -> str:
        try:
            await bench.checkout.confirm(who, (), draft)
        except OutOfStock as refusal:
            return str(refusal)
        return ""

    answers = await asyncio.gather(*(press(who, screen.draft.id) for who, screen in screens))
    assert answers.count("") == 10
    assert {answer for answer in answers if answer} == {"Mug is out of stock. Choose something else."}
    assert len(await bench.rows("orders")) == 10
    assert await bench.stock(mug.id) == (0, 10)
    await bench.check_stock()


async def test_two_products_in_opposite_order_never_wait_in_a_circle(bench) -> None:
    first, second = await bench.product("AAA", quantity=50), await bench.product("BBB", quantity=50)
    screens = []
    for number in range(30):
        items = [(first, 1), (second, 1)] if number % 2 else [(second, 1), (first, 1)]
        screens.append((bench.buyer(number), await bench.summary(bench.buyer(number), *items)))
    await asyncio.gather(*(bench.checkout.confirm(who, (), screen.draft.id) for who, screen in screens))
    assert await bench.stock(first.id) == await bench.stock(second.id) == (20, 30)
    await bench.check_stock()


async def test_a_product_in_another_currency_meanwhile_is_not_sold_at_its_bare_number(bench, refused) -> None:
    mug, cap = await bench.product("MUG", price=5000), await bench.product("CAP")
    screen = await bench.summary(bench.buyer(), (mug, 1), (cap, 1))
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=4000, currency="JPY"))
    await refused(ProductGone, bench.checkout.confirm(bench.buyer(), (), screen.draft.id))
    screen = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert [line.name for line in screen.draft.lines] == ["Cap"]
    assert "Mug" in screen.notice
    assert screen.stage is Stage.ITEMS
