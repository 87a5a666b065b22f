"""The public face of notifications: what was sent to whom, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guildshop.i18n import lazy
from guildshop.plugins.customers.api import MessageTopic

ORDER_RECEIVED = "order_received"
PAYMENT_CONFIRMED = "payment_confirmed"
ORDER_SHIPPED = "order_shipped"
ORDER_CANCELLED = MessageTopic("order_cancelled", lazy("Order cancelled"))
"""The topic that this plugin adds to those of customers."""


class Purpose(StrEnum):
    """What a message is for; one event has at most one message of each purpose."""

    ORDER_RECEIVED = "order_received"
    PAYMENT_CONFIRMED = "payment_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_SHIPPED = "order_shipped"
    STAFF_ORDER = "staff_order"
    STAFF_PAYMENT_REPORT = "staff_payment_report"
    STAFF_PAYMENT_UNEXPECTED = "staff_payment_unexpected"


class DeliveryState(StrEnum):
    """How a message ended; `SUPPRESSED` was not sent because the customer does not want such messages."""

    DELIVERED = "DELIVERED"
    FALLBACK = "FALLBACK"
    UNDELIVERABLE = "UNDELIVERABLE"
    SUPPRESSED = "SUPPRESSED"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the shop sent, or did not send. `reason` and `remedy` are sentences, empty when it arrived."""

    id: UUID
    purpose: Purpose
    order: UUID
    discord_id: int | None
    state: DeliveryState
    reason: str
    remedy: str
    channel_id: int | None
    message_id: int | None
    created: datetime
