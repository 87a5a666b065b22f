"""The payments plugin: what it registers, and which event goes to which service method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, Listener, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, SUPPORT, Permission
from guildshop.plugins.orders.api import OrderAction, OrderCancelled, OrderSection, PaymentMethods
from guildshop.plugins.payments.admin import admin_section
from guildshop.plugins.payments.api import PaymentsSettings
from guildshop.plugins.payments.commands import COMMANDS, ITEMS
from guildshop.plugins.payments.hookspecs import PaymentHooks
from guildshop.plugins.payments.methods import ManualMethods
from guildshop.plugins.payments.order_page import order_actions, payments_section
from guildshop.plugins.payments.piccolo_app import APP_CONFIG
from guildshop.plugins.payments.service import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App


class Payments(Plugin):
    """Payments: manual methods, reports of customers, confirmation by staff."""

    name = "payments"
    title = lazy("Payments")
    description = lazy("Manual ways to pay, what customers report, and what staff confirm or reject.")
    requires = ("orders",)
    piccolo_app: ClassVar[Any] = APP_CONFIG
    hookspecs: ClassVar[Any] = PaymentHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the payment service."""
        return [PaymentService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with payments."""
        return [Permission("payment.confirm", lazy("Confirm and reject payments"), frozenset({MANAGER, SUPPORT}))]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register the store's settings of payments."""
        return [SettingsSection("payments", PaymentsSettings, lazy("Payments"))]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Close what was reported for an order that is cancelled."""
        return [Listener(OrderCancelled, "payments.close", app.get(PaymentService).close)]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash command."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the button and its modal."""
        return list(ITEMS)

    @hookimpl
    def register_payment_methods(self, app: App) -> list[PaymentMethods]:
        """Offer the manual methods."""
        return [ManualMethods(app, app.get(PaymentService))]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show an order's payments on its page."""
        return [payments_section(app.get(PaymentService))]

    @hookimpl
    def register_order_actions(self, app: App) -> list[OrderAction]:
        """Offer Confirm payment and Reject on the page of an unpaid order."""
        return order_actions(app.get(PaymentService))

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show payments in Piccolo Admin, to look at only."""
        return [admin_section()]


plugin = Payments()
