"""Who looks at the catalog, and what plugins change of it for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from guildshop.plugins.catalog.api.products import Product


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who may buy: a Discord member, a customer, or, with neither, somebody whom the shop does not know."""

    member: int | None = None
    customer: UUID | None = None


@dataclass(frozen=True, slots=True)
class BuyerTerms:
    """What a plugin changes of the catalog for a buyer, in the stores where the plugin is on.

    `closed(buyer, among)` returns the products, or of variants what they belong to, that the buyer can neither see nor
    order: of all products, or of those in `among` where it is given. `prices(buyer, products)` returns what the buyer
    pays for one piece, in minor units, by product; a product that is not in it, or costs less anyway, keeps its price.
    `reason`, shown through `_()`, tells staff why a product is closed to a customer: a sentence with `{product}`.
    """

    closed: Callable[[Buyer, Collection[UUID] | None], Awaitable[Collection[UUID]]]
    prices: Callable[[Buyer, Sequence[Product]], Awaitable[Mapping[UUID, int]]]
    reason: str
