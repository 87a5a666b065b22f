"""What the search in the header finds of links to Shopify."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.permissions import Actor
from guildshop.plugins.shopify_link.api import LINK_READ
from guildshop.plugins.shopify_link.service import LinkService

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the links by the Shopify customer's ID and email; the list of them is where they are ended."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                one.name or one.email or one.shopify_id,
                f"shopify?text={one.shopify_id}",
                _detail(one.email, one.shopify_id),
            )
            for one in await app.get(LinkService).search(actor, text, limit)
        ]

    return SearchKind(lazy("Shopify"), find, LINK_READ, position=60)


def _detail(email: str, shopify_id: str) -> str:
    return " · ".join(filter(None, (email, shopify_id)))
