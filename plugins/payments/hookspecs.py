"""The hook of the payments plugin: who takes money by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.payments.api import Processor

if TYPE_CHECKING:
    from guildshop.app import App


class PaymentHooks:
    """The hook that speaks of payments. It is called once while the application starts and returns a list."""

    @hookspec
    def register_processors(self, app: App) -> list[Processor]:
        """Return the payment processors that the plugin speaks to; each becomes a method of its code."""
        raise NotImplementedError
