"""The plugin of gift wrap: what it offers to the kernel and to orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, DashboardCard, Listener, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.plugins.orders.api import CheckoutStep, OrderCancelled, OrderSection
from guildshop.web.admin import service_table

from guildshop_giftwrap.api import PLUGIN, GiftwrapSettings
from guildshop_giftwrap.piccolo_app import APP_CONFIG
from guildshop_giftwrap.service import GiftwrapService
from guildshop_giftwrap.tables import Giftwrap, GiftwrapDay

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.permissions import Actor


class GiftwrapPlugin(Plugin):
    """Wrap orders as gifts."""

    name = PLUGIN
    title = lazy("Gift wrap")
    description = lazy("Asks at checkout whether to wrap an order, and wraps only so many a day.")
    requires = ("orders",)
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the use cases."""
        return [GiftwrapService(app)]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Keep a store's price and capacity."""
        return [SettingsSection(PLUGIN, GiftwrapSettings, lazy("Gift wrap"))]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Ask at checkout."""
        return [app.get(GiftwrapService)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Give wraps of cancelled orders back."""
        return [Listener(OrderCancelled, "giftwrap.give_back", app.get(GiftwrapService).give_back)]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Tell the staff what to wrap, and what the card says."""
        columns = (lazy("Day"), lazy("Card"), lazy("State"))
        return [OrderSection(lazy("Gift wrap"), columns, app.get(GiftwrapService).of_order, position=20)]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many wraps of today are taken."""

        async def taken(actor: Actor) -> str:
            capacity = app.stores.settings(actor.store, GiftwrapSettings).capacity
            return f"{await app.get(GiftwrapService).taken_today(actor.store)} / {capacity}"

        return [DashboardCard(lazy("Gift wraps today"), taken, "order.read", "order", position=40)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the tables in Piccolo Admin, to look at only."""
        tables = [
            service_table(GiftwrapDay, read="order.read", order_by=[GiftwrapDay.day], newest_first=True),
            service_table(Giftwrap, read="order.read", order_by=[Giftwrap.day], newest_first=True),
        ]
        return [AdminSection(lazy("Gift wrap"), tables)]


plugin = GiftwrapPlugin()
