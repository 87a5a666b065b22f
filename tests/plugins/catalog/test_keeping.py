"""What staff do with the catalog over the wire: drafts, the list, changes, publishing, alerts, panels."""

from guildshop.bot.testing import Shop
from guildshop.plugins.catalog import deliveries
from guildshop.plugins.catalog.api import Product, ProductChange, ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import scope


async def add(shop: Shop, sku: str, **given: object) -> Product:
    values = {"name": sku.title(), "price": 1999, **given}
    return await shop.app.get(CatalogService).create_product(shop.actor(), ProductInput(sku=sku, **values))


async def product(shop: Shop, reference: str) -> Product:
    with scope(shop.store.id):
        return await shop.app.get(CatalogService).look_up(reference)


async def test_a_draft_is_made_completed_and_published(shop: Shop) -> None:
    form = await shop.staff.slash("add-item")
    assert form.modal
    refused = await form.modal.submit(name="Ring", price="19.999", description="", quantity="")
    assert "is no amount" in refused.text or "decimals" in refused.text
    refused = await form.modal.submit(name="Ring", price="19.99", description="", quantity="-3")
    assert "is no number of pieces" in refused.text
    made = await form.modal.submit(name="Ring @everyone", price="19.99", description="", quantity="3", kind="SHIPPED")
    assert made.ephemeral
    with scope(shop.store.id):
        ring = (await shop.app.get(CatalogService).suggest("ring"))[0]
    assert ring.sku.startswith("DRAFT-")
    assert (ring.published, ring.tracked, ring.available, ring.ships) == (False, True, 3, True)
    assert f"/staff/product/{ring.id}" in str(made.components)

    # Members neither see it nor can they order it, whatever they name.
    assert "nothing for sale" in (await shop.buyer.slash("catalog")).text
    for reference in (ring.sku, str(ring.id)):
        assert "There is no product" in (await shop.buyer.slash("stock", product=reference)).text

    refused = await made.press("Publish")
    assert "cannot be published yet. It lacks: an SKU of its own instead of DRAFT-" in refused.text
    assert "a description" in refused.text
    form = await made.press("Edit")
    assert (await product(shop, ring.sku)).published is False
    changed = await form.modal.submit(name="Ring", price="25", sku="RING", description="𝕺 " + "x" * 3990)
    assert "RING" in str(changed.embeds)
    stale = await form.modal.submit(name="Ring 2", price="25", sku="RING", description="")
    assert "Somebody else changed Ring in the meantime" in stale.text
    published = await changed.press("Publish")
    assert "Published" in str(published.embeds)
    assert (await shop.buyer.slash("catalog")).embeds[0]["title"] == "Ring"
    hidden = await published.press("Hide")
    assert "Draft" in str(hidden.embeds)
    assert "nothing for sale" in (await shop.buyer.slash("catalog")).text

    for number in range(11):
        await add(shop, f"item-{number}")
    listed = await shop.staff.slash("product-list")
    assert "12 products" in str(listed.embeds)
    assert "Draft" in (await listed.select("Draft")).text
    listed = await (await shop.staff.slash("product-list")).press("Next")
    assert "2 / 2" in listed.buttons
    restock = await (await shop.staff.slash("product-update", product="RING")).press("Restock")
    assert "Added 4 to Ring: 7 available" in (await restock.modal.submit(quantity="4")).text
    for name, options in (
        ("add-item", {}),
        ("product-list", {}),
        ("product-update", {"product": "RING"}),
        ("panel", {}),
    ):
        refused = await shop.buyer.slash(name, **options, stale=True)
        assert "needs the permission" in refused.text


async def test_staff_hear_once_that_stock_is_low(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    key = await add(shop, "key", tracked=True, quantity=5, low_stock_at=3)
    for change in (-2, -1, -1):
        await service.adjust(shop.actor(), key.id, change, "sold at the fair")
    await shop.settle()
    told = [message for message in shop.sim.messages("orders") if "Stock is low" in str(message.embeds)]
    assert len(told) == 1
    assert "Key: 3 left" in str(told[0].embeds)
    form = await shop.staff.press(told[0], "Restock")
    assert "Added 9 to Key: 10 available" in (await form.modal.submit(quantity="9")).text
    await service.adjust(shop.actor(), key.id, -10, "stolen")
    await shop.settle()
    assert "Key is sold out" in str(shop.sim.messages("orders")[-1].embeds)


async def test_a_panel_follows_the_products_and_comes_back(shop: Shop) -> None:
    product_key = await add(shop, "key", description="A key.")
    await add(shop, "secret", required_roles=(5,))
    reply = await shop.staff.slash("panel")
    assert "The panel appears in" in reply.text
    await shop.settle()
    panels = [
        message
        for key, channel in shop.sim.state.keys.items()
        if key.startswith("channel:")
        for message in shop.sim.messages(channel)
        if "Browse" in message.buttons
    ]
    (panel,) = panels
    assert "Key" in str(panel.embeds)
    assert "Secret" not in str(panel.embeds)
    # It works after a restart; what it opens is private.
    await shop.restart()
    browsed = await shop.buyer.press(panel, "Browse")
    assert browsed.ephemeral
    assert browsed.embeds[0]["title"] == "Key"
    shown = await shop.buyer.select(panel, "Key")
    assert shown.ephemeral
    assert "Order" in shown.buttons
    assert (await shop.buyer.press(panel, "Order")).ephemeral

    service = shop.app.get(CatalogService)
    await service.change_product(shop.actor(), product_key.id, ProductChange(price=2500))
    await service.change_product(shop.actor(), product_key.id, ProductChange(name="Golden key"))
    with scope(shop.store.id):
        await deliveries.watch_panels(shop.app, shop.store.id)
        await shop.settle()
        again = shop.sim.messages(panel["channel_id"])
        (panel,) = [message for message in again if "Browse" in message.buttons]
        assert "**Golden key** · $25.00" in str(panel.embeds)
        # Asked for again, it is the same one; deleted, it is posted anew.
        await shop.staff.slash("panel")
        await shop.settle()
        assert len([one for one in shop.sim.messages(panel["channel_id"]) if "Browse" in one.buttons]) == 1
        del shop.sim.state.messages[panel["channel_id"]][panel.id]
        await deliveries.check_panels(shop.app, shop.store.id)
        await shop.settle()
        (anew,) = [one for one in shop.sim.messages(panel["channel_id"]) if "Browse" in one.buttons]
        assert anew.id != panel.id
        reply = await shop.staff.slash("panel")
        await shop.settle()
        assert "taken off" in (await reply.press("Take the panel off")).text
        await shop.settle()
        assert not [one for one in shop.sim.messages(panel["channel_id"]) if "Browse" in one.buttons]
        assert await service.panels() == []


async def test_a_panel_that_cannot_be_posted_is_told_by_the_doctor(shop: Shop) -> None:
    service = shop.app.get(CatalogService)
    with scope(shop.store.id):
        await service.put_panel(shop.actor(), 4242)
        await shop.settle()
        (panel,) = await service.panels()
        assert panel.message_id is None
        (finding,) = await service.examine_panels(shop.store.id)
        assert "does not exist any more" in finding.message
        # Tried again only now and then, not every minute.
        version = panel.version
        await deliveries.watch_panels(shop.app, shop.store.id)
        await shop.settle()
        assert (await service.panels())[0].version == version
        await deliveries.check_panels(shop.app, shop.store.id)
        await shop.settle()
        assert (await service.panels())[0].version > version
