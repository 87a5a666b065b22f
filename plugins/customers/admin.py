"""Customers and their addresses in Piccolo Admin: every write goes through the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.admin_forms import link_forms
from guildshop.plugins.customers.admin_labels import LABELS
from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    AddressInput,
    CustomerChange,
    CustomerInput,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.tables import Address, Customer
from guildshop.web.admin import ServiceTable, service_table

if TYPE_CHECKING:
    from guildshop.app import App

_TEXTS = ("display_name", "first_name", "last_name", "email", "phone", "account_number", "notes")
_ADDRESS = ("recipient", "company", "street", "street2", "city", "region", "postal_code", "country", "phone")


def admin_section(app: App) -> AdminSection:
    """Return the section of customers."""
    service = app.get(CustomerService)
    tables = [_customers(service), _addresses(service)]
    return AdminSection(lazy("Customers"), tables, link_forms(service), LABELS)


def _customers(service: CustomerService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        given: dict[str, Any] = {name: changes[name] or "" for name in _TEXTS if name in changes}
        given |= {name: bool(changes[name]) for name in ("active", "blocked") if name in changes}
        if "tags" in changes:
            given["tags"] = _tags(changes["tags"])
        await service.change(actor, key, CustomerChange(**given), version=version)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        texts: dict[str, Any] = {name: values.get(name) or "" for name in (*_TEXTS, "username")}
        given = CustomerInput(**texts, tags=_tags(values.get("tags")), discord_id=values.get("discord_id") or None)
        return (await service.create(actor, given)).id

    async def delete(actor: Actor, key: UUID) -> str:
        customer = await service.deactivate(actor, key)
        return _(
            "{customer} was deactivated, not deleted: the orders stay, and nothing new can be ordered. "
            "To keep them out with a clear message, block the customer."
        ).format(customer=customer.name)

    return service_table(
        Customer,
        read=CUSTOMER_READ,
        visible=[
            Customer.account_number,
            Customer.display_name,
            Customer.username,
            Customer.email,
            Customer.phone,
            Customer.tags,
            Customer.active,
            Customer.blocked,
            Customer.created,
        ],
        hidden=[Customer.display_name_by_staff],
        editable=[
            Customer.display_name,
            Customer.first_name,
            Customer.last_name,
            Customer.email,
            Customer.phone,
            Customer.account_number,
            Customer.notes,
            Customer.tags,
            Customer.active,
            Customer.blocked,
        ],
        volatile=[
            Customer.last_seen,
            Customer.locale,
            Customer.revenue,
            Customer.revenue_currency,
            Customer.paid_orders,
            Customer.last_order,
            Customer.last_paid,
        ],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Customer.created],
        newest_first=True,
        link=Customer.account_number,
    )


def _addresses(service: CustomerService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.address(key)
        for mark in ("is_default", "is_billing"):
            if changes.get(mark) is False:
                raise Invalid.field(mark, _("Mark another address instead; this one then gives way."))
        texts = {name: (changes[name] or "") if name in changes else getattr(before, name) for name in _ADDRESS}
        if changes.keys() & set(_ADDRESS):
            await service.update_address(actor, key, AddressInput(**texts), version=version)
        await _mark(actor, key, changes)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        customer = values.get("customer")
        if customer is None:
            raise Invalid.field("customer", _("Choose the customer whose address this is."))
        texts = {name: values.get(name) or "" for name in _ADDRESS}
        address = await service.add_address(actor, customer, AddressInput(**texts))
        await _mark(actor, address.id, values)
        return address.id

    async def delete(actor: Actor, key: UUID) -> str:
        await service.delete_address(actor, key)
        return _("The address was deleted. Orders keep the copy that they were placed with.")

    async def _mark(actor: Actor, key: UUID, values: dict[str, Any]) -> None:
        if values.get("is_default"):
            await service.set_default(actor, key)
        if values.get("is_billing"):
            await service.set_billing(actor, key)

    return service_table(
        Address,
        read=CUSTOMER_READ,
        visible=[
            Address.recipient,
            Address.customer,
            Address.street,
            Address.city,
            Address.region,
            Address.postal_code,
            Address.country,
            Address.is_default,
            Address.is_billing,
        ],
        editable=[
            Address.recipient,
            Address.company,
            Address.street,
            Address.street2,
            Address.city,
            Address.region,
            Address.postal_code,
            Address.country,
            Address.phone,
            Address.is_default,
            Address.is_billing,
        ],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Address.created],
        newest_first=True,
    )


def _tags(text: str | None) -> tuple[str, ...]:
    return tuple(part for part in (text or "").split(",") if part.strip())
