"""The store credit plugin: what it registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from guildshop.i18n import _, lazy
from guildshop.loading import Plugin
from guildshop.money import format_money
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.customers.api import CustomerAction, CustomerTab, PersonalData
from guildshop.plugins.orders.api import (
    CheckoutStep,
    DeletionCheck,
    OrderCancelled,
    OrderEdited,
    OrderRefunded,
)
from guildshop.plugins.store_credit.admin import admin_section
from guildshop.plugins.store_credit.api import CREDIT_READ, CREDIT_UPDATE, StoreCreditSettings
from guildshop.plugins.store_credit.commands import COMMANDS
from guildshop.plugins.store_credit.endpoints import router
from guildshop.plugins.store_credit.pages import PAGES, customer_action, customer_tab
from guildshop.plugins.store_credit.piccolo_app import APP_CONFIG
from guildshop.plugins.store_credit.service import CreditService, CreditStep, PersonalCredit

if TYPE_CHECKING:
    from guildshop.app import App


COMPARE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CreditSource:
    """Where a refund can go instead: what refunds knows as a `RefundSource`, without needing that plugin."""

    code: str
    label: str
    available: Callable[[int], bool]


class StoreCredit(Plugin):
    """Credit that the store owes its customers."""

    name = "store_credit"
    title = lazy("Store credit")
    description = lazy("What the store owes a customer, offset at the next checkout.")
    requires = ("customers", "orders")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service, and the step that uses it."""
        service = CreditService(app)
        return [service, CreditStep(service)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with credit."""
        return [
            Permission(CREDIT_READ, lazy("See store credit"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(CREDIT_UPDATE, lazy("Top up and reduce store credit"), frozenset({MANAGER})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register the switch."""
        return [SettingsSection(self.name, StoreCreditSettings, self.title)]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Offset credit."""
        return [app.get(CreditStep)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Follow what becomes of orders."""
        service = app.get(CreditService)
        return [
            Listener(OrderCancelled, "store_credit.cancelled", service.order_changed),
            Listener(OrderEdited, "store_credit.edited", service.order_changed),
            Listener(OrderRefunded, "store_credit.refunded", service.order_refunded),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Compare balances with their entries."""
        return [Timer("store_credit.compare", COMPARE_EVERY, app.get(CreditService).compare)]

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Settle an order's credit before it is deleted."""
        return [app.get(CreditService).check_deletion]

    @hookimpl(optionalhook=True)
    def register_refund_sources(self, app: App) -> list[CreditSource]:
        """Let refunds go to credit where the store gives it."""
        return [CreditSource(self.name, self.title, app.get(CreditService).active)]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register `/credit`."""
        return list(COMMANDS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the view of what is owed, and the form of one customer."""
        return list(PAGES)

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's credit on their page."""
        return [customer_tab(app)]

    @hookimpl
    def register_customer_actions(self, app: App) -> list[CustomerAction]:
        """Offer to adjust credit in the list of customers."""
        return [customer_action(app)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's credit out."""
        personal = PersonalCredit(app.get(CreditService))
        return [PersonalData(self.name, personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register credit in the JSON API."""
        return [router]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the ledger in Piccolo Admin."""
        return [admin_section()]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show what the store owes on the start page."""

        async def figure(actor: Actor) -> str:
            owed = await app.get(CreditService).owed()
            return " · ".join(format_money(one.amount, one.currency) for one in owed) or "–"

        return [DashboardCard(lazy("Store credit owed"), figure, CREDIT_READ, "credit", position=60)]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Tell the doctor whether every balance is the sum of its entries."""

        async def examine(store: int | None) -> Sequence[Finding]:
            return [
                Finding(
                    Severity.BROKEN,
                    _("Store credit"),
                    _("The credit of customer {account} differs from the sum of its entries.").format(account=account),
                    _("Somebody changed the database by hand. Restore a backup, or correct credit_account.balance."),
                )
                for account in await app.get(CreditService).check_balances(store or 0)
            ]

        return [Check("store_credit.balances", examine)]


plugin = StoreCredit()
