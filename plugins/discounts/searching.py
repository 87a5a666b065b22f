"""What the search in the header finds of discounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.permissions import Actor
from guildshop.plugins.discounts.api import DISCOUNT_READ
from guildshop.plugins.discounts.service import DiscountService

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the discounts by code."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        found = await app.get(DiscountService).search(actor, text)
        return [SearchHit(one.code, f"discount/{one.id}", one.name) for one in found[:limit]]

    return SearchKind(lazy("Discounts"), find, DISCOUNT_READ, position=55)
