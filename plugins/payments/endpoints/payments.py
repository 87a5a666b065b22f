"""Payments in the JSON API: those of an order, all of them, what does not fit, and the ways to pay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from guildshop.plugins.orders.endpoints.models import OrderModel, order_model
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Difference, DifferenceKind, Payment, PaymentFilter, PaymentState
from guildshop.plugins.payments.service import CONFIRM, DifferenceService, PaymentService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/payments", tags=["Payments"])
order_router = APIRouter(prefix="/orders", tags=["Payments"])
method_router = APIRouter(prefix="/payment-methods", tags=["Payments"])

READ = "order.read"


class PaymentModel(ApiModel):
    """One payment of an order. Amounts are minor units of its currency."""

    id: UUID
    order_id: UUID
    order_number: str
    method: str
    amount_cents: int
    refunded_cents: int = Field(description="What was given back of it, or is about to be.")
    refundable_cents: int
    currency: str
    state: PaymentState
    reference: str = Field(description="What the payer or the staff gave to recognise it by.")
    note: str
    processor_id: str = Field(description="The processor's own ID of the money; empty for manual methods.")
    settled_by: str
    created_at: datetime
    reported_at: datetime | None
    settled_at: datetime | None
    version: int


class PaymentMethodModel(ApiModel):
    """A way to pay; a manual one staff confirm, any other its processor."""

    code: str
    label: str
    is_enabled: bool
    is_manual: bool


class DifferenceModel(ApiModel):
    """Where a processor's books differ from ours. `subject` is the processor's ID of the money."""

    id: UUID
    kind: DifferenceKind
    processor: str
    subject: str
    order_id: UUID | None
    order_number: str
    ours_cents: int
    theirs_cents: int
    currency: str
    detail: str
    found_at: datetime
    seen_at: datetime
    settled_at: datetime | None
    settled_by: str
    note: str


class RejectRequest(ApiModel):
    """Why a payment is rejected; the customer is told."""

    reason: str = Field(min_length=1, max_length=500)


class UseRequest(ApiModel):
    """The unpaid order of the same customer that the money is for, by ID or number."""

    order: str = Field(min_length=1, max_length=64)


class SettleRequest(ApiModel):
    """What was done about a difference."""

    note: str = Field(min_length=1, max_length=500)


@order_router.get("/{reference}/payments", dependencies=[needs(READ)])
async def list_payments_of_order(app: CurrentApp, reference: str) -> list[PaymentModel]:
    """List an order's payments, oldest first."""
    order = await app.get(OrderService).get(reference)
    return [_payment(one) for one in await app.get(PaymentService).of_order(order.id)]


@order_router.post("/{reference}/reject-payment", dependencies=[needs(CONFIRM)])
async def reject_payment(actor: CurrentActor, app: CurrentApp, reference: str, request: RejectRequest) -> OrderModel:
    """Reject the payment of an unpaid order, which cancels it."""
    return order_model(await app.get(PaymentService).reject(actor, reference, request.reason))


@router.get("", dependencies=[needs(READ)])
async def list_payments(
    actor: CurrentActor,
    app: CurrentApp,
    state: Annotated[list[PaymentState] | None, Query(description="Any of these states.")] = None,
    method: Annotated[str, Query(description="The code of a way to pay.", max_length=32)] = "",
    created_from: Annotated[AwareDatetime | None, Query(alias="createdFrom")] = None,
    created_before: Annotated[AwareDatetime | None, Query(alias="createdBefore")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[PaymentModel]:
    """List payments, newest first."""
    wanted = PaymentFilter(frozenset(state or ()), method, created_from, created_before)
    found = await app.get(PaymentService).list(actor, wanted, cursor=cursor or "", limit=limit)
    return CursorPage[PaymentModel].of(found, _payment)


@router.get("/unusual", dependencies=[needs(READ)])
async def list_unusual_payments(actor: CurrentActor, app: CurrentApp) -> list[PaymentModel]:
    """List the latest 200 payments that do not fit their order and were not given back, newest first."""
    return [_payment(one) for one in await app.get(PaymentService).unusual(actor)]


@router.get("/differences", dependencies=[needs(READ)])
async def list_differences(actor: CurrentActor, app: CurrentApp) -> list[DifferenceModel]:
    """List the latest 200 differences with processors' books: open ones, then settled ones, newest first."""
    return [_difference(one) for one in await app.get(DifferenceService).recent(actor)]


@router.post("/differences/{difference_id}/settle", dependencies=[needs(CONFIRM)])
async def settle_difference(
    actor: CurrentActor, app: CurrentApp, difference_id: UUID, request: SettleRequest
) -> DifferenceModel:
    """Settle a difference, saying what was done about it."""
    service = app.get(DifferenceService)
    await service.settle(actor, difference_id, request.note)
    return _difference(await service.get(difference_id))


@router.get("/{payment_id}", dependencies=[needs(READ)])
async def read_payment(app: CurrentApp, payment_id: UUID) -> PaymentModel:
    """Read one payment."""
    return _payment(await app.get(PaymentService).get(payment_id))


@router.post("/{payment_id}/accept", dependencies=[needs(CONFIRM)])
async def accept_payment(actor: CurrentActor, app: CurrentApp, payment_id: UUID) -> PaymentModel:
    """Accept a payment that is too little: its order is paid, and the rest written off."""
    service = app.get(PaymentService)
    await service.accept(actor, payment_id)
    return _payment(await service.get(payment_id))


@router.post("/{payment_id}/use", dependencies=[needs(CONFIRM)])
async def use_payment(actor: CurrentActor, app: CurrentApp, payment_id: UUID, request: UseRequest) -> PaymentModel:
    """Use a payment that came too late for another unpaid order of the same customer."""
    service = app.get(PaymentService)
    await service.use_late(actor, payment_id, request.order)
    return _payment(await service.get(payment_id))


@method_router.get("", dependencies=[needs(READ)])
async def list_payment_methods(actor: CurrentActor, app: CurrentApp) -> list[PaymentMethodModel]:
    """List the ways to pay that the store knows; those that are enabled can be chosen for new orders."""
    registry = app.get(OrderService).methods
    enabled = {method.code for method in registry.enabled(actor.store)}
    return [
        PaymentMethodModel(
            code=method.code, label=method.label, is_enabled=method.code in enabled, is_manual=method.manual
        )
        for method in registry.all(actor.store)
    ]


def _payment(payment: Payment) -> PaymentModel:
    return PaymentModel(
        id=payment.id,
        order_id=payment.order,
        order_number=payment.order_number,
        method=payment.method,
        amount_cents=payment.amount,
        refunded_cents=payment.refunded,
        refundable_cents=payment.refundable,
        currency=payment.currency,
        state=payment.state,
        reference=payment.reference,
        note=payment.note,
        processor_id=payment.processor_id,
        settled_by=payment.settled_by,
        created_at=payment.created,
        reported_at=payment.reported_at,
        settled_at=payment.settled_at,
        version=payment.version,
    )


def _difference(found: Difference) -> DifferenceModel:
    return DifferenceModel(
        id=found.id,
        kind=found.kind,
        processor=found.processor,
        subject=found.subject,
        order_id=found.order,
        order_number=found.order_number,
        ours_cents=found.ours,
        theirs_cents=found.theirs,
        currency=found.currency,
        detail=found.detail,
        found_at=found.found,
        seen_at=found.seen,
        settled_at=found.settled_at,
        settled_by=found.settled_by,
        note=found.note,
    )
