"""Refunds and returns in the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds.api import (
    NOTE_LENGTH,
    READ,
    REASON_LENGTH,
    ItemRequest,
    PartKind,
    Refund,
    RefundFilter,
    RefundMode,
    RefundRequest,
    RefundState,
    Return,
    ReturnStatus,
)
from guildshop.plugins.refunds.service import RefundPayments, RefundService, ReturnService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

LARGEST = 10**15

router = APIRouter(tags=["Refunds"])
order_router = APIRouter(prefix="/orders", tags=["Refunds"])


class ItemModel(ApiModel):
    """Pieces of a product, by its ID or SKU."""

    product_id: str = Field(max_length=64)
    quantity: int = Field(default=1, ge=-LARGEST, le=LARGEST, strict=True)


class RefundBody(ApiModel):
    """What to refund: `amount` (minor units) for the modes amount and both, `items` for items and both."""

    mode: RefundMode = RefundMode.FULL
    amount: int | None = Field(default=None, ge=-LARGEST, le=LARGEST, strict=True)
    items: list[ItemModel] | None = Field(default=None, max_length=1000)
    reason: str | None = Field(default=None, max_length=REASON_LENGTH)
    to_credit: bool = Field(default=False, description="Give it as store credit instead of the way it was paid.")
    note: str = Field(default="", max_length=NOTE_LENGTH, description="How it was paid back, where staff do so.")


class RefundItemModel(ApiModel):
    """Pieces of a line that came back, and what they counted for."""

    line_item_id: UUID
    product_id: UUID | None
    sku: str
    name: str
    quantity: int
    unit_price_cents: int
    amount_cents: int


class RefundPartModel(ApiModel):
    """One way on which money goes back."""

    kind: PartKind
    method: str
    payment_id: UUID | None
    amount_cents: int
    state: RefundState
    reference: str
    problem: str
    url: str


class RefundModel(ApiModel):
    """One refund. `amountCents` is what is being given back: less than asked for when one of its parts failed."""

    id: UUID
    order_id: UUID
    order_number: str
    mode: RefundMode
    state: RefundState
    amount_cents: int
    asked_cents: int
    currency: str
    reason: str
    note: str
    created_by: str
    created_at: datetime
    settled_at: datetime | None
    return_id: UUID | None
    is_surplus: bool
    items: list[RefundItemModel]
    parts: list[RefundPartModel]


class PaidBackBody(ApiModel):
    """How staff paid it back."""

    reference: str = Field(default="", max_length=NOTE_LENGTH)


class ReturnItemModel(ApiModel):
    """Pieces of a line that are to come back."""

    line_item_id: UUID
    product_id: UUID | None
    sku: str
    name: str
    quantity: int


class ReturnModel(ApiModel):
    """One return."""

    id: UUID
    order_id: UUID
    order_number: str
    customer_id: UUID
    status: ReturnStatus
    reason: str
    decision: str
    refund_id: UUID | None
    created_at: datetime
    updated_at: datetime
    items: list[ReturnItemModel]


class DeclineBody(ApiModel):
    """Why a return is declined; the customer is told."""

    reason: str = Field(default="", max_length=REASON_LENGTH)


@order_router.post("/{reference}/refunds", status_code=201, dependencies=[needs("refund.create")])
async def refund_order(actor: CurrentActor, app: CurrentApp, reference: str, body: RefundBody) -> RefundModel:
    """Refund an order: all that is left, an amount, items, or items for another amount."""
    request = RefundRequest(
        body.mode,
        body.amount,
        tuple(ItemRequest(item.product_id.strip(), item.quantity) for item in body.items or ()),
        body.reason or "",
        body.to_credit,
    )
    return refund_model(await app.get(RefundService).refund(actor, reference, request, note=body.note))


@order_router.get("/{reference}/refunds", dependencies=[needs(READ)])
async def refunds_of_order(app: CurrentApp, reference: str) -> list[RefundModel]:
    """List an order's refunds, oldest first."""
    order = await app.get(OrderService).get(reference)
    return [refund_model(refund) for refund in await app.get(RefundService).of_order(order.id)]


@router.get("/refunds", dependencies=[needs(READ)])
async def list_refunds(
    actor: CurrentActor,
    app: CurrentApp,
    state: Annotated[RefundState | None, Query(description="Only those in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[RefundModel]:
    """List refunds, newest first."""
    found = await app.get(RefundService).list(actor, RefundFilter(state), cursor=cursor or "", limit=limit)
    return CursorPage.of(found, refund_model)


@router.get("/refunds/{refund_id}", dependencies=[needs(READ)])
async def read_refund(app: CurrentApp, refund_id: UUID) -> RefundModel:
    """Read one refund."""
    return refund_model(await app.get(RefundService).get(refund_id))


@router.post("/refunds/{refund_id}/retry", dependencies=[needs("refund.create")])
async def retry_refund(actor: CurrentActor, app: CurrentApp, refund_id: UUID) -> RefundModel:
    """Ask the processor of a pending refund again, now."""
    return refund_model(await app.get(RefundPayments).retry(actor, refund_id))


@router.post("/refunds/{refund_id}/paid-back", dependencies=[needs("refund.create")])
async def refund_paid_back(actor: CurrentActor, app: CurrentApp, refund_id: UUID, body: PaidBackBody) -> RefundModel:
    """Say that the staff paid a refund back themselves."""
    return refund_model(await app.get(RefundPayments).paid_back(actor, refund_id, body.reference))


@router.get("/returns", dependencies=[needs(READ)])
async def list_returns(
    actor: CurrentActor,
    app: CurrentApp,
    status: Annotated[ReturnStatus | None, Query(description="Only those of this status.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[ReturnModel]:
    """List returns, newest first."""
    found = await app.get(ReturnService).list(actor, status, cursor=cursor or "", limit=limit)
    return CursorPage.of(found, return_model)


@router.get("/returns/{return_id}", dependencies=[needs(READ)])
async def read_return(app: CurrentApp, return_id: UUID) -> ReturnModel:
    """Read one return."""
    return return_model(await app.get(ReturnService).get(return_id))


@router.post("/returns/{return_id}/approve", dependencies=[needs("order.update")])
async def approve_return(actor: CurrentActor, app: CurrentApp, return_id: UUID) -> ReturnModel:
    """Let the customer send it back."""
    return return_model(await app.get(ReturnService).approve(actor, return_id))


@router.post("/returns/{return_id}/receive", dependencies=[needs("order.update")])
async def receive_return(actor: CurrentActor, app: CurrentApp, return_id: UUID) -> ReturnModel:
    """Note that it arrived."""
    return return_model(await app.get(ReturnService).receive(actor, return_id))


@router.post("/returns/{return_id}/decline", dependencies=[needs("order.update")])
async def decline_return(actor: CurrentActor, app: CurrentApp, return_id: UUID, body: DeclineBody) -> ReturnModel:
    """Turn a return down, with a reason."""
    return return_model(await app.get(ReturnService).decline(actor, return_id, body.reason))


def refund_model(refund: Refund) -> RefundModel:
    """Return a refund as the API shows it."""
    return RefundModel(
        id=refund.id,
        order_id=refund.order,
        order_number=refund.order_number,
        mode=refund.mode,
        state=refund.state,
        amount_cents=refund.amount,
        asked_cents=refund.asked,
        currency=refund.currency,
        reason=refund.reason,
        note=refund.note,
        created_by=refund.by,
        created_at=refund.created,
        settled_at=refund.settled_at,
        return_id=refund.request,
        is_surplus=refund.surplus,
        items=[
            RefundItemModel(
                line_item_id=item.line,
                product_id=item.product,
                sku=item.sku,
                name=item.name,
                quantity=item.quantity,
                unit_price_cents=item.unit_price,
                amount_cents=item.amount,
            )
            for item in refund.items
        ],
        parts=[
            RefundPartModel(
                kind=part.kind,
                method=part.method,
                payment_id=part.payment,
                amount_cents=part.amount,
                state=part.state,
                reference=part.reference,
                problem=part.problem,
                url=part.url,
            )
            for part in refund.parts
        ],
    )


def return_model(request: Return) -> ReturnModel:
    """Return a return as the API shows it."""
    return ReturnModel(
        id=request.id,
        order_id=request.order,
        order_number=request.order_number,
        customer_id=request.customer,
        status=request.status,
        reason=request.reason,
        decision=request.decision,
        refund_id=request.refund,
        created_at=request.created,
        updated_at=request.updated,
        items=[
            ReturnItemModel(
                line_item_id=item.line,
                product_id=item.product,
                sku=item.sku,
                name=item.name,
                quantity=item.quantity,
            )
            for item in request.items
        ],
    )
