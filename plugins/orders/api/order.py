"""What an order is, as everybody outside this plugin sees it. Money is in minor units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.countries import country_name, town_line
from guildshop.plugins.orders.api.checkout import Adjustment


class OrderStatus(StrEnum):
    """Where an order stands; `rules.MOVES` says where it may go from there."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    FULFILLING = "FULFILLING"
    SHIPPED = "SHIPPED"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class ShippingStatus(StrEnum):
    """Where the parcel is."""

    PENDING = "PENDING"
    LABEL_CREATED = "LABEL_CREATED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Channel(StrEnum):
    """Through which entrance an order came."""

    DISCORD = "DISCORD"
    WEB = "WEB"
    API = "API"
    IMPORT = "IMPORT"


class LineKind(StrEnum):
    """Whether a line is shipped or delivered by Discord alone."""

    DIGITAL = "DIGITAL"
    SHIPPED = "SHIPPED"


class HistoryKind(StrEnum):
    """What a row of the timeline tells."""

    PLACED = "placed"
    STATUS = "status"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    NOTE = "note"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class ShippingAddress:
    """Where an order goes: a copy, so that later edits of the customer's addresses never rewrite history."""

    recipient: str
    street: str
    city: str
    postal_code: str
    country: str
    street2: str = ""
    region: str = ""
    company: str = ""
    phone: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines as they stand on a label, without the phone."""
        town = town_line(self.country, self.city, self.region, self.postal_code)
        parts = (self.recipient, self.company, self.street, self.street2, town, country_name(self.country))
        return tuple(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line item. `product` is None where an imported order names a product that the catalog does not have."""

    id: UUID
    product: UUID | None
    sku: str
    name: str
    kind: LineKind
    quantity: int
    unit_price: int
    total: int


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order as lists show it."""

    id: UUID
    store: int
    number: str
    customer: UUID
    customer_name: str
    customer_discord_id: int | None
    status: OrderStatus
    shipping_status: ShippingStatus | None
    payment_method: str
    currency: str
    total: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines and adjustments.

    `shipping_status` is None where nothing ships. `total = subtotal - discount - loyalty + shipping + tax`,
    `due = total - credit`. `notes` are for staff alone. `recipient_discord_id` is the member it was bought for, who
    gets the roles; None for oneself.
    """

    id: UUID
    store: int
    number: str
    customer: UUID
    customer_name: str
    customer_discord_id: int | None
    recipient_discord_id: int | None
    channel: Channel
    status: OrderStatus
    shipping_status: ShippingStatus | None
    carrier: str
    tracking_number: str
    currency: str
    subtotal: int
    discount: int
    loyalty: int
    shipping: int
    tax: int
    total: int
    credit: int
    due: int
    refunded: int
    payment_method: str
    shipping_type: str
    address: ShippingAddress | None
    created: datetime
    updated: datetime
    reserved_until: datetime | None
    paid_at: datetime | None
    cancelled_at: datetime | None
    completed_at: datetime | None
    cancel_reason: str
    locale: str
    imported: bool
    notes: str
    version: int
    lines: tuple[OrderLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def ships(self) -> bool:
        """Whether anything of it is shipped."""
        return self.shipping_status is not None

    @property
    def receiver_discord_id(self) -> int | None:
        """The member who gets what was bought: the recipient of a gift, else the customer."""
        return self.recipient_discord_id or self.customer_discord_id


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """One row of an order's timeline; `before` and `after` are statuses where it tells of a move."""

    id: UUID
    at: datetime
    kind: HistoryKind
    actor_kind: str
    actor_name: str
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True)
class OrderNote:
    """A note on an order: private ones are for staff only, public ones the customer sees too."""

    id: UUID
    at: datetime
    author: str
    public: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """What staff change of an order at once; None leaves a field as it is."""

    status: OrderStatus | None = None
    shipping_status: ShippingStatus | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    notes: str | None = None
    reason: str = ""
    """Why it is cancelled, for the customer."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed to; dates are half open (`created_from` ≤ created < `created_before`)."""

    statuses: frozenset[OrderStatus] = frozenset()
    payment_method: str = ""
    customer: UUID | None = None
    text: str = ""
    """Part of the order number, or of the customer's name."""
    created_from: datetime | None = None
    created_before: datetime | None = None
    minimum: int | None = None
    maximum: int | None = None
