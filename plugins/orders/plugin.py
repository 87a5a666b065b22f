"""The orders plugin: what it registers, and which event goes to which service method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from guildshop.hookspecs import (
    AdminSection,
    BulkAction,
    DashboardCard,
    ImportKind,
    Listener,
    Page,
    SearchKind,
    SettingsSection,
    hookimpl,
)
from guildshop.i18n import grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.catalog.api import WaitingCheck
from guildshop.plugins.customers.api import Customer, CustomerFigures, CustomerTab, PersonalData
from guildshop.plugins.orders.admin import admin_section
from guildshop.plugins.orders.api import (
    CheckoutStep,
    OrderExpiryDue,
    OrderFilter,
    OrderFlowExpiryDue,
    OrderSection,
    OrdersSettings,
    OrderStatus,
    ShipmentChange,
    status_label,
)
from guildshop.plugins.orders.commands import COMMANDS, FLOW_ITEMS, ITEMS, SHIPPING_COMMANDS
from guildshop.plugins.orders.endpoints import ROUTERS
from guildshop.plugins.orders.hookspecs import OrderHooks
from guildshop.plugins.orders.pages import PAGES, TO_BE_FULFILLED, TO_FULFIL, TONES, search_kinds
from guildshop.plugins.orders.piccolo_app import APP_CONFIG
from guildshop.plugins.orders.service import (
    CheckoutService,
    CreditNotes,
    Invoices,
    OrderActions,
    OrderDeletion,
    OrderEditing,
    OrderFiles,
    OrderService,
    SavedFilters,
    StaffOrders,
    TrackingFile,
    tracking,
)
from guildshop.plugins.orders.service.importing import COLUMNS, REQUIRED
from guildshop.plugins.orders.service.personal import PersonalOrders
from guildshop.plugins.orders.service.purchases import CustomerPurchases
from guildshop.plugins.orders.service.waiting import PersonalWaiting

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
        return [
            OrderService(app),
            CheckoutService(app),
            OrderActions(app),
            OrderFiles(app),
            StaffOrders(app),
            OrderEditing(app),
            OrderDeletion(app),
            Invoices(app),
            CreditNotes(app),
            SavedFilters(app),
            TrackingFile(app),
        ]

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
        return [*COMMANDS, *SHIPPING_COMMANDS]

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Register the buttons, selects and modals."""
        return [*FLOW_ITEMS, *ITEMS]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Ask for terms, address and shipping type, and add a flat tax: steps like any others."""
        return list(app.get(CheckoutService).checkout.own)

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show what the customer accepted on the page of an order."""
        columns = (lazy("What"), lazy("Text"), lazy("Accepted"))
        return [OrderSection(lazy("Accepted terms"), columns, app.get(CheckoutService).checkout.terms.rows, 60)]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the list of orders and the page of one."""
        return list(PAGES)

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's orders on their page."""
        orders = app.get(OrderService)

        async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
            found = await orders.list(actor, OrderFilter(customer=customer.id), limit=50)
            return {"orders": found.items, "more": bool(found.cursor), "status_label": status_label, "tones": TONES}

        return [CustomerTab("orders", lazy("Orders"), "order.read", "orders/customer_tab.html", load, position=10)]

    @hookimpl
    def register_customer_figures(self, app: App) -> list[CustomerFigures]:
        """Count what a customer bought in this shop."""
        return [CustomerFigures(lazy("This shop"), "order.read", CustomerPurchases(app).read, position=10)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's orders out, and take the addresses off them when they want to be forgotten."""
        personal, waiting = PersonalOrders(app), PersonalWaiting(app)
        return [
            PersonalData("orders", personal.export, personal.erase, personal.merge),
            PersonalData("waiting", waiting.export, waiting.erase, waiting.merge),
        ]

    @hookimpl
    def register_waiting_checks(self, app: App) -> list[WaitingCheck]:
        """Hold nothing for members who may not order."""
        return [PersonalWaiting(app).check]

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register the orders of the JSON API."""
        return list(ROUTERS)

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show orders in Piccolo Admin."""
        return [admin_section(app)]

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Register the files of past orders and of tracking numbers."""
        files = app.get(OrderFiles)
        return [
            ImportKind(
                "orders",
                COLUMNS,
                REQUIRED,
                files.import_orders,
                "order.create",
                export=files.export_orders,
                title=lazy("Import past orders"),
                back="order",
            ),
            ImportKind(
                "tracking",
                tracking.COLUMNS,
                tracking.REQUIRED,
                app.get(TrackingFile).run,
                "order.update",
                title=lazy("Import tracking numbers"),
                back="order",
            ),
        ]

    @hookimpl
    def register_bulk_actions(self, app: App) -> list[BulkAction]:
        """Confirm and send all orders that fit a filter."""
        orders = app.get(OrderService)

        async def confirm(actor: Actor, order: UUID, _given: Mapping[str, str]) -> None:
            await orders.confirm_payment(actor, order)

        async def ship(actor: Actor, order: UUID, given: Mapping[str, str]) -> None:
            await orders.ship_all(actor, order, ShipmentChange(carrier=given.get("carrier") or None))

        return [
            BulkAction("orders.confirm", lazy("Confirm payment"), "payment.confirm", confirm, back="order"),
            BulkAction("orders.ship", lazy("Mark as shipped"), "order.update", ship, back="order"),
        ]

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find orders by number and customer, parcels by tracking number, invoices by number."""
        return search_kinds(app)

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show how many orders wait for payment and for fulfilment."""
        orders = app.get(OrderService)

        async def unpaid(actor: Actor) -> str:
            return grouped(await orders.count(actor, OrderFilter(statuses=frozenset({OrderStatus.PENDING_PAYMENT}))))

        async def to_fulfil(actor: Actor) -> str:
            return grouped(await orders.count(actor, OrderFilter(statuses=TO_FULFIL)))

        unpaid_orders, to_send = f"order?status={OrderStatus.PENDING_PAYMENT}", f"order?status={TO_BE_FULFILLED}"
        return [
            DashboardCard(lazy("Waiting for payment"), unpaid, "order.read", unpaid_orders, position=10, waits=True),
            DashboardCard(lazy("To be fulfilled"), to_fulfil, "order.read", to_send, position=20, waits=True),
        ]


plugin = Orders()
