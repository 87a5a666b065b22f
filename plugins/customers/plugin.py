"""The plugin of customers: what it offers to the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.hookspecs import (
    AdminSection,
    BulkAction,
    ImportKind,
    Listener,
    MemberLanguages,
    Page,
    PublicRoute,
    SearchKind,
    SignInCheck,
    Timer,
    hookimpl,
)
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.customers import hookspecs
from guildshop.plugins.customers.api import (
    BASE_TOPICS,
    CUSTOMER_READ,
    CUSTOMER_UPDATE,
    EmailConfirmationAsked,
    MessageTopic,
)
from guildshop.plugins.customers.commands import COMMANDS, ITEMS
from guildshop.plugins.customers.piccolo_app import APP_CONFIG
from guildshop.plugins.customers.rules.importing import COLUMNS as IMPORT_COLUMNS
from guildshop.plugins.customers.service import MERGE, CustomerActions, CustomerMetrics, CustomerService, CustomerTabs

if TYPE_CHECKING:
    from discord import app_commands
    from fastapi import APIRouter

    from guildshop.app import App
    from guildshop.bot.items import StoreItem, StoreModal


FIGURES_EVERY = timedelta(hours=6)


class Customers(Plugin):
    """Profiles, addresses, tags and DM preferences."""

    name = "customers"
    title = lazy("Customers")
    description = lazy("Who buys: profiles, addresses, tags and what each wants to be told.")
    piccolo_app = APP_CONFIG
    hookspecs = hookspecs.CustomersHooks

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the customers' use cases."""
        return [CustomerService(app), CustomerTabs(app), CustomerActions(app), CustomerMetrics(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Let most staff see customers, and those who support them change them."""
        return [
            Permission(CUSTOMER_READ, lazy("See customers"), frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})),
            Permission(MERGE, lazy("Merge two records of one customer"), frozenset({MANAGER})),
            Permission(CUSTOMER_UPDATE, lazy("Change customers"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Offer the topics of the shop itself."""
        return list(BASE_TOPICS)

    @hookimpl
    def register_commands(self, app: App) -> list[app_commands.Command[Any, ..., Any]]:
        """Offer the commands."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[type[StoreItem[Any]] | type[StoreModal]]:
        """Keep buttons, selects and forms working after a restart."""
        return list(ITEMS)

    @hookimpl
    def register_member_languages(self, app: App) -> list[MemberLanguages]:
        """Keep the language of whoever uses the bot."""
        service = app.get(CustomerService)
        return [MemberLanguages(service.note_language, service.recall_language)]

    @hookimpl
    def register_sign_in_checks(self, app: App) -> list[SignInCheck]:
        """Keep customers out whom their shop has blocked or deactivated."""
        return [app.get(CustomerService).check_sign_in]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Show the list of customers and each one's page."""
        from guildshop.plugins.customers.pages import PAGES

        return list(PAGES)

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find customers by what staff know of them."""
        from guildshop.plugins.customers.pages import search_kind

        return [search_kind(app)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Show the pages behind links in emails."""
        from guildshop.plugins.customers.email_pages import ROUTES

        return list(ROUTES)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Email the link that confirms an address."""
        return [Listener(EmailConfirmationAsked, "customers.email_link", app.get(CustomerService).email_link)]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Keep each day's figures for the trends."""
        return [Timer("customers.figures", FIGURES_EVERY, app.get(CustomerMetrics).remember_today, courtesy=True)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the tables in Piccolo Admin."""
        from guildshop.plugins.customers.admin import admin_section

        return [admin_section(app)]

    @hookimpl
    def register_api(self, app: App) -> list[APIRouter]:
        """Offer the JSON API."""
        from guildshop.plugins.customers.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Take and give customers as CSV files."""
        service = app.get(CustomerService)
        return [
            ImportKind(
                name="customers",
                columns={**IMPORT_COLUMNS, **service.added_columns()},
                required=frozenset(),
                run=service.import_customers,
                permission=CUSTOMER_UPDATE,
                export=service.export_customers,
                title=lazy("Import customers"),
                back="customer",
            )
        ]

    @hookimpl
    def register_bulk_actions(self, app: App) -> list[BulkAction]:
        """Change the tags of all customers that fit a filter."""
        service = app.get(CustomerService)

        async def tag(actor: Actor, customer: UUID, given: Mapping[str, str]) -> None:
            add, remove = given["add"].split(","), given["remove"].split(",")
            await service.tag(actor, [customer], add=[one for one in add if one], remove=[one for one in remove if one])

        return [BulkAction("customers.tag", lazy("Change tags"), CUSTOMER_UPDATE, tag, back="customer")]


plugin = Customers()
