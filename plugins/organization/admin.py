"""The organization in Piccolo Admin: every write goes through the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import AccountFunction
from guildshop.plugins.organization.admin_labels import LABELS
from guildshop.plugins.organization.api import ORGANIZATION_READ, GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.organization.tables import (
    CustomerOrganization,
    DiscountGroup,
    GroupPrice,
    ProductLimit,
    Unit,
)
from guildshop.web.admin import ServiceTable, service_table

if TYPE_CHECKING:
    from guildshop.app import App


def admin_section(app: App) -> AdminSection:
    """Return the section of the organization; prices and restrictions are kept on its own pages."""
    service = app.get(OrganizationService)
    shown = [service_table(table, read=ORGANIZATION_READ) for table in (GroupPrice, ProductLimit)]
    return AdminSection(
        lazy("Organization"), [_units(service), _groups(service), _customers(service), *shown], labels=LABELS
    )


def _units(service: OrganizationService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.unit(key)
        await service.change_unit(
            actor,
            key,
            name=changes.get("name", before.name) or "",
            position=changes.get("position", before.position) or 0,
            version=version,
        )

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        if values.get("kind") not in UnitKind.__members__:
            raise Invalid.field("kind", _("Choose whether it is a branch or a department."))
        kind = UnitKind(values["kind"])
        return (await service.create_unit(actor, kind, values.get("name") or "", values.get("position") or 0)).id

    async def delete(actor: Actor, key: UUID) -> str:
        unit = await service.unit(key)
        await service.delete_unit(actor, key)
        return _("{name} was deleted.").format(name=unit.name)

    return service_table(
        Unit,
        read=ORGANIZATION_READ,
        visible=[Unit.name, Unit.kind, Unit.position, Unit.created],
        editable=[Unit.name, Unit.position],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Unit.kind, Unit.position],
        link=Unit.name,
    )


def _groups(service: OrganizationService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.group_input(key)
        await service.change_group(actor, key, replace(before, **_given(changes)), version=version)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        given = {"name": "", **_given({name: values[name] for name in _EDITABLE if name in values})}
        return (await service.create_group(actor, GroupInput(**given))).id

    async def delete(actor: Actor, key: UUID) -> str:
        group = await service.group(key)
        await service.delete_group(actor, key)
        return _("{name} was deleted.").format(name=group.name)

    return service_table(
        DiscountGroup,
        read=ORGANIZATION_READ,
        visible=[DiscountGroup.name, DiscountGroup.percent, DiscountGroup.role, DiscountGroup.position],
        editable=[getattr(DiscountGroup, name) for name in _EDITABLE],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[DiscountGroup.position],
        link=DiscountGroup.name,
    )


_EDITABLE = ("name", "percent", "role", "blocks", "position")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {name: values[name] for name in ("percent", "role") if name in values}
    if "name" in values:
        given["name"] = values["name"] or ""
    if "position" in values:
        given["position"] = values["position"] or 0
    if "blocks" in values:
        texts = [text.strip().upper() for text in (values["blocks"] or "").split(",") if text.strip()]
        unknown = [text for text in texts if text not in AccountFunction.__members__]
        if unknown:
            known = ", ".join(AccountFunction.__members__)
            told = _("“{text}” is nothing that can be blocked. Write some of: {known}.")
            raise Invalid.field("blocks", told.format(text=unknown[0][:40], known=known))
        given["blocks"] = frozenset(AccountFunction(text) for text in texts)
    return given


def _customers(service: OrganizationService) -> ServiceTable:
    fields = {"branch": "branch", "department": "department", "discount_group": "group"}

    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.membership_at(key)
        wanted = {name: getattr(before, name) for name in fields.values()}
        wanted |= {fields[column]: changes[column] for column in fields if column in changes}
        await service.assign(actor, before.customer, **wanted, version=version)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        if values.get("customer") is None:
            raise Invalid.field("customer", _("Give the ID of the customer."))
        if (await service.membership(values["customer"])).version:
            raise Invalid.field("customer", _("Where this customer belongs is known already. Open that row."))
        wanted = {name: values.get(column) for column, name in fields.items()}
        await service.assign(actor, values["customer"], **wanted)
        return await service.membership_key(values["customer"])

    return service_table(
        CustomerOrganization,
        read=ORGANIZATION_READ,
        visible=[
            CustomerOrganization.customer,
            CustomerOrganization.branch,
            CustomerOrganization.department,
            CustomerOrganization.discount_group,
            CustomerOrganization.by_role,
        ],
        editable=[
            CustomerOrganization.branch,
            CustomerOrganization.department,
            CustomerOrganization.discount_group,
        ],
        on_patch=patch,
        on_post=post,
        link=CustomerOrganization.customer,
    )
