"""The orders plugin: what it registers, and which event goes to which service method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import Listener, SettingsSection, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Permission
from guildshop.plugins.orders.api import OrderExpiryDue, OrderFlowExpiryDue, OrdersSettings
from guildshop.plugins.orders.commands import COMMANDS, FLOW_ITEMS, ITEMS
from guildshop.plugins.orders.hookspecs import OrderHooks
from guildshop.plugins.orders.piccolo_app import APP_CONFIG
from guildshop.plugins.orders.service import CheckoutService, OrderService

if TYPE_CHECKING:
    from guildshop.app import App


class Orders(Plugin):
    """Orders: checkout, statuses, lists."""

    name = "orders"
    title = lazy("Orders")
    description = lazy("The order flow in Discord, statuses and their moves, expiry, and the list of orders.")
    requires = ("customers", "catalog")
    piccolo_app: ClassVar[Any] = APP_CONFIG
    hookspecs: ClassVar[Any] = OrderHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the order service and the order flow."""
        return [OrderService(app), CheckoutService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with orders."""
        readers = frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})
        return [
            Permission("order.read", lazy("See orders"), readers),
            Permission("order.update", lazy("Change and cancel orders"), frozenset({MANAGER, SUPPORT, FULFILMENT})),
            Permission("order.create", lazy("Create and import orders"), frozenset({MANAGER, SUPPORT})),
            Permission("order.delete", lazy("Delete orders")),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register the store's settings of orders."""
        return [SettingsSection("orders", OrdersSettings, lazy("Orders"))]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Expire unpaid orders and idle flows."""
        return [
            Listener(OrderExpiryDue, "orders.expire", app.get(OrderService).expire),
            Listener(OrderFlowExpiryDue, "orders.expire_flow", app.get(CheckoutService).drafts.expire),
        ]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the buttons, selects and modals."""
        return [*FLOW_ITEMS, *ITEMS]


plugin = Orders()
