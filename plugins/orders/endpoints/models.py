"""Orders as the JSON API shows them. Amounts are minor units of their currency."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guildshop.plugins.orders.api import (
    Channel,
    LineKind,
    Order,
    OrderNote,
    OrderStatus,
    OrderSummary,
    Phase,
    Shipment,
    ShippingStatus,
)
from guildshop.web.api import ApiModel, Snowflake


class OrderSummaryModel(ApiModel):
    """An order as lists show it. Amounts are minor units of its currency."""

    id: UUID
    number: str
    customer_id: UUID
    customer_name: str
    status: OrderStatus
    shipping_status: ShippingStatus | None
    payment_method: str
    currency: str
    total_cents: int
    created_at: datetime


class OrderLineModel(ApiModel):
    """One line item."""

    id: UUID
    product_id: UUID | None
    sku: str
    name: str
    kind: LineKind
    quantity: int
    returned_quantity: int
    unit_price_cents: int
    total_cents: int


class AdjustmentModel(ApiModel):
    """One amount that a checkout step added; an included one changes no sum."""

    phase: Phase
    code: str
    label: str
    amount_cents: int
    included: bool


class ShippingAddressModel(ApiModel):
    """Where an order goes, as it was when it was placed."""

    recipient: str
    company: str
    street: str
    street2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class OrderModel(OrderSummaryModel):
    """An order with its lines. `total = subtotal - discount - loyalty + shipping + tax`, `due = total - credit`."""

    recipient_discord_id: Snowflake | None
    channel: Channel
    carrier: str
    tracking_number: str
    subtotal_cents: int
    discount_cents: int
    loyalty_cents: int
    shipping_cents: int
    tax_amount_cents: int
    credit_cents: int
    due_cents: int
    refunded_cents: int
    shipping_type: str
    shipping_address: ShippingAddressModel | None
    updated_at: datetime
    reserved_until: datetime | None
    paid_at: datetime | None
    cancelled_at: datetime | None
    completed_at: datetime | None
    cancel_reason: str
    notes: str
    version: int
    line_items: list[OrderLineModel]
    adjustments: list[AdjustmentModel]


class ShipmentItemModel(ApiModel):
    """Pieces of a line in a parcel."""

    line_item_id: UUID
    sku: str
    name: str
    quantity: int


class ShipmentModel(ApiModel):
    """One parcel."""

    id: UUID
    number: int
    carrier: str
    tracking_number: str
    tracking_url: str
    status: ShippingStatus
    items: list[ShipmentItemModel]
    created_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None


class NoteModel(ApiModel):
    """A note: private ones are for staff alone."""

    id: UUID
    author: str
    is_public: bool
    text: str
    created_at: datetime


def summary_model(order: OrderSummary | Order) -> OrderSummaryModel:
    """Return an order as the API's lists show it."""
    return OrderSummaryModel(
        id=order.id,
        number=order.number,
        customer_id=order.customer,
        customer_name=order.customer_name,
        status=order.status,
        shipping_status=order.shipping_status,
        payment_method=order.payment_method,
        currency=order.currency,
        total_cents=order.total,
        created_at=order.created,
    )


def order_model(order: Order) -> OrderModel:
    """Return an order as the API shows it."""
    lines = [
        OrderLineModel(
            id=line.id,
            product_id=line.product,
            sku=line.sku,
            name=line.name,
            kind=line.kind,
            quantity=line.quantity,
            returned_quantity=line.returned,
            unit_price_cents=line.unit_price,
            total_cents=line.total,
        )
        for line in order.lines
    ]
    adjustments = [
        AdjustmentModel(phase=one.phase, code=one.code, label=one.label, amount_cents=one.amount, included=one.included)
        for one in order.adjustments
    ]
    return OrderModel(
        **summary_model(order).model_dump(),
        recipient_discord_id=order.recipient_discord_id,
        channel=order.channel,
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        subtotal_cents=order.subtotal,
        discount_cents=order.discount,
        loyalty_cents=order.loyalty,
        shipping_cents=order.shipping,
        tax_amount_cents=order.tax,
        credit_cents=order.credit,
        due_cents=order.due,
        refunded_cents=order.refunded,
        shipping_type=order.shipping_type,
        shipping_address=None if order.address is None else ShippingAddressModel.model_validate(order.address),
        updated_at=order.updated,
        reserved_until=order.reserved_until,
        paid_at=order.paid_at,
        cancelled_at=order.cancelled_at,
        completed_at=order.completed_at,
        cancel_reason=order.cancel_reason,
        notes=order.notes,
        version=order.version,
        line_items=lines,
        adjustments=adjustments,
    )


def shipment_model(shipment: Shipment) -> ShipmentModel:
    """Return a parcel as the API shows it."""
    return ShipmentModel(
        id=shipment.id,
        number=shipment.position,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        status=shipment.status,
        items=[
            ShipmentItemModel(line_item_id=item.line, sku=item.sku, name=item.name, quantity=item.quantity)
            for item in shipment.items
        ],
        created_at=shipment.created,
        shipped_at=shipment.shipped_at,
        delivered_at=shipment.delivered_at,
    )


def note_model(note: OrderNote) -> NoteModel:
    """Return a note as the API shows it."""
    return NoteModel(id=note.id, author=note.author, is_public=note.public, text=note.text, created_at=note.at)
