"""The plugin of links to Shopify: what it registers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.bot.events import MemberJoined
from guildshop.hookspecs import (
    AdminSection,
    Check,
    ImportKind,
    Listener,
    Page,
    PublicRoute,
    SearchKind,
    SettingsSection,
    Timer,
    hookimpl,
)
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Permission
from guildshop.plugins.customers.api import CustomerFigures, CustomerLink, CustomerTab, PersonalData
from guildshop.plugins.shopify_link import verify_pages, webhooks
from guildshop.plugins.shopify_link.admin import admin_section
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    LINK_UPDATE,
    PLUGIN,
    BulkLinkDue,
    ShopifyCustomerGone,
    ShopifyLinkLogged,
    ShopifyMetafieldsDue,
    ShopifyRoleDue,
    ShopifyRoleRefused,
    ShopifyRolesDue,
    ShopifySettings,
    ShopifyShopErased,
    ShopifyTold,
    ShopifyVerificationAsked,
)
from guildshop.plugins.shopify_link.checks import examination
from guildshop.plugins.shopify_link.commands import COMMANDS
from guildshop.plugins.shopify_link.deliveries import tell_log, tell_role
from guildshop.plugins.shopify_link.pages import PAGES, PATH, customer_tab
from guildshop.plugins.shopify_link.piccolo_app import APP_CONFIG
from guildshop.plugins.shopify_link.searching import search_kind
from guildshop.plugins.shopify_link.service import COLUMNS, REQUIRED, LinkService
from guildshop.settings_watch import StoreChanged

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from guildshop.app import App

REFRESH_EVERY = timedelta(hours=1)


class ShopifyLink(Plugin):
    """Links members to their customer accounts at Shopify."""

    name = PLUGIN
    title = lazy("Shopify link")
    description = lazy("Links members to their Shopify customer account, and gives those who ordered the client role.")
    requires = ("customers",)
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service."""
        return [LinkService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with links."""
        return [
            Permission(LINK_READ, lazy("See links to Shopify"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(LINK_UPDATE, lazy("Link members to Shopify customers"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Keep a store's account."""
        return [SettingsSection(PLUGIN, ShopifySettings, lazy("Shopify"))]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Offer the commands."""
        return list(COMMANDS)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Do what follows from links, and what Shopify tells."""
        service = app.get(LinkService)
        return [
            Listener(ShopifyRoleDue, "shopify_link.role", service.settle_role, discord=True),
            Listener(StoreChanged, "shopify_link.settings", service.store_changed),
            Listener(ShopifyRolesDue, "shopify_link.roles", service.settle_roles),
            Listener(ShopifyMetafieldsDue, "shopify_link.metafields", service.settle_metafields),
            Listener(ShopifyLinkLogged, "shopify_link.log", tell_log, discord=True),
            Listener(ShopifyRoleRefused, "shopify_link.alert", tell_role, discord=True),
            Listener(ShopifyVerificationAsked, "shopify_link.email", service.send_link),
            Listener(ShopifyTold, "shopify_link.follow", service.told),
            Listener(ShopifyCustomerGone, "shopify_link.gone", service.gone),
            Listener(ShopifyShopErased, "shopify_link.erase_shop", service.erase_shop),
            Listener(BulkLinkDue, "shopify_link.bulk", service.step),
            Listener(MemberJoined, "shopify_link.member_joined", service.member_joined),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Ask Shopify about some links every hour."""
        return [Timer("shopify_link.refresh", REFRESH_EVERY, app.get(LinkService).refresh_some)]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the page of links and that of lists."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Offer links and lists of them by the JSON API."""
        from guildshop.plugins.shopify_link.endpoints import router

        return [router]

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find links by the Shopify customer's ID and email."""
        return [search_kind(app)]

    @hookimpl
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Take webhooks, and show the page behind the emailed link."""
        return [*webhooks.ROUTES, *verify_pages.ROUTES]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the links in Piccolo Admin, to look at only."""
        return [admin_section()]

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Take links as CSV files."""
        return [
            ImportKind(
                name="links",
                columns=COLUMNS,
                required=REQUIRED,
                run=app.get(LinkService).import_links,
                permission=LINK_UPDATE,
                title=lazy("Link a list"),
                page=f"{PATH}/bulk",
                back=PATH,
            )
        ]

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's link on their page."""
        return [customer_tab(app)]

    @hookimpl
    def register_customer_figures(self, app: App) -> list[CustomerFigures]:
        """Show what a customer bought at Shopify beside what they bought here."""
        return [CustomerFigures("Shopify", LINK_READ, app.get(LinkService).purchases, position=200)]

    @hookimpl
    def register_customer_links(self, app: App) -> list[CustomerLink]:
        """Say whether a customer is linked to Shopify."""
        return [CustomerLink(LINK_READ, app.get(LinkService).described, position=200)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's link out, erase it when they want to be forgotten, and keep it when records are merged."""
        service = app.get(LinkService)
        return [PersonalData(PLUGIN, service.export, service.erase, service.merge)]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Try the account, and name what could not be given or written."""
        return [Check("shopify_link.account", examination(app))]

    @hookimpl
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Keep connections to Shopify while the application is open."""
        return [app.get(LinkService).client.running()]


plugin = ShopifyLink()
