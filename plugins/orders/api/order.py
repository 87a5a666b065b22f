"""What an order is, as everybody outside this plugin sees it. Money is in minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.plugins.orders.api.address import ShippingAddress
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
    REFUND = "refund"
    EDITED = "edited"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    NOTE = "note"
    IMPORTED = "imported"


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
    position: int = 0
    returned: int = 0
    return_held: int = 0
    """Pieces that a refund under way is going to take back."""
    unsent: int = 0
    """How many of the returned pieces were refunded before they were sent, so that they never are."""
    sent: int = 0
    """How many pieces are in parcels that left."""

    @property
    def returnable(self) -> int:
        """How many pieces can still come back."""
        return self.quantity - self.returned - self.return_held


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
    tax_place: ShippingAddress | None = None
    """The place that its tax depends on, where that was asked or shipped to."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """The versions of the terms and of the refund policy that the customer accepted, and when (`at`)."""
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What was answered to the steps of the checkout, by their names."""
    refund_held: int = 0
    """What refunds under way are going to give back."""
    written_off: int = 0
    """What of its price staff did not ask for any more, when they accepted that less came."""

    @property
    def refundable(self) -> int:
        """What can still be given back: nothing of what was never paid."""
        return 0 if self.paid_at is None else self.paid_total - self.refunded - self.refund_held

    @property
    def paid_total(self) -> int:
        """What it is paid by, credit included: its total without what was written off."""
        return self.total - self.written_off

    @property
    def kept_due(self) -> int:
        """What came besides credit once it is paid, without what was given back."""
        return self.due - self.written_off - self.refunded

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
