"""The tables of orders. Amounts are minor units of the row's currency; Discord IDs are integers."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, Integer, Text, Timestamptz, Varchar

from guildshop.i18n import lazy
from guildshop.plugins.orders.api import Channel, LineKind, OrderStatus, ShippingStatus
from guildshop.tenancy import StoreTable

AMOUNT = lazy("In minor units of the currency: 1999 is 19.99 in US dollars.")
METHOD = lazy("The code of the payment method; the page of the order shows its name.")
"""What Piccolo Admin says beside a column. It knows one language alone."""


class Order(StoreTable, tablename="orders"):
    """One order. Its address is a copy, its amounts are what was promised."""

    id = UUID(primary_key=True)
    number = Varchar(16)
    customer = UUID()
    recipient_discord_id = BigInt(null=True, default=None)
    channel = Varchar(16, choices=Channel)
    status = Varchar(24, choices=OrderStatus)
    shipping_status = Varchar(16, null=True, default=None, choices=ShippingStatus)
    carrier = Varchar(64, default="")
    tracking_number = Varchar(100, default="")
    currency = Varchar(3)
    subtotal = BigInt(help_text=AMOUNT)
    discount = BigInt(help_text=AMOUNT)
    loyalty = BigInt(help_text=AMOUNT)
    shipping = BigInt(help_text=AMOUNT)
    tax = BigInt(help_text=AMOUNT)
    total = BigInt(help_text=AMOUNT)
    credit = BigInt(help_text=AMOUNT)
    due = BigInt(help_text=AMOUNT)
    refunded = BigInt(help_text=AMOUNT)
    refund_held = BigInt(default=0, help_text=AMOUNT)
    written_off = BigInt(default=0, help_text=AMOUNT)
    payment_method = Varchar(32, help_text=METHOD)
    shipping_type = Varchar(80)
    address = JSON(null=True, default=None)
    tax_place = JSON(null=True, default=None)
    accepted = JSON(null=True, default=None)
    answers = JSON(null=True, default=None)
    draft = UUID(null=True, default=None)
    locale = Varchar(16)
    imported = Boolean()
    created = Timestamptz()
    updated = Timestamptz()
    reserved_until = Timestamptz(null=True, default=None)
    paid_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    completed_at = Timestamptz(null=True, default=None)
    cancel_reason = Text(default="")
    notes = Text(default="")
    version = Integer()


class OrderLine(StoreTable, tablename="order_line"):
    """One line item; name, SKU and price are as they were when it was ordered."""

    id = UUID(primary_key=True)
    order_id = UUID()
    position = Integer()
    product = UUID(null=True, default=None)
    sku = Varchar(64)
    name = Varchar(100)
    kind = Varchar(16, choices=LineKind)
    quantity = Integer()
    unit_price = BigInt(help_text=AMOUNT)
    total = BigInt(help_text=AMOUNT)
    returned = Integer(default=0)
    return_held = Integer(default=0)
    unsent = Integer(default=0)


class Shipment(StoreTable, tablename="shipment"):
    """A parcel of an order."""

    id = UUID(primary_key=True)
    order_id = UUID()
    position = Integer()
    carrier = Varchar(64, default="")
    tracking_number = Varchar(100, default="")
    status = Varchar(16, choices=ShippingStatus)
    created = Timestamptz()
    shipped_at = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)


class ShipmentLine(StoreTable, tablename="shipment_line"):
    """Pieces of a line in a parcel."""

    id = UUID(primary_key=True)
    shipment = UUID()
    line = UUID()
    quantity = Integer()


class OrderAdjustment(StoreTable, tablename="order_adjustment"):
    """One amount that a checkout step added to an order."""

    id = UUID(primary_key=True)
    order_id = UUID()
    position = Integer()
    phase = Varchar(16)
    plugin = Varchar(64)
    code = Varchar(64)
    label = Varchar(100)
    amount = BigInt(help_text=AMOUNT)
    included = Boolean()
    reference = Varchar(200, default="")
    shares = JSON(null=True, default=None)


class OrderHistory(StoreTable, tablename="order_history"):
    """The timeline: everything that happened to an order, and who did it."""

    id = UUID(primary_key=True)
    order_id = UUID()
    at = Timestamptz()
    kind = Varchar(16)
    actor_kind = Varchar(16)
    actor_id = Varchar(100)
    actor_name = Varchar(100)
    before = Varchar(100, default="")
    after = Varchar(100, default="")
    text = Text(default="")


class OrderNote(StoreTable, tablename="order_note"):
    """A note on an order, private or for the customer too."""

    id = UUID(primary_key=True)
    order_id = UUID()
    at = Timestamptz()
    author = Varchar(100)
    public = Boolean()
    text = Text()


class InvoiceSequence(StoreTable, tablename="invoice_sequence"):
    """The number of the last invoice: one row a store."""

    id = UUID(primary_key=True)
    last = Integer()


class CreditNoteSequence(StoreTable, tablename="credit_note_sequence"):
    """The number of the last credit note: one row a store."""

    id = UUID(primary_key=True)
    last = Integer()


class OrderCreditNote(StoreTable, tablename="order_credit_note"):
    """A credit note as it was issued; its content never changes, and it outlives its order."""

    id = UUID(primary_key=True)
    number = Integer()
    prefix = Varchar(16, default="")
    order_id = UUID()
    order_number = Varchar(16)
    amount = BigInt()
    issued = Timestamptz()
    content = JSON()


class OrderInvoice(StoreTable, tablename="order_invoice"):
    """An invoice as it was issued; its content never changes, and it outlives its order."""

    id = UUID(primary_key=True)
    number = Integer()
    prefix = Varchar(16, default="")
    order_id = UUID()
    order_number = Varchar(16)
    issued = Timestamptz()
    content = JSON()


class SavedFilter(StoreTable, tablename="order_filter"):
    """A filter of the list of orders that somebody kept for themselves."""

    id = UUID(primary_key=True)
    owner = Varchar(120)
    name = Varchar(60)
    query = Varchar(1000)
    created = Timestamptz()


class TermsText(StoreTable, tablename="terms_text"):
    """What customers accepted: each text that was ever shown, once."""

    id = UUID(primary_key=True)
    kind = Varchar(16)
    version = Varchar(16)
    text = Text()
    created = Timestamptz()


class OrderDraft(StoreTable, tablename="order_draft"):
    """An order flow in progress: one a member and store."""

    id = UUID(primary_key=True)
    member = BigInt()
    customer = UUID()
    currency = Varchar(3)
    lines = JSON()
    answers = JSON()
    payment_method = Varchar(32, default="")
    recipient = BigInt(null=True, default=None)
    items_done = Boolean()
    quote = JSON(null=True, default=None)
    updated = Timestamptz()
    expires = Timestamptz()
    version = Integer()
