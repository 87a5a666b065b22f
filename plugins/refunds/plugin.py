"""The refunds plugin: what it registers, and which event goes to which service method."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, Check, DashboardCard, Listener, Page, SearchKind, Timer, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.customers.api import PersonalData
from guildshop.plugins.orders.api import DeletionCheck, OrderAction, OrderCancelled, OrderRefunded, OrderSection
from guildshop.plugins.payments.api import PaymentRefundChanged
from guildshop.plugins.refunds import deliveries
from guildshop.plugins.refunds.admin import admin_section
from guildshop.plugins.refunds.api import (
    CREATE,
    READ,
    RefundBegun,
    RefundCollectable,
    RefundDue,
    RefundFailed,
    ReturnChanged,
    SurplusRefunded,
)
from guildshop.plugins.refunds.commands import COMMANDS, ITEMS
from guildshop.plugins.refunds.endpoints import order_router, router
from guildshop.plugins.refunds.hookspecs import RefundHooks
from guildshop.plugins.refunds.order_page import order_actions, refunds_section, returns_section
from guildshop.plugins.refunds.pages import PAGES
from guildshop.plugins.refunds.piccolo_app import APP_CONFIG
from guildshop.plugins.refunds.searching import search_kinds
from guildshop.plugins.refunds.service import RefundPayments, RefundService, ReturnService, SurplusRefunds
from guildshop.plugins.refunds.service.deleting import KeptOrders
from guildshop.plugins.refunds.service.examining import RefundExamination
from guildshop.plugins.refunds.service.personal import PersonalRefunds

if TYPE_CHECKING:
    from guildshop.app import App

WATCH_EVERY = timedelta(hours=1)


class Refunds(Plugin):
    """Refunds in four modes, and returns."""

    name = "refunds"
    title = lazy("Refunds and returns")
    description = lazy("Gives money back, whole or in part, and takes back what customers return.")
    requires = ("customers", "orders", "payments")
    piccolo_app: ClassVar[Any] = APP_CONFIG
    hookspecs: ClassVar[Any] = RefundHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the services of refunds and returns."""
        return [RefundService(app), RefundPayments(app), ReturnService(app), SurplusRefunds(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with refunds."""
        readers = frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})
        return [
            Permission(READ, lazy("See refunds and returns"), readers),
            Permission(CREATE, lazy("Refund orders"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Hear of cancelled orders, of processors, and of what is to be told."""
        payments = app.get(RefundPayments)
        return [
            Listener(OrderCancelled, "refunds.order_cancelled", app.get(RefundService).order_cancelled),
            Listener(RefundDue, "refunds.bring_on", payments.bring_on),
            Listener(PaymentRefundChanged, "refunds.processor_told", payments.processor_told),
            Listener(OrderRefunded, "refunds.return_refunded", app.get(ReturnService).refunded),
            Listener(RefundBegun, "refunds.staff_pay_back", deliveries.staff_pay_back, discord=True),
            Listener(RefundFailed, "refunds.staff_failed", deliveries.staff_failed, discord=True),
            Listener(RefundCollectable, "refunds.customer_collect", deliveries.customer_collect, discord=True),
            Listener(SurplusRefunded, "refunds.customer_surplus", deliveries.customer_surplus, discord=True),
            Listener(ReturnChanged, "refunds.staff_return", deliveries.staff_return, discord=True),
            Listener(ReturnChanged, "refunds.customer_return", deliveries.customer_return, discord=True),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Take up refunds that nobody brings on any more."""
        return [Timer("refunds.watch", WATCH_EVERY, app.get(RefundPayments).watch)]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Let the doctor look for refunds that wait too long."""
        return [Check("refunds", RefundExamination(app).examine)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's refunds and returns out, and take their words off them when they want to be forgotten."""
        personal = PersonalRefunds(app)
        return [PersonalData("refunds", personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the buttons, selects and modals."""
        return list(ITEMS)

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show an order's refunds and returns on its page."""
        return [refunds_section(app.get(RefundService)), returns_section(app.get(ReturnService))]

    @hookimpl
    def register_order_actions(self, app: App) -> list[OrderAction]:
        """Offer Refund on the page of a paid order."""
        return order_actions(app.get(RefundService))

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Keep an order while money or goods of it are on their way."""
        return [KeptOrders(app).check]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the lists of refunds and returns, and the page of one."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register the refunds of the JSON API."""
        return [router, order_router]

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find refunds and returns by the number of their order, and refunds by what a processor calls them."""
        return search_kinds(app)

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show refunds in Piccolo Admin, with a form that makes one."""
        return [admin_section(app)]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many returns wait for the staff."""
        returns = app.get(ReturnService)

        async def waiting(actor: Actor) -> str:
            return str(await returns.count_open(actor))

        return [DashboardCard(lazy("Open returns"), waiting, READ, "return", position=30, waits=True)]


plugin = Refunds()
