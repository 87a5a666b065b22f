"""Orders in the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from guildshop.plugins.orders.api import (
    Channel,
    LineKind,
    Order,
    OrderChange,
    OrderFilter,
    OrderStatus,
    OrderSummary,
    Phase,
    ShippingStatus,
)
from guildshop.plugins.orders.service import OrderService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake

router = APIRouter(prefix="/orders", tags=["Orders"])


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


class OrderPatch(ApiModel):
    """What to change of an order; what is left out stays. `version` is the one that was read: another one is stale."""

    status: OrderStatus | None = None
    shipping_status: ShippingStatus | None = None
    carrier: str | None = Field(default=None, max_length=64)
    tracking_number: str | None = Field(default=None, max_length=100)
    notes: str | None = Field(default=None, max_length=2000)
    reason: str = Field(default="", max_length=500)
    version: int | None = None


class CancelRequest(ApiModel):
    """Why an order is cancelled; the customer is told."""

    reason: str = Field(default="", max_length=500)


class ConfirmRequest(ApiModel):
    """How the payment can be found again."""

    reference: str = Field(default="", max_length=200)


@router.get("")
async def list_orders(
    actor: CurrentActor,
    app: CurrentApp,
    status: Annotated[list[OrderStatus] | None, Query(description="Any of these statuses.")] = None,
    payment_method: Annotated[str, Query(alias="paymentMethod", max_length=32)] = "",
    customer: Annotated[UUID | None, Query(description="A customer's ID.")] = None,
    text: Annotated[str, Query(description="Part of the number or of the customer's name.", max_length=100)] = "",
    created_from: Annotated[AwareDatetime | None, Query(alias="createdFrom")] = None,
    created_before: Annotated[AwareDatetime | None, Query(alias="createdBefore")] = None,
    minimum: Annotated[int | None, Query(alias="minimumCents")] = None,
    maximum: Annotated[int | None, Query(alias="maximumCents")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[OrderSummaryModel]:
    """List orders, newest first."""
    wanted = OrderFilter(
        frozenset(status or ()), payment_method, customer, text, created_from, created_before, minimum, maximum
    )
    found = await app.get(OrderService).list(actor, wanted, cursor=cursor or "", limit=limit)
    return CursorPage.of(found, summary_model)


@router.get("/{reference}")
async def read_order(actor: CurrentActor, app: CurrentApp, reference: str) -> OrderModel:
    """Read one order by ID or number."""
    actor.require("order.read")
    return order_model(await app.get(OrderService).get(reference))


@router.patch("/{reference}")
async def change_order(actor: CurrentActor, app: CurrentApp, reference: str, change: OrderPatch) -> OrderModel:
    """Change status, shipping status, carrier, tracking number and notes, as far as allowed now."""
    wanted = OrderChange(**change.model_dump(exclude={"version"}))
    return order_model(await app.get(OrderService).change(actor, reference, wanted, version=change.version))


@router.post("/{reference}/cancel")
async def cancel_order(actor: CurrentActor, app: CurrentApp, reference: str, request: CancelRequest) -> OrderModel:
    """Cancel an order: its reserved stock is released."""
    actor.require("order.update")
    return order_model(await app.get(OrderService).cancel(actor, reference, request.reason))


@router.post("/{reference}/confirm-payment")
async def confirm_payment(actor: CurrentActor, app: CurrentApp, reference: str, request: ConfirmRequest) -> OrderModel:
    """Confirm that the money of a manual payment method has come."""
    return order_model(await app.get(OrderService).confirm_payment(actor, reference, request.reference))


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
