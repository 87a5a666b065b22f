"""The btcpay plugin: what it registers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from guildshop.hookspecs import PublicRoute, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.plugins.btcpay.api import BtcpaySettings
from guildshop.plugins.btcpay.service import BtcpayService
from guildshop.plugins.btcpay.webhooks import ROUTES
from guildshop.plugins.payments.api import Processor

if TYPE_CHECKING:
    from guildshop.app import App


class Btcpay(Plugin):
    """Pay through a BTCPay Server."""

    name = "btcpay"
    title = lazy("BTCPay")
    description = lazy("Takes Bitcoin on-chain and over Lightning through your own BTCPay Server, and gives it back.")
    requires = ("orders", "payments")

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register BTCPay."""
        return [BtcpayService(app)]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register a store's account with BTCPay."""
        return [SettingsSection("btcpay", BtcpaySettings, lazy("BTCPay"))]

    @hookimpl
    def register_processors(self, app: App) -> list[Processor]:
        """Take payments."""
        return [app.get(BtcpayService)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Take webhooks."""
        return list(ROUTES)

    @hookimpl
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Keep connections to BTCPay while the application is open."""
        return [app.get(BtcpayService).client.running()]


plugin = Btcpay()
