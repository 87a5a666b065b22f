"""The data of customers, the errors and the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from guildshop.errors import Forbidden, NotFound, Refusal
from guildshop.events import Event
from guildshop.i18n import _, lazy

CUSTOMER_READ = "customer.read"
CUSTOMER_UPDATE = "customer.update"

OFFERED_TAGS = ("VIP", "Employee", "Partner")
"""The tags offered from the start; any other text is a tag too."""


class Source(StrEnum):
    """How a customer came to be."""

    DISCORD = "DISCORD"
    EMAIL = "EMAIL"
    MANUAL = "MANUAL"


class CustomerType(StrEnum):
    """Whether somebody stands behind the customer: a Discord member or a user (registered), or neither (guest)."""

    REGISTERED = "REGISTERED"
    GUEST = "GUEST"


class CustomerStatus(StrEnum):
    """What a list is filtered by."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    BLOCKED = "BLOCKED"


def best_name(display: str, first: str, last: str, username: str, email: str, number: str | None) -> str:
    """Return the first of these that there is, the two names together."""
    return display or f"{first} {last}".strip() or username or email or number or ""


def name_of(row: Mapping[str, Any]) -> str:
    """Return the name of the customer whose columns stand in a row, as `Customer.name` does."""
    return best_name(
        row["display_name"], row["first_name"], row["last_name"], row["username"], row["email"], row["account_number"]
    )


@dataclass(frozen=True, slots=True)
class Customer:
    """A person known to one store. Texts that are not known are empty; `version` counts the changes by staff."""

    id: UUID
    store: int
    discord_id: int | None
    username: str
    display_name: str
    first_name: str
    last_name: str
    email: str
    phone: str
    account_number: str
    source: Source
    notes: str
    tags: tuple[str, ...]
    active: bool
    blocked: bool
    email_confirmed: bool
    dm_preferences: Mapping[str, bool]
    """The topics that the customer has switched, on or off; a topic not in it is on."""
    created: datetime
    last_seen: datetime | None
    version: int
    email_preferences: Mapping[str, bool] = field(default_factory=dict)
    """The same for email."""
    user: UUID | None = None
    """The user of the platform that this is, if linked."""
    revenue: int = 0
    """Paid minus refunded, in minor units of `revenue_currency`."""
    revenue_currency: str = ""
    paid_orders: int = 0
    last_order: datetime | None = None
    merged_into: UUID | None = None
    """The record that took over everything of this one."""
    locale: str = ""
    """The language of their Discord when they last used it here, such as `de` or `es-419`; empty: not known."""

    @property
    def type(self) -> CustomerType:
        """Registered when linked to a Discord member or a user, else a guest."""
        linked = self.discord_id is not None or self.user is not None
        return CustomerType.REGISTERED if linked else CustomerType.GUEST

    @property
    def name(self) -> str:
        """The best name there is: display name, first and last name, username, email or account number."""
        return best_name(
            self.display_name, self.first_name, self.last_name, self.username, self.email, self.account_number
        )

    @property
    def status(self) -> CustomerStatus:
        """Blocked before inactive before active."""
        if self.blocked:
            return CustomerStatus.BLOCKED
        return CustomerStatus.ACTIVE if self.active else CustomerStatus.INACTIVE


@dataclass(frozen=True, slots=True)
class AddressInput:
    """An address as somebody writes it: `region` is a state or province, `country` an ISO 3166 code of two letters."""

    recipient: str
    street: str
    city: str
    country: str
    postal_code: str = ""
    region: str = ""
    company: str = ""
    street2: str = ""
    """House number or second line."""
    phone: str = ""


def address_labels() -> dict[str, str]:
    """Return what people read for each field of an address."""
    return {
        "recipient": _("Recipient"),
        "company": _("Company"),
        "street": _("Street and house number"),
        "street2": _("Second line"),
        "city": _("City"),
        "region": _("State or region"),
        "postal_code": _("Postal code"),
        "country": _("Country"),
        "phone": _("Phone"),
    }


@dataclass(frozen=True, slots=True)
class Address:
    """A saved address of a customer."""

    id: UUID
    store: int
    customer: UUID
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
    created: datetime
    version: int

    @property
    def as_input(self) -> AddressInput:
        """The address as it would be written again."""
        return AddressInput(
            recipient=self.recipient,
            street=self.street,
            city=self.city,
            country=self.country,
            postal_code=self.postal_code,
            region=self.region,
            company=self.company,
            street2=self.street2,
            phone=self.phone,
        )


@dataclass(frozen=True, slots=True)
class CustomerInput:
    """A customer as staff enter one by hand: source MANUAL, or EMAIL when they came by an email."""

    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    account_number: str = ""
    """Given out by the shop when left empty."""
    notes: str = ""
    tags: tuple[str, ...] = ()
    discord_id: int | None = None
    username: str = ""
    source: Source = Source.MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """What staff change of a customer: None leaves a field as it is. DM preferences are the customer's own."""

    display_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    account_number: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] | None = None
    discord_id: str | None = None
    """The Discord ID of the member that a customer without one is."""
    active: bool | None = None
    blocked: bool | None = None


class CustomerSort(StrEnum):
    """What a list is ordered by, the most first."""

    CREATED = "CREATED"
    SPEND = "SPEND"
    LAST_ORDER = "LAST_ORDER"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """What a list of customers is narrowed to; `text` is looked for in names, email, phone and account number."""

    text: str = ""
    status: CustomerStatus | None = None
    type: CustomerType | None = None
    tag: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What is chosen of the choices that plugins add, by name."""


@dataclass(frozen=True, slots=True)
class MessageTopic:
    """A kind of message that a customer may switch off: `name` is stored, `label` is shown through `_()`."""

    name: str
    label: str


BASE_TOPICS = (
    MessageTopic("order_received", lazy("Order received")),
    MessageTopic("payment_confirmed", lazy("Payment confirmed")),
    MessageTopic("order_shipped", lazy("Order shipped")),
    MessageTopic("refunds", lazy("Refunds")),
)
"""The topics of the shop itself; plugins add theirs by `register_message_topics`."""


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """What the country's rules say of an address: `suggestion` is how the country writes it, if that differs."""

    given: AddressInput
    suggestion: AddressInput | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What changes of a customer's purchases: orders that were paid, the amount, when; negative for what goes back."""

    orders: int = 0
    amount: int = 0
    currency: str = ""
    placed: datetime | None = None
    paid: datetime | None = None


class MessageChannel(StrEnum):
    """By what a customer is told something; each has preferences of its own."""

    DM = "dm"
    EMAIL = "email"


class EmailLinkGone(NotFound):
    """The link that confirms an email address was used, has expired, or never was one."""

    code = "email-link-gone"


@dataclass(frozen=True, slots=True)
class EmailConfirmationAsked(Event):
    """A link that confirms an email address is to be sent there; `locale` is that of the receiver."""

    confirmation: UUID
    locale: str


class CustomerUnknown(NotFound):
    """There is no such customer in this store."""

    code = "customer-unknown"


class AddressUnknown(NotFound):
    """There is no such address in this store."""

    code = "address-unknown"


class CustomerInactive(Forbidden):
    """The customer was deactivated."""

    code = "customer-inactive"


class CustomerBlocked(Forbidden):
    """The customer was blocked."""

    code = "customer-blocked"


class AlreadyTaken(Refusal):
    """Another customer of the store has this email, account number or Discord member."""

    code = "customer-taken"


@dataclass(frozen=True, slots=True)
class CustomerRegistered(Event):
    """A customer of Discord is known to the store from now on."""

    customer: UUID

    @property
    def key(self) -> str:
        """Order by customer."""
        return str(self.customer)


class CustomerMerged(Refusal):
    """The record was merged into another one of the same person, which is to be used instead."""

    code = "customer-merged"


@dataclass(frozen=True, slots=True)
class CustomersMerged(Event):
    """Everything of the record `gone` belongs to the record `kept` now."""

    gone: UUID
    kept: UUID

    @property
    def key(self) -> str:
        """Order by the customer that stays."""
        return str(self.kept)
