"""Entitlements as a plugin: what it hears, and what staff see of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from guildshop.bot.events import MemberJoined
from guildshop.hookspecs import AdminSection, Check, ImportKind, Listener, Page, SettingsSection, Timer, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.plugins.catalog.api import PRODUCT_UPDATE
from guildshop.plugins.customers.api import MessageTopic, PersonalData
from guildshop.plugins.entitlements.api import (
    ENDING,
    EntitlementDue,
    EntitlementExpiryDue,
    EntitlementFailed,
    EntitlementGranted,
    EntitlementReminderDue,
    EntitlementRevoked,
    EntitlementsSettings,
    GoodsDue,
)
from guildshop.plugins.entitlements.checks import examination
from guildshop.plugins.entitlements.commands import COMMANDS, ITEMS
from guildshop.plugins.entitlements.deliveries import alert, remind, send_goods
from guildshop.plugins.entitlements.pages import PAGES
from guildshop.plugins.entitlements.piccolo_app import APP_CONFIG
from guildshop.plugins.entitlements.revoking import RevokeButton, ask_revoke, revoke_action
from guildshop.plugins.entitlements.service import (
    EntitlementService,
    GoodsService,
    KeyFile,
    RefundedEntitlements,
    key_file,
)
from guildshop.plugins.entitlements.service.personal import PersonalGoods
from guildshop.plugins.orders.api import (
    DeletionCheck,
    OrderAction,
    OrderCancelled,
    OrderPaid,
    OrderRefunded,
    OrderSection,
)

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.plugins.refunds.api import RefundEffects

RECONCILE_EVERY = timedelta(hours=1)


class Entitlements(Plugin):
    """Gives what was bought, and takes it back."""

    name = "entitlements"
    title = lazy("Digital goods")
    description = lazy("Gives what comes with a product: roles, channels, licence keys and files; timed roles end.")
    requires = ("customers", "catalog", "orders")
    piccolo_app = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Return the services."""
        return [EntitlementService(app), GoodsService(app), RefundedEntitlements(app)]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Register when to remind of an end."""
        return [SettingsSection("entitlements", EntitlementsSettings, lazy("Digital goods"))]

    @hookimpl
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Let members switch reminders off."""
        return [MessageTopic(ENDING, lazy("Timed roles that end soon"))]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Offer members what they bought."""
        return list(COMMANDS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Offer the pages of digital goods."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Show entitlements by the JSON API, and try them again or take them back."""
        from guildshop.plugins.entitlements.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Hear of paid and cancelled orders, of members who join, and of what is due."""
        service = app.get(EntitlementService)
        return [
            Listener(OrderPaid, "entitlements.order_paid", service.order_paid),
            Listener(OrderCancelled, "entitlements.order_cancelled", service.order_cancelled),
            Listener(OrderRefunded, "entitlements.order_refunded", app.get(RefundedEntitlements).order_refunded),
            Listener(OrderRefunded, "entitlements.ask_revoke", ask_revoke, discord=True),
            Listener(EntitlementDue, "entitlements.apply", service.apply, discord=True),
            Listener(EntitlementGranted, "entitlements.complete", service.complete_order),
            Listener(EntitlementFailed, "entitlements.alert", alert, discord=True),
            Listener(MemberJoined, "entitlements.member_joined", service.member_joined),
            Listener(EntitlementExpiryDue, "entitlements.expire", service.expire),
            Listener(EntitlementReminderDue, "entitlements.remind", remind, courtesy=True, discord=True),
            Listener(EntitlementRevoked, "entitlements.close_gap", service.close_gap),
            Listener(GoodsDue, "entitlements.send_goods", send_goods, discord=True),
        ]

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Take licence keys as CSV files."""
        return [
            ImportKind(
                "keys",
                key_file.COLUMNS,
                key_file.REQUIRED,
                KeyFile(app).run,
                PRODUCT_UPDATE,
                title=lazy("Import licence keys"),
                back="entitlement",
            )
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Compare with Discord every hour."""
        return [Timer("entitlements.reconcile", RECONCILE_EVERY, app.get(EntitlementService).reconcile, discord=True)]

    @hookimpl
    def register_items(self, app: App) -> list[type[Any]]:
        """Keep the buttons working after a restart."""
        return [*ITEMS, RevokeButton]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Let the doctor look at failed grants, at roles that cannot be given, and products without keys."""
        return [
            Check("entitlements", app.get(EntitlementService).examine),
            Check("entitlements.targets", examination(app)),
            Check("entitlements.keys", app.get(GoodsService).examine),
        ]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give out what members got, and cut it loose from whoever wants to be forgotten."""
        personal = PersonalGoods(app)
        return [PersonalData("entitlements", personal.export, personal.erase)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show entitlements, read-only."""
        from guildshop.plugins.entitlements.admin import admin_section

        return [admin_section()]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Show an order's entitlements on its page."""
        service = app.get(EntitlementService)
        columns = (lazy("Product"), lazy("Kind"), lazy("Which"), lazy("Status"), lazy("What to do"))
        return [OrderSection(lazy("Digital goods"), columns, service.page_rows, 60)]

    @hookimpl
    def register_order_actions(self, app: App) -> list[OrderAction]:
        """Offer to take back what a refunded order gave."""
        return [revoke_action(app)]

    @hookimpl
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Keep an order until what it gave on Discord is taken back."""
        return [app.get(RefundedEntitlements).check_deletion]

    @hookimpl(optionalhook=True)
    def register_refund_effects(self, app: App) -> list[RefundEffects]:
        """Say which roles and channels a refund will take."""
        return [app.get(RefundedEntitlements).effects]


plugin = Entitlements()
