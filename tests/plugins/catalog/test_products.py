"""Products and categories: what is accepted, who sees what, and what staff change."""

from dataclasses import fields
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    CategoryTaken,
    CategoryUnknown,
    Product,
    ProductChange,
    ProductInput,
    ProductUnknown,
    QuantityVisibility,
    SkuTaken,
    VariantInput,
)
from guildshop.plugins.catalog.pages.forms import blank, product_input, values_of
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views.cards import Card
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory

VIP, GOLD = 11, 12


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store)


async def count(app: App, store: Store) -> int:
    row = await app.database.fetch_one("SELECT COUNT(*) AS n FROM product WHERE store = :store", store=store.id)
    assert row is not None
    return int(row["n"])


async def test_a_product_is_kept_as_entered(catalog: CatalogService, sam: Actor) -> None:
    given = ProductInput(
        sku="KEY-1",
        name="  Game   key ",
        price=1999,
        cost=700,
        description="Line 1\nLine 2",
        image_url="https://example.org/key.png",
        required_roles=(VIP,),
        granted_roles=(GOLD,),
        tracked=True,
        quantity=5,
        limit_per_customer=2,
    )
    made = await catalog.create_product(sam, given)
    assert (made.name, made.price, made.currency) == ("Game key", 1999, "USD")
    assert (made.available, made.reserved, made.version) == (5, 0, 1)
    assert (made.required_roles, made.granted_roles) == ((VIP,), (GOLD,))
    assert await catalog.get(made.id) == made
    assert await catalog.get_many([made.id, new_id()]) == {made.id: made}


def test_the_cost_is_in_nothing_that_leaves_the_admin() -> None:
    assert "cost" not in {field.name for field in fields(Product)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "“Name” is missing"),
        ({"name": "x" * 101}, "101 characters; at most 100"),
        ({"sku": ""}, "“SKU” is missing"),
        ({"sku": "a b"}, "contains a space"),
        ({"sku": "a:2"}, "contains a space or one of"),
        ({"price": -1}, "“Price” is below zero"),
        ({"price": 10**18}, "“Price” is too large"),
        ({"cost": -1}, "“Cost” is below zero"),
        ({"currency": "EURO"}, "EURO is no ISO 4217 currency"),
        ({"image_url": "javascript:alert(1)"}, "is no web address"),
        ({"image_url": "https://"}, "is no web address"),
        ({"quantity": 10_001, "tracked": True}, "10001"),
        ({"quantity": -1, "tracked": True}, "-1"),
        ({"limit_per_customer": 0}, "“Limit per customer” is 0"),
        ({"low_stock_at": -1}, "“Low stock at” is -1"),
    ],
)
async def test_wrong_values_are_refused_and_nothing_is_kept(
    app: App, store: Store, catalog: CatalogService, sam: Actor, given: dict[str, object], words: str
) -> None:
    values = {"sku": "key", "name": "Key", "price": 1} | given
    with pytest.raises(Refusal, match=words):
        await catalog.create_product(sam, ProductInput(**values))
    assert await count(app, store) == 0


async def test_a_sku_is_taken_once_whatever_its_capitals(
    app: App, store: Store, catalog: CatalogService, sam: Actor
) -> None:
    await catalog.create_product(sam, ProductInput(sku="KEY", name="Key", price=1))
    other = await catalog.create_product(sam, ProductInput(sku="lock", name="Lock", price=1))
    with pytest.raises(SkuTaken, match="SKU key"):
        await catalog.create_product(sam, ProductInput(sku="key", name="Other", price=1))
    with pytest.raises(SkuTaken, match="SKU Key"):
        await catalog.change_product(sam, other.id, ProductChange(sku="Key"))
    assert await count(app, store) == 2
    assert (await catalog.change_product(sam, other.id, ProductChange(sku="LOCK"))).sku == "LOCK"


async def test_a_category_must_be_of_this_store(
    app: App, store: Store, other_store: Store, catalog: CatalogService, sam: Actor, staff: ActorFactory
) -> None:
    with scope(other_store.id):
        theirs = await catalog.create_category(staff(other_store), "Theirs")
    for category in (theirs.id, new_id()):
        with pytest.raises(CategoryUnknown):
            await catalog.create_product(sam, ProductInput(sku="key", name="Key", price=1, category=category))
    assert await count(app, store) == 0


async def test_changes_are_audited_with_cost_and_count_versions(
    app: App, store: Store, catalog: CatalogService, sam: Actor
) -> None:
    key = await catalog.create_product(sam, ProductInput(sku="key", name="Key", price=100, cost=40))
    changed = await catalog.change_product(sam, key.id, ProductChange(price=150, cost=None, name="Keys"), version=1)
    assert (changed.price, changed.name, changed.version) == (150, "Keys", 2)
    (entry,) = await app.database.fetch(
        "SELECT before, after FROM audit_entry WHERE store = :store AND action = 'product.update'", store=store.id
    )
    assert '"cost":40' in str(entry["before"]).replace(" ", "")
    assert [product.id for product in await catalog.autocomplete("keys")] == [key.id]
    with pytest.raises(Stale, match="Keys in the meantime"):
        await catalog.change_product(sam, key.id, ProductChange(price=1), version=1)
    with pytest.raises(Invalid, match="below zero"):
        await catalog.change_product(sam, key.id, ProductChange(price=-1))
    assert await catalog.get(key.id) == changed
    assert await catalog.change_product(sam, key.id, ProductChange(price=150)) == changed


async def test_members_see_what_is_for_sale_to_their_roles(catalog: CatalogService, sam: Actor) -> None:
    shelf = await catalog.create_category(sam, "Shelf")
    for position, (sku, given) in enumerate(
        {
            "open": {},
            "vip": {"required_roles": (VIP,)},
            "either": {"required_roles": (VIP, GOLD), "category": shelf.id},
            "draft": {"published": False},
            "gone": {"active": False},
        }.items()
    ):
        await catalog.create_product(sam, ProductInput(sku=sku, name=sku.title(), price=1, position=position, **given))

    async def seen(*roles: int, category: UUID | None = None) -> list[str]:
        page = await catalog.visible(roles, category=category, size=10)
        assert page.total == len(page.items)
        return [product.sku for product in page.items]

    assert await seen() == ["open"]
    assert await seen(GOLD, 99) == ["open", "either"]
    assert await seen(VIP) == ["open", "vip", "either"]
    assert await seen(VIP, category=shelf.id) == ["either"]
    assert [found.name for found in await catalog.visible_categories((VIP,))] == ["Shelf"]
    assert await catalog.visible_categories(()) == []
    assert [product.sku for product in await catalog.autocomplete("", (GOLD,))] == ["open", "either"]
    assert [product.sku for product in await catalog.autocomplete("")] == ["open", "vip", "either", "draft"]


async def test_hidden_products_cannot_be_found_by_sku_or_id(catalog: CatalogService, sam: Actor) -> None:
    vip = await catalog.create_product(sam, ProductInput(sku="vip", name="Vip", price=1, required_roles=(VIP,)))
    draft = await catalog.create_product(sam, ProductInput(sku="draft", name="Draft", price=1, published=False))
    for product in (vip, draft):
        for text in (product.sku, product.sku.upper(), str(product.id)):
            with pytest.raises(ProductUnknown, match="There is no product"):
                await catalog.find(text, (GOLD,))
            assert (await catalog.find(f" {text} ")).id == product.id
    assert (await catalog.find("VIP", (VIP,))).id == vip.id
    for text in ("", "nothing", "x" * 36, "' OR 1=1 --"):
        with pytest.raises(ProductUnknown):
            await catalog.find(text)


async def test_pages_are_counted_and_clamped(catalog: CatalogService, sam: Actor) -> None:
    for number in range(5):
        await catalog.create_product(sam, ProductInput(sku=f"p{number}", name=f"Product {number}", price=1))
    page = await catalog.visible((), page=2, size=2)
    assert ([product.sku for product in page.items], page.number, page.pages, page.total) == (["p2", "p3"], 2, 3, 5)
    assert (await catalog.visible((), page=99, size=2)).number == 3
    assert (await catalog.visible((), page=-1, size=2)).number == 1
    first = await catalog.list_products(sam, limit=3)
    rest = await catalog.list_products(sam, cursor=first.cursor)
    assert [product.sku for product in (*first.items, *rest.items)] == ["p0", "p1", "p2", "p3", "p4"]
    assert rest.cursor == ""


async def test_the_exact_stock_is_shown_as_the_store_and_the_product_say(
    app: App, store: Store, catalog: CatalogService, sam: Actor
) -> None:
    async def shows(visibility: QuantityVisibility, *, tracked: bool = True) -> bool:
        given = ProductInput(sku=str(new_id()), name="Key", price=1, tracked=tracked, visibility=visibility)
        return catalog.shows_quantity(await catalog.create_product(sam, given))

    assert await shows(QuantityVisibility.INHERIT)
    assert not await shows(QuantityVisibility.INHERIT, tracked=False)
    assert not await shows(QuantityVisibility.PRIVATE)
    await app.stores.change(sam, "catalog", {"show_quantity": False})
    assert not await shows(QuantityVisibility.INHERIT)
    assert await shows(QuantityVisibility.PUBLIC)


async def test_categories_are_renamed_moved_and_removed_when_empty(catalog: CatalogService, sam: Actor) -> None:
    shirts = await catalog.create_category(sam, "Shirts", 2)
    mugs = await catalog.create_category(sam, "Mugs", 1)
    assert [category.name for category in await catalog.categories()] == ["Mugs", "Shirts"]
    with pytest.raises(CategoryTaken, match="“SHIRTS”"):
        await catalog.create_category(sam, "SHIRTS")
    with pytest.raises(CategoryTaken):
        await catalog.change_category(sam, mugs.id, name="shirts", position=1)
    renamed = await catalog.change_category(sam, mugs.id, name="Cups", position=3, version=1)
    assert (renamed.name, renamed.position, renamed.version) == ("Cups", 3, 2)
    with pytest.raises(Stale):
        await catalog.change_category(sam, mugs.id, name="Other", position=3, version=1)
    key = await catalog.create_product(sam, ProductInput(sku="cup", name="Cup", price=1, category=mugs.id))
    with pytest.raises(Refusal, match="still in the category Cups"):
        await catalog.delete_category(sam, mugs.id)
    await catalog.change_product(sam, key.id, ProductChange(category=None))
    await catalog.delete_category(sam, mugs.id)
    assert [category.id for category in await catalog.categories()] == [shirts.id]


async def test_readers_and_members_cannot_change(
    app: App, store: Store, catalog: CatalogService, sam: Actor, staff: ActorFactory, member: ActorFactory
) -> None:
    key = await catalog.create_product(sam, ProductInput(sku="key", name="Key", price=1))
    for actor in (staff(store, "product.read"), member(store)):
        for attempt in (
            catalog.create_product(actor, ProductInput(sku="new", name="New", price=1)),
            catalog.change_product(actor, key.id, ProductChange(price=2)),
            catalog.deactivate_product(actor, key.id),
            catalog.create_category(actor, "New"),
            catalog.import_products(actor, [], False, lambda _done, _total, _bad=0: None),
        ):
            with pytest.raises(Forbidden, match=r"product\.update"):
                await attempt
    with pytest.raises(Forbidden, match=r"product\.read"):
        await catalog.list_products(member(store))
    assert await catalog.get(key.id) == key
    assert await count(app, store) == 1


async def test_another_stores_rows_do_not_exist(
    app: App, store: Store, other_store: Store, catalog: CatalogService, sam: Actor, staff: ActorFactory
) -> None:
    with scope(other_store.id):
        tom = staff(other_store)
        shelf = await catalog.create_category(tom, "Shelf")
        given = ProductInput(sku="key", name="Key", price=1, tracked=True, quantity=5, category=shelf.id)
        theirs = await catalog.create_product(tom, given)

    async def reserve() -> None:
        async with app.work(sam) as work:
            catalog.reserve(work, theirs.id, 1, new_id(), NotFound("no such row here"))

    async def release() -> None:
        async with app.work(sam) as work:
            catalog.return_stock(work, theirs.id, 1, new_id())

    for attempt in (
        catalog.get(theirs.id),
        catalog.find("key"),
        catalog.find(str(theirs.id), ()),
        catalog.category(shelf.id),
        catalog.change_product(sam, theirs.id, ProductChange(price=2)),
        catalog.deactivate_product(sam, theirs.id),
        catalog.restock(sam, theirs.id, 1),
        catalog.adjust(sam, theirs.id, -1, "x"),
        catalog.movements(sam, theirs.id),
        catalog.change_category(sam, shelf.id, name="Mine", position=1),
        catalog.delete_category(sam, shelf.id),
        reserve(),
        release(),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await catalog.get_many([theirs.id]) == {}
    assert (await catalog.visible(())).total == 0
    assert await catalog.autocomplete("") == []
    assert (await catalog.list_products(sam)).items == []
    assert [row async for row in catalog.export_products(sam)] == []
    assert await catalog.categories() == []
    with scope(other_store.id):
        assert await catalog.get(theirs.id) == theirs


@pytest.mark.parametrize(
    ("currency", "typed", "minor", "shown"), [("JPY", "1200", 1200, "¥1,200"), ("KWD", "1.250", 1250, "1.250")]
)
async def test_prices_without_and_with_three_decimals(
    catalog: CatalogService, store: Store, staff: ActorFactory, currency: str, typed: str, minor: int, shown: str
) -> None:
    boss = staff(store)
    given = product_input({**blank(currency), "sku": "KEY", "name": "Key", "price": typed}, "USD")
    key = await catalog.create_product(boss, given)
    large = await catalog.add_variant(boss, key.id, VariantInput(sku="KEY-L", options=(("Size", "L"),)))
    assert (large.price, large.currency) == (minor, currency)
    assert values_of(large, None)["price"] == typed
    assert shown in Card(await catalog.look_up("KEY"), [large]).price
