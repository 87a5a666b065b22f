"""What staff change of products and categories."""

from __future__ import annotations

from dataclasses import asdict, fields
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.money import known_currency
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    MAXIMUM_QUANTITY,
    PRODUCT_UPDATE,
    UNSET,
    Category,
    CategoryTaken,
    MovementKind,
    Product,
    ProductChange,
    ProductInput,
    SkuTaken,
)
from guildshop.plugins.catalog.rules import (
    check_amount,
    check_quantity,
    clean,
    clean_image_url,
    clean_sku,
    join_ids,
    search_text,
    stock_state,
)
from guildshop.plugins.catalog.rules.products import CATEGORY_LIMIT, DESCRIPTION_LIMIT, NAME_LIMIT, check_whole
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.stock import move
from guildshop.plugins.catalog.tables import Category as CategoryTable
from guildshop.plugins.catalog.tables import Product as ProductTable

if TYPE_CHECKING:
    from guildshop.database import Work

_LISTS = ("required_roles", "granted_roles", "granted_channels")
_DERIVED = frozenset({"sku_key", "search", "stock_state"})


class Editing(Browsing):
    """Creating and changing products and categories."""

    async def create_product(self, actor: Actor, given: ProductInput) -> Product:
        """Put a product into the catalog, with the stock it starts with; refuse a SKU that is taken."""
        actor.require(PRODUCT_UPDATE)
        if given.quantity:
            check_quantity(given.quantity)
        columns = clean_columns({field.name: getattr(given, field.name) for field in fields(given)})
        del columns["quantity"]
        columns["currency"] = columns["currency"] or self.app.stores.get(actor.store).currency
        await self._check_references(actor.store, columns, None)
        product_id = new_id()
        quantity = given.quantity if given.tracked else 0
        columns["stock_state"] = stock_state(given.tracked, quantity, given.low_stock_at)
        async with self.app.work(actor) as work:
            work.insert(
                ProductTable,
                conflict=_sku_taken(given.sku),
                id=product_id,
                available=quantity,
                reserved=0,
                created=work.now,
                version=1,
                **columns,
            )
            if quantity:
                move(work, product_id, MovementKind.ADJUSTMENT, quantity, 0, None, _("Stock at the start"))
            work.audit("product.create", subject="product", subject_id=product_id, after=_audited(columns))
        return await self._product(actor.store, product_id)

    async def change_product(
        self, actor: Actor, product_id: UUID, change: ProductChange, *, version: int | None = None
    ) -> Product:
        """Change what `change` gives, for future orders; refuse when somebody changed the product since `version`."""
        actor.require(PRODUCT_UPDATE)
        before = await self._product(actor.store, product_id)
        if version is not None and version != before.version:
            raise _stale(before)
        given = {name: value for name, value in _given(change).items() if value is not UNSET}
        old = await self._old_columns(actor.store, product_id)
        columns = clean_columns(given, name=before.name, sku=before.sku)
        columns = {name: value for name, value in columns.items() if value != old[name]}
        if not columns:
            return before
        await self._check_references(actor.store, columns, product_id)
        async with self.app.work(actor) as work:
            self._write(work, before, columns)
            shown = _audited(columns)
            work.audit(
                "product.update",
                subject="product",
                subject_id=product_id,
                before={name: old[name] for name in shown},
                after=shown,
            )
        return await self._product(actor.store, product_id)

    async def deactivate_product(self, actor: Actor, product_id: UUID) -> Product:
        """Take the product out of the shop; its orders and its ledger stay."""
        return await self.change_product(actor, product_id, ProductChange(active=False))

    async def create_category(self, actor: Actor, name: str, position: int = 0) -> Category:
        """Add a shelf; refuse a name that is taken, whatever its capitals."""
        actor.require(PRODUCT_UPDATE)
        text = _category_name(name)
        category_id = new_id()
        async with self.app.work(actor) as work:
            add_category(work, category_id, text, position)
            work.audit("category.create", subject="category", subject_id=category_id, after={"name": text})
        return await self._category(actor.store, category_id)

    async def change_category(
        self, actor: Actor, category_id: UUID, *, name: str, position: int, version: int | None = None
    ) -> Category:
        """Rename or move a shelf."""
        actor.require(PRODUCT_UPDATE)
        before = await self._category(actor.store, category_id)
        text = _category_name(name)
        if (before.name, before.position) == (text, position):
            return before
        async with self.app.work(actor) as work:
            work.guard(
                CategoryTable,
                set="name = :name, name_key = :key, position = :position, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=Stale(_("This category was changed in the meantime. Look at it again.")),
                conflict=category_taken(text),
                id=category_id,
                seen=before.version if version is None else version,
                name=text,
                key=fold(text),
                position=position,
            )
            work.audit(
                "category.update",
                subject="category",
                subject_id=category_id,
                before={"name": before.name, "position": before.position},
                after={"name": text, "position": position},
            )
        return await self._category(actor.store, category_id)

    async def delete_category(self, actor: Actor, category_id: UUID) -> None:
        """Remove an empty shelf; refuse while products stand on it."""
        actor.require(PRODUCT_UPDATE)
        category = await self._category(actor.store, category_id)
        refusal = Refusal(
            _("Products are still in the category {category}. Move them to another one first.").format(
                category=category.name
            )
        )
        async with self.app.work(actor) as work:
            work.delete(
                CategoryTable,
                where="id = :id AND NOT EXISTS"
                " (SELECT 1 FROM product AS p WHERE p.store = :store AND p.category = :id)",
                rows=1,
                refusal=refusal,
                id=category_id,
            )
            work.audit("category.delete", subject="category", subject_id=category_id, before={"name": category.name})

    def _write(self, work: Work, before: Product, columns: dict[str, Any]) -> None:
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        begins = columns.get("tracked") is True and before.available < 0
        work.guard(
            ProductTable,
            set=f"{assignments}{', available = 0' if begins else ''}, version = version + 1",
            where="id = :id AND version = :seen" + (" AND available = :available" if begins else ""),
            refusal=_stale(before),
            conflict=_sku_taken(columns.get("sku", before.sku)),
            id=before.id,
            seen=before.version,
            **columns,
            **({"available": before.available} if begins else {}),
        )
        if begins:
            move(work, before.id, MovementKind.ADJUSTMENT, -before.available, 0, None, _("Tracking begins"))

    async def _old_columns(self, store: int, product_id: UUID) -> dict[str, Any]:
        """Return a product's stored columns, cost and all, for comparing and for the audit log."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM product WHERE store = :store AND id = :id", store=store, id=product_id
        )
        old = dict(row or {})
        for name in ("active", "published", "tracked"):
            old[name] = bool(old[name])
        return old

    async def _check_references(self, store: int, columns: dict[str, Any], product_id: UUID | None) -> None:
        if columns.get("category") is not None:
            await self._category(store, columns["category"])
        if "sku_key" in columns:
            row = await self.app.database.fetch_one(
                "SELECT id FROM product WHERE store = :store AND sku_key = :key", store=store, key=columns["sku_key"]
            )
            if row is not None and row["id"] != product_id:
                raise _sku_taken(columns["sku"])


def add_category(work: Work, category_id: UUID, name: str, position: int = 0) -> None:
    """Join a Work with a new category."""
    work.insert(
        CategoryTable,
        conflict=category_taken(name),
        id=category_id,
        name=name,
        name_key=fold(name),
        position=position,
        created=work.now,
        version=1,
    )


def category_taken(name: str) -> CategoryTaken:
    """Return the refusal of a second category of one name."""
    return CategoryTaken(_("There is a category “{name}” already. Give another name.").format(name=name))


def clean_columns(given: dict[str, Any], *, name: str = "", sku: str = "") -> dict[str, Any]:
    """Return a product's columns clean, as stored, with those derived from them; refuse what is not acceptable.

    `name` and `sku` are what the product has, for what is derived from either of them.
    """
    columns = {key: value.value if isinstance(value, Enum) else value for key, value in given.items()}
    if "name" in columns:
        columns["name"] = clean("name", _("Name"), columns["name"], NAME_LIMIT, required=True)
    if "sku" in columns:
        columns["sku"] = clean_sku(columns["sku"])
        columns["sku_key"] = fold(columns["sku"])
    if columns.keys() & {"name", "sku"}:
        columns["search"] = search_text(columns.get("name", name), columns.get("sku", sku))
    if "description" in columns:
        columns["description"] = clean(
            "description", _("Description"), columns["description"], DESCRIPTION_LIMIT, lines=True
        )
    if "price" in columns:
        check_amount("price", _("Price"), columns["price"])
    if columns.get("cost") is not None:
        check_amount("cost", _("Cost"), columns["cost"])
    if columns.get("currency"):
        columns["currency"] = known_currency(columns["currency"])
    if "image_url" in columns:
        columns["image_url"] = clean_image_url(columns["image_url"])
    for key in _LISTS:
        if key in columns:
            columns[key] = join_ids(columns[key])
    if "limit_per_customer" in columns:
        check_whole("limitPerCustomer", _("Limit per customer"), columns["limit_per_customer"], 1)
    if "low_stock_at" in columns:
        check_whole("lowStockAt", _("Low stock at"), columns["low_stock_at"], 0)
    if "position" in columns:
        check_whole("position", _("Position"), columns["position"], -MAXIMUM_QUANTITY)
    return columns


def _given(change: ProductChange) -> dict[str, Any]:
    return asdict(change)


def _audited(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name not in _DERIVED}


def _category_name(name: str) -> str:
    return clean("name", _("Name"), name, CATEGORY_LIMIT, required=True)


def _sku_taken(sku: str) -> SkuTaken:
    return SkuTaken(_("Another product has the SKU {sku}. Give this one another.").format(sku=sku))


def _stale(product: Product) -> Stale:
    return Stale(
        _("Somebody else changed {product} in the meantime. Open it again, then repeat your change.").format(
            product=product.name
        )
    )
