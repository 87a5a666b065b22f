"""Products from and to CSV files: all rows checked first, then all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _
from guildshop.money import to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, Category, MovementKind, SkuTaken
from guildshop.plugins.catalog.rules import stock_state
from guildshop.plugins.catalog.rules.importing import ProductRow, read_row
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.ledger import actor_text, move
from guildshop.plugins.catalog.service.records import CATEGORY_COLUMNS, category_of
from guildshop.plugins.catalog.service.shelves import add_category
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import StockMovement as MovementTable

if TYPE_CHECKING:
    from guildshop.database import Work

CHUNK = 1000
Stored = Mapping[str, Any]


class Importing(Browsing):
    """Importing and exporting products."""

    async def import_products(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Create the products of a file, or change those that have its SKUs; row 1 is the first one.

        A row is the whole product: what it leaves empty gets its default. A stock that differs is adjusted to the
        counted one. Nothing is written while a single row is bad.
        """
        actor.require(PRODUCT_UPDATE)
        currency = self.app.stores.get(actor.store).currency
        checked, problems = await _check(rows, currency, progress)
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(problems))
        known = await self._known(actor.store, [row.sku_key for row in checked])
        categories = {fold(category.name): category.id for category in await self._categories_of(actor.store)}
        async with self.app.work(actor) as work:
            _add_categories(work, checked, categories)
            created = [row for row in checked if row.sku_key not in known]
            await asyncio.to_thread(_create, work, created, categories)
            changed = sum(_change(work, known[row.sku_key], row, categories) for row in checked if row.sku_key in known)
            work.audit("product.import", subject="product", after={"created": len(created), "changed": changed})
        return ImportReport(len(rows), len(created) + changed)

    async def export_products(self, actor: Actor) -> AsyncIterator[Mapping[str, str]]:
        """Yield every product as a row of the file that the import takes; the cost is in it, so it is for staff."""
        actor.require(PRODUCT_UPDATE)
        names = {category.id: category.name for category in await self._categories_of(actor.store)}
        after = UUID(int=0)
        while True:
            rows = await self.app.database.fetch(
                f"SELECT * FROM product WHERE store = :store AND id > :after ORDER BY id LIMIT {CHUNK}",
                store=actor.store,
                after=after,
            )
            for row in rows:
                yield _exported(row, names)
            if len(rows) < CHUNK:
                return
            after = rows[-1]["id"]

    async def _known(self, store: int, keys: Sequence[str]) -> dict[str, Stored]:
        known: dict[str, Stored] = {}
        for part in _chunks(keys):
            rows = await self.app.database.fetch(
                "SELECT * FROM product WHERE store = :store AND sku_key IN :keys", store=store, keys=part
            )
            known |= {row["sku_key"]: row for row in rows}
        return known

    async def _categories_of(self, store: int) -> list[Category]:
        rows = await self.app.database.fetch(
            f"SELECT {CATEGORY_COLUMNS} FROM category WHERE store = :store", store=store
        )
        return [category_of(row) for row in rows]


async def _check(
    rows: Sequence[Mapping[str, str]], currency: str, progress: ProgressCallback
) -> tuple[list[ProductRow], list[tuple[int, str]]]:
    """Check all rows, in a thread, since 100,000 of them take some seconds."""
    checked: list[ProductRow] = []
    problems: list[tuple[int, str]] = []
    seen: set[str] = set()

    def check(start: int, part: Sequence[Mapping[str, str]]) -> None:
        for number, row in enumerate(part, start):
            try:
                read = read_row(row, currency)
            except Refusal as refusal:
                problems.append((number, refusal.message))
                continue
            if read.sku_key in seen:
                twice = _("The SKU “{sku}” is in an earlier row already. Keep one of the two.")
                problems.append((number, twice.format(sku=read.columns["sku"])))
                continue
            seen.add(read.sku_key)
            checked.append(read)

    for begin in range(0, len(rows), CHUNK):
        await asyncio.to_thread(check, begin + 1, rows[begin : begin + CHUNK])
        progress(min(begin + CHUNK, len(rows)), len(rows))
    return checked, problems


def _add_categories(work: Work, rows: Sequence[ProductRow], categories: dict[str, UUID]) -> None:
    for row in rows:
        if row.category and fold(row.category) not in categories:
            categories[fold(row.category)] = new_id()
            add_category(work, categories[fold(row.category)], row.category, len(categories))


def _create(work: Work, rows: Sequence[ProductRow], categories: Mapping[str, UUID]) -> None:
    """Add new products to the Work; called in a thread, so that a large file leaves the shop responsive."""
    products, movements = [], []
    for row in rows:
        product_id, stock = new_id(), row.stock or 0
        products.append(
            {
                **row.columns,
                "id": product_id,
                "category": categories.get(fold(row.category)),
                "available": stock,
                "reserved": 0,
                "stock_state": stock_state(row.stock is not None, stock, row.columns["low_stock_at"]),
                "created": work.now,
                "version": 1,
            }
        )
        if stock:
            movements.append(
                {
                    "id": new_id(),
                    "product": product_id,
                    "kind": MovementKind.ADJUSTMENT.value,
                    "available_change": stock,
                    "reserved_change": 0,
                    "order_id": None,
                    "actor": actor_text(work.actor),
                    "reason": _("Import"),
                    "created": work.now,
                }
            )
    work.insert_many(
        ProductTable, products, conflict=SkuTaken(_("A SKU of this file was taken in the meantime. Import it again."))
    )
    work.insert_many(MovementTable, movements)


def _change(work: Work, stored: Stored, row: ProductRow, categories: Mapping[str, UUID]) -> int:
    """Add what the row changes of a product; return 1 if it changes anything."""
    wanted = {**row.columns, "category": categories.get(fold(row.category))}
    columns = {name: value for name, value in wanted.items() if stored[name] != value}
    available = int(stored["available"])
    counted = available if row.stock is None else row.stock
    if not columns and counted == available:
        return 0
    assignments = "".join(f"{name} = :{name}, " for name in columns)
    work.guard(
        ProductTable,
        set=f"{assignments}available = :counted, version = version + 1",
        where="id = :id AND version = :seen AND available = :available",
        refusal=Stale(
            _("{sku} was sold or changed during the import, so nothing was imported. Import again.").format(
                sku=stored["sku"]
            )
        ),
        conflict=SkuTaken(_("A SKU of this file was taken in the meantime. Import it again.")),
        id=stored["id"],
        seen=stored["version"],
        available=available,
        counted=counted,
        **columns,
    )
    if counted != available:
        move(work, stored["id"], MovementKind.ADJUSTMENT, counted - available, 0, None, _("Import"))
    return 1


def _exported(row: Stored, categories: Mapping[UUID, str]) -> Mapping[str, str]:
    currency = row["currency"]
    return {
        "sku": row["sku"],
        "name": row["name"],
        "description": row["description"],
        "price": str(to_decimal(row["price"], currency)),
        "cost": "" if row["cost"] is None else str(to_decimal(row["cost"], currency)),
        "currency": currency,
        "category": categories.get(row["category"], ""),
        "kind": row["kind"].lower(),
        "stock": str(row["available"]) if row["tracked"] else "",
        "published": str(bool(row["published"])).lower(),
        "active": str(bool(row["active"])).lower(),
        "quantity_visibility": row["visibility"].lower(),
        "required_roles": row["required_roles"].replace(",", "|"),
        "granted_roles": row["granted_roles"].replace(",", "|"),
        "granted_channels": row["granted_channels"].replace(",", "|"),
        "image_url": row["image_url"],
        "limit_per_customer": str(row["limit_per_customer"] or ""),
        "low_stock_at": "" if row["low_stock_at"] is None else str(row["low_stock_at"]),
        "position": str(row["position"]),
    }


def _chunks(values: Sequence[Any], size: int = 5000) -> Iterable[list[Any]]:
    for begin in range(0, len(values), size):
        yield list(values[begin : begin + size])
