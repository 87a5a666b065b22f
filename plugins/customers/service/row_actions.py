"""What plugins offer in each row of the list of customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.isolation import PluginFailed, isolated
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, CustomerAction

if TYPE_CHECKING:
    from guildshop.app import App


class CustomerActions:
    """Asks the hook `register_customer_actions`."""

    def __init__(self, app: App) -> None:
        """Ask nothing yet: other plugins' services may not be there."""
        self._app = app

    async def of(self, actor: Actor, customers: Sequence[Customer]) -> Mapping[UUID, Sequence[CustomerAction]]:
        """Return what the actor can do to each of these customers; a plugin that fails offers nothing."""
        offered: defaultdict[UUID, list[CustomerAction]] = defaultdict(list)
        found = [(plugin, one) for plugin, actions in self._app.hooks("register_customer_actions") for one in actions]
        for plugin, action in sorted(found, key=lambda one: one[1].position):
            if not (self._app.stores.enabled(actor.store, plugin) and actor.may(action.permission)):
                continue
            with suppress(PluginFailed), isolated(plugin, f"customer action {action.name}"):
                for key in await action.offered(customers):
                    offered[key].append(action)
        return offered
