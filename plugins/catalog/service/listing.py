"""What staff see of all products: filtered, drafts and inactive ones too."""

from __future__ import annotations

from typing import Any

from guildshop.folding import like
from guildshop.paging import Page, Slice, page_number
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_READ, Product, ProductFilter, ProductState
from guildshop.plugins.catalog.service.browsing import CHOICES, Browsing
from guildshop.plugins.catalog.service.records import PRODUCT_COLUMNS
from guildshop.tenancy import current_store

_STATES = {
    ProductState.DRAFT: "active AND NOT published",
    ProductState.PUBLISHED: "active AND published",
    ProductState.INACTIVE: "NOT active",
}
_SHORT = (
    "(tracked AND (available <= 0 OR available <= low_stock_at) OR id IN (SELECT v.parent FROM product AS v"
    " WHERE v.store = :store AND v.parent IS NOT NULL AND v.active AND v.tracked"
    " AND (v.available <= 0 OR v.available <= v.low_stock_at)))"
)
_TEXT = (
    "(search LIKE :text ESCAPE '!' OR id IN (SELECT v.parent FROM product AS v WHERE v.store = :store"
    " AND v.parent IS NOT NULL AND v.search LIKE :text ESCAPE '!'))"
)


class Listing(Browsing):
    """Lists of products for staff."""

    async def product_page(
        self, actor: Actor, wanted: ProductFilter, *, page: int = 1, size: int = 10
    ) -> Page[Product]:
        """Return a numbered page of the products that fit, in the order of the shelves."""
        actor.require(PRODUCT_READ)
        where, values = _conditions(actor.store, wanted)
        row = await self.app.database.fetch_one(f"SELECT COUNT(*) AS found FROM product WHERE {where}", **values)
        total = int(row["found"]) if row else 0
        number, pages = page_number(page, total, size)
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} ORDER BY position, search, id"
            " LIMIT :size OFFSET :start",
            size=size,
            start=(number - 1) * size,
            **values,
        )
        return Page([self._read(row) for row in rows], number, pages, total)

    async def product_slice(
        self, actor: Actor, wanted: ProductFilter, *, cursor: str = "", limit: int = 50
    ) -> Slice[Product]:
        """Return the products that fit by name, `limit` after the cursor."""
        actor.require(PRODUCT_READ)
        where, values = _conditions(actor.store, wanted)
        return await self._slice(where, values, cursor, limit)

    async def suggest(self, text: str) -> list[Product]:
        """Return up to 25 products for staff, whatever their state; variants, and what they belong to."""
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND search LIKE :text ESCAPE '!'"
            f" ORDER BY position, search, id LIMIT {CHOICES}",
            store=current_store(),
            text=like(text),
        )
        return [self._read(row) for row in rows]


def _conditions(store: int, wanted: ProductFilter) -> tuple[str, dict[str, Any]]:
    where, values = ["product.store = :store", "parent IS NULL"], dict[str, Any](store=store)
    if wanted.text:
        where.append(_TEXT)
        values["text"] = like(wanted.text)
    if wanted.state is not None:
        where.append(f"({_STATES[wanted.state]})")
    if wanted.category is not None:
        where.append("category = :category")
        values["category"] = wanted.category
    if wanted.product_list is not None:
        where.append(
            "id IN (SELECT i.product FROM product_list_item AS i WHERE i.store = :store AND i.product_list = :list)"
        )
        values["list"] = wanted.product_list
    if wanted.short:
        where.append(_SHORT)
    return " AND ".join(where), values
