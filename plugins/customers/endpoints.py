"""Customers in the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    Address,
    Customer,
    CustomerFilter,
    CustomerSort,
    CustomerStatus,
    CustomerType,
    Source,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs

router = APIRouter(prefix="/customers", tags=["Customers"])


class AddressModel(ApiModel):
    """A saved address."""

    id: UUID
    recipient: str
    company: str
    street: str
    street2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str
    is_default: bool
    is_billing: bool


class CustomerModel(ApiModel):
    """A person known to the store."""

    id: UUID
    discord_id: Snowflake | None
    username: str
    display_name: str
    first_name: str
    last_name: str
    email: str
    is_email_confirmed: bool
    phone: str
    account_number: str
    source: Source
    locale: str
    """The language of their Discord when they last used it here, such as `de`; empty: not known."""
    type: CustomerType
    notes: str
    tags: list[str]
    is_active: bool
    is_blocked: bool
    dm_preferences: dict[str, bool]
    email_preferences: dict[str, bool]
    created_at: datetime
    last_seen_at: datetime | None
    version: int
    revenue_cents: int
    """Paid less refunded, in `revenueCurrency`."""
    revenue_currency: str
    paid_orders: int
    last_order_at: datetime | None
    merged_into_id: UUID | None


class CustomerDetails(CustomerModel):
    """A customer with addresses, the default one first."""

    addresses: list[AddressModel]


Text = Annotated[str, Query(max_length=100, description="Occurs in names, email, phone or account number.")]


@router.get("", summary="Customers", dependencies=[needs(CUSTOMER_READ)])
async def list_customers(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Text = "",
    status: CustomerStatus | None = None,
    type: CustomerType | None = None,
    tag: Annotated[str, Query(max_length=40)] = "",
    sort: CustomerSort = CustomerSort.CREATED,
) -> CursorPage[CustomerModel]:
    """Return customers: the newest first, or those with the highest spend or the last order."""
    chosen = CustomerFilter(text=text, status=status, type=type, tag=tag)
    found = await app.get(CustomerService).list_customers(actor, chosen, cursor=cursor or "", limit=limit, sort=sort)
    return CursorPage[CustomerModel].of(found, _model)


@router.get("/{customer_id}", summary="One customer", dependencies=[needs(CUSTOMER_READ)])
async def read_customer(app: CurrentApp, customer_id: UUID) -> CustomerDetails:
    """Return a customer with all addresses."""
    service = app.get(CustomerService)
    customer = await service.get(customer_id)
    addresses = [_address(address) for address in await service.addresses(customer_id)]
    return CustomerDetails(**_model(customer).model_dump(), addresses=addresses)


def _model(customer: Customer) -> CustomerModel:
    return CustomerModel(
        id=customer.id,
        discord_id=customer.discord_id,
        username=customer.username,
        display_name=customer.display_name,
        first_name=customer.first_name,
        last_name=customer.last_name,
        email=customer.email,
        is_email_confirmed=customer.email_confirmed,
        phone=customer.phone,
        account_number=customer.account_number,
        source=customer.source,
        locale=customer.locale,
        type=customer.type,
        notes=customer.notes,
        tags=list(customer.tags),
        is_active=customer.active,
        is_blocked=customer.blocked,
        dm_preferences=dict(customer.dm_preferences),
        email_preferences=dict(customer.email_preferences),
        created_at=customer.created,
        last_seen_at=customer.last_seen,
        version=customer.version,
        revenue_cents=customer.revenue,
        revenue_currency=customer.revenue_currency,
        paid_orders=customer.paid_orders,
        last_order_at=customer.last_order,
        merged_into_id=customer.merged_into,
    )


def _address(address: Address) -> AddressModel:
    return AddressModel(**{name: getattr(address, name) for name in AddressModel.model_fields})
