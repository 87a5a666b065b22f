"""The plugin of sales tax by TaxJar: what it registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, Check, Listener, Page, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Permission
from guildshop.plugins.customers.api import PersonalData
from guildshop.plugins.orders.api import CheckoutStep, OrderPaid, OrderRefunded, OrderSection
from guildshop.plugins.taxjar.admin import admin_section
from guildshop.plugins.taxjar.api import PLUGIN, TAX_READ, TAX_UPDATE, TaxJarSettings
from guildshop.plugins.taxjar.checks import examination
from guildshop.plugins.taxjar.order_page import tax_section
from guildshop.plugins.taxjar.pages import PAGES
from guildshop.plugins.taxjar.piccolo_app import APP_CONFIG
from guildshop.plugins.taxjar.service import TaxService, TaxStep

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from guildshop.app import App


class TaxJar(Plugin):
    """Sales tax by TaxJar: worked out while quoting, told back once money moved."""

    name = PLUGIN
    title = lazy("Sales tax (TaxJar)")
    description = lazy("Works out the sales tax at checkout by the customer's address, and reports orders and refunds.")
    requires = ("orders", "catalog", "customers")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service, and the step that uses it."""
        service = TaxService(app)
        return [service, TaxStep(app, service)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with the sales tax."""
        return [
            Permission(TAX_READ, lazy("See the sales tax"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(TAX_UPDATE, lazy("Change product tax codes and exemptions"), frozenset({MANAGER})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Keep a store's account."""
        return [SettingsSection(PLUGIN, TaxJarSettings, lazy("Sales tax (TaxJar)"))]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Add the tax."""
        return [app.get(TaxStep)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Tell TaxJar of what was paid and of what was given back."""
        service = app.get(TaxService)
        return [
            Listener(OrderPaid, "taxjar.report_order", service.report_order),
            Listener(OrderRefunded, "taxjar.report_refund", service.report_refund),
        ]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show on an order's page how its tax came about, and what TaxJar was told."""
        return [tax_section(app.get(TaxService))]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the page of the sales tax."""
        return list(PAGES)

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's exemption out, and take it off when they want to be forgotten."""
        service = app.get(TaxService)
        return [PersonalData(PLUGIN, service.export, service.erase, service.merge)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the sales tax in Piccolo Admin, to look at only."""
        return [admin_section()]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Try the key, and name orders that wait for a review."""
        return [Check("taxjar.account", examination(app))]

    @hookimpl
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Keep connections to TaxJar while the application is open."""
        return [app.get(TaxService).client.running()]


plugin = TaxJar()
