"""The reports plugin: what it registers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import DashboardCard, Listener, Page, PublicRoute, Timer, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, Permission
from guildshop.plugins.orders.api import (
    DeletionCheck,
    OrderCancelled,
    OrderEdited,
    OrderPlaced,
    OrderRefunded,
    OrdersImported,
    OrderStatusChanged,
)
from guildshop.plugins.reports.api import REPORT_READ, REPORT_UPDATE
from guildshop.plugins.reports.commands import COMMANDS, ITEMS
from guildshop.plugins.reports.pages import PAGES
from guildshop.plugins.reports.piccolo_app import APP_CONFIG
from guildshop.plugins.reports.service import ReportService
from guildshop.plugins.reports.share_page import ROUTES
from guildshop.plugins.reports.start_page import dashboard_cards

if TYPE_CHECKING:
    from guildshop.app import App

COUNT_EVERY = timedelta(minutes=5)


class Reports(Plugin):
    """What was sold."""

    name = "reports"
    title = lazy("Reports")
    description = lazy("Revenue, refunds, products and customers by period, as pages, files, links and /sales.")
    requires = ("customers", "orders")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service."""
        return [ReportService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register who may read reports and share them."""
        return [
            Permission(REPORT_READ, lazy("See reports"), frozenset({MANAGER, READ_ONLY})),
            Permission(REPORT_UPDATE, lazy("Share reports by links, and have them counted anew"), frozenset({MANAGER})),
        ]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Follow what becomes of orders."""
        service = app.get(ReportService)
        return [
            Listener(OrderPlaced, "reports.placed", service.order_changed),
            Listener(OrderEdited, "reports.edited", service.order_changed),
            Listener(OrderStatusChanged, "reports.moved", service.order_changed),
            Listener(OrderCancelled, "reports.cancelled", service.order_changed),
            Listener(OrderRefunded, "reports.refunded", service.order_changed),
            Listener(OrdersImported, "reports.imported", service.orders_imported),
        ]

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Count the days of a deleted order without it."""
        return [app.get(ReportService).check_deletion]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Count the days that nobody looked at."""
        return [Timer("reports.count", COUNT_EVERY, app.get(ReportService).count_store)]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register `/sales`."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Keep the button below `/sales` working after a restart."""
        return list(ITEMS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the page with its files and links."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Offer figures and links to reports by the JSON API."""
        from guildshop.plugins.reports.endpoints import router

        return [router]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Register shared reports."""
        return list(ROUTES)

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show today's orders, and how revenue went, on the start page."""
        return dashboard_cards(app)


plugin = Reports()
