"""The loyalty plugin: what it registers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import (
    AdminSection,
    Check,
    DashboardCard,
    Finding,
    Listener,
    Page,
    SettingsSection,
    Severity,
    Timer,
    hookimpl,
)
from guildshop.i18n import _, grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.customers.api import CustomerAction, CustomerTab, PersonalData
from guildshop.plugins.loyalty.admin import admin_section
from guildshop.plugins.loyalty.api import LOYALTY_READ, LOYALTY_UPDATE, LoyaltySettings
from guildshop.plugins.loyalty.commands import COMMANDS, ITEMS
from guildshop.plugins.loyalty.endpoints import router
from guildshop.plugins.loyalty.pages import PAGES, customer_action, customer_tab
from guildshop.plugins.loyalty.piccolo_app import APP_CONFIG
from guildshop.plugins.loyalty.service import LoyaltyService, PersonalPoints, PointsStep
from guildshop.plugins.orders.api import (
    CheckoutStep,
    DeletionCheck,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderRefunded,
)

if TYPE_CHECKING:
    from guildshop.app import App

EXPIRE_EVERY = timedelta(hours=6)


class Loyalty(Plugin):
    """Points that customers earn and redeem."""

    name = "loyalty"
    title = lazy("Loyalty")
    description = lazy("Points that customers earn with paid orders and redeem at the checkout.")
    requires = ("customers", "orders")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service, and the step that uses it."""
        service = LoyaltyService(app)
        return [service, PointsStep(service)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with points."""
        return [
            Permission(LOYALTY_READ, lazy("See loyalty points"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(LOYALTY_UPDATE, lazy("Adjust loyalty points"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register the terms of the program."""
        return [SettingsSection(self.name, LoyaltySettings, self.title)]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Redeem points."""
        return [app.get(PointsStep)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Follow what becomes of orders."""
        service = app.get(LoyaltyService)
        return [
            Listener(OrderPaid, "loyalty.paid", service.order_changed),
            Listener(OrderCancelled, "loyalty.cancelled", service.order_changed),
            Listener(OrderRefunded, "loyalty.refunded", service.order_changed),
            Listener(OrderEdited, "loyalty.edited", service.order_changed),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Expire points."""
        return [Timer("loyalty.expire", EXPIRE_EVERY, app.get(LoyaltyService).expire_all)]

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Settle an order's points before it is deleted."""
        return [app.get(LoyaltyService).check_deletion]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Keep Join working after a restart."""
        return list(ITEMS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the list of accounts, and the form of one customer."""
        return list(PAGES)

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's points on their page."""
        return [customer_tab(app)]

    @hookimpl
    def register_customer_actions(self, app: App) -> list[CustomerAction]:
        """Offer to adjust points in the list of customers."""
        return [customer_action(app)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's points out."""
        personal = PersonalPoints(app.get(LoyaltyService))
        return [PersonalData(self.name, personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register points in the JSON API."""
        return [router]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the ledger in Piccolo Admin, with the form."""
        return [admin_section(app)]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many points customers hold on the start page."""

        async def figure(actor: Actor) -> str:
            return grouped((await app.get(LoyaltyService).owed()).points)

        return [DashboardCard(lazy("Points owed"), figure, LOYALTY_READ, "loyalty", position=61)]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Tell the doctor whether every balance is the sum of its entries."""

        async def examine(store: int | None) -> Sequence[Finding]:
            return [
                Finding(
                    Severity.BROKEN,
                    _("Loyalty"),
                    _("The points of customer {account} differ from the sum of their entries.").format(account=account),
                    _("Somebody changed the database by hand. Restore a backup, or correct loyalty_account.balance."),
                )
                for account in await app.get(LoyaltyService).check_balances(store or 0)
            ]

        return [Check("loyalty.balances", examine)]


plugin = Loyalty()
