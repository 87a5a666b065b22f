"""What staff change of categories and product lists, and which lists there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    MAXIMUM_QUANTITY,
    PRODUCT_UPDATE,
    Buyer,
    Category,
    CategoryTaken,
    ListTaken,
    ListUnknown,
    Product,
    ProductList,
    ProductUnknown,
)
from guildshop.plugins.catalog.rules import clean
from guildshop.plugins.catalog.rules.products import CATEGORY_LIMIT, check_whole
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.records import LIST_COLUMNS, PRODUCT_COLUMNS, list_of
from guildshop.plugins.catalog.tables import Category as CategoryTable
from guildshop.plugins.catalog.tables import ProductList as ListTable
from guildshop.plugins.catalog.tables import ProductListItem as ItemTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

LIST_SIZE = 500
"""Products in one list at most."""

_SIZE = "(SELECT COUNT(*) FROM product_list_item AS i WHERE i.store = :store AND i.product_list = l.id) AS size"


class Shelves(Browsing):
    """Categories and product lists."""

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

    # Product lists

    async def product_lists(self) -> list[ProductList]:
        """Return all product lists in their order, with how many products are in each."""
        rows = await self.app.database.fetch(
            f"SELECT {_LIST}, {_SIZE} FROM product_list AS l WHERE l.store = :store ORDER BY l.position, l.name_key",
            store=current_store(),
        )
        return [list_of(row) for row in rows]

    async def product_list(self, list_id: UUID) -> ProductList:
        """Return the product list of that ID; refuse an unknown one."""
        return await self._list(current_store(), list_id)

    async def find_list(self, text: str) -> ProductList:
        """Return the product list of that name or ID; refuse an unknown one."""
        wanted = fold(text)
        for one in await self.product_lists():
            if wanted in {fold(one.name), str(one.id)}:
                return one
        raise _list_unknown()

    async def visible_lists(self, roles: Collection[int], *, member: int | None = None) -> list[ProductList]:
        """Return the product lists in which a member with these roles finds something."""
        store = current_store()
        shown, values = await self._for(
            Buyer(member),
            "i.store = :store AND i.product_list = l.id AND active AND published AND required_roles IN :open",
            {"open": await self._open_to(store, roles)},
        )
        rows = await self.app.database.fetch(
            f"SELECT {_LIST} FROM product_list AS l WHERE l.store = :store AND EXISTS (SELECT 1 FROM"
            " product_list_item AS i JOIN product ON product.store = i.store AND product.id = i.product"
            f" WHERE {shown}) ORDER BY l.position, l.name_key",
            **values,
        )
        return [list_of(row) for row in rows]

    async def list_items(self, list_id: UUID) -> list[Product]:
        """Return the products of a list in its order, drafts too."""
        columns = ", ".join(f"p.{name}" for name in PRODUCT_COLUMNS.split(", "))
        rows = await self.app.database.fetch(
            f"SELECT {columns} FROM product_list_item AS i JOIN product AS p ON p.store = i.store AND p.id = i.product"
            " WHERE i.store = :store AND i.product_list = :list ORDER BY i.position, i.id",
            store=current_store(),
            list=list_id,
        )
        return [self._read(row) for row in rows]

    async def lists_of(self, product_id: UUID) -> list[ProductList]:
        """Return the lists that a product is in."""
        rows = await self.app.database.fetch(
            f"SELECT {_LIST} FROM product_list AS l JOIN product_list_item AS i ON i.store = l.store"
            " AND i.product_list = l.id WHERE l.store = :store AND i.product = :product"
            " ORDER BY l.position, l.name_key",
            store=current_store(),
            product=product_id,
        )
        return [list_of(row) for row in rows]

    async def create_list(self, actor: Actor, name: str, position: int = 0) -> ProductList:
        """Add an empty product list; refuse a name that is taken, whatever its capitals."""
        actor.require(PRODUCT_UPDATE)
        text = _list_name(name)
        check_whole("position", _("Position"), position, -MAXIMUM_QUANTITY)
        list_id = new_id()
        async with self.app.work(actor) as work:
            add_list(work, list_id, text, position)
            work.audit("product_list.create", subject="product_list", subject_id=list_id, after={"name": text})
        return await self._list(actor.store, list_id)

    async def change_list(
        self, actor: Actor, list_id: UUID, *, name: str, position: int, version: int | None = None
    ) -> ProductList:
        """Rename or move a list."""
        actor.require(PRODUCT_UPDATE)
        before = await self._list(actor.store, list_id)
        text = _list_name(name)
        check_whole("position", _("Position"), position, -MAXIMUM_QUANTITY)
        if (before.name, before.position) == (text, position):
            return before
        async with self.app.work(actor) as work:
            work.guard(
                ListTable,
                set="name = :name, name_key = :key, position = :position, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=_list_stale(before),
                conflict=_list_taken(text),
                id=list_id,
                seen=before.version if version is None else version,
                name=text,
                key=fold(text),
                position=position,
            )
            work.audit(
                "product_list.update",
                subject="product_list",
                subject_id=list_id,
                before={"name": before.name, "position": before.position},
                after={"name": text, "position": position},
            )
        return await self._list(actor.store, list_id)

    async def delete_list(self, actor: Actor, list_id: UUID) -> None:
        """Remove a list; its products stay, its panels are no longer kept up to date."""
        actor.require(PRODUCT_UPDATE)
        found = await self._list(actor.store, list_id)
        async with self.app.work(actor) as work:
            work.delete(ListTable, where="id = :id", rows=1, refusal=_list_unknown(), id=list_id)
            work.audit("product_list.delete", subject="product_list", subject_id=list_id, before={"name": found.name})

    async def set_list_items(
        self, actor: Actor, list_id: UUID, products: Sequence[UUID], *, version: int | None = None
    ) -> ProductList:
        """Make these products, in this order, the list; variants are in it with what they belong to."""
        actor.require(PRODUCT_UPDATE)
        before = await self._list(actor.store, list_id)
        wanted = list(dict.fromkeys(products))
        if len(wanted) > LIST_SIZE:
            raise Invalid.field(
                "products",
                _("{count} products are too many for one list; at most {limit}.").format(
                    count=len(wanted), limit=LIST_SIZE
                ),
            )
        rows = await self._select("id IN :ids", store=actor.store, ids=wanted) if wanted else []
        known = {row["id"]: self._read(row) for row in rows}
        for product_id in wanted:
            if product_id not in known:
                raise ProductUnknown(_("A product of the list does not exist any more. Open the list again."))
            if known[product_id].parent is not None:
                raise Invalid.field(
                    "products",
                    _("{product} is a variant. Put the product itself into the list.").format(
                        product=known[product_id].name
                    ),
                )
        rows = await self.app.database.fetch(
            "SELECT product FROM product_list_item WHERE store = :store AND product_list = :list ORDER BY position, id",
            store=actor.store,
            list=list_id,
        )
        if [row["product"] for row in rows] == wanted:
            return before
        async with self.app.work(actor) as work:
            work.guard(
                ListTable,
                set="version = version + 1",
                where="id = :id AND version = :seen",
                refusal=_list_stale(before),
                id=list_id,
                seen=before.version if version is None else version,
            )
            work.delete(ItemTable, where="product_list = :list", list=list_id)
            fill_list(work, list_id, wanted)
            names = [known[product_id].sku for product_id in wanted]
            work.audit("product_list.fill", subject="product_list", subject_id=list_id, after={"products": names})
        return await self._list(actor.store, list_id)

    async def _list(self, store: int, list_id: UUID) -> ProductList:
        row = await self.app.database.fetch_one(
            f"SELECT {_LIST}, {_SIZE} FROM product_list AS l WHERE l.store = :store AND l.id = :id",
            store=store,
            id=list_id,
        )
        if row is None:
            raise _list_unknown()
        return list_of(row)


_LIST = ", ".join(f"l.{name}" for name in LIST_COLUMNS.split(", "))


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


def add_list(work: Work, list_id: UUID, name: str, position: int = 0) -> None:
    """Join a Work with a new, empty product list."""
    work.insert(
        ListTable,
        conflict=_list_taken(name),
        id=list_id,
        name=name,
        name_key=fold(name),
        position=position,
        created=work.now,
        version=1,
    )


def fill_list(work: Work, list_id: UUID, products: Sequence[UUID], start: int = 1) -> None:
    """Join a Work with products at the end of a list."""
    if products:
        work.insert_many(
            ItemTable,
            [
                {"id": new_id(), "product_list": list_id, "product": product, "position": place}
                for place, product in enumerate(products, start)
            ],
            conflict=Stale(_("Somebody else changed the list in the meantime. Open it again.")),
        )


def _category_name(name: str) -> str:
    return clean("name", _("Name"), name, CATEGORY_LIMIT, required=True)


def _list_name(name: str) -> str:
    return clean("name", _("Name"), name, CATEGORY_LIMIT, required=True)


def _list_taken(name: str) -> ListTaken:
    return ListTaken(_("There is a product list “{name}” already. Give another name.").format(name=name))


def _list_stale(found: ProductList) -> Stale:
    return Stale(_("Somebody else changed the list {name} in the meantime. Open it again.").format(name=found.name))


def _list_unknown() -> ListUnknown:
    return ListUnknown(_("There is no such product list in this shop. Choose one from the suggestions."))
