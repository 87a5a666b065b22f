"""Notifications as a plugin: what it hears and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guildshop.hookspecs import AdminSection, Check, Listener, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.plugins.customers.api import MessageTopic
from guildshop.plugins.notifications import deliveries
from guildshop.plugins.notifications.api import ORDER_CANCELLED
from guildshop.plugins.notifications.commands import ApproveButton, RejectButton, RejectModal
from guildshop.plugins.notifications.payment_alerts import staff_payment_unexpected
from guildshop.plugins.notifications.piccolo_app import APP_CONFIG
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import OrderCancelled, OrderPaid, OrderPlaced, OrderShippingChanged
from guildshop.plugins.payments.api import PaymentReported, PaymentUnexpected

if TYPE_CHECKING:
    from guildshop.app import App


class Notifications(Plugin):
    """Tells customers by direct message and staff in a channel what happens to orders."""

    name = "notifications"
    title = lazy("Notifications")
    description = lazy("Tells customers by direct message and staff in a channel what happens to orders.")
    requires = ("customers", "orders", "payments")
    piccolo_app = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Return the service."""
        return [NotificationService(app)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Hear what happens to orders and payments."""
        return [
            Listener(OrderPlaced, "notifications.order_received", deliveries.order_received, discord=True),
            Listener(OrderPlaced, "notifications.staff_order", deliveries.staff_order, discord=True),
            Listener(OrderPaid, "notifications.payment_confirmed", deliveries.payment_confirmed, discord=True),
            Listener(OrderPaid, "notifications.notice_paid", deliveries.refresh_notices, discord=True),
            Listener(OrderCancelled, "notifications.order_cancelled", deliveries.order_cancelled, discord=True),
            Listener(OrderCancelled, "notifications.notice_cancelled", deliveries.refresh_notices, discord=True),
            Listener(OrderShippingChanged, "notifications.order_shipped", deliveries.order_shipped, discord=True),
            Listener(
                PaymentReported, "notifications.staff_payment_report", deliveries.staff_payment_report, discord=True
            ),
            Listener(
                PaymentUnexpected, "notifications.staff_payment_unexpected", staff_payment_unexpected, discord=True
            ),
        ]

    @hookimpl
    def register_items(self, app: App) -> list[type[Any]]:
        """Return the buttons of the staff notice."""
        return [ApproveButton, RejectButton, RejectModal]

    @hookimpl
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Add the topic of cancelled orders."""
        return [ORDER_CANCELLED]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Let the doctor look at the channels for staff."""
        return [Check("notifications", app.get(NotificationService).examine)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show messages, read-only."""
        from guildshop.plugins.notifications.admin import admin_section

        return [admin_section()]


plugin = Notifications()
