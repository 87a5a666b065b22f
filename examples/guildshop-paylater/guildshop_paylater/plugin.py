"""The plugin of PayLater: what it offers to the kernel, orders and payments."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import (
    AdminSection,
    Check,
    Finding,
    Listener,
    PublicRoute,
    SettingsSection,
    Severity,
    Timer,
    hookimpl,
)
from guildshop.i18n import _, lazy
from guildshop.loading import Plugin
from guildshop.plugins.orders.api import PaymentMethods
from guildshop.web.admin import service_table

from guildshop_paylater.api import PaylaterSettings, SessionTold
from guildshop_paylater.piccolo_app import APP_CONFIG
from guildshop_paylater.service import PaylaterService
from guildshop_paylater.tables import PaylaterSession, PaylaterWebhook
from guildshop_paylater.webhooks import ROUTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guildshop.app import App


class Paylater(Plugin):
    """Pay through PayLater."""

    name = "paylater"
    title = lazy("PayLater")
    description = lazy("Lets customers pay on a page of PayLater, and hears from it when they have.")
    requires = ("orders", "payments")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the use cases."""
        return [PaylaterService(app)]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Keep a store's account."""
        return [SettingsSection("paylater", PaylaterSettings, lazy("PayLater"))]

    @hookimpl
    def register_payment_methods(self, app: App) -> list[PaymentMethods]:
        """Offer the method."""
        return [app.get(PaylaterService).methods]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Take webhooks."""
        return list(ROUTES)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Look at a session whenever PayLater had something to say about it."""
        return [Listener(SessionTold, "paylater.settle", app.get(PaylaterService).settle)]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Ask about open sessions, since webhooks get lost."""
        return [Timer("paylater.poll", timedelta(minutes=10), app.get(PaylaterService).poll)]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Tell the doctor whether a store's account is half set up."""

        async def examine(store: int | None) -> Sequence[Finding]:
            settings = app.stores.settings(store or 0, PaylaterSettings)
            given = [bool(settings.api_url), settings.api_key is not None, settings.webhook_secret is not None]
            if settings.complete or not any(given):
                return []
            return [
                Finding(
                    Severity.BROKEN,
                    _("PayLater"),
                    _("The store's account with PayLater is half set up, so the method is not offered."),
                    _("Set api_url, api_key and webhook_secret of the section paylater."),
                )
            ]

        return [Check("paylater.account", examine)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show sessions and webhooks in Piccolo Admin, to look at only."""
        tables = [
            service_table(PaylaterSession, read="order.read", order_by=[PaylaterSession.created], newest_first=True),
            service_table(PaylaterWebhook, read="event.read", order_by=[PaylaterWebhook.received], newest_first=True),
        ]
        return [AdminSection(lazy("PayLater"), tables)]

    @hookimpl
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Keep connections to PayLater while the application is open."""
        return [app.get(PaylaterService).client.running()]


plugin = Paylater()
