"""Gift wrap from the question to the parcel, and its capacity under race."""

from __future__ import annotations

import asyncio
from typing import Any

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductInput, ProductKind
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders.api import Order, Screen, Stage
from guildshop.plugins.orders.service import CheckoutService, OrderService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock, Shop
from guildshop.web.testing import Visitor

from guildshop_giftwrap.api import WrapsTaken

ADDRESS = {
    "recipient": "Ada Lovelace",
    "street": "12 Main Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94111",
}


async def product(app: App, store: Store, who: Actor, kind: ProductKind = ProductKind.SHIPPED) -> None:
    with scope(store.id):
        await app.get(CatalogService).create_product(who, ProductInput(sku="MUG", name="Mug", price=1500, kind=kind))


async def rows(app: App, store: Store, table: str) -> list[dict[str, Any]]:
    return await app.database.fetch(f"SELECT * FROM {table} WHERE store = :store", store=store.id)


async def summary(app: App, store: Store, who: Actor, *, wrap: str = "yes", card: str = "") -> Screen:
    """Go through the order flow up to the summary."""
    checkout = app.get(CheckoutService)
    with scope(store.id):
        screen = await checkout.start(who, (), who.name, who.name)
        screen = await checkout.set_item(who, (), screen.draft.id, "MUG", "1")
        screen = await checkout.finish_items(who, (), screen.draft.id)
        while screen.stage is not Stage.SUMMARY:
            draft, asked = screen.draft.id, screen.question
            if screen.stage is Stage.PAYMENT or asked is None:
                screen = await checkout.choose_payment(who, (), draft, "cash")
            else:
                values = {"address": {**ADDRESS, "country": "US"}, "wrap": {"value": wrap}, "card": {"message": card}}[
                    asked.name
                ]
                screen = await checkout.answer(who, (), draft, asked.name, values)
    return screen


async def confirm(app: App, store: Store, who: Actor, screen: Screen) -> Order:
    with scope(store.id):
        return await app.get(CheckoutService).confirm(who, (), screen.draft.id)


async def test_a_buyer_has_a_gift_wrapped(shop: Shop) -> None:
    await product(shop.app, shop.store, shop.actor())
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await reply.press("Continue")
    reply = await (await reply.select("United States")).submit(ADDRESS)
    assert "Shall we wrap it as a gift?" in reply.text
    reply = await reply.select("Yes, wrap it")
    reply = await (await reply.press("Write a card")).submit(message="Happy birthday, *Bob*!")
    reply = await reply.select("Cash")
    assert "Gift wrap: $3.00" in reply.text
    assert "Shipping (Standard): $0.00" in reply.text
    receipt = await reply.press("Confirm & submit")
    assert "Gift wrap: $3.00" in receipt.text
    assert "Total: **$18.00**" in receipt.text
    (order,) = await rows(shop.app, shop.store, "orders")
    assert (order["subtotal"], order["shipping"], order["total"], order["due"]) == (1500, 300, 1800, 1800)
    (wrap,) = await rows(shop.app, shop.store, "giftwrap")
    assert wrap["message"] == "Happy birthday, *Bob*!"


async def test_without_a_card_or_without_wrap(
    app: App, store: Store, staff: ActorFactory, member: ActorFactory
) -> None:
    await product(app, store, staff(store))
    who = member(store)
    plain = await confirm(app, store, who, await summary(app, store, who, wrap="no"))
    assert (plain.total, [one.plugin for one in plain.adjustments]) == (1500, ["orders"])
    wrapped = await confirm(app, store, who, await summary(app, store, who))
    assert (wrapped.total, [one.plugin for one in wrapped.adjustments]) == (2000, ["orders", "giftwrap"])


async def test_nothing_is_asked_where_nothing_ships(
    app: App, store: Store, staff: ActorFactory, member: ActorFactory
) -> None:
    await product(app, store, staff(store), ProductKind.DIGITAL)
    who = member(store)
    placed = await confirm(app, store, who, await summary(app, store, who))
    assert (placed.total, placed.adjustments) == (1500, ())


async def test_of_those_who_take_the_last_wrap_at_once_one_gets_it(shop: Shop) -> None:
    app, store = shop.app, shop.store
    await product(app, store, shop.actor())
    people = [shop.actor("order.read", person=person) for person in (shop.buyer, shop.staff, shop.owner)]
    screens = [await summary(app, store, who) for who in people]
    results = await asyncio.gather(
        *(confirm(app, store, who, screen) for who, screen in zip(people, screens, strict=True)),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, WrapsTaken)]
    placed = [one for one in results if isinstance(one, Order)]
    assert (len(placed), len(refused)) == (1, 2)
    assert len(await rows(app, store, "orders")) == 1
    assert len(await rows(app, store, "order_draft")) == 2
    assert [row["taken"] for row in await rows(app, store, "giftwrap_day") if row["taken"]] == [1]


async def test_who_comes_too_late_is_asked_again_and_goes_on_without(shop: Shop) -> None:
    app, store = shop.app, shop.store
    await product(app, store, shop.actor())
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await reply.press("Continue")
    reply = await (await reply.select("United States")).submit(ADDRESS)
    reply = await (await reply.select("Yes, wrap it")).press("No card")
    shown = await reply.select("Cash")
    rival = shop.actor("order.read", person=shop.owner)
    first = await confirm(app, store, rival, await summary(app, store, rival))
    reply = await shown.press("Confirm & submit")
    assert "took the last gift wrap" in reply.text
    assert "All gift wraps of today are taken" in reply.text
    assert len(await rows(app, store, "orders")) == 1
    reply = await reply.select("No gift wrap")
    reply = await reply.press("Confirm & submit")
    assert "Total: **$15.00**" in reply.text
    # A cancelled order gives its wrap back, once.
    with scope(store.id):
        await app.get(OrderService).cancel(shop.actor(), first.id)
    await shop.settle()
    assert [row["taken"] for row in await rows(app, store, "giftwrap_day") if row["taken"]] == []
    who = shop.actor("order.read", person=shop.staff)
    again = await confirm(app, store, who, await summary(app, store, who))
    assert again.total == 1800


async def test_the_day_is_that_of_the_store_and_begins_anew(
    app: App, store: Store, staff: ActorFactory, member: ActorFactory, clock: Clock
) -> None:
    await product(app, store, staff(store))
    who = member(store)
    clock.now = clock.now.replace(hour=23, minute=59)
    screen = await summary(app, store, who)
    clock.advance(minutes=2)
    await confirm(app, store, who, screen)
    await confirm(app, store, who, await summary(app, store, who))
    taken = {str(row["day"]): row["taken"] for row in await rows(app, store, "giftwrap_day")}
    assert taken == {"2026-11-22": 1, "2026-11-23": 1, "2026-11-24": 0}


async def test_staff_see_the_card_on_the_orders_page(
    app: App, store: Store, owner: Visitor, staff: ActorFactory, member: ActorFactory
) -> None:
    await product(app, store, staff(store))
    who = member(store)
    order = await confirm(app, store, who, await summary(app, store, who, card="For <Bob>"))
    answer = await owner.get(f"/admin/order/{order.number}")
    page = await answer.text()
    assert "<h2>Gift wrap</h2>" in page
    assert "For &lt;Bob&gt;" in page
    assert "$5.00" in page
    dashboard = await (await owner.get("/admin/dashboard")).text()
    assert "1 / 20" in dashboard
