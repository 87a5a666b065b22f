"""The tables of refunds and returns. Amounts are minor units of the refund's currency.

They name orders and payments by ID and number without a foreign key: the ledger stays when an order is deleted.
"""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, Integer, Text, Timestamptz, Varchar

from guildshop.plugins.orders.api import RefundMode
from guildshop.plugins.refunds.api import PartKind, RefundState, ReturnStatus
from guildshop.tenancy import StoreTable


class RefundProposal(StoreTable, tablename="refund_proposal"):
    """A refund that was shown to somebody and waits for their confirmation, with what they were shown."""

    id = UUID(primary_key=True)
    order_id = UUID()
    actor = Varchar(120)
    request = JSON()
    shown = JSON()
    created = Timestamptz()
    return_id = UUID(null=True, default=None)


class Refund(StoreTable, tablename="refund"):
    """One refund: `asked` is what it began with, `amount` what is being given back of it.

    A `surplus` is money that came beyond the order: giving it back changes nothing of the order.
    """

    id = UUID(primary_key=True)
    order_id = UUID()
    order_number = Varchar(16)
    mode = Varchar(8, choices=RefundMode)
    amount = BigInt()
    asked = BigInt()
    currency = Varchar(3)
    state = Varchar(16, choices=RefundState)
    reason = Text()
    note = Varchar(200, default="")
    made_by = Varchar(100)
    return_id = UUID(null=True, default=None)
    surplus = Boolean(default=False)
    created = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)
    version = Integer()


class RefundItem(StoreTable, tablename="refund_item"):
    """Pieces of a line that a refund takes back."""

    id = UUID(primary_key=True)
    refund = UUID()
    position = Integer()
    line = UUID()
    product = UUID(null=True, default=None)
    sku = Varchar(64)
    name = Varchar(100)
    quantity = Integer()
    unit_price = BigInt()
    amount = BigInt()


class RefundPart(StoreTable, tablename="refund_part"):
    """One way on which money of a refund goes back. `key` is made anew only once the processor said no."""

    id = UUID(primary_key=True)
    refund = UUID()
    position = Integer()
    kind = Varchar(16, choices=PartKind)
    method = Varchar(32)
    amount = BigInt()
    payment = UUID(null=True, default=None)
    state = Varchar(16, choices=RefundState)
    key = UUID()
    reference = Varchar(200, default="")
    problem = Text(default="")
    refused = Boolean(default=False)
    url = Text(default="")
    attempts = Integer(default=0)
    next_attempt = Timestamptz(null=True, default=None)
    asked_until = Timestamptz(null=True, default=None)


class ReturnRequest(StoreTable, tablename="return_request"):
    """Goods that a customer wants to send back."""

    id = UUID(primary_key=True)
    order_id = UUID()
    order_number = Varchar(16)
    customer = UUID()
    status = Varchar(16, choices=ReturnStatus)
    reason = Text()
    decision = Text(default="")
    refund = UUID(null=True, default=None)
    channel_id = BigInt(null=True, default=None)
    message_id = BigInt(null=True, default=None)
    created = Timestamptz()
    updated = Timestamptz()
    version = Integer()


class ReturnItem(StoreTable, tablename="return_item"):
    """Pieces of a line that are to come back."""

    id = UUID(primary_key=True)
    return_id = UUID()
    position = Integer()
    line = UUID()
    product = UUID(null=True, default=None)
    sku = Varchar(64)
    name = Varchar(100)
    quantity = Integer()
