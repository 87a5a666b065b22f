"""The stripe plugin: what it registers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from guildshop.hookspecs import PublicRoute, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.plugins.payments.api import Processor
from guildshop.plugins.stripe.api import StripeSettings
from guildshop.plugins.stripe.service import StripeService
from guildshop.plugins.stripe.webhooks import ROUTES

if TYPE_CHECKING:
    from guildshop.app import App


class Stripe(Plugin):
    """Pay through Stripe Checkout."""

    name = "stripe"
    title = lazy("Stripe")
    description = lazy("Takes cards, wallets and bank payments on Stripe's own page, and gives money back through it.")
    requires = ("orders", "payments")

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register Stripe."""
        return [StripeService(app)]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register a store's account with Stripe."""
        return [SettingsSection("stripe", StripeSettings, lazy("Stripe"))]

    @hookimpl
    def register_processors(self, app: App) -> list[Processor]:
        """Take payments."""
        return [app.get(StripeService)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Take webhooks."""
        return list(ROUTES)

    @hookimpl
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Keep connections to Stripe while the application is open."""
        return [app.get(StripeService).client.running()]


plugin = Stripe()
