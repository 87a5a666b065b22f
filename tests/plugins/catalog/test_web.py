"""Products in Piccolo Admin and in the JSON API."""

from urllib.parse import unquote
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.database import new_id
from guildshop.plugins.catalog.api import Product, ProductChange, ProductInput, VariantInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor

TABLE = "/admin/api/tables/product/"
CATEGORIES = "/admin/api/tables/category/"
LEDGER = "/admin/api/tables/stock_movement/"


async def form_of(owner: Visitor, table: str, key: UUID) -> dict[str, object]:
    """Return the row as the front end sends it back: every field of its form."""
    row = await (await owner.get(f"{table}{key}/")).json()
    schema = await (await owner.get(f"{table}schema/")).json()
    return {name: row[name] for name in schema["properties"]}


@pytest.fixture
async def key(app: App, store: Store, staff: ActorFactory) -> Product:
    with scope(store.id):
        given = ProductInput(sku="KEY", name="Key", price=500, cost=200, tracked=True, quantity=5)
        return await app.get(CatalogService).create_product(staff(store), given)


async def now(app: App, store: Store, product: UUID) -> Product:
    with scope(store.id):
        return await app.get(CatalogService).get(product)


async def test_a_save_goes_through_the_service(owner: Visitor, app: App, store: Store, key: Product) -> None:
    form = await form_of(owner, TABLE, key.id)
    assert form["cost"] == 200
    assert not {"store", "search", "sku_key"} & form.keys()
    answer = await owner.send(
        "PATCH", f"{TABLE}{key.id}/", form | {"price": 750, "required_roles": "11, 12", "kind": "SHIPPED", "cost": None}
    )
    assert answer.status == 200, await answer.text()
    after = await now(app, store, key.id)
    assert (after.price, after.required_roles, after.ships, after.version) == (750, (11, 12), True, 2)
    stale = await owner.send("PATCH", f"{TABLE}{key.id}/", form | {"price": 1})
    assert stale.status == 409
    current = await form_of(owner, TABLE, key.id)
    for wrong, words in (
        ({"price": -1}, "below zero"),
        ({"sku": "a b"}, "contains a space"),
        ({"granted_roles": "gold"}, "no Discord ID"),
        ({"name": ""}, "“Name” is missing"),
    ):
        refused = await owner.send("PATCH", f"{TABLE}{key.id}/", current | wrong)
        assert refused.status == 422
        assert words in await refused.text()
    assert await now(app, store, key.id) == after


async def test_a_form_from_before_a_sale_does_not_bring_the_stock_back(
    owner: Visitor, app: App, store: Store, staff: ActorFactory, key: Product
) -> None:
    form = await form_of(owner, TABLE, key.id)
    async with app.work(staff(store)) as work:
        app.get(CatalogService).reserve(work, key.id, 2, new_id())
    answer = await owner.send("PATCH", f"{TABLE}{key.id}/", form | {"name": "Keys"})
    assert answer.status == 200, await answer.text()
    after = await now(app, store, key.id)
    assert (after.name, after.available, after.reserved) == ("Keys", 3, 2)


async def test_deleting_takes_a_product_out_of_the_shop(owner: Visitor, app: App, store: Store, key: Product) -> None:
    answer = await owner.send("DELETE", f"{TABLE}{key.id}/", None)
    assert "Key is no longer sold" in unquote(answer.headers["X-Guildshop-Message"])
    assert not (await now(app, store, key.id)).active


async def test_products_and_categories_are_added(owner: Visitor, app: App, store: Store) -> None:
    shelf = await owner.send("POST", CATEGORIES, {"name": "Shelf"})
    assert shelf.status == 201, await shelf.text()
    category = (await shelf.json())[0]["id"]
    given = {"sku": "MUG", "name": "Mug", "price": 1200, "category": category, "tracked": True, "available": 4}
    answer = await owner.send("POST", TABLE, given)
    assert answer.status == 201, await answer.text()
    made = await now(app, store, UUID((await answer.json())[0]["id"]))
    assert (made.sku, made.available, made.currency, str(made.category)) == ("MUG", 4, "USD", category)
    taken = await owner.send("POST", TABLE, given | {"sku": "mug"})
    assert (taken.status, await taken.text()) == (409, "Another product has the SKU mug. Give this one another.")
    full = await owner.send("DELETE", f"{CATEGORIES}{category}/", None)
    assert "Products are still in the category Shelf" in await full.text()
    renamed = await owner.send("PATCH", f"{CATEGORIES}{category}/", {"name": "Mugs"})
    assert renamed.status == 200


async def test_the_ledger_is_read_only(owner: Visitor, key: Product) -> None:
    rows = (await (await owner.get(LEDGER)).json())["rows"]
    assert [row["available_change"] for row in rows] == [5]
    path = f"{LEDGER}{rows[0]['id']}/"
    for method, target in (("PATCH", path), ("PUT", path), ("DELETE", path), ("POST", LEDGER)):
        assert (await owner.send(method, target, {"available_change": 9, "reason": "x"})).status == 405
    assert (await (await owner.get(LEDGER)).json())["rows"] == rows


async def test_stock_changes_by_forms(owner: Visitor, app: App, store: Store, key: Product) -> None:
    forms = await (await owner.get("/admin/api/forms/")).json()
    slugs = {form["name"]: form["slug"] for form in forms}
    answer = await owner.send("POST", f"/admin/api/forms/{slugs['Restock']}/", {"product": "key", "quantity": 3})
    assert "Key: 8 available now" in await answer.text()
    adjusted = {"product": "key", "change": -2, "reason": "Broken"}
    assert (await owner.send("POST", f"/admin/api/forms/{slugs['Adjust stock']}/", adjusted)).status == 200
    refused = await owner.send("POST", f"/admin/api/forms/{slugs['Restock']}/", {"product": "key", "quantity": 0})
    assert "it must be at least 1" in await refused.text()
    assert (await now(app, store, key.id)).available == 6


async def test_another_stores_products_are_out_of_reach(
    owner: Visitor, app: App, store: Store, other_store: Store, staff: ActorFactory
) -> None:
    service = app.get(CatalogService)
    with scope(other_store.id):
        shelf = await service.create_category(staff(other_store), "Shelf")
        given = ProductInput(sku="KEY", name="Key", price=1, category=shelf.id, tracked=True, quantity=2)
        theirs = await service.create_product(staff(other_store), given)
    for table in (TABLE, CATEGORIES, LEDGER):
        assert (await (await owner.get(table)).json())["rows"] == []
    for path in (f"{TABLE}{theirs.id}/", f"{CATEGORIES}{shelf.id}/"):
        assert (await owner.get(path)).status == 404
        for method in ("PATCH", "DELETE", "PUT"):
            assert (await owner.send(method, path, {"name": "Stolen"})).status in {404, 405, 409}
    planted = {"sku": "MINE", "name": "Mine", "price": 1, "category": str(shelf.id)}
    assert (await owner.send("POST", TABLE, planted)).status == 404
    assert (await owner.get(f"/api/products/{theirs.id}")).status == 404
    with scope(other_store.id):
        assert await service.get(theirs.id) == theirs
        assert (await service.category(shelf.id)).name == "Shelf"


async def test_the_api_lists_and_reads_products_without_cost(
    visitor: Visitor, token: str, key: Product, support: Visitor
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    page = await (await visitor.get("/api/products?text=key", headers=headers)).json()
    (item,) = page["items"]
    assert (item["sku"], item["priceCents"], item["quantityAvailable"], item["isActive"]) == ("KEY", 500, 5, True)
    assert not [name for name in item if "cost" in name.lower()]
    for reference in (str(key.id), "key"):
        one = await (await visitor.get(f"/api/products/{reference}", headers=headers)).json()
        assert one == item
    missing = await visitor.get("/api/products/lock", headers=headers)
    assert missing.status == 404
    assert "There is no product “lock”" in (await missing.json())["detail"]
    assert (await support.get("/api/products")).status == 200


async def test_the_api_tells_variants_lists_and_history(
    visitor: Visitor, token: str, key: Product, app: App, store: Store, staff: ActorFactory
) -> None:
    service = app.get(CatalogService)
    tee = await service.create_draft(staff(store), ProductInput(sku="", name="Tee", price=2000, cost=700))
    variant = VariantInput(sku="TEE-L", options=(("Size", "L"),), tracked=True, quantity=1)
    await service.add_variant(staff(store), tee.id, variant)
    gifts = await service.create_list(staff(store), "Gifts")
    await service.set_list_items(staff(store), gifts.id, [tee.id])
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    async def read(path: str) -> object:
        answer = await visitor.get(f"/api/products{path}", headers=headers)
        assert answer.status == 200, await answer.text()
        text = await answer.text()
        assert "cost" not in text.lower()
        return await answer.json()

    (found,) = await read(f"/{tee.sku}/variants")  # type: ignore[misc]
    assert (found["sku"], found["options"], found["parentId"]) == ("TEE-L", {"Size": "L"}, str(tee.id))
    assert await read("/lists") == [{"id": str(gifts.id), "name": "Gifts", "position": 0, "size": 1, "version": 2}]
    (listed,) = await read(f"/lists/{gifts.id}")  # type: ignore[misc]
    assert (listed["variantCount"], listed["isPublished"]) == (1, False)
    history = await read("/KEY/stock")
    assert [row["availableChange"] for row in history["items"]] == [5]  # type: ignore[index]


async def test_a_draft_is_published_by_api_when_it_is_complete(
    owner: Visitor, app: App, store: Store, staff: ActorFactory
) -> None:
    service = app.get(CatalogService)
    draft = await service.create_draft(staff(store), ProductInput(sku="", name="Tee", price=2000))
    refused = await owner.send("POST", f"/api/products/{draft.id}/publish", {})
    assert refused.status == 409
    assert "an SKU of its own" in (await refused.json())["detail"]
    await service.change_product(staff(store), draft.id, ProductChange(sku="TEE", description="Cotton."))
    answer = await owner.send("POST", f"/api/products/{draft.id}/publish", {"version": 2})
    assert (await answer.json())["isPublished"] is True
    stale = await owner.send("POST", "/api/products/TEE/unpublish", {"version": 2})
    assert stale.status == 409
    assert (await owner.send("POST", "/api/products/TEE/restock", {"quantity": 3})).status == 409
    assert (await now(app, store, draft.id)).published


async def test_variants_are_changed_in_piccolo_admin_as_such(
    owner: Visitor, app: App, store: Store, staff: ActorFactory
) -> None:
    service = app.get(CatalogService)
    tee = await service.create_product(staff(store), ProductInput(sku="TEE", name="Tee", price=2000))
    given = VariantInput(sku="TEE-L", options=(("Size", "L"),))
    large = await service.add_variant(staff(store), tee.id, given)
    form = await form_of(owner, TABLE, large.id)
    answer = await owner.send("PATCH", f"{TABLE}{large.id}/", form | {"price": 2200, "options": "Size=XL"})
    assert answer.status == 200, await answer.text()
    after = await now(app, store, large.id)
    assert (after.name, after.price) == ("Tee – XL", 2200)
    form = await form_of(owner, TABLE, large.id)
    refused = await owner.send("PATCH", f"{TABLE}{large.id}/", form | {"description": "Other"})
    assert refused.status == 409
    assert "follows Tee in this: Description" in await refused.text()
    for table in ("product_list", "product_list_item", "waitlist", "panel"):
        assert (await owner.get(f"/admin/api/tables/{table}/")).status == 200
