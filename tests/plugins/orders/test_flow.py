"""The order flow through Discord, over the wire: what a member sees, presses and reads."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product, ProductChange, ProductInput, ProductKind, VariantInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.simulator.driver import Reply
from guildshop.tenancy import scope


async def product(shop: Any, sku: str = "MUG", **given: Any) -> Product:
    values: dict[str, Any] = {"name": sku.title(), "price": 1500, "tracked": True, "quantity": 10}
    with scope(shop.store.id):
        catalog = shop.app.get(CatalogService)
        return await catalog.create_product(owner(shop), ProductInput(sku=sku, **{**values, **given}))


def owner(shop: Any) -> Actor:
    found: Actor = shop.actor()
    return found


async def rows(shop: Any, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await shop.app.database.fetch(
        f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=shop.store.id
    )
    return found


async def to_summary(shop: Any, name: str = "Mug", quantity: str = "2") -> Reply:
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select(name)).submit(quantity=quantity)
    reply = await reply.press("Continue")
    return await reply.select("Venmo")


async def test_a_member_orders_a_digital_product(shop) -> None:
    await product(shop)
    reply = await shop.buyer.slash("order")
    assert reply.ephemeral
    assert "Mug" in reply.options
    asked = await reply.select("Mug")
    assert asked.modal.title == "How many?"
    reply = await asked.submit(quantity="2")
    assert "2 × Mug · $15.00 = **$30.00**" in reply.text
    reply = await reply.press("Continue")
    assert "How would you like to pay?" in reply.text
    reply = await reply.select("Venmo")
    assert "Confirm & submit" in reply.buttons
    assert "Total: **$30.00**" in reply.text
    reply = await reply.press("Confirm & submit")
    (order,) = await rows(shop, "orders")
    for expected in (order["number"], "2 × Mug", "Subtotal", "Tax", "Total", "How to pay: Venmo", "Reserved until"):
        assert expected in reply.text
    assert reply.buttons == ["I've paid"]
    assert reply.ephemeral


async def test_a_member_orders_something_shipped_to_a_new_address_and_next_time_to_the_saved_one(make_shop) -> None:
    types = [
        {"code": "standard", "label": "Standard", "cost": 499, "days": 5, "countries": ["US"]},
        {"code": "express", "label": "Express", "cost": 1500, "countries": ["US"]},
    ]
    shop = await make_shop(settings={"store": {"sections": {"orders": {"shipping_types": types}}}})
    await product(shop, kind=ProductKind.SHIPPED)
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await reply.press("Continue")
    form = await reply.press("Enter the address")
    ada = {"recipient": "Ada Lovelace", "street": "12 Main Street\nFloor 3", "city": "San Francisco"}
    reply = await form.submit({**ada, "region": "Texas", "postal_code": "94111"})
    assert "The postal code “94111” is not used in TX" in reply.text
    assert await rows(shop, "address") == []
    form = await reply.press("Correct it")
    assert next(one["value"] for one in form.modal.fields if one["custom_id"] == "recipient") == "Ada Lovelace"
    reply = await form.submit({**ada, "region": "California", "postal_code": "94111"})
    assert "Its country would write:" in reply.text
    reply = await reply.press("Use suggested")
    assert "How shall we send it?" in reply.text
    reply = await reply.select("Express")
    reply = await reply.select("Zelle")
    assert "Shipping (Express): $15.00" in reply.text
    assert "12 Main Street\nFloor 3\nSan Francisco, CA 94111" in reply.text
    reply = await reply.press("Confirm & submit")
    assert "Total: **$30.00**" in reply.text
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Ada Lovelace")
    assert "How shall we send it?" in reply.text


async def test_the_flow_goes_on_after_a_restart_at_every_step(shop) -> None:
    await product(shop)
    reply = await shop.buyer.slash("order")
    asked = await reply.select("Mug")
    await shop.restart()
    reply = await asked.submit(quantity="1")
    await shop.restart()
    reply = await reply.press("Continue")
    await shop.restart()
    reply = await reply.select("Venmo")
    await shop.restart()
    again = await shop.buyer.slash("order")
    assert "Confirm & submit" in again.buttons
    reply = await again.press("Confirm & submit")
    assert "Thank you!" in reply.text
    assert len(await rows(shop, "orders")) == 1


async def test_pressing_confirm_twice_makes_one_order_and_shows_the_same_receipt(shop) -> None:
    await product(shop)
    summary = await to_summary(shop)
    first, second = await asyncio.gather(summary.press("Confirm & submit"), summary.press("Confirm & submit"))
    (order,) = await rows(shop, "orders")
    assert order["number"] in first.text
    assert order["number"] in second.text


async def test_somebody_elses_press_is_refused(shop) -> None:
    await product(shop)
    summary = await to_summary(shop)
    confirm = next(c["custom_id"] for c in summary.components if c.get("label") == "Confirm & submit")
    before = await rows(shop, "order_draft")
    refused = await shop.staff.press_raw(summary.id, confirm)
    assert "somebody else's order" in refused.text
    assert refused.ephemeral
    assert await rows(shop, "orders") == []
    assert await rows(shop, "order_draft") == before


async def test_a_press_after_the_flow_expired_says_so(shop) -> None:
    await product(shop)
    summary = await to_summary(shop)
    now = shop.app.now()
    shop.app.clock = lambda: now.replace(year=now.year + 1)
    refused = await summary.press("Confirm & submit")
    assert "This order flow has ended" in refused.text
    assert await rows(shop, "orders") == []


async def test_orders_are_not_made_in_a_dm(shop) -> None:
    await product(shop)
    with pytest.raises(Exception, match="order"):
        await shop.buyer.slash("order", guild=None)
    assert await rows(shop, "order_draft") == []


async def test_a_press_after_the_plugin_was_switched_off_is_refused(shop) -> None:
    await product(shop)
    summary = await to_summary(shop)
    with scope(shop.store.id):
        await shop.app.stores.switch(owner(shop), "orders", False, with_dependants=True)
    refused = await summary.press("Confirm & submit")
    assert "switched off" in refused.text
    assert await rows(shop, "orders") == []
    assert len(await rows(shop, "order_draft")) == 1
    with scope(shop.store.id):
        await shop.app.stores.switch(owner(shop), "payments", True)
    assert "Thank you!" in (await summary.press("Confirm & submit")).text


async def test_products_gone_in_the_meantime_lead_back_to_the_items(shop) -> None:
    mug = await product(shop)
    summary = await to_summary(shop)
    with scope(shop.store.id):
        await shop.app.get(CatalogService).deactivate_product(owner(shop), mug.id)
    reply = await summary.press("Confirm & submit")
    assert "Mug is no longer available" in reply.text
    assert "Continue" in reply.buttons
    assert await rows(shop, "orders") == []


async def test_a_dearer_price_is_shown_and_asked_again(shop) -> None:
    mug = await product(shop)
    summary = await to_summary(shop)
    with scope(shop.store.id):
        await shop.app.get(CatalogService).change_product(owner(shop), mug.id, ProductChange(price=1750))
    reply = await summary.press("Confirm & submit")
    assert "Mug now costs $17.50 instead of $15.00." in reply.text
    assert await rows(shop, "orders") == []
    assert "$35.00" in (await reply.press("Confirm & submit")).text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("0", "at least 1"),
        ("-2", "at least 1"),
        ("11", "Only 10 of Mug"),
        ("10001", "at most 10,000"),
        ("x", "no quantity"),
    ],
)
async def test_bad_quantities_get_one_sentence(shop, typed: str, says: str) -> None:
    await product(shop)
    reply = await shop.buyer.slash("order")
    refused = await (await reply.select("Mug")).submit(quantity=typed)
    assert says in refused.text
    assert refused.ephemeral
    assert (await rows(shop, "order_draft"))[0]["items_done"] in {False}
    assert "Continue" in reply.buttons


async def test_many_products_are_paged_searched_and_put_into_categories(shop) -> None:
    with scope(shop.store.id):
        catalog = shop.app.get(CatalogService)
        caps = await catalog.create_category(owner(shop), "Caps", 1)
        mugs = await catalog.create_category(owner(shop), "Mugs", 2)
    for number in range(30):
        category = caps.id if number < 4 else mugs.id
        await product(shop, f"P{number:02}", name=f"Thing {number:02}", category=category)
    reply = await shop.buyer.slash("order")
    assert "Choose a product (page 1 of 2)" in str(reply.selects)
    assert "Thing 29" not in reply.options
    reply = await reply.press("Next")
    assert "Thing 29" in reply.options
    reply = await reply.select("Caps")
    assert [name for name in reply.options if name.startswith("Thing")] == [f"Thing {n:02}" for n in range(4)]
    reply = await reply.select("All categories")
    found = await (await reply.press("Search")).submit(text="thing 27")
    assert "Thing 27" in found.options
    assert "Thing 26" not in found.options
    nothing = await (await reply.press("Search")).submit(text="unicorn")
    assert "No product matches" in nothing.text


async def test_items_can_be_changed_and_removed_and_the_flow_cancelled(shop) -> None:
    await product(shop)
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.select("1 × Mug")).submit(quantity="3")
    assert "3 × Mug" in reply.text
    reply = await (await reply.select("3 × Mug")).submit(quantity="0")
    assert "Your items" not in reply.text
    reply = await reply.press("Cancel")
    assert "Nothing was ordered" in reply.text
    assert await rows(shop, "order_draft") == []


async def test_the_order_button_of_the_catalog_asks_how_many(shop) -> None:
    await product(shop)
    reply = await shop.buyer.slash("catalog")
    reply = await (await reply.press("Order")).submit(quantity="3")
    assert "3 × Mug" in reply.text
    assert reply.ephemeral


async def test_a_gift_goes_to_another_member_and_never_to_a_bot(shop) -> None:
    await product(shop)
    reply = await shop.buyer.slash("order", gift_to=shop.staff)
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Venmo")
    assert shop.staff.mention in reply.text
    await reply.press("Confirm & submit")
    (order,) = await rows(shop, "orders")
    assert order["recipient_discord_id"] == int(shop.staff.id)
    await shop.settle()
    assert await shop.staff.dms() == []
    await shop.owner.slash("payment-confirm", order=order["number"])
    await shop.settle()
    (told,) = await shop.staff.dms()
    assert f"{shop.buyer.mention} has a gift for you from" in told.text
    assert ("1 × Mug" in told.text, "$" in told.text) == (True, False)
    assert any("Receipt" in message.text for message in await shop.buyer.dms())


async def test_orders_lists_details_and_cancels(shop) -> None:
    await product(shop)
    assert "You have not ordered anything yet" in (await shop.buyer.slash("orders")).text
    await (await to_summary(shop)).press("Confirm & submit")
    number = (await rows(shop, "orders"))[0]["number"]
    reply = await shop.buyer.slash("orders")
    assert reply.ephemeral
    assert number in reply.text
    details = await reply.select(number)
    assert "Pending payment" in details.text
    assert details.buttons == ["I've paid", "Cancel order", "Order again"]
    done = await (await details.press("Cancel order")).submit(reason="Changed my mind")
    assert f"Order {number} is cancelled." in done.text
    await shop.settle()
    assert (await rows(shop, "orders"))[0]["status"] == "CANCELLED"
    again = await shop.buyer.slash("cancel-order", order=number)
    assert "is Cancelled and cannot become Cancelled" in again.text
    shown = await shop.buyer.slash("order-status", order=number)
    assert "Changed my mind" in shown.text


async def test_a_member_never_sees_somebody_elses_order(shop) -> None:
    await product(shop)
    await (await to_summary(shop)).press("Confirm & submit")
    number = (await rows(shop, "orders"))[0]["number"]
    stranger = shop.sim.member("newcomer")
    stranger.join()
    await shop.settle()
    for command in ("order-status", "cancel-order"):
        refused = await stranger.slash(command, order=number)
        assert "There is no order" in refused.text
        assert await stranger.autocomplete(command, focused="order", value="") == []
    assert [choice.value for choice in await shop.buyer.autocomplete("order-status", focused="order")] == [number]
    assert (await rows(shop, "orders"))[0]["status"] == "PENDING_PAYMENT"
    seen = await shop.staff.slash("order-status", order=number)
    assert number in seen.text


async def test_an_older_summary_confirms_nothing_that_it_does_not_show(shop) -> None:
    await product(shop)
    older = await to_summary(shop, quantity="1")
    newer = await shop.buyer.slash("order")
    newer = await newer.select("Items and quantities")
    newer = await (await newer.select("Mug")).submit(quantity="5")
    newer = await newer.press("Continue")
    assert "Total: **$75.00**" in newer.text
    shown = await older.press("Confirm & submit")
    assert await rows(shop, "orders") == []
    assert "not the latest one" in shown.text
    assert "Total: **$75.00**" in shown.text
    await shown.press("Confirm & submit")
    (order,) = await rows(shop, "orders")
    assert order["total"] == 7500


async def test_a_whole_order_of_everything_that_can_be_asked(make_shop) -> None:
    types = [
        {"code": "standard", "label": "Standard", "cost": 499, "days": 5, "countries": ["US", "CA"], "free_over": 9000},
        {"code": "express", "label": "Express", "cost": 1500, "countries": ["US"]},
    ]
    sections = {"shipping_types": types, "terms": "Be **kind**.", "refund_policy": "x" * 4000, "tax_rate": "8.25"}
    shop = await make_shop(settings={"store": {"sections": {"orders": sections}}})
    await product(shop, "CUP", name="Cup *hot*", kind=ProductKind.SHIPPED, quantity=1200)
    shirt = await product(shop, "SHIRT", price=2500, kind=ProductKind.SHIPPED, quantity=0, tracked=False)
    with scope(shop.store.id):
        for size in ("S", "L"):
            given = VariantInput(sku=f"SHIRT-{size}", options=(("Size", size),))
            await shop.app.get(CatalogService).add_variant(owner(shop), shirt.id, given)
    await product(shop, "COFFEE", name="كوب قهوة", price=700)

    registered = await shop.buyer.slash("register")
    reply = await (await registered.press("Start an order")).select("Shirt")
    assert "Shirt comes in several variants" in reply.text
    reply = await (await reply.select("Shirt – L")).submit(quantity="2")
    short = await (await reply.select("Cup *hot*")).submit(quantity="1300")
    assert short.text == "Only 1,200 of Cup *hot* are available, you asked for 1,300. Order fewer."
    reply = await (await (await shop.buyer.slash("order")).select("Cup *hot*")).submit(quantity="1000")
    reply = await (await reply.select("1,000 × Cup *hot*")).submit(quantity="2")
    reply = await (await reply.select("كوب قهوة")).submit(quantity="1")
    reply = await reply.press("Continue")
    assert "Be **kind**." in reply.text
    await shop.restart()
    reply = await reply.press("I accept")
    assert "x" * 4000 in reply.text
    reply = await reply.press("I accept")
    form = await reply.select("United States")
    ada = {"recipient": "*Ada* @everyone", "street": "12 Main Street", "city": "San Francisco", "postal_code": "94111"}
    reply = await form.submit({**ada, "region": "CA"})
    assert "$15.00" in str(reply.components)
    assert "$4.99, about 5 days, free from $90.00 on" in str(reply.components)
    reply = await (await reply.select("Standard")).select("Venmo")
    for line in ("Subtotal: $87.00", "Shipping (Standard): $4.99", "Sales tax 8.25%: $7.59", "Total: **$99.58**"):
        assert line in reply.text
    reply = await (await reply.select("How it is sent")).select("Express")
    assert "Total: **$110.42**" in reply.text
    reply = await (await reply.select("Payment method")).select("Zelle")
    assert "\\*Ada\\* @\u200beveryone" in reply.text
    receipt = await reply.press("Confirm & submit")
    (order,) = await rows(shop, "orders")
    assert (order["total"], order["tax"], order["payment_method"]) == (11042, 842, "zelle")
    for text in (
        "2 × Cup \\*hot\\*",
        "2 × Shirt – L",
        "\u2068كوب قهوة\u2069",
        "Sales tax 8.25%: $8.42",
        "Reserved until",
    ):
        assert text in receipt.text

    listed = await shop.buyer.slash("orders")
    details = await listed.select(order["number"])
    again = await details.press("Order again")
    assert "Be **kind**." in again.text
    again = await (await again.press("I accept")).press("I accept")
    again = await again.select("Standard")
    assert ("12 Main Street" in again.text, "Total: **$99.58**" in again.text) == (True, True)
    await again.press("Cancel")

    await shop.staff.slash("payment-confirm", order=order["number"])
    await shop.settle()
    asked = await shop.buyer.slash("cancel-order", order=order["number"])
    assert "$110.42 goes back to you" in asked.text
    kept = await asked.press("Keep it")
    assert "Paid" in kept.text
    assert (await rows(shop, "orders"))[0]["status"] == "PAID"
    asked = await shop.buyer.slash("cancel-order", order=order["number"])
    gone = await (await asked.press(f"Cancel order {order['number']}")).submit(reason="Too hot")
    assert "The shop will return $110.42 to you" in gone.text
    assert (await rows(shop, "orders"))[0]["status"] == "CANCELLED"
