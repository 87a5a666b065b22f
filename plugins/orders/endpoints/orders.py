"""Orders in the JSON API: listed, read, made, changed, cancelled, deleted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from guildshop.plugins.customers.api import AddressInput
from guildshop.plugins.orders.api import (
    Channel,
    NewOrder,
    OrderChange,
    OrderFilter,
    OrderStatus,
    ShippingStatus,
    WantedItem,
)
from guildshop.plugins.orders.endpoints.models import (
    NoteModel,
    OrderModel,
    OrderSummaryModel,
    note_model,
    order_model,
    summary_model,
)
from guildshop.plugins.orders.service import OrderDeletion, OrderEditing, OrderService, StaffOrders
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/orders", tags=["Orders"])


class ItemRequest(ApiModel):
    """Pieces of a product, named by SKU or ID."""

    product: str = Field(min_length=1, max_length=64)
    quantity: int = Field(default=1, ge=0, le=10_000)


class AddressRequest(ApiModel):
    """Where it goes; `country` is an ISO 3166 code of two letters."""

    recipient: str = Field(max_length=100)
    street: str = Field(max_length=200)
    city: str = Field(max_length=100)
    country: str = Field(max_length=2)
    postal_code: str = Field(default="", max_length=20)
    region: str = Field(default="", max_length=100)
    company: str = Field(default="", max_length=100)
    street2: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)


class NewOrderRequest(ApiModel):
    """An order for a customer. What ships needs `shippingAddressId`, one of theirs, or `shippingAddress`."""

    customer_id: UUID
    line_items: list[ItemRequest] = Field(min_length=1, max_length=25)
    payment_method: str = Field(default="", max_length=32)
    shipping_address_id: UUID | None = None
    shipping_address: AddressRequest | None = None
    shipping_type: str = Field(default="", max_length=32)
    answers: dict[str, dict[str, str]] = Field(default_factory=dict, max_length=20)
    note: str = Field(default="", max_length=2000)


class ItemsRequest(ApiModel):
    """The items that an unpaid order shall have. `version` is the one that was read: another one is stale."""

    line_items: list[ItemRequest] = Field(min_length=1, max_length=50)
    version: int | None = None


class NoteRequest(ApiModel):
    """A note; a public one the customer sees too."""

    text: str = Field(min_length=1, max_length=2000)
    is_public: bool = False


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


@router.get("", dependencies=[needs("order.read")])
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


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[needs("order.create")])
async def create_order(actor: CurrentActor, app: CurrentApp, request: NewOrderRequest) -> OrderModel:
    """Make an order for a customer, guests too, with the same checks as their own."""
    address = request.shipping_address
    wanted = NewOrder(
        customer=request.customer_id,
        items=[WantedItem(item.product, item.quantity) for item in request.line_items],
        channel=Channel.API,
        payment_method=request.payment_method,
        address_id=request.shipping_address_id,
        address=None if address is None else AddressInput(**address.model_dump()),
        shipping_type=request.shipping_type,
        answers=request.answers,
        note=request.note,
    )
    return order_model(await app.get(StaffOrders).create(actor, wanted))


@router.get("/{reference}", dependencies=[needs("order.read")])
async def read_order(app: CurrentApp, reference: str) -> OrderModel:
    """Read one order by ID or number."""
    return order_model(await app.get(OrderService).get(reference))


@router.patch("/{reference}", dependencies=[needs("order.update")])
async def change_order(actor: CurrentActor, app: CurrentApp, reference: str, change: OrderPatch) -> OrderModel:
    """Change status, shipping status, carrier, tracking number and notes, as far as allowed now."""
    wanted = OrderChange(**change.model_dump(exclude={"version"}))
    return order_model(await app.get(OrderService).change(actor, reference, wanted, version=change.version))


@router.post("/{reference}/cancel", dependencies=[needs("order.update")])
async def cancel_order(actor: CurrentActor, app: CurrentApp, reference: str, request: CancelRequest) -> OrderModel:
    """Cancel an order: its reserved stock is released."""
    return order_model(await app.get(OrderService).cancel(actor, reference, request.reason))


@router.post("/{reference}/confirm-payment", dependencies=[needs("payment.confirm")])
async def confirm_payment(actor: CurrentActor, app: CurrentApp, reference: str, request: ConfirmRequest) -> OrderModel:
    """Confirm that the money of a manual payment method has come."""
    return order_model(await app.get(OrderService).confirm_payment(actor, reference, request.reference))


@router.put("/{reference}/line-items", dependencies=[needs("order.update")])
async def set_items(actor: CurrentActor, app: CurrentApp, reference: str, request: ItemsRequest) -> OrderModel:
    """Give an unpaid order these items: amounts, tax and reserved stock follow."""
    items = [WantedItem(item.product, item.quantity) for item in request.line_items]
    return order_model(await app.get(OrderEditing).set_items(actor, reference, items, version=request.version))


@router.get("/{reference}/notes", dependencies=[needs("order.read")])
async def list_notes(app: CurrentApp, reference: str) -> list[NoteModel]:
    """List an order's notes, oldest first."""
    orders = app.get(OrderService)
    order = await orders.get(reference)
    return [note_model(note) for note in await orders.notes(order.id)]


@router.post("/{reference}/notes", status_code=HTTPStatus.CREATED, dependencies=[needs("order.update")])
async def add_note(actor: CurrentActor, app: CurrentApp, reference: str, request: NoteRequest) -> NoteModel:
    """Add a note to an order."""
    orders = app.get(OrderService)
    key = await orders.add_note(actor, reference, request.text, public=request.is_public)
    order = await orders.get(reference)
    return note_model(next(note for note in await orders.notes(order.id) if note.id == key))


@router.delete("/{reference}", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs("order.delete")])
async def delete_order(
    actor: CurrentActor,
    app: CurrentApp,
    reference: str,
    number: Annotated[str, Query(description="The order's number, typed again.", max_length=20)] = "",
) -> None:
    """Delete an order for good; consider cancelling it instead."""
    await app.get(OrderDeletion).delete(actor, reference, number)
