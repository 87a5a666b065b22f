"""The hooks of customers: what other plugins add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.customers.api import MessageTopic

if TYPE_CHECKING:
    from guildshop.app import App


class CustomersHooks:
    """What a plugin may add to customers."""

    @hookspec
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Return the kinds of message the plugin sends; each becomes a toggle of `/dm-prefs`, on by default."""
        raise NotImplementedError
