"""The catalog for one buyer: what plugins close to them, and at what prices they have the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.i18n import _
from guildshop.isolation import isolated
from guildshop.plugins.catalog.api import Buyer, BuyerTerms, Product
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App


class Terms:
    """Asks the hook `register_buyer_terms`. A plugin that fails lets nobody see what it may have closed."""

    def __init__(self, app: App) -> None:
        """Ask nothing yet: other plugins' services may not be there."""
        self._app = app

    async def closed(self, buyer: Buyer, among: Collection[UUID] | None = None) -> set[UUID]:
        """Return the products that are closed to the buyer, of all or of these."""
        found: set[UUID] = set()
        for plugin, terms in self._of_store():
            with isolated(plugin, "buyer terms: closed"):
                found.update(await terms.closed(buyer, among))
        return found

    async def apply(self, buyer: Buyer, products: Sequence[Product]) -> list[Product]:
        """Return the products as the buyer has them: closed or not, at their own prices."""
        if not products:
            return []
        closed = await self.closed(buyer, {product.family for product in products})
        found = [replace(product, closed=True) if product.family in closed else product for product in products]
        for plugin, terms in self._of_store():
            with isolated(plugin, "buyer terms: prices"):
                prices = await terms.prices(buyer, found)
                found = [_priced(product, prices.get(product.id)) for product in found]
        return found

    async def why_closed(self, buyer: Buyer, product: Product) -> str:
        """Return for staff why a product is closed to a buyer; empty where it is not."""
        for plugin, terms in self._of_store():
            with isolated(plugin, "buyer terms: closed"):
                if product.family in await terms.closed(buyer, {product.family}):
                    return _(terms.reason).format(product=product.name)
        return ""

    def _of_store(self) -> Iterator[tuple[str, BuyerTerms]]:
        store = current_store()
        for plugin, found in self._app.hooks("register_buyer_terms"):
            if self._app.stores.enabled(store, plugin):
                for terms in found:
                    yield plugin, terms


def _priced(product: Product, price: int | None) -> Product:
    if price is None or price >= product.price:
        return product
    listed = product.price if product.list_price is None else product.list_price
    return replace(product, price=price, list_price=listed)
