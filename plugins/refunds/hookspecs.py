"""The hooks of the refunds plugin: where else money can go, and what else a refund ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.refunds.api import RefundEffects, RefundSource

if TYPE_CHECKING:
    from guildshop.app import App


class RefundHooks:
    """The hooks that speak of refunds. Each is called once while the application starts and returns a list.

    A plugin that does not require refunds implements them as `@hookimpl(optionalhook=True)`.
    """

    @hookspec
    def register_refund_sources(self, app: App) -> list[RefundSource]:
        """Return where a refund can go at the customer's wish, such as store credit."""
        raise NotImplementedError

    @hookspec
    def register_refund_effects(self, app: App) -> list[RefundEffects]:
        """Return functions that say what else a refund will do, such as which roles it takes, for its confirmation."""
        raise NotImplementedError
