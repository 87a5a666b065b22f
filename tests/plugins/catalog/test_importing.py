"""Products from and to CSV files."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.hookspecs import ImportReport
from guildshop.importing import import_kind, import_sheet
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.testing import ActorFactory


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store)


def quiet(_done: int, _total: int, _bad: int = 0) -> None:
    pass


async def run(catalog: CatalogService, actor: Actor, *rows: Mapping[str, str], dry_run: bool = False) -> ImportReport:
    return await catalog.import_products(actor, rows, dry_run, quiet)


async def ledger(app: App, store: Store) -> tuple[int, int]:
    row = await app.database.fetch_one(
        "SELECT (SELECT SUM(available) FROM product WHERE store = :store) AS counters,"
        " (SELECT SUM(available_change) FROM stock_movement WHERE store = :store) AS rows_",
        store=store.id,
    )
    assert row is not None
    return int(row["counters"] or 0), int(row["rows_"] or 0)


KEY = {"sku": "KEY", "name": "Game key", "price": "19.99", "stock": "5", "category": "Games", "granted_roles": "11|12"}
MUG = {"sku": "MUG", "name": "Mug", "price": "12", "kind": "shipped", "currency": "eur", "cost": "3.5", "active": "no"}


async def test_products_are_created_then_changed(app: App, store: Store, catalog: CatalogService, sam: Actor) -> None:
    assert await run(catalog, sam, KEY, MUG) == ImportReport(2, 2)
    key, mug = await catalog.find("key"), await catalog.find("mug")
    assert (key.price, key.currency, key.tracked, key.available, key.granted_roles) == (1999, "USD", True, 5, (11, 12))
    assert (mug.price, mug.currency, mug.tracked, mug.ships, mug.active) == (1200, "EUR", False, True, False)
    assert [category.name for category in await catalog.categories()] == ["Games"]
    again = await run(catalog, sam, {**KEY, "price": "25", "stock": "3", "category": "GAMES"}, MUG)
    assert again == ImportReport(2, 1)
    changed = await catalog.find("KEY")
    assert (changed.id, changed.price, changed.available, changed.version) == (key.id, 2500, 3, 2)
    assert len(await catalog.categories()) == 1
    assert await ledger(app, store) == (3, 3)


async def test_what_is_exported_can_be_imported(catalog: CatalogService, sam: Actor) -> None:
    await run(catalog, sam, {**KEY, "description": "Two\nlines", "low_stock_at": "2", "published": "false"}, MUG)
    rows = [row async for row in catalog.export_products(sam)]
    assert rows[0]["price"] == "19.99"
    assert rows[0]["granted_roles"] == "11|12"
    assert await run(catalog, sam, *rows) == ImportReport(2, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sku": ""}, "“SKU” is missing"),
        ({"sku": "a b"}, "contains a space"),
        ({"name": ""}, "“name” is missing"),
        ({"price": ""}, "“price” is missing"),
        ({"price": "abc"}, "“abc” is no amount"),
        ({"price": "-1"}, "below zero"),
        ({"price": "1.999"}, "more decimals"),
        ({"price": "1e20"}, "too large"),
        ({"currency": "XXY"}, "no ISO 4217"),
        ({"kind": "magic"}, "write one of digital, shipped"),
        ({"stock": "-1"}, "“stock” is “-1”"),
        ({"stock": "1.5"}, "“stock” is “1.5”"),
        ({"stock": "²"}, "“stock” is “²”"),
        ({"published": "maybe"}, "write true or false"),
        ({"required_roles": "vip"}, "is no Discord ID"),
        ({"image_url": "ftp://x/y"}, "is no web address"),
        ({"limit_per_customer": "0"}, "from 1 to"),
    ],
)
async def test_one_bad_row_stops_all(catalog: CatalogService, sam: Actor, wrong: dict[str, str], words: str) -> None:
    report = await run(catalog, sam, KEY, {**MUG, **wrong}, {"sku": "ok", "name": "Ok", "price": "1"})
    assert report.written == 0
    ((number, sentence),) = report.problems
    assert number == 2
    assert words in sentence
    assert (await catalog.visible(())).total == 0
    assert await catalog.categories() == []


async def test_every_bad_row_is_reported(catalog: CatalogService, sam: Actor) -> None:
    report = await run(catalog, sam, {**KEY, "price": "x"}, KEY, {**KEY, "sku": "key"}, {**MUG, "kind": "x"})
    assert [number for number, _sentence in report.problems] == [1, 3, 4]
    assert "in an earlier row already" in report.problems[1][1]


async def test_a_dry_run_writes_nothing(catalog: CatalogService, sam: Actor) -> None:
    assert await run(catalog, sam, KEY, dry_run=True) == ImportReport(1, 0)
    assert (await catalog.visible(())).total == 0


async def test_the_kind_takes_a_real_file(
    app: App, store: Store, catalog: CatalogService, sam: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text('\ufeffsku;name;price\nKEY;"Game; key";1.50\n', encoding="utf-8")
    result = await import_sheet(app, sam, import_kind(app, "products"), file)
    assert (result.rows, result.written, list(result.problems)) == (1, 1, [])
    assert (await catalog.find("KEY")).name == "Game; key"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_file_of_many_rows(app: App, store: Store, catalog: CatalogService, sam: Actor) -> None:
    many = 5_000
    rows = [{"sku": f"S{n}", "name": f"Product {n}", "price": "1.00", "stock": "3"} for n in range(many)]
    steps: list[int] = []
    report = await catalog.import_products(sam, rows, False, lambda done, _total, _bad=0: steps.append(done))
    assert report == ImportReport(many, many)
    assert steps[-1] == many
    assert await ledger(app, store) == (3 * many, 3 * many)
    bad = await catalog.import_products(sam, [*rows[:-1], {**rows[-1], "price": "x"}], False, quiet)
    assert [number for number, _sentence in bad.problems] == [many]


TEE = {
    "sku": "TEE",
    "name": "Tee",
    "price": "20",
    "description": "Cotton.",
    "required_roles": "11",
    "images": "https://img.example/a.png The front|https://img.example/b.png",
    "lists": "Gifts|Summer",
}
SMALL = {"sku": "TEE-S", "name": "-", "price": "20", "stock": "2", "parent": "tee", "options": "Size=S"}
LARGE = {"sku": "TEE-L", "name": "-", "price": "22", "stock": "3", "parent": "TEE", "options": "Size=L", "cost": "9"}


async def test_variants_lists_and_images_are_imported_and_come_out_again(
    app: App, store: Store, catalog: CatalogService, sam: Actor
) -> None:
    assert await run(catalog, sam, LARGE, TEE, SMALL) == ImportReport(3, 3)
    tee, large = await catalog.find("TEE"), await catalog.find("tee-l")
    assert (tee.variants, tee.tracked, tee.for_sale, len(tee.images)) == (2, False, False, 2)
    assert (large.parent, large.name, large.price, large.available) == (tee.id, "Tee – L", 2200, 3)
    assert (large.description, large.required_roles, large.image_url) == ("Cotton.", (11,), tee.image_url)
    assert [one.name for one in await catalog.lists_of(tee.id)] == ["Gifts", "Summer"]
    assert await ledger(app, store) == (5, 5)

    rows = [row async for row in catalog.export_products(sam)]
    assert {row["sku"]: (row["parent"], row["options"], row["stock"]) for row in rows} == {
        "TEE": ("", "", ""),
        "TEE-S": ("TEE", "Size=S", "2"),
        "TEE-L": ("TEE", "Size=L", "3"),
    }
    assert rows[0]["images"] == TEE["images"] or rows[-1]["images"] == TEE["images"]
    assert await run(catalog, sam, *rows) == ImportReport(3, 0)

    # The product alone: its variants follow; a file without the new columns leaves them variants.
    changed = {"sku": "TEE", "name": "T-shirt", "price": "20", "description": "Wool.", "required_roles": ""}
    assert await run(catalog, sam, changed) == ImportReport(1, 3)
    assert (await catalog.find("TEE-S", ())).description == "Wool."
    assert [one.name for one in await catalog.lists_of(tee.id)] == ["Gifts", "Summer"]
    old_file = {"sku": "TEE-S", "name": "ignored", "price": "21", "stock": "2"}
    assert await run(catalog, sam, old_file, {**changed, "lists": "Summer"}) == ImportReport(2, 1)
    small = await catalog.find("TEE-S")
    assert (small.name, small.price, small.parent) == ("T-shirt – S", 2100, tee.id)
    assert [one.name for one in await catalog.lists_of(tee.id)] == ["Summer"]
    assert await run(catalog, sam, {**SMALL, "sku": "TEE-M", "options": "Size=M"}) == ImportReport(1, 2)
    assert (await catalog.find("TEE")).variants == 3


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({**SMALL, "parent": "NOPE"}, "names no product of the shop"),
        ({**SMALL, "parent": "TEE-L"}, "names no product of the shop"),
        ({**SMALL, "sku": "KEY"}, "is a product of its own"),
        ({**SMALL, "sku": "NEW", "options": "Size=L"}, "has the same options"),
        ({**SMALL, "sku": "NEW", "options": "Colour=Red"}, "must all have the same options"),
        ({**SMALL, "options": ""}, "needs both"),
        ({**SMALL, "parent": ""}, "needs both"),
        ({**SMALL, "options": "large"}, "is no option"),
        ({**SMALL, "sku": "X", "parent": "X"}, "own SKU"),
        ({**SMALL, "sku": "NEW", "parent": "KEY"}, "has stock that no variant could sell"),
        ({**TEE, "stock": "4"}, "sold in variants"),
        ({**TEE, "images": "http://img.example/a.png"}, "no web address"),
        ({**KEY, "sku": "DRAFT-1"}, "is that of a draft"),
    ],
)
async def test_bad_rows_of_variants_change_nothing(
    catalog: CatalogService, sam: Actor, row: Mapping[str, str], sentence: str
) -> None:
    await run(catalog, sam, KEY, TEE, LARGE)
    before = [one async for one in catalog.export_products(sam)]
    report = await run(catalog, sam, row)
    assert report.written == 0
    assert [number for number, _text in report.problems] == [1]
    assert sentence in report.problems[0][1]
    assert [one async for one in catalog.export_products(sam)] == before
