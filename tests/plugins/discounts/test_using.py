"""Discounts from the summary to the order, and back when it comes to nothing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from guildshop.app import App
from guildshop.errors import Refusal
from guildshop.plugins.catalog.api import Product, ProductKind
from guildshop.plugins.customers.api import CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import CodeRefused, DiscountGone, DiscountKind, DiscountScope, TooManyCodes
from guildshop.plugins.orders.api import Channel, NewOrder, Order, OrderRefund, RefundMode, WantedItem
from guildshop.plugins.orders.service import OrderDeletion, OrderEditing, StaffOrders
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from tests.plugins.discounts.conftest import Deals
from tests.plugins.orders.conftest import ADDRESS, Bench


async def test_the_best_discount_applies_by_itself_and_is_kept_with_the_order(bench: Bench, deals: Deals) -> None:
    mug, pin = await bench.product("MUG", price=1999), await bench.product("PIN", price=333)
    await deals.make("Small", percent=5)
    best = await deals.make("Summer", percent=10)
    await deals.make("Secret", percent=50, code="HALF")
    screen = await bench.summary(bench.buyer(), (mug, 1), (pin, 2))
    assert screen.quote is not None
    assert screen.quote.totals.discount == 267
    order = await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)
    (one,) = [found for found in order.adjustments if found.plugin == "discounts"]
    assert (one.label, one.amount, one.shares, order.total) == ("Discount (Summer)", 267, (200, 67), 2398)
    (use,) = await bench.rows("discount_use")
    assert (use["discount"], use["order_id"], use["amount"]) == (best.id, order.id, 267)
    assert (await deals.counters())["discount"] == [0, 0, 1]


async def test_a_code_is_typed_in_whatever_its_case_and_taken_off_again(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Welcome", percent=25, code="welcome25")
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    assert [question.name for question in screen.actions] == ["discount_code"]
    screen = await deals.enter(who, screen, " WelCome25 ")
    assert screen.quote is not None
    assert screen.quote.totals.total == 1500
    assert [question.name for question in screen.actions] == ["discount_code_off"]
    off = await bench.checkout.answer(who, (), screen.draft.id, "discount_code_off", {"value": "remove"})
    assert off.quote is not None
    assert off.quote.totals.total == 2000
    order = await bench.checkout.confirm(who, (), (await deals.enter(who, off, "WELCOME25")).draft.id)
    assert (order.total, deals.code(order)) == (1500, "WELCOME25")


async def test_a_code_that_applies_no_more_is_told(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    made = await deals.make("Welcome", percent=25, code="WELCOME")
    who = bench.buyer()
    screen = await deals.enter(who, await bench.summary(who, (mug, 1)), "welcome")
    assert [question.buttons[0].label for question in screen.actions] == ["Remove code WELCOME"]
    await deals.service.set_active(bench.boss, made.id, False)
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert screen.quote is not None
    assert screen.quote.totals.discount == 0
    assert [one.buttons[0].label for one in screen.actions] == ["Remove code WELCOME, which does not apply now"]


async def test_a_code_that_cannot_be_used_says_why_and_changes_nothing(
    bench: Bench, deals: Deals, clock: Clock
) -> None:
    mug = await bench.product("MUG", price=2000)
    now = clock.now
    await deals.make("Over", code="OVER", starts=now - timedelta(days=2), ends=now - timedelta(days=1))
    await deals.make("Soon", code="SOON", starts=now + timedelta(days=1))
    await deals.make("Big", code="BIG", minimum=2001)
    await deals.make("Other", code="OTHER", scope=DiscountScope.TAGS, targets=("VIP",))
    await deals.make("Euro", code="EURO", amount=100, currency="EUR", kind=DiscountKind.FIXED)
    await deals.make("Auto", percent=20)
    await deals.make("Less", code="LESS", percent=5)
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    expected = {
        "OVER": "The discount “OVER” is over.",
        "BIG": "at least $20.01",
        "EURO": "not for orders in USD",
        "LESS": "“LESS” would take $1.00 off, but “Auto” takes $4.00 off already",
        **dict.fromkeys(("SOON", "OTHER", "NONE", "'; DROP TABLE discount; --"), "There is no discount code"),
    }
    for code, sentence in expected.items():
        with pytest.raises(CodeRefused, match=re.escape(sentence)):
            await deals.enter(who, screen, code)
    again = await bench.checkout.screen(who, (), screen.draft.id)
    assert again.quote is not None
    assert (again.quote.totals.discount, again.draft.answers) == (400, screen.draft.answers)


async def test_codes_cannot_be_found_by_trying(bench: Bench, deals: Deals, clock: Clock) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Secret", code="SECRET", percent=50)
    who, other = bench.buyer(1), bench.buyer(2)
    screen, theirs = await bench.summary(who, (mug, 1)), await bench.summary(other, (mug, 1))
    guesses = [deals.enter(who, screen, f"GUESS{number}") for number in range(12)]
    answers = [type(one) for one in await asyncio.gather(*guesses, return_exceptions=True)]
    assert answers.count(CodeRefused) == 10
    assert answers.count(TooManyCodes) == 2
    with pytest.raises(TooManyCodes, match="15 minutes"):
        await deals.enter(who, screen, "SECRET")
    assert (await deals.enter(other, theirs, "SECRET")).draft.answers["discounts"] == {"code": "SECRET"}
    clock.advance(minutes=15, seconds=1)
    assert (await deals.enter(who, screen, "SECRET")).draft.answers["discounts"] == {"code": "SECRET"}


async def test_right_codes_are_not_counted(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Open", code="OPEN", percent=50)
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    for _time in range(12):
        screen = await deals.enter(who, screen, "OPEN")
        screen = await bench.checkout.answer(who, (), screen.draft.id, "discount_code_off", {"value": "remove"})
    assert [row["failures"] for row in await bench.rows("discount_attempt")] == [0]


async def test_of_those_who_race_for_the_last_use_one_gets_it(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    buyers = [bench.buyer(number) for number in range(1, 6)]
    await deals.make("Last", percent=50, limit_total=1)
    screens = [await bench.summary(who, (mug, 1)) for who in buyers]
    results = await asyncio.gather(
        *(bench.checkout.confirm(who, (), screen.draft.id) for who, screen in zip(buyers, screens, strict=True)),
        return_exceptions=True,
    )
    placed = [one for one in results if isinstance(one, Order)]
    assert [order.total for order in placed] == [1000]
    assert sum(isinstance(one, DiscountGone) for one in results) == 4
    assert (await deals.counters())["discount"] == [1]
    assert len(await bench.rows("orders")) == 1
    # Who came too late is shown the new total, and may confirm that.
    late, screen = next(
        (who, screen)
        for who, screen, one in zip(buyers, screens, results, strict=True)
        if isinstance(one, DiscountGone)
    )
    shown = await bench.checkout.screen(late, (), screen.draft.id)
    assert shown.quote is not None
    assert shown.quote.totals.total == 2000
    assert (await bench.checkout.confirm(late, (), shown.draft.id)).total == 2000
    await bench.check_stock()


async def test_the_limit_per_customer_holds_under_race(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Once", percent=50, limit_per_customer=1)
    who = bench.buyer()
    first = await bench.summary(who, (mug, 1))
    assert first.quote is not None
    order = await bench.checkout.confirm(who, (), first.draft.id)
    assert order.total == 1000
    # As a flow on another device would that saw the same summary.
    with pytest.raises(DiscountGone):
        async with bench.app.work(who) as work:
            deals.service.claim(first.quote, order.id, work)
    assert (await deals.counters())["discount"] == [1]
    again = await bench.summary(who, (mug, 1))
    assert again.quote is not None
    assert again.quote.totals.discount == 0
    others = await bench.summary(bench.buyer(2), (mug, 1))
    assert others.quote is not None
    assert others.quote.totals.discount == 1000


async def test_the_last_use_of_an_assignment_is_had_once(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    made = await deals.make("Mine", percent=50, scope=DiscountScope.CUSTOMERS)
    who = bench.buyer()
    ada = await bench.app.get(CustomerService).register(who, who.name, who.name)
    await deals.service.assign(bench.boss, made.id, ada.id, total_allowed=1)
    screen = await bench.summary(who, (mug, 1))
    assert screen.quote is not None
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    assert order.total == 1000
    with pytest.raises(DiscountGone):
        async with bench.app.work(who) as work:
            deals.service.claim(screen.quote, made.id, work)
    assert await deals.counters() == {"discount": [1], "discount_assignment": [1]}


async def test_a_discount_that_staff_changed_is_asked_about_again(bench: Bench, deals: Deals, clock: Clock) -> None:
    mug = await bench.product("MUG", price=2000)
    made = await deals.make("Sale", percent=50)
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    await deals.service.change(bench.boss, made.id, replace(made.as_input, percent=10))
    with pytest.raises(DiscountGone, match="Sale"):
        await bench.checkout.confirm(who, (), screen.draft.id)
    assert await bench.rows("orders") == []
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert (await bench.checkout.confirm(who, (), screen.draft.id)).total == 1800


async def test_the_summary_holds_past_the_discounts_end(bench: Bench, deals: Deals, clock: Clock) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Ending", percent=50, ends=clock.now + timedelta(minutes=5))
    who = bench.buyer()
    screen = await bench.summary(who, (mug, 1))
    clock.advance(minutes=6)
    assert (await bench.checkout.confirm(who, (), screen.draft.id)).total == 1000
    later = await bench.summary(who, (mug, 1))
    assert later.quote is not None
    assert later.quote.totals.discount == 0


async def test_roles_tags_and_products(bench: Bench, deals: Deals) -> None:
    mug, pin = await bench.product("MUG", price=2000), await bench.product("PIN", price=1000)
    await deals.make("Role", percent=30, scope=DiscountScope.ROLES, targets=("77",))
    await deals.make("Tag", percent=20, scope=DiscountScope.TAGS, targets=("VIP",))
    await deals.make("Pin", percent=60, scope=DiscountScope.PRODUCTS, targets=(str(pin.id),))

    async def discount(number: int, product: Product, roles: tuple[int, ...] = ()) -> int:
        screen = await bench.summary(bench.buyer(number), (product, 1), roles=roles)
        assert screen.quote is not None
        return screen.quote.totals.discount

    assert [await discount(1, mug), await discount(2, pin), await discount(3, mug, (77,))] == [0, 600, 600]
    customers = bench.app.get(CustomerService)
    customer = await customers.by_discord_id(int(bench.buyer(1).id))
    assert customer is not None
    await customers.change(bench.boss, customer.id, CustomerChange(tags=("vip",)))
    screen = await bench.checkout.start(bench.buyer(1), (), "buyer1", "Buyer1")
    screen = await bench.checkout.screen(bench.buyer(1), (), screen.draft.id)
    assert screen.quote is not None
    assert screen.quote.totals.discount == 400


async def test_a_use_is_given_back_when_the_order_comes_to_nothing(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Few", percent=50, limit_total=2)
    unpaid = await bench.order(bench.buyer(1), (mug, 1))
    paid = await bench.order(bench.buyer(2), (mug, 1))
    await bench.orders.confirm_payment(bench.boss, paid.id)
    assert (await deals.counters())["discount"] == [2]
    await bench.orders.cancel(bench.boss, unpaid.id)
    await deals.settle()
    assert (await deals.counters())["discount"] == [1]
    # The money of a paid one goes back first, and part of it is not all of it.
    for amount, left in ((400, 1), (600, 0)):
        refund = OrderRefund(id=paid.id, mode=RefundMode.AMOUNT, amount=amount)
        current = await bench.orders.get(paid.id)
        async with bench.app.work(bench.boss) as work:
            bench.orders.apply_refund(work, current, refund)
        await deals.settle()
        assert (await deals.counters())["discount"] == [left]
    assert len(await bench.rows("discount_use")) == 2


async def test_a_free_order_that_is_cancelled_gives_its_use_back(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Free", percent=100)
    order = await bench.order(bench.buyer(), (mug, 1))
    assert (order.total, order.status.value) == (0, "PAID")
    await bench.orders.cancel(bench.boss, order.id)
    await deals.settle()
    assert (await deals.counters())["discount"] == [0]


async def test_an_edited_order_claims_anew_and_a_deleted_one_gives_back(bench: Bench, deals: Deals) -> None:
    mug, pin = await bench.product("MUG", price=2000), await bench.product("PIN", price=500)
    await deals.make("Few", percent=50, limit_total=1, limit_per_customer=1)
    pins = await deals.make("Pins", percent=60, scope=DiscountScope.PRODUCTS, targets=(str(pin.id),))
    order = await bench.order(bench.buyer(), (mug, 1))
    editing, deleting = bench.app.get(OrderEditing), bench.app.get(OrderDeletion)
    edited = await editing.set_items(bench.boss, order.id, [WantedItem("MUG", 2)])
    assert (edited.total, (await deals.counters())["discount"]) == (2000, [0, 1])
    # Another discount is the best one now: its use is taken, the other one's given back.
    edited = await editing.set_items(bench.boss, order.id, [WantedItem("PIN", 1)])
    assert edited.total == 200
    assert {row["discount"] for row in await bench.rows("discount_use") if row["given_back"] is None} == {pins.id}
    await deals.counters()
    await deleting.delete(bench.boss, order.id, order.number)
    await deals.settle()
    assert (await deals.counters())["discount"] == [0, 0]


@pytest.mark.parametrize("how", ["ended", "switched off", "unassigned", "too small"])
async def test_an_order_keeps_the_discount_it_was_promised_when_its_items_change(
    bench: Bench, deals: Deals, clock: Clock, how: str
) -> None:
    mug = await bench.product("MUG", price=2000)
    half = await deals.make(
        "Half",
        percent=50,
        minimum=1500,
        ends=clock.now + timedelta(hours=1),
        **({"scope": DiscountScope.CUSTOMERS} if how == "unassigned" else {}),
    )
    if how == "unassigned":
        who = bench.buyer()
        ada = await bench.app.get(CustomerService).register(who, who.name, who.name)
        assigned = await deals.service.assign(bench.boss, half.id, ada.id, total_allowed=1)
    order = await bench.order(bench.buyer(), (mug, 1))
    assert order.total == 1000
    if how == "switched off":
        await deals.service.set_active(bench.boss, half.id, False)
    elif how == "unassigned":
        await deals.service.revoke(bench.boss, assigned.id)
    clock.advance(hours=2)
    wanted = [WantedItem("MUG", 3)]
    if how == "too small":
        pin = await bench.product("PIN", price=500)
        wanted = [WantedItem("MUG", 0), WantedItem(pin.sku, 1)]
    edited = await bench.app.get(OrderEditing).set_items(bench.boss, order.id, wanted)
    # Only the goods themselves can take it away.
    assert edited.total == (500 if how == "too small" else 3000)
    assert (await deals.counters())["discount"] == [0 if how == "too small" else 1]
    other = await bench.order(bench.buyer(2), (mug, 1))
    assert other.total == 2000


async def test_shipping_is_offered_at_what_it_will_cost_after_the_discount(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=5000, kind=ProductKind.SHIPPED)
    standard = {"code": "standard", "label": "Standard", "cost": 499, "free_over": 5000}
    await bench.set(shipping_types=[standard, {"code": "fast", "label": "Fast", "cost": 1999}])
    await deals.make("Sale", percent=10)
    screen = await bench.begin(bench.buyer(), (mug, 1))
    while screen.question is not None and screen.question.name != "type":
        screen = await bench.checkout.answer(bench.buyer(), (), screen.draft.id, screen.question.name, ADDRESS)
    assert screen.question is not None
    assert [choice.description for choice in screen.question.choices] == ["$4.99, free from $50.00 on", "$19.99"]


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_what_happens_to_an_order_while_it_is_off_is_made_good(bench: Bench, deals: Deals, how: str) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Few", percent=50)
    order = await bench.order(bench.buyer(), (mug, 1))
    await bench.app.stores.switch(bench.boss, "discounts", False)
    if how == "edited":
        edited = await bench.app.get(OrderEditing).set_items(bench.boss, order.id, [WantedItem("MUG", 2)])
        assert edited.total == 4000
    else:
        await bench.app.get(OrderDeletion).delete(bench.boss, order.id, order.number)
    await deals.settle()
    assert (await deals.counters())["discount"] == [0]


async def test_staff_give_a_code_with_an_order_they_make(bench: Bench, deals: Deals) -> None:
    await bench.product("MUG", price=2000)
    await deals.make("Sale", percent=50, code="HALF", limit_total=1)
    who = bench.buyer()
    ada = await bench.app.get(CustomerService).register(who, who.name, who.name)
    staff = bench.app.get(StaffOrders)

    def wanted(code: str) -> NewOrder:
        answers = {"discount_code": {"code": code}}
        items = (WantedItem("MUG", 1),)
        return NewOrder(customer=ada.id, items=items, channel=Channel.WEB, payment_method="venmo", answers=answers)

    with pytest.raises(CodeRefused):
        await staff.create(bench.boss, wanted("NONE"))
    order = await staff.create(bench.boss, wanted("half"))
    assert (order.total, (await deals.counters())["discount"]) == (1000, [1])
    with pytest.raises(CodeRefused, match="used as often"):
        await staff.create(bench.boss, wanted("half"))


async def test_off_it_takes_nothing_off_and_still_gives_back(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=2000)
    await deals.make("Sale", percent=50)
    order = await bench.order(bench.buyer(1), (mug, 1))
    await bench.app.stores.switch(bench.boss, "discounts", False)
    assert (await bench.order(bench.buyer(2), (mug, 1))).total == 2000
    await bench.orders.cancel(bench.boss, order.id)
    await deals.settle()
    assert (await deals.counters())["discount"] == [0]


async def test_another_stores_discounts_are_not_there(
    app: App, bench: Bench, deals: Deals, other_store: Store, staff: ActorFactory
) -> None:
    made = await deals.make("Sale", percent=50, code="SALE")
    boss = staff(other_store)
    with scope(other_store.id):
        assert (await deals.service.list_discounts(boss)).items == []
        for asked in (
            deals.service.find("SALE"),
            deals.service.get(made.id),
            deals.service.change(boss, made.id, made.as_input),
            deals.service.remove(boss, made.id),
        ):
            with pytest.raises(Refusal, match="There is no discount"):
                await asked
