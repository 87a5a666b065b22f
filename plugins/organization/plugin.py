"""The organization plugin: what it registers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from guildshop.bot.events import MemberRolesChanged
from guildshop.hookspecs import AdminSection, Listener, Page, SettingsSection, Timer, hookimpl
from guildshop.i18n import lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Permission
from guildshop.plugins.catalog.api import BuyerTerms, ProductSection
from guildshop.plugins.customers.api import (
    AccountGuard,
    CustomerChoice,
    CustomerColumns,
    CustomerRegistered,
    CustomerSection,
    PersonalData,
)
from guildshop.plugins.organization.admin import admin_section
from guildshop.plugins.organization.api import (
    ORGANIZATION_READ,
    ORGANIZATION_UPDATE,
    GroupDue,
    GroupRolesChanged,
    OrganizationSettings,
    UnitKind,
)
from guildshop.plugins.organization.endpoints import router
from guildshop.plugins.organization.hookspecs import OrganizationHooks
from guildshop.plugins.organization.pages import PAGES, customer_section, product_section
from guildshop.plugins.organization.piccolo_app import APP_CONFIG
from guildshop.plugins.organization.service import (
    OrganizationColumns,
    OrganizationService,
    OrganizationTerms,
    PersonalOrganization,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guildshop.app import App

COMPARE_EVERY = timedelta(days=1)


class Organization(Plugin):
    """Branches, departments and discount groups."""

    name = "organization"
    title = lazy("Organization")
    description = lazy("Branches and departments with products of their own, and discount groups.")
    requires = ("customers", "catalog")
    hookspecs: ClassVar[Any] = OrganizationHooks
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Register the use cases, and what the catalog and the import ask."""
        return [OrganizationService(app), OrganizationTerms(app), OrganizationColumns(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Let most staff see where customers belong, and those who run the shop change it."""
        readers = frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})
        return [
            Permission(ORGANIZATION_READ, lazy("See branches, departments and discount groups"), readers),
            Permission(
                ORGANIZATION_UPDATE,
                lazy("Change branches, departments and discount groups, and who belongs to them"),
                frozenset({MANAGER}),
            ),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Let the owner switch access restriction on."""
        return [SettingsSection(self.name, OrganizationSettings, self.title)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Follow the Discord roles that lead to groups."""
        service = app.get(OrganizationService)
        return [
            Listener(MemberRolesChanged, "organization.roles", service.roles_changed),
            Listener(CustomerRegistered, "organization.registered", service.group_due, discord=True),
            Listener(GroupDue, "organization.group_due", service.group_due, discord=True),
            Listener(GroupRolesChanged, "organization.groups", service.groups_changed, discord=True),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        """Compare groups with roles every day: some may have changed while nobody listened."""
        return [Timer("organization.compare", COMPARE_EVERY, app.get(OrganizationService).compare_all, courtesy=True)]

    @hookimpl
    def register_buyer_terms(self, app: App) -> list[BuyerTerms]:
        """Hide what is restricted to others, and have groups pay their own prices."""
        return [app.get(OrganizationTerms).as_hook()]

    @hookimpl
    def register_account_guards(self, app: App) -> list[AccountGuard]:
        """Keep customers of some groups from changing their account themselves."""
        return [app.get(OrganizationTerms).guard]

    @hookimpl
    def register_customer_sections(self, app: App) -> list[CustomerSection]:
        """Show on a customer's page where they belong."""
        return [customer_section(app)]

    @hookimpl
    def register_product_sections(self, app: App) -> list[ProductSection]:
        """Show on a product's page which branches and departments it is restricted to."""
        return [product_section(app)]

    @hookimpl
    def register_customer_choices(self, app: App) -> list[CustomerChoice]:
        """Let lists of customers be narrowed to a branch, a department or a group."""
        service = app.get(OrganizationService)

        async def branches() -> Sequence[tuple[str, str]]:
            return [(str(unit.id), unit.name) for unit in await service.units(UnitKind.BRANCH)]

        async def departments() -> Sequence[tuple[str, str]]:
            return [(str(unit.id), unit.name) for unit in await service.units(UnitKind.DEPARTMENT)]

        async def groups() -> Sequence[tuple[str, str]]:
            return [(str(group.id), group.name) for group in await service.groups()]

        query = "SELECT o.customer FROM customer_organization AS o WHERE o.store = :store AND o.{0} = :{0}"
        return [
            CustomerChoice(name, label, everything, choices, query.format(name), UUID)
            for name, label, everything, choices in (
                ("branch", lazy("Branch"), lazy("All branches"), branches),
                ("department", lazy("Department"), lazy("All departments"), departments),
                ("discount_group", lazy("Discount group"), lazy("All discount groups"), groups),
            )
        ]

    @hookimpl
    def register_customer_columns(self, app: App) -> list[CustomerColumns]:
        """Add branch, department and group to the CSV file of customers."""
        return [app.get(OrganizationColumns).as_hook()]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give out where a person belongs, and forget it with them."""
        personal = PersonalOrganization(app)
        return [PersonalData(self.name, personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Register the pages of branches, departments and groups."""
        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Register the organization in the JSON API."""
        return [router]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the tables in Piccolo Admin."""
        return [admin_section(app)]


plugin = Organization()
