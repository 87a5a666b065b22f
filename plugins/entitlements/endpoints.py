"""Digital goods in the JSON API: what came with orders, what failed, and what is tried again or taken back.

Keys and files themselves are never told, only that somebody has them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.entitlements.api import GOODS, Entitlement, EntitlementKind, EntitlementStatus
from guildshop.plugins.entitlements.service import EntitlementService
from guildshop.plugins.orders.service import OrderService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Snowflake, needs

router = APIRouter(prefix="/entitlements", tags=["Digital goods"])
order_router = APIRouter(prefix="/orders", tags=["Digital goods"])
customer_router = APIRouter(prefix="/customers", tags=["Digital goods"])
ROUTERS = [router, order_router, customer_router]

ORDER_READ = "order.read"
ORDER_UPDATE = "order.update"


class EntitlementModel(ApiModel):
    """One thing that came with a product of an order. `reason` and `remedy` are empty when all is well."""

    id: UUID
    order_id: UUID
    product_id: UUID
    product_name: str
    discord_id: Snowflake | None
    kind: EntitlementKind
    target_id: Snowflake | None = Field(description="The role or channel; null for keys and files.")
    status: EntitlementStatus
    is_failed: bool = Field(description="Whether it could not be given, or could not be taken back.")
    reason: str
    remedy: str
    days: int = Field(description="How long it lasts; 0 for ever.")
    ended: str = Field(description="Why it ended: cancelled, refunded, expired or staff; empty while it has not.")
    created_at: datetime
    granted_at: datetime | None
    starts_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class RevokeRequest(ApiModel):
    """Of which products what came with an order is to be taken back; of all, when they are left out."""

    product_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=100)


class RevokeAnswer(ApiModel):
    """How many entitlements ended."""

    ended: int


@router.get("/failed", dependencies=[needs(ORDER_READ)])
async def list_failed_entitlements(app: CurrentApp) -> list[EntitlementModel]:
    """List what could not be given, and what could not be taken back, oldest first."""
    return [_entitlement(one) for one in await app.get(EntitlementService).failed()]


@router.get("/{entitlement_id}", dependencies=[needs(ORDER_READ)])
async def read_entitlement(app: CurrentApp, entitlement_id: UUID) -> EntitlementModel:
    """Read one entitlement."""
    return _entitlement(await app.get(EntitlementService).get(entitlement_id))


@router.post("/{entitlement_id}/retry", dependencies=[needs(ORDER_UPDATE)])
async def retry_entitlement(actor: CurrentActor, app: CurrentApp, entitlement_id: UUID) -> EntitlementModel:
    """Try a failed one again, now; read it again to see how that ended."""
    service = app.get(EntitlementService)
    await service.retry(actor, entitlement_id)
    return _entitlement(await service.get(entitlement_id))


@order_router.get("/{reference}/entitlements", dependencies=[needs(ORDER_READ)])
async def list_entitlements_of_order(app: CurrentApp, reference: str) -> list[EntitlementModel]:
    """List what came with an order, also what has ended."""
    order = await app.get(OrderService).get(reference)
    return [_entitlement(one) for one in await app.get(EntitlementService).of_order(order.id)]


@order_router.post("/{reference}/entitlements/revoke", dependencies=[needs(ORDER_UPDATE)])
async def revoke_entitlements(
    actor: CurrentActor, app: CurrentApp, reference: str, request: RevokeRequest
) -> RevokeAnswer:
    """Take back what an order gave; a role stays while another order of the member gives it."""
    order = await app.get(OrderService).get(reference)
    ended = await app.get(EntitlementService).revoke(actor, order.id, request.product_ids)
    return RevokeAnswer(ended=ended)


@customer_router.get("/{customer_id}/entitlements", dependencies=[needs(ORDER_READ)])
async def list_entitlements_of_customer(app: CurrentApp, customer_id: UUID) -> list[EntitlementModel]:
    """List what a customer has, waits for, or could not get; nothing for who is no Discord member."""
    customer = await app.get(CustomerService).get(customer_id)
    if customer.discord_id is None:
        return []
    return [_entitlement(one) for one in await app.get(EntitlementService).of_member(customer.discord_id)]


def _entitlement(found: Entitlement) -> EntitlementModel:
    return EntitlementModel(
        id=found.id,
        order_id=found.order,
        product_id=found.product,
        product_name=found.product_name,
        discord_id=found.discord_id,
        kind=found.kind,
        target_id=None if found.kind in GOODS else found.target,
        status=found.status,
        is_failed=found.failed,
        reason=found.reason,
        remedy=found.remedy,
        days=found.days,
        ended=found.ended,
        created_at=found.created,
        granted_at=found.granted_at,
        starts_at=found.starts_at,
        expires_at=found.expires_at,
        revoked_at=found.revoked_at,
    )
