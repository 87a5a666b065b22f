"""The tables of payments. Amounts are minor units of the row's currency."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, Integer, Text, Timestamptz, Varchar

from guildshop.plugins.payments.api import AttemptState, PaymentState
from guildshop.tenancy import StoreTable


class Payment(StoreTable, tablename="payment"):
    """One payment of an order. `idempotency_key` is made once and goes with every attempt to take the money.

    `processor_id` is the processor's own ID of the payment, None for manual methods. The row outlives its order, of
    which it keeps the number. `position` counts what processors took for an order, so that two at once do not both
    reckon without the other.
    """

    id = UUID(primary_key=True)
    order_id = UUID()
    order_number = Varchar(16, default="")
    method = Varchar(32)
    processor_id = Varchar(200, null=True, default=None)
    attempt = UUID(null=True, default=None)
    position = Integer(null=True, default=None)
    amount = BigInt()
    refunded = BigInt(default=0)
    currency = Varchar(3)
    state = Varchar(16, choices=PaymentState)
    reference = Varchar(200, default="")
    note = Text(default="")
    picture = Text(default="")
    idempotency_key = UUID()
    created = Timestamptz()
    reported_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Varchar(100, default="")
    version = Integer()


class PaymentAttempt(StoreTable, tablename="payment_attempt"):
    """One attempt to pay an order through a processor; at most one of an order is new or open.

    `next_ask` is when the processor is asked how it stands, if it says nothing by itself; None: never again.
    """

    id = UUID(primary_key=True)
    order_id = UUID()
    order_number = Varchar(16)
    method = Varchar(32)
    processor_id = Varchar(200, null=True, default=None)
    url = Text(default="")
    amount = BigInt()
    currency = Varchar(3)
    state = Varchar(8, choices=AttemptState)
    processing = Boolean(default=False)
    codes = JSON(null=True, default=None)
    created = Timestamptz()
    expires = Timestamptz(null=True, default=None)
    next_ask = Timestamptz(null=True, default=None)


class PaymentWebhook(StoreTable, tablename="payment_webhook"):
    """One event of a processor, kept once. Its body is not kept: the processor is asked instead."""

    id = UUID(primary_key=True)
    processor = Varchar(32)
    event_id = Varchar(200)
    kind = Varchar(100)
    subject = Varchar(200, default="")
    received = Timestamptz()


class PaymentDifference(StoreTable, tablename="payment_difference"):
    """Where a processor's books differ from ours, until it is settled."""

    id = UUID(primary_key=True)
    kind = Varchar(16)
    processor = Varchar(32)
    subject = Varchar(200)
    order_id = UUID(null=True, default=None)
    order_number = Varchar(16, default="")
    ours = BigInt()
    theirs = BigInt()
    currency = Varchar(3)
    detail = Text(default="")
    found = Timestamptz()
    seen = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Varchar(100, default="")
    note = Text(default="")
