"""The discounts plugin: what it registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import AdminSection, Check, Finding, ImportKind, Listener, Page, SearchKind, Severity, hookimpl
from guildshop.i18n import _, lazy
from guildshop.loading import Plugin
from guildshop.permissions import MANAGER, READ_ONLY, SUPPORT, Permission
from guildshop.plugins.customers.api import CustomerTab, PersonalData
from guildshop.plugins.discounts.admin import admin_section
from guildshop.plugins.discounts.api import DISCOUNT_CREATE, DISCOUNT_READ, DISCOUNT_UPDATE
from guildshop.plugins.discounts.commands import COMMANDS
from guildshop.plugins.discounts.endpoints import router
from guildshop.plugins.discounts.pages import PAGES, customer_tab
from guildshop.plugins.discounts.piccolo_app import APP_CONFIG
from guildshop.plugins.discounts.searching import search_kind
from guildshop.plugins.discounts.service import DiscountService, DiscountStep, PersonalDiscounts
from guildshop.plugins.discounts.service.importing import COLUMNS, REQUIRED
from guildshop.plugins.orders.api import CheckoutStep, OrderCancelled, OrderDeleted, OrderEdited, OrderRefunded
from guildshop.plugins.organization.api import GroupUses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guildshop.app import App


class Discounts(Plugin):
    """Discounts by code or by themselves, for products, categories, roles, tags or customers."""

    name = "discounts"
    title = lazy("Discounts")
    description = lazy("Discounts in percent or of an amount, by code or by themselves, with limits on their use.")
    requires = ("orders", "catalog", "customers")
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the service, and the step that uses it."""
        service = DiscountService(app)
        return [service, DiscountStep(app, service)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Register what staff may do with discounts."""
        return [
            Permission(DISCOUNT_READ, lazy("See discounts"), frozenset({MANAGER, SUPPORT, READ_ONLY})),
            Permission(DISCOUNT_CREATE, lazy("Create discounts"), frozenset({MANAGER})),
            Permission(DISCOUNT_UPDATE, lazy("Change and assign discounts"), frozenset({MANAGER})),
        ]

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Take the best discount off."""
        return [app.get(DiscountStep)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Give uses back when an order comes to nothing."""
        service = app.get(DiscountService)
        return [
            Listener(OrderCancelled, "discounts.give_back", service.give_back_unpaid),
            Listener(OrderRefunded, "discounts.refunded", service.give_back_refunded),
            Listener(OrderEdited, "discounts.edited", service.give_back_edited),
            Listener(OrderDeleted, "discounts.deleted", service.give_back_deleted),
        ]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Register the slash commands."""
        return list(COMMANDS)

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the list of discounts and the page of one."""
        return list(PAGES)

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find discounts by code."""
        return [search_kind(app)]

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Show a customer's discounts on their page."""
        return [customer_tab(app)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give a customer's assignments and uses out, and end the assignments when they want to be forgotten."""
        personal = PersonalDiscounts(app)
        return [PersonalData("discounts", personal.export, personal.erase, personal.merge)]

    @hookimpl(optionalhook=True)
    def register_group_uses(self, app: App) -> list[GroupUses]:
        """Keep a discount group while a discount is for it."""
        return [app.get(DiscountService).for_group]

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register the discounts of the JSON API."""
        return [router]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show discounts in Piccolo Admin."""
        return [admin_section(app)]

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        """Register the file of discounts."""
        service = app.get(DiscountService)
        return [
            ImportKind(
                "discounts",
                COLUMNS,
                REQUIRED,
                service.import_discounts,
                DISCOUNT_UPDATE,
                export=service.export_discounts,
                title=lazy("Import discounts"),
                back="discount",
            )
        ]

    @hookimpl
    def register_checks(self, app: App) -> list[Check]:
        """Tell the doctor whether every counter equals the uses beside it."""

        async def examine(store: int | None) -> Sequence[Finding]:
            return [
                Finding(
                    Severity.BROKEN,
                    _("Discounts"),
                    _("The counter of “{name}” differs from its uses.").format(name=name),
                    _("Somebody changed the database by hand. Restore a backup, or correct discount.used."),
                )
                for name in await app.get(DiscountService).check_counters(store or 0)
            ]

        return [Check("discounts.counters", examine)]


plugin = Discounts()
