"""The catalog's pages of the workspace: by their forms, and once through Chromium."""

import os
import re
from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.plugins.catalog.api import Image, Product, ProductInput, VariantInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, Visitor, serious_findings, sign_in
from guildshop.web.users import UserService

SCREENSHOTS = os.environ.get("GUILDSHOP_SCREENSHOTS", "")
FORM = {"name": "Mug", "sku": "MUG", "price": "12.50", "description": "", "kind": "SHIPPED", "visibility": "INHERIT"}


@pytest.fixture
async def tee(catalog: CatalogService, staff: ActorFactory, store: Store) -> Product:
    """A T-shirt in two sizes."""
    boss = staff(store)
    images = (Image("https://img.example/a.png", "Front"), Image("https://img.example/b.png"))
    given = ProductInput(sku="TEE", name="Tee", price=2000, cost=900, description="Cotton.", images=images)
    made = await catalog.create_product(boss, given)
    for size, stock in (("S", 0), ("L", 7)):
        variant = VariantInput(sku=f"TEE-{size}", options=(("Size", size),), tracked=True, quantity=stock)
        await catalog.add_variant(boss, made.id, variant)
    return await catalog.get(made.id)


async def test_a_product_is_made_refused_completed_and_published(owner: Visitor, catalog: CatalogService) -> None:
    wrong = {**FORM, "sku": "a b", "price": "1.999", "low_stock_at": "-1", "images": "http://img.example/x.png"}
    answer = await owner.post("/admin/product/new", wrong)
    page = await answer.text()
    assert answer.status == 422
    assert 'value="a b"' in page
    assert "no web address" in page
    assert "1.999" in page
    assert (await catalog.suggest("")) == []

    answer = await owner.post("/admin/product/new", {**FORM, "sku": "", "tracked": "1", "quantity": "4"})
    assert answer.status == 303, await answer.text()
    (draft,) = await catalog.suggest("")
    assert draft.sku.startswith("DRAFT-")
    assert (draft.published, draft.available, draft.price) == (False, 4, 1250)
    url = f"/admin/product/{draft.id}"
    await owner.post(f"{url}/state", {"do": "publish"})
    assert "It lacks: an SKU of its own" in await (await owner.get(url)).text()

    typed = {**FORM, "tracked": "1", "description": "A mug.", "version": str(draft.version), "cost": "3"}
    assert (await owner.post(url, {**typed, "images": "https://img.example/x.png A mug"})).status == 303
    stale = await owner.post(url, {**typed, "name": "Other"})
    assert stale.status == 422
    assert "Somebody else changed Mug in the meantime" in await stale.text()
    await owner.post(f"{url}/state", {"do": "publish"})
    mug = await catalog.get(draft.id)
    assert (mug.published, mug.sku, mug.images) == (True, "MUG", (Image("https://img.example/x.png", "A mug"),))

    await owner.post(f"{url}/restock", {"quantity": "10"})
    await owner.post(f"{url}/adjust", {"change": "-3", "reason": "broken"})
    for change, reason in (("0", "x"), ("-99", "x"), ("2", ""), ("1e3", "x")):
        await owner.post(f"{url}/adjust", {"change": change, "reason": reason})
    assert (await catalog.get(mug.id)).available == 11
    history = await (await owner.get(f"{url}/stock")).text()
    assert "broken" in history
    assert "Restocked" in history
    refused = await (await owner.post(f"{url}/variant", {"options": "Size=L", "sku": "MUG-L"})).text()
    assert "Adjust its stock to 0 first" in refused
    assert ('value="Size=L"' in refused, 'value="MUG-L"' in refused) == (True, True)


async def test_a_list_and_categories_are_kept(owner: Visitor, catalog: CatalogService, tee: Product) -> None:
    await owner.post("/admin/product-list/category", {"name": "Shirts"})
    (category,) = await catalog.categories()
    await owner.post("/admin/product-list/category", {"id": str(category.id), "name": "Tees", "position": "3"})
    assert [(one.name, one.position) for one in await catalog.categories()] == [("Tees", 3)]
    await owner.post("/admin/product-list/new", {"name": "Gifts"})
    (gifts,) = await catalog.product_lists()
    url = f"/admin/product-list/{gifts.id}"
    typed = {"name": "Gifts", "position": "1", "version": str(gifts.version)}
    refused = await owner.post(url, {**typed, "products": "TEE-L"})
    assert refused.status == 422
    assert "is a variant" in await refused.text()
    refused = await owner.post(url, {**typed, "products": "TEE NOPE"})
    assert "There is no product “NOPE”" in await refused.text()
    assert (await owner.post(url, {**typed, "products": "TEE"})).status == 303
    assert [one.id for one in await catalog.list_items(gifts.id)] == [tee.id]
    assert "Tee" in await (await owner.get(f"/admin/product?list={gifts.id}")).text()
    await owner.post(f"{url}/delete")
    assert await catalog.product_lists() == []


async def test_a_panel_is_taken_off_on_the_page(
    owner: Visitor, support: Visitor, catalog: CatalogService, staff: ActorFactory, store: Store, app: App
) -> None:
    panel = await catalog.put_panel(staff(store), 4242)
    path = f"/admin/product-list/panel/{panel.id}/remove"
    assert path in await (await owner.get("/admin/product-list")).text()
    assert "Take off" not in await (await support.get("/staff/product-list")).text()
    assert (await support.post(path.replace("admin", "staff"))).status == 403
    assert await catalog.panels() == [panel]
    assert (await owner.post(path)).status == 303
    assert await catalog.panels() == []
    events = await app.database.fetch("SELECT name FROM event WHERE store = :store", store=store.id)
    assert "PanelRemoved" in {row["name"] for row in events}
    assert "not kept any more" in await (await owner.get((await owner.post(path)).headers["Location"])).text()


async def test_who_may_not_change_products_sees_no_cost_and_no_forms(support: Visitor, tee: Product) -> None:
    page = await (await support.get(f"/staff/product/{tee.id}")).text()
    assert "Tee" in page
    assert "9.00" not in page
    assert "Save" not in page
    refused = await support.post(f"/staff/product/{tee.id}/state", {"do": "hide"})
    assert refused.status == 403
    assert (await support.get("/staff/product/export.csv")).status == 403
    assert (await support.get("/staff/product/no-such")).status == 404


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what the pages ask has tests on both
async def test_products_in_chromium(
    app: App, tabs: NewTab, users: UserService, store: Store, catalog: CatalogService, tee: Product
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/product")
    assert await serious_findings(page) == []
    await shoot(page, "list")
    await page.get_by_role("link", name="Tee", exact=True).click()
    assert await serious_findings(page) == []
    await page.locator("summary", has_text="Add a variant").click()
    await page.get_by_label("Options").fill("Size=XL")
    await page.locator("#v-sku").fill("TEE-XL")
    await page.locator("#v-quantity").fill("2")
    await shoot(page, "product")
    await page.get_by_role("button", name="Add the variant").click()
    await page.get_by_text("Tee – XL can be ordered now.").wait_for()
    await page.get_by_label(re.compile("^Description")).fill("Heavy cotton.")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Tee was saved.").wait_for()
    assert (await catalog.find("TEE-XL")).description == "Heavy cotton."
    await page.get_by_role("link", name="XL", exact=True).click()
    await page.locator("summary", has_text="Restock").click()
    await page.get_by_label("Pieces that arrived").fill("5")
    await page.get_by_role("button", name="Add to the stock").click()
    await page.get_by_text("7 available, 0 reserved").first.wait_for()
    await shoot(page, "variant")
    await page.get_by_role("link", name="Whole stock history").click()
    assert await serious_findings(page) == []
    await shoot(page, "stock")
    await page.goto("/admin/product-list")
    assert await serious_findings(page) == []
    await shoot(page, "shelves")
    if SCREENSHOTS:
        for name, given in (("dark", {"dark": True}), ("phone", {"width": 390, "height": 844})):
            page = (await tabs(**given)).page
            await sign_in(page, "Olga")
            for path in ("product", f"product/{tee.id}", "product-list"):
                await page.goto(f"/admin/{path}")
                await shoot(page, f"{name}-{path.split('/')[0]}{'-one' if '/' in path else ''}")


async def shoot(page: object, name: str) -> None:
    """Take a picture where somebody wants to look at one."""
    if SCREENSHOTS:
        await page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)  # type: ignore[attr-defined]
