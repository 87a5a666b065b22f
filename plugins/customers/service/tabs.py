"""The tabs of a customer's page that plugins add, and what they add to its Overview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerSection, CustomerTab

if TYPE_CHECKING:
    from guildshop.app import App


class CustomerTabs:
    """Asks the hook `register_customer_tabs` once."""

    def __init__(self, app: App) -> None:
        """Ask nothing yet: other plugins' services may not be there."""
        self._app = app
        self._known: list[tuple[str, CustomerTab]] | None = None

    def for_actor(self, actor: Actor) -> Sequence[tuple[str, CustomerTab]]:
        """Return (plugin, tab) of the plugins that are on in the store, as far as the actor may see them."""
        if self._known is None:
            found = [(plugin, tab) for plugin, tabs in self._app.hooks("register_customer_tabs") for tab in tabs]
            self._known = sorted(found, key=lambda one: one[1].position)
        return [
            (plugin, tab)
            for plugin, tab in self._known
            if self._app.stores.enabled(actor.store, plugin) and actor.may(tab.permission)
        ]

    def sections(self, actor: Actor) -> list[tuple[str, CustomerSection]]:
        """Return (plugin, section) of what plugins add to the Overview, as far as the actor may see it."""
        found = [
            (plugin, section)
            for plugin, sections in self._app.hooks("register_customer_sections")
            for section in sections
            if self._app.stores.enabled(actor.store, plugin) and actor.may(section.permission)
        ]
        return sorted(found, key=lambda one: one[1].position)
