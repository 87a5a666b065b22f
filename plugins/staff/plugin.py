"""The staff plugin: what it registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import DashboardCard, Page, PublicRoute, hookimpl
from guildshop.i18n import grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import Actor
from guildshop.plugins.staff.api import EVENT_READ
from guildshop.plugins.staff.commands import COMMANDS, ITEMS
from guildshop.plugins.staff.pages import PAGES, ROUTES
from guildshop.plugins.staff.pages.audit import customer_tab
from guildshop.plugins.staff.piccolo_app import APP_CONFIG
from guildshop.plugins.staff.service import AuditService, SettingsService, SignInService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.plugins.customers.api import CustomerTab


class Staff(Plugin):
    """Settings, roles, the doctor, sign-in from Discord, audit log and events."""

    name = "staff"
    title = lazy("Staff")
    description = lazy("Settings, staff roles, the doctor, sign-in from Discord, the audit log and events.")
    essential = True
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the services."""
        return [SettingsService(app), AuditService(app), SignInService(app)]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register `/settings`, `/doctor` and `/dashboard`."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the parts of the settings panel."""
        return list(ITEMS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the pages."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Offer the audit log, settings, plugins and failed deliveries by the JSON API."""
        from guildshop.plugins.staff.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how much could not be delivered after all attempts."""

        async def failed(actor: Actor) -> str:
            return grouped(len(await app.dispatcher.failed(actor.store)))

        return [DashboardCard(lazy("Failed deliveries"), failed, EVENT_READ, "events", position=50, waits=True)]

    @hookimpl(optionalhook=True)
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show on a customer's page what the audit log says of them."""
        return [customer_tab(app)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Register the page of one-time links."""
        return list(ROUTES)


plugin = Staff()
