"""Customers as the JSON API shows and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from pydantic import Field

from guildshop.plugins.customers.api import Address, Customer, CustomerType, MessageChannel, Source
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.api import ApiModel, GivenSnowflake, Snowflake

if TYPE_CHECKING:
    from guildshop.app import App

Tags = Annotated[list[str], Field(max_length=100)]


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
    version: int


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
    user_id: UUID | None
    """The user of the platform that this is."""
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


class NewCustomerRequest(ApiModel):
    """A customer entered by hand, or who came by an email; one of the names or the email is needed.

    Without `accountNumber` one is given out. The preferences are the customer's own.
    """

    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    account_number: str = ""
    notes: str = ""
    tags: Tags = Field(default_factory=list)
    source: Literal[Source.MANUAL, Source.EMAIL] = Source.MANUAL


class CustomerPatch(ApiModel):
    """What to change of a customer; what is left out stays. Another `version` than the one that was read is stale."""

    display_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    account_number: str | None = None
    notes: str | None = None
    tags: Tags | None = None
    version: int | None = None


class TagsRequest(ApiModel):
    """The tags that a customer shall have, and no others."""

    tags: Tags
    version: int | None = None


class TaggingRequest(ApiModel):
    """Tags that many customers get and lose; all of them or, where one is refused, none."""

    customer_ids: list[UUID] = Field(min_length=1, max_length=200)
    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


class TaggingAnswer(ApiModel):
    """How many customers have other tags now."""

    changed: int


class LinkRequest(ApiModel):
    """The user of the platform that a customer is."""

    user_id: UUID


class SentAnswer(ApiModel):
    """To whom an email is on its way: an address, or the name of a user."""

    to: str


class MergeRequest(ApiModel):
    """The record that is given up. Where both are Discord members, `memberId` says which of the two stays.

    The versions are those of both records as they were looked at: others are stale.
    """

    gone_id: UUID
    member_id: GivenSnowflake | None = None
    gone_version: int | None = None
    version: int | None = None


class SavedAddressRequest(ApiModel):
    """An address as it is to be saved; `country` is an ISO 3166 code of two letters."""

    recipient: str
    street: str
    city: str
    country: str
    postal_code: str = ""
    region: str = ""
    company: str = ""
    street2: str = ""
    phone: str = ""


class SavedAddressPatch(ApiModel):
    """What to change of an address; what is left out stays. Another `version` than the one that was read is stale."""

    recipient: str | None = None
    street: str | None = None
    city: str | None = None
    country: str | None = None
    postal_code: str | None = None
    region: str | None = None
    company: str | None = None
    street2: str | None = None
    phone: str | None = None
    version: int | None = None


class SavedAddressAnswer(AddressModel):
    """A saved address, and how its country would write it where that differs."""

    suggestion: SavedAddressRequest | None


def customer_model(app: App, customer: Customer) -> CustomerModel:
    """Return a customer as the API shows it: of what they want to be told of, every topic."""
    wishes = app.get(CustomerService).wishes
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
        dm_preferences=wishes(customer, MessageChannel.DM),
        email_preferences=wishes(customer, MessageChannel.EMAIL),
        created_at=customer.created,
        last_seen_at=customer.last_seen,
        user_id=customer.user,
        version=customer.version,
        revenue_cents=customer.revenue,
        revenue_currency=customer.revenue_currency,
        paid_orders=customer.paid_orders,
        last_order_at=customer.last_order,
        merged_into_id=customer.merged_into,
    )


def address_model(address: Address) -> AddressModel:
    """Return a saved address as the API shows it."""
    return AddressModel(**{name: getattr(address, name) for name in AddressModel.model_fields})
