"""What members do with the catalog over the wire: variants, lists, waiting."""

from guildshop.bot.testing import Shop
from guildshop.plugins.catalog.api import Image, Product, ProductInput, QuantityVisibility, VariantInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import scope


async def add(shop: Shop, sku: str, **given: object) -> Product:
    values = {"name": sku.title(), "price": 1999, **given}
    return await shop.app.get(CatalogService).create_product(shop.actor(), ProductInput(sku=sku, **values))


async def test_a_variant_is_chosen_on_the_card_and_listed_by_its_list(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    images = (Image("https://img.example/front.png", "Front"), Image("https://img.example/back.png"))
    tee = await add(shop, "tee", name="Tee *one*", images=images, description="א" * 4000)
    await add(shop, "mug")
    for sku, size, stock, price in (("TEE-S", "S", 0, 1999), ("TEE-L", "L", 3, 2499)):
        given = VariantInput(sku=sku, options=(("Size", size),), tracked=True, quantity=stock, price=price)
        await service.add_variant(shop.actor(), tee.id, given)
    gifts = await service.create_list(shop.actor(), "Gifts & more")
    await service.set_list_items(shop.actor(), gifts.id, [tee.id])

    reply = await shop.buyer.slash("catalog")
    assert sorted(reply.buttons) == ["Choose Tee *one*", "Order Mug"]
    assert len(reply.embeds) == 2
    reply = await reply.select("Gifts & more")
    assert [embed["title"] for embed in reply.embeds] == ["Tee \\*one\\*"]
    assert "from $19.99" in str(reply.embeds[0]["fields"])

    card = await reply.press("Choose")
    assert card.ephemeral
    assert [embed["image"]["url"] for embed in card.embeds] == [image.url for image in images]
    assert card.buttons == []
    small = await card.select("S")
    assert "Out of stock" in str(small.embeds[0]["fields"])
    assert small.buttons == ["Notify me"]
    large = await small.select("L")
    assert large.embeds[0]["title"] == "Tee \\*one\\* – L"
    assert "3 in stock" in str(large.embeds[0]["fields"])
    assert large.buttons == ["Order"]

    # Ordered by SKU or suggestion, never as the product itself.
    found = [choice.value for choice in await shop.buyer.autocomplete("stock", focused="product", value="tee")]
    assert sorted(found) == ["TEE-L", "TEE-S"]
    assert (await shop.buyer.slash("stock", product="tee-l")).embeds[0]["title"] == "Tee \\*one\\* – L"

    # A list that is gone meanwhile, and a product that is: the press still ends in a sentence or the whole catalog.
    await service.delete_list(shop.actor(), gifts.id)
    assert len((await shop.buyer.slash("catalog")).embeds) == 2
    await service.deactivate_product(shop.actor(), tee.id)
    gone = await large.select("S")
    assert "There is no product" in gone.text
    assert "There is no product" in (await shop.buyer.slash("stock", product="TEE-L")).text


async def test_notify_me_waits_holds_and_goes_to_the_next(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    key = await add(shop, "key", name="Key @everyone", tracked=True, visibility=QuantityVisibility.PRIVATE)
    other = shop.sim.member("buyer2")
    reply = await shop.buyer.slash("stock", product="key")
    assert "Out of stock" in str(reply.embeds)
    listed = await reply.press("Notify me")
    assert listed.ephemeral
    assert "You are the first on the list" in listed.text
    second = await (await other.slash("stock", product="key")).press("Notify me")
    assert "Before you on the list: 1" in second.text
    assert "You are the first" in (await reply.press("Notify me")).text

    await shop.staff.slash("restock", product="key", quantity=1)
    await shop.settle()
    dm = (await shop.buyer.dms())[-1]
    assert "one is held for you until" in str(dm)
    assert "@everyone" not in str(dm["embeds"])
    assert "Notify me" in str((await other.slash("stock", product="key")).buttons)
    # The first gives it back; the second gets it.
    left = await shop.buyer.press(dm, "No, thanks")
    assert "You left the waiting list" in left.text
    await shop.settle()
    dm = (await other.dms())[-1]
    with scope(shop.store.id):
        assert list(await service.holds(int(other.id))) == [key.id]
        assert await service.holds(int(shop.buyer.id)) == {}
    form = await other.press(dm, "Order")
    assert form.modal
    with scope(shop.store.id):
        found = await service.get(key.id)
    assert (found.available, found.reserved, found.waiting) == (0, 1, 0)
