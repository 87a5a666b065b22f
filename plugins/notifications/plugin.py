"""Notifications as a plugin: what it hears and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guildshop.hookspecs import AdminSection, Check, Listener, Page, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, Permission
from guildshop.plugins.customers.api import CustomerTab, MessageTopic, PersonalData
from guildshop.plugins.notifications import deliveries
from guildshop.plugins.notifications.announcing import ANNOUNCING_COMMANDS, ANNOUNCING_ITEMS, announce
from guildshop.plugins.notifications.api import (
    NOTIFICATION_CREATE,
    TOPICS,
    AnnouncementStepDue,
    PaymentReminderDue,
)
from guildshop.plugins.notifications.commands import ApproveButton, RejectButton, RejectModal
from guildshop.plugins.notifications.piccolo_app import APP_CONFIG
from guildshop.plugins.notifications.reminders import plan_reminder
from guildshop.plugins.notifications.service import AnnouncementService, NotificationService, PersonalMessages
from guildshop.plugins.orders.api import OrderPlaced, OrderSection

if TYPE_CHECKING:
    from discord import app_commands

    from guildshop.app import App


class Notifications(Plugin):
    """Tells customers by direct message and email, and staff in a channel, what happens to orders; announcements."""

    name = "notifications"
    title = lazy("Notifications")
    description = lazy("Tells customers by direct message and email, and staff in a channel, what happens to orders.")
    requires = ("customers", "orders", "payments")
    piccolo_app = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Return the service."""
        return [NotificationService(app), AnnouncementService(app), PersonalMessages(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Let those who run the shop tell many customers something."""
        return [Permission(NOTIFICATION_CREATE, lazy("Send announcements"), frozenset({MANAGER}))]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Hear what happens to orders and payments."""
        return [
            *deliveries.listeners(),
            Listener(OrderPlaced, "notifications.plan_reminder", plan_reminder),
            Listener(PaymentReminderDue, "notifications.plan_again", plan_reminder),
            Listener(AnnouncementStepDue, "notifications.announce", announce, discord=True),
        ]

    @hookimpl
    def register_items(self, app: App) -> list[type[Any]]:
        """Return the buttons of the staff notice and of announcements."""
        return [ApproveButton, RejectButton, RejectModal, *ANNOUNCING_ITEMS]

    @hookimpl
    def register_commands(self, app: App) -> list[app_commands.Command[Any, ..., Any]]:
        """Offer `/notify`."""
        return list(ANNOUNCING_COMMANDS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Show the announcements."""
        from guildshop.plugins.notifications.pages import PAGES

        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Offer announcements, and what was told about orders, by the JSON API."""
        from guildshop.plugins.notifications.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show on an order's page what was told about it, and whether it arrived."""
        columns = (lazy("Message"), lazy("By"), lazy("State"), lazy("What to do"))
        return [OrderSection(lazy("Messages"), columns, app.get(PersonalMessages).page_rows, 70)]

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show on a customer's page what they were told."""
        load, template = app.get(PersonalMessages).tab, "notifications/customer_tab.html"
        return [CustomerTab("communication", lazy("Communication"), "customer.read", template, load, 50)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give out and erase what was told to a customer."""
        personal = app.get(PersonalMessages)
        return [PersonalData("messages", personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Add the topics of this plugin."""
        return list(TOPICS)

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
