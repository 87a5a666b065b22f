"""The catalog in Discord, over the wire."""

import pytest

from guildshop.bot.testing import Shop
from guildshop.plugins.catalog.api import Product, ProductInput, ProductKind
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import scope


async def add(shop: Shop, sku: str, **given: object) -> Product:
    values = {"name": sku.title(), "price": 1999, **given}
    return await shop.app.get(CatalogService).create_product(shop.actor(), ProductInput(sku=sku, **values))


async def stock_of(shop: Shop, product: Product) -> tuple[int, int]:
    with scope(shop.store.id):
        found = await shop.app.get(CatalogService).get(product.id)
    return found.available, found.reserved


async def test_catalog_shows_cards_and_turns_pages(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    mugs = await service.create_category(shop.actor(), "Mugs & *more*")
    for number in range(6):
        await add(shop, f"mug-{number}", tracked=True, quantity=number, category=mugs.id, kind=ProductKind.SHIPPED)
    reply = await shop.buyer.slash("catalog")
    assert reply.ephemeral
    assert [embed["title"] for embed in reply.embeds] == ["Mug-0", "Mug-1", "Mug-2", "Mug-3"]
    stocks = [field["value"] for embed in reply.embeds for field in embed["fields"] if field["name"] == "Stock"]
    assert stocks == ["Out of stock", "1 in stock", "2 in stock", "3 in stock"]
    reply = await reply.press("Next")
    assert [embed["title"] for embed in reply.embeds] == ["Mug-4", "Mug-5"]
    await shop.restart()
    reply = await reply.press("Previous")
    assert reply.embeds[0]["title"] == "Mug-0"


async def test_catalog_chooses_a_category(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    shelf = await service.create_category(shop.actor(), "Shirts")
    await add(shop, "shirt", category=shelf.id)
    await add(shop, "key")
    reply = await shop.buyer.slash("catalog")
    assert len(reply.embeds) == 2
    reply = await reply.select("Shirts")
    assert [embed["title"] for embed in reply.embeds] == ["Shirt"]


async def test_an_empty_catalog_says_so(shop: Shop) -> None:
    reply = await shop.buyer.slash("catalog")
    assert "nothing for sale" in reply.text
    assert not reply.buttons


async def test_products_of_a_role_are_hidden_from_others(shop: Shop) -> None:
    vip = int(shop.sim.state.keys["role:vip"])
    secret = await add(shop, "secret", required_roles=(vip,))
    assert "nothing for sale" in (await shop.buyer.slash("catalog")).text
    for text in ("secret", str(secret.id)):
        refused = await shop.buyer.slash("stock", product=text)
        assert "There is no product" in refused.text
    assert await shop.buyer.autocomplete("stock", focused="product", value="sec") == []
    shop.buyer.set_roles("vip")
    assert (await shop.buyer.slash("stock", product="SECRET")).embeds[0]["title"] == "Secret"
    assert [choice.value for choice in await shop.buyer.autocomplete("stock", focused="product", value="sec")] == [
        "secret"
    ]


async def test_no_order_button_while_orders_are_off(shop: Shop) -> None:
    await add(shop, "key")
    assert (await shop.buyer.slash("catalog")).buttons == ["Order"]
    await shop.app.stores.switch(shop.actor(), "orders", False, with_dependants=True)
    await shop.settle()
    assert (await shop.buyer.slash("catalog")).buttons == []


async def test_private_stock_is_not_told(shop: Shop) -> None:
    await shop.app.stores.change(shop.actor(), "catalog", {"show_quantity": False})
    await add(shop, "key", tracked=True, quantity=7)
    reply = await shop.buyer.slash("stock", product="key")
    assert "In stock" in str(reply.embeds)
    assert "7" not in str(reply.embeds[0]["fields"])


async def test_restock_adds_and_tells(shop: Shop) -> None:
    key = await add(shop, "key", tracked=True, quantity=2)
    reply = await shop.staff.slash("restock", product="key", quantity=5)
    assert reply.ephemeral
    assert "Added 5 to Key: 7 available, 0 reserved" in reply.text
    assert await stock_of(shop, key) == (7, 0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"product": "key", "quantity": 0}, "The quantity is 0; it must be at least 1."),
        ({"product": "key", "quantity": -3}, "The quantity is -3; it must be at least 1."),
        ({"product": "key", "quantity": 10_001}, "The quantity is 10001; at most 10000 pieces go at once."),
        ({"product": "lock", "quantity": 1}, "There is no product “lock” in this shop."),
        ({"product": "song", "quantity": 1}, "The stock of Song is not tracked."),
    ],
)
async def test_restock_refuses(shop: Shop, given: dict[str, object], sentence: str) -> None:
    key = await add(shop, "key", tracked=True, quantity=2)
    await add(shop, "song")
    reply = await shop.staff.slash("restock", **given)
    assert sentence in reply.text
    assert await stock_of(shop, key) == (2, 0)


async def test_members_cannot_restock(shop: Shop) -> None:
    key = await add(shop, "key", tracked=True, quantity=2)
    reply = await shop.buyer.slash("restock", product="key", quantity=5, stale=True)
    assert "product.update" in reply.text
    assert await stock_of(shop, key) == (2, 0)


async def test_what_staff_wrote_shows_literally(shop: Shop) -> None:
    await add(shop, "key", name="**@everyone** [x](y)", description="# big\n> quote")
    reply = await shop.buyer.slash("stock", product="key")
    assert "**@everyone**" not in reply.embeds[0]["title"]
    assert "\\#" in reply.embeds[0]["description"]
