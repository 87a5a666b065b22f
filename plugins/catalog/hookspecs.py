"""The hooks of the catalog: what a buyer sees of it, and who may wait for a product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.catalog.api import BuyerTerms, ProductSection, WaitingCheck

if TYPE_CHECKING:
    from guildshop.app import App


class CatalogHooks:
    """The hooks that speak of products. Each is called once while the application starts and returns a list."""

    @hookspec
    def register_buyer_terms(self, app: App) -> list[BuyerTerms]:
        """Return what closes products to some buyers, or has them at other prices; asked at every look and order."""
        raise NotImplementedError

    @hookspec
    def register_waiting_checks(self, app: App) -> list[WaitingCheck]:
        """Return functions that refuse a member, by Discord ID, who may not wait for products: nothing is held then."""
        raise NotImplementedError

    @hookspec
    def register_product_sections(self, app: App) -> list[ProductSection]:
        """Return what the plugin adds to the page of a product, in stores where it is on."""
        raise NotImplementedError
