"""Finding products, as members and as staff may."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.folding import fold, like
from guildshop.i18n import _
from guildshop.paging import Page, Slice, from_cursor, page_number, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    Category,
    CategoryUnknown,
    Product,
    ProductUnknown,
    QuantityVisibility,
)
from guildshop.plugins.catalog.rules import search_text
from guildshop.plugins.catalog.rules.products import check_quantity, check_stock
from guildshop.plugins.catalog.service.records import CATEGORY_COLUMNS, PRODUCT_COLUMNS, category_of, product_of
from guildshop.plugins.catalog.settings import CatalogSettings
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

CHOICES = 25
"""As many as Discord shows."""

PAGE_LIMIT = 200
_ORDER = "ORDER BY position, search, id"
_FOR_SALE = "store = :store AND active AND published AND required_roles IN :open"


class Browsing:
    """The queries on the catalog, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app

    async def get(self, product_id: UUID) -> Product:
        """Return the product of that ID, whether it is for sale or not; refuse an unknown one."""
        return await self._product(current_store(), product_id)

    async def get_many(self, ids: Collection[UUID]) -> dict[UUID, Product]:
        """Return those of the products that exist, by ID."""
        if not ids:
            return {}
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND id IN :ids",
            store=current_store(),
            ids=list(ids),
        )
        return {row["id"]: product_of(row) for row in rows}

    async def find(self, text: str, roles: Collection[int] | None = None) -> Product:
        """Return the product of that SKU or ID.

        With a member's roles, refuse one that is not for sale or closed to them just as one that does not exist;
        without roles (staff) every product is found.
        """
        wanted = text.strip()
        try:
            column, value = "id", UUID(wanted) if len(wanted) in {32, 36} else None
        except ValueError:
            value = None
        rows: list[dict[str, Any]] = []
        if value is not None:
            rows = await self._select(f"{column} = :value", value=value)
        rows = rows or await self._select("sku_key = :value", value=fold(wanted))
        product = product_of(rows[0]) if rows else None
        if product is None or (roles is not None and not (product.for_sale and product.open_to(frozenset(roles)))):
            raise unknown(wanted)
        return product

    async def visible(
        self, roles: Collection[int], *, category: UUID | None = None, page: int = 1, size: int | None = None
    ) -> Page[Product]:
        """Return a page of what a member with these roles may buy, in the order of the shelves."""
        store = current_store()
        size = size or self.app.stores.settings(store, CatalogSettings).page_size
        where, values = _FOR_SALE, {"store": store, "open": await self._open_to(store, roles)}
        if category is not None:
            where += " AND category = :category"
            values["category"] = category
        row = await self.app.database.fetch_one(f"SELECT COUNT(*) AS found FROM product WHERE {where}", **values)
        total = int(row["found"]) if row else 0
        number, pages = page_number(page, total, size)
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} {_ORDER} LIMIT :size OFFSET :start",
            size=size,
            start=(number - 1) * size,
            **values,
        )
        return Page([product_of(row) for row in rows], number, pages, total)

    async def visible_categories(self, roles: Collection[int]) -> list[Category]:
        """Return the categories in which a member with these roles finds something."""
        store = current_store()
        columns = ", ".join(f"c.{name}" for name in CATEGORY_COLUMNS.split(", "))
        rows = await self.app.database.fetch(
            f"SELECT {columns} FROM category AS c WHERE c.store = :store AND EXISTS (SELECT 1 FROM product AS p"
            " WHERE p.store = :store AND p.category = c.id AND p.active AND p.published AND p.required_roles IN :open)"
            " ORDER BY c.position, c.name_key",
            store=store,
            open=await self._open_to(store, roles),
        )
        return [category_of(row) for row in rows]

    async def autocomplete(self, text: str, roles: Collection[int] | None = None) -> list[Product]:
        """Return up to 25 products whose name or SKU contains the text; without roles (staff) also unpublished ones."""
        store = current_store()
        if roles is None:
            where, values = "store = :store AND active", dict[str, Any](store=store)
        else:
            where, values = _FOR_SALE, {"store": store, "open": await self._open_to(store, roles)}
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} AND search LIKE :text ESCAPE '!'"
            f" {_ORDER} LIMIT {CHOICES}",
            text=like(text),
            **values,
        )
        return [product_of(row) for row in rows]

    async def categories(self) -> list[Category]:
        """Return all categories in the order of the shelves."""
        rows = await self.app.database.fetch(
            f"SELECT {CATEGORY_COLUMNS} FROM category WHERE store = :store ORDER BY position, name_key",
            store=current_store(),
        )
        return [category_of(row) for row in rows]

    async def category(self, category_id: UUID) -> Category:
        """Return the category of that ID; refuse an unknown one."""
        return await self._category(current_store(), category_id)

    async def list_products(self, actor: Actor, text: str = "", *, cursor: str = "", limit: int = 50) -> Slice[Product]:
        """Return products whose name or SKU contains the text, by name, `limit` after the cursor."""
        actor.require(PRODUCT_READ)
        where, values = "store = :store AND search LIKE :text ESCAPE '!'", dict[str, Any](store=actor.store)
        if cursor:
            after = from_cursor(cursor, 1)[0]
            where += " AND (search > :after)"
            values["after"] = after
        size = min(max(limit, 1), PAGE_LIMIT)
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} ORDER BY search LIMIT :size",
            text=like(text),
            size=size + 1,
            **values,
        )
        found = [product_of(row) for row in rows[:size]]
        last = found[-1] if len(rows) > size else None
        return Slice(found, to_cursor([search_text(last.name, last.sku)]) if last else "")

    def ensure_available(self, product: Product, quantity: int) -> None:
        """Refuse a quantity that is none, or more than is left, naming what is."""
        check_quantity(quantity)
        check_stock(product, quantity)

    def shows_quantity(self, product: Product) -> bool:
        """Tell whether members see how many are left, rather than In or Out of stock."""
        if not product.tracked:
            return False
        if product.visibility is QuantityVisibility.INHERIT:
            return self.app.stores.settings(product.store, CatalogSettings).show_quantity
        return product.visibility is QuantityVisibility.PUBLIC

    async def _open_to(self, store: int, roles: Collection[int]) -> Sequence[str]:
        """Return the stored role lists that a member with these roles satisfies."""
        rows = await self.app.database.fetch(
            "SELECT DISTINCT required_roles FROM product WHERE store = :store AND required_roles <> ''", store=store
        )
        held = {str(role) for role in roles}
        return ["", *(row["required_roles"] for row in rows if held.intersection(row["required_roles"].split(",")))]

    async def _select(self, condition: str, **values: Any) -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND {condition}",
            store=current_store(),
            **values,
        )

    async def _product(self, store: int, product_id: UUID) -> Product:
        row = await self.app.database.fetch_one(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND id = :id", store=store, id=product_id
        )
        if row is None:
            raise unknown(str(product_id))
        return product_of(row)

    async def _category(self, store: int, category_id: UUID) -> Category:
        row = await self.app.database.fetch_one(
            f"SELECT {CATEGORY_COLUMNS} FROM category WHERE store = :store AND id = :id", store=store, id=category_id
        )
        if row is None:
            raise CategoryUnknown(_("There is no such category in this shop. Choose one from the list."))
        return category_of(row)


def unknown(text: str) -> ProductUnknown:
    """Return the refusal of a product that is not there for whoever asks."""
    return ProductUnknown(
        _("There is no product “{text}” in this shop. Choose one from the suggestions.").format(text=text[:100])
    )
