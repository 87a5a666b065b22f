"""What the search in the header finds of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_READ, ProductFilter
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views.staff import state_label, stock_line

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the products by name and SKU, drafts too."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        found = await app.get(CatalogService).product_slice(actor, ProductFilter(text=text), limit=limit)
        return [
            SearchHit(
                one.name,
                f"product/{one.id}",
                " · ".join(filter(None, (one.sku, state_label(one.state), stock_line(one)))),
            )
            for one in found.items
        ]

    return SearchKind(lazy("Products"), find, PRODUCT_READ, "product", position=30)
