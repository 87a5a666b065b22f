"""The hooks of the catalog: who may wait for a product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.catalog.api import WaitingCheck

if TYPE_CHECKING:
    from guildshop.app import App


class CatalogHooks:
    """The hooks that speak of products. Each is called once while the application starts and returns a list."""

    @hookspec
    def register_waiting_checks(self, app: App) -> list[WaitingCheck]:
        """Return functions that refuse a member, by Discord ID, who may not wait for products: nothing is held then."""
        raise NotImplementedError
