"""The pages of digital goods on a real socket: terms, keys and files of a product, by those who may."""

from __future__ import annotations

import aiohttp
import pytest

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.plugins.catalog.api import Product, ProductInput, ProductKind
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import CSRF, Visitor


@pytest.fixture(autouse=True)
def secret_key(app: App) -> None:
    """Let keys be sealed."""
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})


@pytest.fixture
async def game(app: App, store: Store, staff: ActorFactory) -> Product:
    with scope(store.id):
        return await app.get(CatalogService).create_product(
            staff(store, "product.create", "product.update", "product.read"),
            ProductInput(sku="GAME", name="Game <i>", price=1500, kind=ProductKind.DIGITAL, tracked=True),
        )


async def test_an_owner_sets_terms_adds_keys_and_a_file(app: App, game: Product, owner: Visitor) -> None:
    assert "gives anything yet" in await (await owner.get("/admin/entitlement")).text()
    page = f"/admin/entitlement/product/{game.id}"
    assert (await owner.get("/admin/entitlement?sku=game")).headers["Location"] == page
    assert "“nope”" in await (await owner.get("/admin/entitlement?sku=nope")).text()
    assert "field-error" not in await (await owner.get(page)).text()
    assert (await owner.post(f"{page}/terms", {"days": "30"})).status == 303
    wrong = await owner.post(f"{page}/terms", {"days": "-1"})
    assert (wrong.status, "is no number of days" in await wrong.text()) == (422, True)
    assert (await owner.post(f"{page}/keys", {"keys": "AAAA-BBBB-CCCC\nDDDD-EEEE-FFFF", "restock": "1"})).status == 303
    wrong = await owner.post(f"{page}/keys", {"keys": "NEW-KEY\nAAAA-BBBB-CCCC"})
    text = await wrong.text()
    assert wrong.status == 422
    assert "1 of these keys is here already (…CCCC)" in text
    assert "NEW-KEY" in text  # nothing typed is lost
    form = aiohttp.FormData({CSRF: owner.csrf}, quote_fields=False)
    form.add_field("file", b"<script>", filename="../a<b>.txt", content_type="text/html")
    sent = await owner.http.post(f"{page}/files", data=form, allow_redirects=False)
    assert sent.status == 303
    text = await (await owner.get(page)).text()
    assert "Game &lt;i&gt;" in text
    for shown in ("30 days", "…CCCC", "ab.txt"):
        assert shown in text
    assert "AAAA-BBBB-CCCC" not in text
    listed = await (await owner.get("/admin/entitlement")).text()
    assert "licence key" in listed
    with scope(game.store):
        assert (await app.get(CatalogService).get(game.id)).available == 2
    rows = await app.database.fetch("SELECT id FROM licence_key WHERE store = :s ORDER BY id", s=game.store)
    assert (await owner.post(f"{page}/keys/{rows[0]['id']}/remove")).status == 303
    files = await app.database.fetch("SELECT id FROM product_file WHERE store = :s", s=game.store)
    assert (await owner.post(f"{page}/files/{files[0]['id']}/remove")).status == 303
    text = await (await owner.get(page)).text()
    assert "ab.txt" not in text
    assert text.count("/remove") == 1


async def test_others_only_look_and_strangers_find_nothing(app: App, game: Product, support: Visitor) -> None:
    page = f"/staff/entitlement/product/{game.id}"
    text = await (await support.get(page)).text()
    assert "Game" in text
    assert "Add the keys" not in text
    refused = await support.post(f"{page}/keys", {"keys": "AAAA"})
    assert refused.status == 403
    assert await app.database.fetch("SELECT id FROM licence_key WHERE store = :s", s=game.store) == []
    assert (await support.get("/staff/entitlement/product/00000000-0000-7000-8000-000000000000")).status == 404
    assert (await support.get("/staff/entitlement/product/nonsense")).status == 404
