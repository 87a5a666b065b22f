"""The public face of notifications: what was sent to whom, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from guildshop.events import Event
from guildshop.i18n import lazy
from guildshop.plugins.customers.api import MessageTopic
from guildshop.plugins.orders.api.events import OrderEvent

NOTIFICATION_CREATE = "notification.create"

ORDER_RECEIVED = "order_received"
PAYMENT_CONFIRMED = "payment_confirmed"
ORDER_SHIPPED = "order_shipped"
REFUNDS = "refunds"
ORDER_CANCELLED = MessageTopic("order_cancelled", lazy("Order cancelled"))
PAYMENT_REMINDER = MessageTopic("payment_reminder", lazy("Payment reminder"))
ANNOUNCEMENTS = MessageTopic("announcements", lazy("Announcements"))
TOPICS = (ORDER_CANCELLED, PAYMENT_REMINDER, ANNOUNCEMENTS)
"""The topics that this plugin adds to those of customers."""


class Purpose(StrEnum):
    """What a message is for; one event has at most one message of each purpose and channel."""

    ORDER_RECEIVED = "order_received"
    ORDER_CHANGED = "order_changed"
    PAYMENT_REMINDER = "payment_reminder"
    PAYMENT_CONFIRMED = "payment_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_SHIPPED = "order_shipped"
    ORDER_REFUNDED = "order_refunded"
    GIFT_RECEIVED = "gift_received"
    STAFF_ORDER = "staff_order"
    STAFF_PAYMENT_REPORT = "staff_payment_report"
    STAFF_PAYMENT_UNEXPECTED = "staff_payment_unexpected"
    STAFF_SHIPMENT_FAILED = "staff_shipment_failed"
    STAFF_UNDELIVERABLE = "staff_undeliverable"


PURPOSE_LABELS: Mapping[Purpose, str] = {
    Purpose.ORDER_RECEIVED: lazy("Order received"),
    Purpose.ORDER_CHANGED: lazy("Order changed"),
    Purpose.PAYMENT_REMINDER: lazy("Payment reminder"),
    Purpose.PAYMENT_CONFIRMED: lazy("Receipt"),
    Purpose.ORDER_CANCELLED: lazy("Order cancelled"),
    Purpose.ORDER_SHIPPED: lazy("Order shipped"),
    Purpose.ORDER_REFUNDED: lazy("Refund"),
    Purpose.GIFT_RECEIVED: lazy("Gift"),
    Purpose.STAFF_ORDER: lazy("Notice of the order"),
    Purpose.STAFF_PAYMENT_REPORT: lazy("Payment reported"),
    Purpose.STAFF_PAYMENT_UNEXPECTED: lazy("Payment that does not fit"),
    Purpose.STAFF_SHIPMENT_FAILED: lazy("Parcel not delivered"),
    Purpose.STAFF_UNDELIVERABLE: lazy("Customer could not be told"),
}


class Channel(StrEnum):
    """By what a message went: to the customer, or to the channel of staff."""

    DM = "DM"
    EMAIL = "EMAIL"
    STAFF = "STAFF"


CHANNEL_LABELS: Mapping[Channel, str] = {
    Channel.DM: lazy("Direct message"),
    Channel.EMAIL: lazy("Email"),
    Channel.STAFF: lazy("Staff channel"),
}


class DeliveryState(StrEnum):
    """How a message ended; `SUPPRESSED` was not sent because the customer does not want such messages.

    An email is `DELIVERED` once the mail server took it.
    """

    DELIVERED = "DELIVERED"
    FALLBACK = "FALLBACK"
    UNDELIVERABLE = "UNDELIVERABLE"
    SUPPRESSED = "SUPPRESSED"


STATE_LABELS: Mapping[str, str] = {
    "WAITING": lazy("Waiting"),
    "SENDING": lazy("Being sent"),
    "DELIVERED": lazy("Delivered"),
    "FALLBACK": lazy("Delivered in a private thread"),
    "UNDELIVERABLE": lazy("Undeliverable"),
    "SUPPRESSED": lazy("Not wanted by the customer"),
    "PASSED_OVER": lazy("Passed over"),
    "UNKNOWN": lazy("Interrupted: perhaps told"),
}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the shop sent, or did not send. `reason` and `remedy` are sentences, empty when it arrived."""

    id: UUID
    purpose: Purpose
    channel: Channel
    order: UUID
    discord_id: int | None
    state: DeliveryState
    reason: str
    remedy: str
    channel_id: int | None
    message_id: int | None
    created: datetime


@dataclass(frozen=True, slots=True)
class MessageUndelivered(OrderEvent):
    """A message to a customer could not be delivered by one channel; `source` is the event that it was about."""

    source: UUID
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class PaymentReminderDue(OrderEvent):
    """The time has come to remind the customer of an order that is still unpaid."""

    timed: ClassVar[bool] = True


class Audience(StrEnum):
    """Whom an announcement is for: all customers, those with a tag, or those with a Discord role."""

    ALL = "ALL"
    TAG = "TAG"
    ROLE = "ROLE"


class AnnouncementState(StrEnum):
    """Where an announcement stands."""

    DRAFT = "DRAFT"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DONE = "DONE"


class ReceiverState(StrEnum):
    """Where an announcement stands for one customer.

    `PASSED_OVER` has not the role, or has no way to be told. `UNKNOWN` was interrupted while it was sent, and is not
    sent again, so that nobody is told twice.
    """

    WAITING = "WAITING"
    SENDING = "SENDING"
    DELIVERED = "DELIVERED"
    FALLBACK = "FALLBACK"
    UNDELIVERABLE = "UNDELIVERABLE"
    SUPPRESSED = "SUPPRESSED"
    PASSED_OVER = "PASSED_OVER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What staff tell many customers. `target` is the tag or the role's ID; `counts` are receivers by state."""

    id: UUID
    store: int
    title: str
    text: str
    audience: Audience
    target: str
    state: AnnouncementState
    total: int
    created_by: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    counts: Mapping[ReceiverState, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many receivers are dealt with, whether told or not."""
        open_states = (ReceiverState.WAITING, ReceiverState.SENDING)
        return sum(number for state, number in self.counts.items() if state not in open_states)

    @property
    def told(self) -> int:
        """How many were told."""
        return self.counts.get(ReceiverState.DELIVERED, 0) + self.counts.get(ReceiverState.FALLBACK, 0)


@dataclass(frozen=True, slots=True)
class AnnouncementStepDue(Event):
    """The next few customers are to be told of an announcement; each step asks for the one after it."""

    announcement: UUID
    step: int
    timed: ClassVar[bool] = True

    @property
    def key(self) -> str:
        """Order by announcement."""
        return str(self.announcement)
