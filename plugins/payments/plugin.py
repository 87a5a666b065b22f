"""The payments plugin: what it registers, and which event goes to which service method."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import (
    AdminSection,
    Check,
    DashboardCard,
    Listener,
    Page,
    PublicRoute,
    SearchKind,
    SettingsSection,
    Timer,
    hookimpl,
)
from guildshop.i18n import grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, SUPPORT, Actor, Permission
from guildshop.plugins.customers.api import PersonalData
from guildshop.plugins.orders.api import (
    DeletionCheck,
    OrderAction,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderSection,
    PaymentMethods,
)
from guildshop.plugins.payments.admin import admin_section
from guildshop.plugins.payments.api import PaymentsSettings, ProcessorTold
from guildshop.plugins.payments.commands import COMMANDS, ITEMS
from guildshop.plugins.payments.endpoints import ROUTERS
from guildshop.plugins.payments.hookspecs import PaymentHooks
from guildshop.plugins.payments.invoice_page import ROUTES
from guildshop.plugins.payments.methods import Methods
from guildshop.plugins.payments.order_page import order_actions, payments_section
from guildshop.plugins.payments.pages import PAGES, PATH
from guildshop.plugins.payments.piccolo_app import APP_CONFIG
from guildshop.plugins.payments.searching import search_kind
from guildshop.plugins.payments.service import (
    AttemptService,
    DifferenceService,
    InvoiceLinks,
    PaymentService,
    Reconciliation,
    Settlement,
)
from guildshop.plugins.payments.service.deletion import deletion_check
from guildshop.plugins.payments.service.personal import PersonalPayments

if TYPE_CHECKING:
    from guildshop.app import App


class Payments(Plugin):
    """Payments: manual methods, processors, invoice links, confirmation by staff."""

    name = "payments"
    title = lazy("Payments")
    description = lazy("Ways to pay, by hand and through processors, invoice links, and what staff confirm.")
    requires = ("customers", "orders")
    piccolo_app: ClassVar[Any] = APP_CONFIG
    hookspecs: ClassVar[Any] = PaymentHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register payments, attempts, links and what settles them."""
        return [
            PaymentService(app),
            AttemptService(app),
            InvoiceLinks(app),
            DifferenceService(app),
            Settlement(app),
            Reconciliation(app),
        ]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with payments."""
        holders = frozenset({MANAGER, SUPPORT})
        return [
            Permission("payment.confirm", lazy("Confirm and reject payments"), holders),
            Permission("payment.link", lazy("Make invoice links"), holders),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register the store's settings of payments."""
        return [SettingsSection("payments", PaymentsSettings, lazy("Payments"))]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Settle what processors tell, and close what was begun for an order that waits no longer."""
        attempts = app.get(AttemptService)
        return [
            Listener(OrderCancelled, "payments.close", app.get(PaymentService).close),
            Listener(OrderPaid, "payments.end_paid", attempts.close),
            Listener(OrderCancelled, "payments.end_cancelled", attempts.close),
            Listener(OrderEdited, "payments.end_edited", attempts.close),
            Listener(ProcessorTold, "payments.settle", app.get(Settlement).settle),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Ask processors about open attempts, since webhooks get lost, compare the books, and drop what is old."""
        return [
            Timer("payments.poll", timedelta(minutes=5), app.get(Settlement).poll),
            Timer("payments.reconcile", timedelta(hours=1), app.get(Reconciliation).compare),
            Timer("payments.forget", timedelta(days=1), app.get(Settlement).forget),
        ]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Tell the doctor of accounts with processors, of books that differ, and of methods that nobody knows."""
        return [
            Check("payments.processors", app.get(Reconciliation).examine),
            Check("payments.methods", Methods(app).examine),
        ]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give out what customers said of their payments, and erase it when they want to be forgotten."""
        personal = PersonalPayments(app)
        return [PersonalData("payments", personal.export, personal.erase)]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many differences with a processor nobody has settled."""

        async def differences(_actor: Actor) -> str:
            return grouped(len(await app.get(DifferenceService).open()))

        return [DashboardCard(lazy("Payment differences"), differences, "order.read", PATH, position=15, waits=True)]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Show what does not fit."""
        return list(PAGES)

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find payments by what their processor or their payer calls them."""
        return [search_kind(app)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Serve invoice pages."""
        return list(ROUTES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Show payments and make invoice links."""
        return list(ROUTERS)

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the button and its modal."""
        return list(ITEMS)

    @hookimpl
    def register_payment_methods(self, app: App) -> list[PaymentMethods]:
        """Offer the manual methods and those of processors."""
        return [Methods(app)]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show an order's payments on its page."""
        return [payments_section(app.get(PaymentService))]

    @hookimpl
    def register_order_actions(self, app: App) -> list[OrderAction]:
        """Offer Confirm payment, Reject and Invoice link on the page of an unpaid order."""
        return order_actions(app)

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Keep an order whose money is not given back."""
        return [deletion_check(app)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show payments in Piccolo Admin, to look at only."""
        return [admin_section()]


plugin = Payments()
