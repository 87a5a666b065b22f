"""Finding products, as members and as staff may."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.folding import fold, like
from guildshop.i18n import _
from guildshop.paging import Page, Slice, from_cursor, page_number, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    Buyer,
    Category,
    CategoryUnknown,
    Hold,
    Product,
    ProductUnknown,
    VariantNeeded,
)
from guildshop.plugins.catalog.rules import search_text
from guildshop.plugins.catalog.rules.products import check_quantity, check_stock
from guildshop.plugins.catalog.service.records import CATEGORY_COLUMNS, PRODUCT_COLUMNS, category_of, product_of
from guildshop.plugins.catalog.service.terms import Terms
from guildshop.plugins.catalog.settings import CatalogSettings
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

CHOICES = 25
"""As many as Discord shows."""

PAGE_LIMIT = 200
_ORDER = "ORDER BY position, search, id"
_SHOWN = "product.store = :store AND active AND published AND required_roles IN :open"
_FOR_SALE = f"{_SHOWN} AND variants = 0"
_SHELF = f"{_SHOWN} AND parent IS NULL"


class Browsing:
    """The queries on the catalog, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app
        self.terms = Terms(app)

    async def get(self, product_id: UUID) -> Product:
        """Return the product of that ID, whether it is for sale or not; refuse an unknown one."""
        return await self._product(current_store(), product_id)

    async def get_many(
        self, ids: Collection[UUID], *, member: int | None = None, customer: UUID | None = None
    ) -> dict[UUID, Product]:
        """Return those of the products that exist, by ID; for a member or customer, as they have them."""
        if not ids:
            return {}
        rows = await self._select("id IN :ids", ids=list(ids))
        found = [self._read(row) for row in rows]
        if member is not None or customer is not None:
            found = await self.terms.apply(Buyer(member, customer), found)
        if member is not None:
            held = await self.holds(member)
            found = [_seen(product, held) for product in found]
        return {product.id: product for product in found}

    async def find(
        self,
        text: str,
        roles: Collection[int] | None = None,
        *,
        member: int | None = None,
        customer: UUID | None = None,
    ) -> Product:
        """Return the product of that SKU or ID.

        With a member's roles, refuse one that is not for sale or closed to them just as one that does not exist, and
        one that is sold in variants; without roles (staff) every product is found. `member` and `customer` say who
        looks: what is held for the member counts as available.
        """
        product = await self.look_up(text, roles, member=member, customer=customer)
        if roles is not None and product.variants:
            raise variant_needed(product)
        return product

    async def look_up(
        self,
        text: str,
        roles: Collection[int] | None = None,
        *,
        member: int | None = None,
        customer: UUID | None = None,
    ) -> Product:
        """Return the same, but also a product that is sold in variants."""
        wanted = text.strip()
        try:
            value = UUID(wanted) if len(wanted) in {32, 36} else None
        except ValueError:
            value = None
        rows: list[dict[str, Any]] = []
        if value is not None:
            rows = await self._select("id = :value", value=value)
        rows = rows or await self._select("sku_key = :value", value=fold(wanted))
        product = self._read(rows[0]) if rows else None
        if product is not None and roles is not None:
            product = (await self.terms.apply(Buyer(member, customer), [product]))[0]
        if product is None or (roles is not None and not (product.listed and product.open_to(frozenset(roles)))):
            raise unknown(wanted)
        if roles is None:
            return product
        return _seen(product, await self.holds(member) if member is not None else {})

    async def variants(
        self, parents: Collection[UUID], *, listed: bool = True, member: int | None = None
    ) -> dict[UUID, list[Product]]:
        """Return the variants of products, in order, as that member sees them; without `listed` all, as staff do."""
        if not parents:
            return {}
        where = "parent IN :parents" + (" AND active AND published" if listed else "")
        rows = await self._select(f"{where} {_ORDER}", parents=list(parents))
        products = [self._read(row) for row in rows]
        if listed:
            products = [_seen(product) for product in await self.terms.apply(Buyer(member), products)]
        found: dict[UUID, list[Product]] = {}
        for product in products:
            found.setdefault(product.family, []).append(product)
        return found

    async def families(self, products: Collection[Product]) -> dict[UUID, frozenset[UUID]]:
        """Return, for each product, itself and what counts together with it: all variants of one product do."""
        parents = {product.parent for product in products if product.parent is not None}
        siblings: dict[UUID, set[UUID]] = {parent: {parent} for parent in parents}
        for row in await self._select("parent IN :parents", parents=list(parents)) if parents else ():
            siblings[row["parent"]].add(row["id"])
        return {
            product.id: frozenset(siblings[product.parent]) if product.parent is not None else frozenset({product.id})
            for product in products
        }

    async def holds(self, member: int) -> dict[UUID, Hold]:
        """Return what is held for a member now, by product."""
        rows = await self.app.database.fetch(
            "SELECT id, product, held_until FROM waitlist WHERE store = :store AND member = :member"
            " AND state = 'HELD' AND held_until > :now",
            store=current_store(),
            member=member,
            now=self.app.now(),
        )
        return {row["product"]: Hold(row["id"], row["product"], row["held_until"]) for row in rows}

    async def visible(
        self,
        roles: Collection[int],
        *,
        member: int | None = None,
        category: UUID | None = None,
        product_list: UUID | None = None,
        page: int = 1,
        size: int | None = None,
    ) -> Page[Product]:
        """Return a page of what a member with these roles may buy, in the order of the shelves, or of that list.

        What is sold in variants is there once; `variants` gives these.
        """
        store = current_store()
        size = size or self.app.stores.settings(store, CatalogSettings).page_size
        where, values = await self._for(Buyer(member), _SHELF, {"open": await self._open_to(store, roles)})
        order = _ORDER
        if category is not None:
            where += " AND category = :category"
            values["category"] = category
        if product_list is not None:
            items = "SELECT i.{} FROM product_list_item AS i WHERE i.store = :store AND i.product_list = :list"
            where += f" AND id IN ({items.format('product')})"
            order = f"ORDER BY ({items.format('position')} AND i.product = product.id), id"
            values["list"] = product_list
        row = await self.app.database.fetch_one(f"SELECT COUNT(*) AS found FROM product WHERE {where}", **values)
        total = int(row["found"]) if row else 0
        number, pages = page_number(page, total, size)
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} {order} LIMIT :size OFFSET :start",
            size=size,
            start=(number - 1) * size,
            **values,
        )
        products = await self.terms.apply(Buyer(member), [self._read(row) for row in rows])
        return Page([_seen(product) for product in products], number, pages, total)

    async def visible_categories(self, roles: Collection[int], *, member: int | None = None) -> list[Category]:
        """Return the categories in which a member with these roles finds something."""
        store = current_store()
        columns = ", ".join(f"c.{name}" for name in CATEGORY_COLUMNS.split(", "))
        shown, values = await self._for(
            Buyer(member),
            "product.store = :store AND product.category = c.id AND active AND published AND parent IS NULL"
            " AND required_roles IN :open",
            {"open": await self._open_to(store, roles)},
        )
        rows = await self.app.database.fetch(
            f"SELECT {columns} FROM category AS c WHERE c.store = :store AND EXISTS (SELECT 1 FROM product"
            f" WHERE {shown}) ORDER BY c.position, c.name_key",
            **values,
        )
        return [category_of(row) for row in rows]

    async def autocomplete(
        self, text: str, roles: Collection[int] | None = None, *, member: int | None = None
    ) -> list[Product]:
        """Return up to 25 products whose name or SKU contains the text, to order: variants, not what they belong to.

        Without roles (staff) also unpublished ones.
        """
        store = current_store()
        if roles is None:
            where, values = "store = :store AND active AND variants = 0", dict[str, Any](store=store)
        else:
            where, values = await self._for(Buyer(member), _FOR_SALE, {"open": await self._open_to(store, roles)})
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} AND search LIKE :text ESCAPE '!'"
            f" {_ORDER} LIMIT {CHOICES}",
            text=like(text),
            **values,
        )
        found = [self._read(row) for row in rows]
        return found if roles is None else [_seen(one) for one in await self.terms.apply(Buyer(member), found)]

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
        """Return products whose name or SKU contains the text, by name, variants too, `limit` after the cursor."""
        actor.require(PRODUCT_READ)
        where, values = "store = :store AND search LIKE :text ESCAPE '!'", {"store": actor.store, "text": like(text)}
        return await self._slice(where, values, cursor, limit)

    async def _slice(self, where: str, values: dict[str, Any], cursor: str, limit: int) -> Slice[Product]:
        if cursor:
            values["after"] = from_cursor(cursor, 1)[0]
            where += " AND (search > :after)"
        size = min(max(limit, 1), PAGE_LIMIT)
        rows = await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE {where} ORDER BY search LIMIT :size", size=size + 1, **values
        )
        found = [self._read(row) for row in rows[:size]]
        last = found[-1] if len(rows) > size else None
        return Slice(found, to_cursor([search_text(last.name, last.sku)]) if last else "")

    def ensure_available(self, product: Product, quantity: int) -> None:
        """Refuse a quantity that is none, or more than is left, naming what is."""
        check_quantity(quantity)
        check_stock(product, quantity)

    def shows_quantity(self, product: Product) -> bool:
        """Tell whether members see how many are left, rather than In or Out of stock."""
        return product.quantity_shown

    async def _open_to(self, store: int, roles: Collection[int]) -> Sequence[str]:
        """Return the stored role lists that a member with these roles satisfies."""
        rows = await self.app.database.fetch(
            "SELECT DISTINCT required_roles FROM product WHERE store = :store AND required_roles <> ''", store=store
        )
        held = {str(role) for role in roles}
        return ["", *(row["required_roles"] for row in rows if held.intersection(row["required_roles"].split(",")))]

    async def _for(self, buyer: Buyer, where: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a condition on products, and its values, without those that plugins close to the buyer."""
        values = {"store": current_store(), **values}
        closed = await self.terms.closed(buyer)
        if not closed:
            return where, values
        return f"{where} AND COALESCE(parent, product.id) NOT IN :closed", {**values, "closed": sorted(closed)}

    def _read(self, row: Mapping[str, Any]) -> Product:
        shown = self.app.stores.settings(row["store"], CatalogSettings).show_quantity
        return product_of(row, quantity_shown=shown)

    async def _select(self, condition: str, **values: Any) -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND {condition}",
            **{"store": values.pop("store", None) or current_store(), **values},
        )

    async def _product(self, store: int, product_id: UUID) -> Product:
        row = await self.app.database.fetch_one(
            f"SELECT {PRODUCT_COLUMNS} FROM product WHERE store = :store AND id = :id", store=store, id=product_id
        )
        if row is None:
            raise unknown(str(product_id))
        return self._read(row)

    async def _category(self, store: int, category_id: UUID) -> Category:
        row = await self.app.database.fetch_one(
            f"SELECT {CATEGORY_COLUMNS} FROM category WHERE store = :store AND id = :id", store=store, id=category_id
        )
        if row is None:
            raise CategoryUnknown(_("There is no such category in this shop. Choose one from the list."))
        return category_of(row)


def _seen(product: Product, holds: Mapping[UUID, Hold] | None = None) -> Product:
    """Return the product with what a member can have of it: not what others wait for, but what is held for them."""
    hold = (holds or {}).get(product.id)
    held = hold.quantity if hold is not None else 0
    if not (product.waiting or held) or not product.tracked:
        return product
    return replace(product, available=max(product.available - product.waiting, 0) + held, held=held)


def variant_needed(product: Product) -> VariantNeeded:
    """Return the refusal of a product that is sold in variants."""
    return VariantNeeded(
        _("{product} comes in several variants. Choose one of them, by its SKU or from the suggestions.").format(
            product=product.name
        )
    )


def unknown(text: str) -> ProductUnknown:
    """Return the refusal of a product that is not there for whoever asks."""
    return ProductUnknown(
        _("There is no product “{text}” in this shop. Choose one from the suggestions.").format(text=text[:100])
    )
