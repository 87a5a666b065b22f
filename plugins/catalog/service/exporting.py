"""Products as rows of a CSV file, for staff."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from guildshop.money import to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, Category
from guildshop.plugins.catalog.rules import write_images
from guildshop.plugins.catalog.rules.images import read_images
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.records import CATEGORY_COLUMNS, category_of

CHUNK = 1000
Stored = Mapping[str, Any]


class Exporting(Browsing):
    """Exporting products."""

    async def export_products(self, actor: Actor) -> AsyncIterator[Mapping[str, str]]:
        """Yield every product as a row of the file that the import takes; the cost is in it, so it is for staff."""
        actor.require(PRODUCT_UPDATE)
        names = {category.id: category.name for category in await self._categories_of(actor.store)}
        lists = await self._lists_by_product(actor.store)
        after = UUID(int=0)
        while True:
            rows = await self.app.database.fetch(
                f"SELECT * FROM product WHERE store = :store AND id > :after ORDER BY id LIMIT {CHUNK}",
                store=actor.store,
                after=after,
            )
            parents = await self._skus(actor.store, [row["parent"] for row in rows if row["parent"]])
            for row in rows:
                yield _exported(row, names) | {
                    "parent": parents.get(row["parent"], ""),
                    "options": row["options"],
                    "lists": "|".join(lists.get(row["id"], ())),
                }
            if len(rows) < CHUNK:
                return
            after = rows[-1]["id"]

    async def _categories_of(self, store: int) -> list[Category]:
        rows = await self.app.database.fetch(
            f"SELECT {CATEGORY_COLUMNS} FROM category WHERE store = :store", store=store
        )
        return [category_of(row) for row in rows]

    async def _skus(self, store: int, ids: list[UUID]) -> dict[UUID, str]:
        if not ids:
            return {}
        rows = await self.app.database.fetch(
            "SELECT id, sku FROM product WHERE store = :store AND id IN :ids", store=store, ids=list(set(ids))
        )
        return {row["id"]: row["sku"] for row in rows}

    async def _lists_by_product(self, store: int) -> dict[UUID, list[str]]:
        rows = await self.app.database.fetch(
            "SELECT i.product, l.name FROM product_list_item AS i JOIN product_list AS l ON l.store = i.store"
            " AND l.id = i.product_list WHERE i.store = :store ORDER BY l.position, l.name_key",
            store=store,
        )
        found: dict[UUID, list[str]] = {}
        for row in rows:
            found.setdefault(row["product"], []).append(row["name"].replace("|", "/"))
        return found


def _exported(row: Stored, categories: Mapping[UUID, str]) -> dict[str, str]:
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
        "images": write_images(read_images(row["images"], row["image_url"]), "|"),
        "limit_per_customer": str(row["limit_per_customer"] or ""),
        "low_stock_at": "" if row["low_stock_at"] is None else str(row["low_stock_at"]),
        "position": str(row["position"]),
    }
