"""The table of payments. Amounts are minor units of the row's currency."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar

from guildshop.plugins.payments.api import PaymentState
from guildshop.tenancy import StoreTable


class Payment(StoreTable, tablename="payment"):
    """One payment of an order. `idempotency_key` is made once and goes with every attempt to take the money.

    `processor_id` is the processor's own ID of the payment, None for manual methods.
    """

    id = UUID(primary_key=True)
    order_id = UUID()
    method = Varchar(32)
    processor_id = Varchar(200, null=True, default=None)
    amount = BigInt()
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
