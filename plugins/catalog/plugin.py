"""The plugin of the catalog: what it offers to the kernel."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from guildshop.hookspecs import (
    AdminSection,
    Check,
    DashboardCard,
    ImportKind,
    Listener,
    Page,
    SearchKind,
    SettingsSection,
    Timer,
    hookimpl,
)
from guildshop.i18n import grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.catalog import deliveries, hookspecs
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    PRODUCT_UPDATE,
    HoldExpiryDue,
    HoldGranted,
    PanelDue,
    PanelRemoved,
    ProductFilter,
    StockLow,
)
from guildshop.plugins.catalog.commands import COMMANDS, ITEMS
from guildshop.plugins.catalog.piccolo_app import APP_CONFIG
from guildshop.plugins.catalog.rules.importing import COLUMNS, REQUIRED
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.settings import CatalogSettings

if TYPE_CHECKING:
    from discord import app_commands
    from fastapi import APIRouter

    from guildshop.app import App
    from guildshop.bot.items import StoreItem, StoreModal


class Catalog(Plugin):
    """Products, categories and stock."""

    name = "catalog"
    title = lazy("Catalog")
    description = lazy("What is for sale: products, categories, stock, and which roles may see what.")
    piccolo_app = APP_CONFIG
    hookspecs = hookspecs.CatalogHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the catalog's use cases."""
        return [CatalogService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Let all staff see products, and those who run the shop change them."""
        return [
            Permission(PRODUCT_READ, lazy("See products"), frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})),
            Permission(PRODUCT_UPDATE, lazy("Change products and stock"), frozenset({MANAGER, FULFILMENT})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Let the owner say what members see of the stock."""
        return [SettingsSection("catalog", CatalogSettings, lazy("Catalog"))]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """End holds in time, and tell members, staff and channels what they want to know."""
        return [
            Listener(HoldExpiryDue, "catalog.hold_expiry", app.get(CatalogService).expire_hold),
            Listener(HoldGranted, "catalog.hold", deliveries.tell_hold, discord=True),
            Listener(StockLow, "catalog.low_stock", deliveries.tell_low, courtesy=True, discord=True),
            Listener(PanelDue, "catalog.panel", deliveries.show_panel, courtesy=True, discord=True),
            Listener(PanelRemoved, "catalog.panel_removed", deliveries.remove_panel, discord=True),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Look every minute for stock that became low, ran out or came back, and for panels that show the past."""
        minute, a_while = timedelta(minutes=1), timedelta(minutes=10)
        return [
            Timer("catalog.stock", minute, app.get(CatalogService).watch_stock),
            Timer("catalog.panels", minute, partial(deliveries.watch_panels, app), courtesy=True, discord=True),
            Timer("catalog.panel_check", a_while, partial(deliveries.check_panels, app), courtesy=True, discord=True),
        ]

    @hookimpl
    def register_commands(self, app: App) -> list[app_commands.Command[Any, ..., Any]]:
        """Offer the commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[type[StoreItem[Any]] | type[StoreModal]]:
        """Keep the catalog's pages working after a restart."""
        return list(ITEMS)

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Let the doctor look at the panels."""
        return [Check("catalog.panels", app.get(CatalogService).examine_panels)]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Show products, their stock, categories and lists in the workspace."""
        from guildshop.plugins.catalog.pages import PAGES

        return list(PAGES)

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many products are low or sold out."""

        async def short(actor: Actor) -> str:
            return grouped((await app.get(CatalogService).product_page(actor, ProductFilter(short=True), size=1)).total)

        return [DashboardCard(lazy("Low or sold out"), short, PRODUCT_READ, "product?short=1", position=40, waits=True)]

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find products by name and SKU."""
        from guildshop.plugins.catalog.pages import search_kind

        return [search_kind(app)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the tables in Piccolo Admin."""
        from guildshop.plugins.catalog.admin import admin_section

        return [admin_section(app)]

    @hookimpl
    def register_api(self, app: App) -> list[APIRouter]:
        """Offer the JSON API."""
        from guildshop.plugins.catalog.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Take and give products as CSV files."""
        service = app.get(CatalogService)
        return [
            ImportKind(
                name="products",
                columns=COLUMNS,
                required=REQUIRED,
                run=service.import_products,
                permission=PRODUCT_UPDATE,
                export=service.export_products,
                title=lazy("Import products"),
                back="product",
            )
        ]


plugin = Catalog()
