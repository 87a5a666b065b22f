"""The plugin of reviews: what it offers to the kernel and to customers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, DashboardCard, Listener, Page, SettingsSection, Timer, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.customers.api import Customer, CustomerTab, MessageTopic, PersonalData
from guildshop.plugins.orders.api import OrderStatusChanged

from guildshop_reviews.admin import admin_section
from guildshop_reviews.api import PLUGIN, READ, TOPIC, UPDATE, ReviewsSettings
from guildshop_reviews.commands import COMMANDS
from guildshop_reviews.pages import PAGES
from guildshop_reviews.piccolo_app import APP_CONFIG
from guildshop_reviews.service import ReviewService

if TYPE_CHECKING:
    from guildshop.app import App


class Reviews(Plugin):
    """Reviews of products by those who bought them."""

    name = PLUGIN
    title = lazy("Reviews")
    description = lazy("Lets buyers review products, and asks them to.")
    requires = ("customers", "catalog", "orders")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the use cases."""
        return [ReviewService(app)]

    @hookimpl
    def register_permissions(self) -> list[Permission]:
        """Let most staff read reviews, and some hide them."""
        return [
            Permission(READ, lazy("See reviews"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(UPDATE, lazy("Hide and show reviews"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_settings(self) -> list[SettingsSection]:
        """Keep when a store asks for reviews."""
        return [SettingsSection(PLUGIN, ReviewsSettings, lazy("Reviews"))]

    @hookimpl
    def register_message_topics(self) -> list[MessageTopic]:
        """Let customers switch the requests off."""
        return [TOPIC]

    @hookimpl
    def register_commands(self) -> list[Any]:
        """Offer the command."""
        return list(COMMANDS)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Notice which orders are complete."""
        return [Listener(OrderStatusChanged, "reviews.remember", app.get(ReviewService).remember)]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Ask for reviews, as a courtesy."""
        return [Timer("reviews.ask", timedelta(hours=1), app.get(ReviewService).ask, courtesy=True, discord=True)]

    @hookimpl
    def register_pages(self) -> list[Page]:
        """Show the page of reviews."""
        return list(PAGES)

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's reviews on their page."""

        async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
            return {"reviews": await app.get(ReviewService).of_customer(actor, customer)}

        return [CustomerTab("reviews", lazy("Reviews"), READ, "reviews/customer_tab.html", load, position=60)]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show the average."""

        async def average(_actor: Actor) -> str:
            return await app.get(ReviewService).average()

        return [DashboardCard(lazy("Average review"), average, READ, "review", position=60)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show reviews in Piccolo Admin."""
        return [admin_section(app)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's reviews out, and take the words off them when they want to be forgotten."""
        service = app.get(ReviewService)
        return [PersonalData(PLUGIN, service.export, service.erase)]


plugin = Reviews()
