"""The order flow beyond items and Confirm: terms, addresses, tax, gifts, orders repeated, reminders."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from guildshop.errors import Invalid, NotConfigured, NotFound, Stale
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductChange, ProductKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import OrdersSettings, OrderStatus, Screen, Stage
from guildshop.plugins.orders.service import CheckoutService, OrderActions

US_ONLY = [{"code": "standard", "label": "Standard", "cost": 499, "countries": ["US"]}]
HOME = {
    "recipient": "Ada Lovelace",
    "street": "12 Main Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94111",
}


async def answer(bench: Any, who: Actor, screen: Screen, **values: str) -> Screen:
    assert screen.question is not None, screen
    return await bench.checkout.answer(who, (), screen.draft.id, screen.question.name, values)


async def test_terms_are_accepted_first_and_kept_with_the_order(bench, refused) -> None:
    policy = "No refunds of *digital* goods. " * 130
    await bench.set(terms="Be kind. [Read more](https://example.org)", refund_policy=policy[:4000])
    who, mug = bench.buyer(), await bench.product()
    screen = await bench.begin(who, (mug, 1))
    assert (screen.question.title, screen.question.buttons[0].label) == ("Terms", "I accept")
    screen = await answer(bench, who, screen, value=screen.question.buttons[0].value)
    asked = screen.question
    assert (asked.title, asked.text) == ("Refund policy", policy[:4000].strip())
    await bench.set(refund_policy="30 days.")
    assert "changed just now" in await refused(Invalid, answer(bench, who, screen, value=asked.buttons[0].value))
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    screen = await answer(bench, who, screen, value=screen.question.buttons[0].value)
    screen = await bench.checkout.choose_payment(who, (), screen.draft.id, "venmo")
    await bench.set(terms="Be very kind.")
    assert "asks something new" in await refused(Stale, bench.checkout.confirm(who, (), screen.draft.id))
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    screen = await answer(bench, who, screen, value=screen.question.buttons[0].value)
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    assert order.accepted["at"] == bench.app.now().isoformat()
    terms = bench.checkout.checkout.terms
    await bench.set(terms="", refund_policy="")
    assert await terms.accepted_texts(order.accepted) == [("Terms", "Be very kind."), ("Refund policy", "30 days.")]
    sections = {one.title: one.rows for one in await bench.app.get(OrderActions).sections(order)}
    accepted = [tuple(row[:2]) for row in sections["Accepted terms"]]
    assert accepted == [("Terms", "Be very kind."), ("Refund policy", "30 days.")]
    # The next customer accepts the same texts, which are kept once; without texts nobody is asked.
    await bench.set(terms="Be very kind.")
    other = bench.buyer(2)
    screen = await bench.begin(other, (mug, 1))
    await answer(bench, other, screen, value=screen.question.buttons[0].value)
    assert len([row for row in await bench.rows("terms_text") if row["text"] == "Be very kind."]) == 1
    await bench.set(terms="")
    assert (await bench.order(bench.buyer(3), (mug, 1))).accepted == {}


async def test_an_address_is_corrected_suggested_and_saved_once(bench, refused) -> None:
    await bench.set(shipping_types=US_ONLY)
    who, mug = bench.buyer(), await bench.product(kind=ProductKind.SHIPPED)
    screen = await bench.begin(who, (mug, 1))
    assert [field.name for field in screen.question.form] == ["recipient", "street", "city", "region", "postal_code"]
    screen = await answer(bench, who, screen, **{**HOME, "region": "Atlantis"})
    assert "no state or region of United States" in screen.question.text
    assert {field.name: field.value for field in screen.question.form}["city"] == "San Francisco"
    screen = await answer(bench, who, screen, **{**HOME, "region": "NY"})
    assert "“94111” is not used in NY" in screen.question.text
    assert await bench.rows("address") == []
    screen = await answer(bench, who, screen, **{**HOME, "region": "California"})
    assert [button.label for button in screen.question.buttons] == ["Use suggested", "Keep mine", "Another address"]
    twice = (answer(bench, who, screen, value="use"), answer(bench, who, screen, value="use"))
    screen, _second = await asyncio.gather(*twice)
    (saved,) = await bench.rows("address")
    assert (saved["region"], screen.draft.ship_to.region) == ("CA", "CA")
    assert [change.label for change in (await summary(bench, who, screen)).changes] == [
        "Items and quantities", "Shipping address", "Payment method",
    ]  # fmt: skip
    # The same address written again is not saved twice; "Keep mine" keeps what was written.
    screen = await bench.checkout.revise(who, (), screen.draft.id, "orders.shipping")
    assert screen.question.choices[0].label == "Ada Lovelace"
    screen = await answer(bench, who, screen, value="new")
    screen = await answer(bench, who, screen, **HOME)
    assert len(await bench.rows("address")) == 1
    screen = await bench.checkout.revise(who, (), screen.draft.id, "orders.shipping")
    screen = await answer(bench, who, screen, value="new")
    screen = await answer(bench, who, screen, **{**HOME, "region": "California", "street": "1 Pier"})
    screen = await answer(bench, who, screen, value="keep")
    assert screen.draft.ship_to.region == "California"
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    assert (order.address.street, order.shipping, order.tax_place) == ("1 Pier", 499, order.address)


async def summary(bench: Any, who: Actor, screen: Screen) -> Screen:
    if screen.stage is Stage.PAYMENT:
        screen = await bench.checkout.choose_payment(who, (), screen.draft.id, "venmo")
    assert screen.stage is Stage.SUMMARY, screen
    return screen


async def test_a_25th_address_is_the_last_one_saved_but_the_next_is_used_all_the_same(bench) -> None:
    await bench.set(shipping_types=US_ONLY)
    who, mug = bench.buyer(), await bench.product(kind=ProductKind.SHIPPED)
    screen = await bench.begin(who, (mug, 1))
    screen = await answer(bench, who, screen, **HOME)
    customers = bench.app.get(CustomerService)
    (first,) = await customers.addresses(screen.draft.customer)
    for number in range(24):
        given = {**HOME, "street": f"{number} Side Street", "country": "US"}
        await customers.add_address(who, first.customer, type(first.as_input)(**given))
    screen = await bench.checkout.revise(who, (), screen.draft.id, "orders.shipping")
    screen = await answer(bench, who, screen, value="new")
    screen = await answer(bench, who, screen, **{**HOME, "street": "99 Long Road"})
    assert screen.draft.ship_to.street == "99 Long Road"
    assert len(await bench.rows("address")) == 25


async def test_countries_are_asked_where_there_are_several_and_none_is_refused(bench, refused) -> None:
    who, mug = bench.buyer(), await bench.product(kind=ProductKind.SHIPPED)
    screen = await bench.begin(who, (mug, 1))
    assert screen.question.choices[0].label == "United States"
    assert "iceland" in await refused(Invalid, answer(bench, who, screen, country="icelandia"))
    screen = await answer(bench, who, screen, country="iceland")
    assert screen.question.title == "Address in Iceland"
    screen = await answer(bench, who, screen, value="other")
    assert screen.question.title == "New address"
    both = [{"code": "standard", "label": "Standard", "countries": ["DE", "AT"]}]
    await bench.set(shipping_types=both)
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert [choice.value for choice in screen.question.choices] == ["AT", "DE"]
    assert screen.question.form == ()
    berlin = {"recipient": "Bo", "street": "Weg 1", "city": "Berlin", "postal_code": "10115", "value": "DE"}
    sentence = await refused(Invalid, answer(bench, who, screen, **{**berlin, "value": "FR"}))
    assert sentence == "We don't ship to France. Choose or add another address."
    screen = await answer(bench, who, screen, **berlin)
    assert screen.draft.ship_to.country == "DE"
    await bench.set(shipping_types=[])
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert (screen.stage, "ships nothing" in screen.notice) == (Stage.ITEMS, True)


@pytest.mark.parametrize(
    ("settings", "tax", "total", "label"),
    [
        ({"tax_rate": "8.25"}, 289, 3788, "Sales tax 8.25%"),
        ({"tax_rate": "8.25", "tax_shipping": False}, 248, 3747, "Sales tax 8.25%"),
        ({"tax_rate": "19", "tax_included": True, "tax_label": "VAT"}, 559, 3499, "VAT 19%"),
        ({"tax_rate": "0"}, 0, 3499, ""),
    ],
)
async def test_a_flat_tax_is_a_line_of_its_own(bench, settings: Mapping[str, Any], tax: int, total: int, label) -> None:
    await bench.set(**settings, shipping_types=US_ONLY)
    mug, poster = await bench.product(kind=ProductKind.SHIPPED), await bench.product("POSTER")
    order = await bench.order(bench.buyer(), (mug, 1), (poster, 1))
    lines = [one for one in order.adjustments if one.phase == "tax"]
    assert [(one.amount, one.label) for one in lines] == ([(tax, label)] if label else [])
    assert (order.total, order.tax) == (total, 0 if settings.get("tax_included") else tax)
    assert all(len(one.shares) == 2 for one in lines)


@pytest.mark.parametrize("rate", ["abc", "-1", "100.5", "8.12345", "NaN", "1e-9"])
def test_what_is_no_percentage_is_no_tax_rate(rate: str) -> None:
    with pytest.raises(ValidationError, match="no percentage from 0 to 100 with up to 4 decimals"):
        OrdersSettings(tax_rate=rate)


@pytest.mark.parametrize("rate", [8.25, " 8.25 %", "8.2500", Decimal("8.25")])
def test_a_tax_rate_is_a_percentage_however_it_is_written(rate: object) -> None:
    assert Decimal(OrdersSettings.model_validate({"tax_rate": rate}).tax_rate) == Decimal("8.25")
    assert OrdersSettings(tax_rate="").tax_rate == "0"


async def test_a_gift_is_not_given_to_whom_the_shop_has_blocked(bench, refused) -> None:
    mug, giver, friend = await bench.product(), bench.buyer(1), bench.buyer(2)
    known = await bench.app.get(CustomerService).register(friend, "bob", "Bob")
    screen = await bench.checkout.start(giver, (), "ada", "Ada", recipient=friend.discord_id)
    screen = await bench.checkout.set_item(giver, (), screen.draft.id, mug.sku, "1")
    screen = await bench.checkout.finish_items(giver, (), screen.draft.id)
    screen = await bench.checkout.choose_payment(giver, (), screen.draft.id, "venmo")
    assert screen.changes[-1].label == "Not a gift: it is for me"
    await bench.app.get(CustomerService).block(bench.boss, known.id)
    assert "Bob cannot be given" in await refused(Invalid, bench.checkout.confirm(giver, (), screen.draft.id))
    assert "Bob cannot be given" in await refused(
        Invalid, bench.checkout.start(giver, (), "ada", "Ada", recipient=friend.discord_id)
    )
    screen = await bench.checkout.revise(giver, (), screen.draft.id, "gift")
    assert (screen.stage, screen.draft.recipient) == (Stage.SUMMARY, None)
    third = bench.buyer(3)
    screen = await bench.checkout.start(giver, (), "ada", "Ada", recipient=third.discord_id)
    assert screen.draft.recipient == third.discord_id
    screen = await bench.checkout.start(giver, (), "ada", "Ada", recipient=giver.discord_id)
    assert screen.draft.recipient is None


async def test_an_order_is_repeated_at_the_prices_of_today(bench, refused) -> None:
    await bench.set(shipping_types=US_ONLY)
    who = bench.buyer()
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    cap, scarf = await bench.product("CAP"), await bench.product("SCARF")
    hat = await bench.product("HAT", limit_per_customer=2)
    first = await bench.order(who, (mug, 4), (cap, 1), (scarf, 1), (hat, 2))
    change = bench.catalog.change_product
    await change(bench.boss, mug.id, ProductChange(price=1800))
    await bench.catalog.deactivate_product(bench.boss, cap.id)
    await bench.catalog.adjust(bench.boss, mug.id, -3, "broken")
    screen = await bench.checkout.repeat(who, (), "ada", "Ada", first.id)
    assert [(line.sku, line.quantity, line.unit_price) for line in screen.draft.lines] == [
        ("MUG", 3, 1800), ("SCARF", 1, 1500),
    ]  # fmt: skip
    assert (screen.stage, screen.draft.ship_to.street) == (Stage.SUMMARY, first.address.street)
    for part in (
        "Only 3 of Mug are available, you asked for 4",
        "Mug now costs $18.00 instead of $15.00",
        "Cap is no longer available",
        "A customer may order 2 of Hat in all; you ordered 2 before",
    ):
        assert part in screen.notice
    again = await bench.checkout.confirm(who, (), screen.draft.id)
    assert again.total == 3 * 1800 + 1500 + 499
    stranger = bench.buyer(2)
    assert first.number not in await refused(NotFound, bench.checkout.repeat(stranger, (), "bob", "Bob", first.id))


async def test_the_only_way_to_pay_is_not_asked_for(bench, refused) -> None:
    mug, who = await bench.product(), bench.buyer()
    await bench.app.stores.change(bench.boss, "payments", {"methods": ["zelle"]})
    screen = await bench.begin(who, (mug, 1))
    assert (screen.stage, screen.payment_label) == (Stage.SUMMARY, "Zelle")
    await bench.app.stores.change(bench.boss, "payments", {"methods": ["venmo"]})
    assert "Zelle is no longer taken here" in await refused(Stale, bench.checkout.confirm(who, (), screen.draft.id))
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    assert (order.payment_method, order.status) == ("venmo", OrderStatus.PENDING_PAYMENT)
    await bench.app.stores.change(bench.boss, "payments", {"methods": []})
    with pytest.raises(NotConfigured):
        await bench.app.get(CheckoutService).start(bench.buyer(2), (), "bob", "Bob")
