"""Products from CSV files: all rows checked first, then all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, MovementKind, SkuTaken
from guildshop.plugins.catalog.rules import stock_state
from guildshop.plugins.catalog.rules.columns import from_parent, variant_columns
from guildshop.plugins.catalog.rules.families import Family, Problem, families_of, join_families
from guildshop.plugins.catalog.rules.importing import ProductRow, read_row
from guildshop.plugins.catalog.service.exporting import Exporting
from guildshop.plugins.catalog.service.ledger import actor_text, move
from guildshop.plugins.catalog.service.shelves import add_category, add_list, fill_list
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import ProductListItem as ItemTable
from guildshop.plugins.catalog.tables import StockMovement as MovementTable

if TYPE_CHECKING:
    from guildshop.database import Work

CHUNK = 1000
Stored = Mapping[str, Any]


class Importing(Exporting):
    """Importing products."""

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
        known = await self._known(actor.store, {row.sku_key for row in checked} | {row.parent for row in checked})
        kin = await self._kin(actor.store, list(known.values()))
        families, wrong = families_of(checked, known, kin)
        problems = sorted([*problems, *wrong])
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(problems))
        categories = {fold(category.name): category.id for category in await self._categories_of(actor.store)}
        lists = await self._memberships(actor.store, checked)
        async with self.app.work(actor) as work:
            _add_categories(work, checked, categories)
            plain = [row for row in checked if row.sku_key not in families.members]
            ids = {key: stored["id"] for key, stored in known.items()}
            created = [row for row in plain if row.sku_key not in known]
            ids |= {row.sku_key: new_id() for row in created}
            await asyncio.to_thread(_create, work, [(_own(row, categories), row.stock) for row in created], ids)
            changed = sum(
                _change(work, known[row.sku_key], _own(row, categories), row.stock)
                for row in plain
                if row.sku_key in known
            )
            more, others = _write_families(work, families.families, categories, ids)
            _write_lists(work, checked, lists, ids)
            count = len(created) + more
            work.audit("product.import", subject="product", after={"created": count, "changed": changed + others})
        return ImportReport(len(rows), count + changed + others)

    async def _kin(self, store: int, known: Sequence[Stored]) -> list[Stored]:
        """Return the products of known variants, and the variants of known products."""
        parents = [row["parent"] for row in known if row["parent"] is not None]
        owners = [*parents, *(row["id"] for row in known if row["variants"])]
        found: list[Stored] = []
        for part in _chunks(owners):
            found += await self.app.database.fetch(
                "SELECT * FROM product WHERE store = :store AND (id IN :ids OR parent IN :ids)", store=store, ids=part
            )
        return found

    async def _memberships(self, store: int, rows: Sequence[ProductRow]) -> dict[str, dict[UUID, int]] | None:
        """Return each list's products with their places, by the list's folded name; None when no row speaks of them."""
        if all(row.lists is None for row in rows):
            return None
        found: dict[str, dict[UUID, int]] = {}
        for row in await self.app.database.fetch(
            "SELECT l.id, l.name_key, i.product, i.position FROM product_list AS l LEFT JOIN product_list_item AS i"
            " ON i.store = l.store AND i.product_list = l.id WHERE l.store = :store",
            store=store,
        ):
            members = found.setdefault(row["name_key"], {row["id"]: 0})
            if row["product"] is not None:
                members[row["product"]] = row["position"]
        return found

    async def _known(self, store: int, keys: Iterable[str]) -> dict[str, Stored]:
        known: dict[str, Stored] = {}
        for part in _chunks([key for key in keys if key]):
            rows = await self.app.database.fetch(
                "SELECT * FROM product WHERE store = :store AND sku_key IN :keys", store=store, keys=part
            )
            known |= {row["sku_key"]: row for row in rows}
        return known


async def _check(
    rows: Sequence[Mapping[str, str]], currency: str, progress: ProgressCallback
) -> tuple[list[ProductRow], list[Problem]]:
    """Check all rows, in a thread, since 100,000 of them take some seconds."""
    checked: list[ProductRow] = []
    problems: list[Problem] = []
    seen: set[str] = set()

    def check(start: int, part: Sequence[Mapping[str, str]]) -> None:
        for number, row in enumerate(part, start):
            try:
                read = replace(read_row(row, currency), number=number)
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
        progress(min(begin + CHUNK, len(rows)), len(rows), len(problems))
    return checked, problems


def _add_categories(work: Work, rows: Sequence[ProductRow], categories: dict[str, UUID]) -> None:
    for row in rows:
        if row.category and fold(row.category) not in categories:
            categories[fold(row.category)] = new_id()
            add_category(work, categories[fold(row.category)], row.category, len(categories))


def _own(row: ProductRow, categories: Mapping[str, UUID]) -> dict[str, Any]:
    """Return a row's columns with the key of its category."""
    return {**row.columns, "category": categories.get(fold(row.category))}


def _create(work: Work, rows: Sequence[tuple[Mapping[str, Any], int | None]], ids: Mapping[str, UUID]) -> None:
    """Add new products to the Work; called in a thread, so that a large file leaves the shop responsive."""
    products, movements = [], []
    for columns, counted in rows:
        product_id, stock = ids[columns["sku_key"]], counted or 0
        products.append(
            {
                "parent": None,
                "options": "",
                "variants": 0,
                **columns,
                "id": product_id,
                "available": stock,
                "reserved": 0,
                "stock_state": stock_state(counted is not None, stock, columns["low_stock_at"]),
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
        ProductTable, products, conflict=SkuTaken(_("An SKU of this file was taken in the meantime. Import it again."))
    )
    work.insert_many(MovementTable, movements)


def _change(work: Work, stored: Stored, wanted: Mapping[str, Any], stock: int | None) -> int:
    """Add what differs of a product to the Work, with its stock where that was counted; return 1 if anything does."""
    columns = {name: value for name, value in wanted.items() if stored[name] != value}
    available = int(stored["available"])
    counted = available if stock is None else stock
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
        conflict=SkuTaken(_("An SKU of this file was taken in the meantime. Import it again.")),
        id=stored["id"],
        seen=stored["version"],
        available=available,
        counted=counted,
        **columns,
    )
    if counted != available:
        move(work, stored["id"], MovementKind.ADJUSTMENT, counted - available, 0, None, _("Import"))
    return 1


def _write_families(
    work: Work, families: Sequence[Family], categories: Mapping[str, UUID], ids: dict[str, UUID]
) -> tuple[int, int]:
    """Add products that are sold in variants to the Work, each with all of its variants; return created and changed."""
    created: list[tuple[Mapping[str, Any], int | None]] = []
    changed = 0
    for family in families:
        columns = dict(family.stored or {}) if family.row is None else _own(family.row, categories)
        extra = {"variants": len(family.variants), "tracked": False}
        if family.stored is None:
            ids[columns["sku_key"]] = new_id()
            created.append((columns | extra, None))
        else:
            wanted = extra if family.row is None else columns | extra
            changed += _change(work, family.stored, wanted, None)
        for member in family.variants:
            own = _own(member.row, categories) if member.row is not None else dict(member.stored or {})
            wanted = join_families(own, variant_columns(from_parent(columns), own["sku"], member.options))
            stock = member.row.stock if member.row is not None else None
            if member.stored is None:
                ids[own["sku_key"]] = new_id()
                created.append((wanted | {"parent": ids[columns["sku_key"]], "variants": 0}, stock))
            else:
                changed += _change(work, member.stored, wanted, stock)
    # Products before their variants, which refer to them.
    _create(work, [one for one in created if one[0].get("parent") is None], ids)
    _create(work, [one for one in created if one[0].get("parent") is not None], ids)
    return len(created), changed


def _write_lists(
    work: Work, rows: Sequence[ProductRow], lists: dict[str, dict[UUID, int]] | None, ids: Mapping[str, UUID]
) -> None:
    """Add to the Work what the rows say of product lists; a list that is new is made."""
    if lists is None:
        return
    keys = {name: next(iter(members)) for name, members in lists.items()}
    for row in rows:
        if row.lists is None:
            continue
        product_id = ids[row.sku_key]
        wanted = {fold(name): name for name in row.lists}
        for key, name in wanted.items():
            if key not in keys:
                keys[key] = new_id()
                lists[key] = {keys[key]: 0}
                add_list(work, keys[key], name, len(keys))
            if product_id not in lists[key]:
                lists[key][product_id] = max(lists[key].values()) + 1
                fill_list(work, keys[key], [product_id], lists[key][product_id])
        for key, members in lists.items():
            if key not in wanted and product_id in members:
                work.delete(
                    ItemTable,
                    where="product_list = :list AND product = :product",
                    list=keys[key],
                    product=product_id,
                )


def _chunks(values: Sequence[Any], size: int = 5000) -> Iterable[list[Any]]:
    for begin in range(0, len(values), size):
        yield list(values[begin : begin + size])
