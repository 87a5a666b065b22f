"""Loyalty in the JSON API."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime

from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.api import (
    LOYALTY_READ,
    LOYALTY_UPDATE,
    EntryKind,
    LoyaltyAccount,
    LoyaltyEntry,
    NoLoyaltyAccount,
    PointsAction,
)
from guildshop.plugins.loyalty.labels import adjusted_text
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs, refusal

router = APIRouter(prefix="/loyalty", tags=["Loyalty"])


class PointsModel(ApiModel):
    """A customer's points; `lifetime` is what orders earned and kept."""

    customer_id: UUID
    customer_name: str
    balance: int
    lifetime: int
    created_at: AwareDatetime


class PointsEntryModel(ApiModel):
    """One change of a customer's points."""

    id: UUID
    kind: EntryKind
    points: int
    short: int
    reason: str
    order_number: str
    expires_at: AwareDatetime | None
    made_by: str
    created_at: AwareDatetime


class CustomerPoints(PointsModel):
    """A customer's points and the latest 100 changes."""

    entries: list[PointsEntryModel]


class PointsRequest(ApiModel):
    """Add points to a customer's account, or deduct them."""

    action: PointsAction
    points: int
    reason: str


class PointsAnswer(ApiModel):
    """What an adjustment came to."""

    balance: int
    message: str


@router.get("", dependencies=[needs(LOYALTY_READ)])
async def list_points(
    actor: CurrentActor, app: CurrentApp, cursor: Cursor = None, limit: Limit = 50
) -> CursorPage[PointsModel]:
    """List the loyalty accounts, those with the most points first."""
    found = await app.get(LoyaltyService).list_accounts(actor, cursor=cursor or "", limit=limit)
    return CursorPage[PointsModel].of(found, _account)


NO_ACCOUNT = refusal(HTTPStatus.CONFLICT, "The customer has no loyalty account.")


@router.get("/{customer_id}", dependencies=[needs(LOYALTY_READ)], responses=NO_ACCOUNT)
async def read_points(app: CurrentApp, customer_id: UUID) -> CustomerPoints:
    """Return a customer's points."""
    service = app.get(LoyaltyService)
    customer = await app.get(CustomerService).get(customer_id)
    account = await service.account(customer.id)
    if account is None:
        raise NoLoyaltyAccount.of_customer()
    entries = [_entry(one) for one in await service.entries(customer_id)]
    return CustomerPoints(**_account(account).model_dump(), entries=entries)


@router.post("/{customer_id}/adjust", dependencies=[needs(LOYALTY_UPDATE)])
async def adjust_points(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: PointsRequest
) -> PointsAnswer:
    """Add or deduct points; return the balance after that."""
    customer = await app.get(CustomerService).get(customer_id)
    service = app.get(LoyaltyService)
    done = await service.adjust(actor, customer, request.action, request.points, request.reason)
    return PointsAnswer(balance=done.balance, message=adjusted_text(done))


def _account(account: LoyaltyAccount) -> PointsModel:
    return PointsModel(
        customer_id=account.customer,
        customer_name=account.customer_name,
        balance=account.balance,
        lifetime=account.lifetime,
        created_at=account.created,
    )


def _entry(entry: LoyaltyEntry) -> PointsEntryModel:
    same = ("id", "kind", "points", "short", "reason", "order_number", "made_by")
    values = {name: getattr(entry, name) for name in same}
    return PointsEntryModel(**values, expires_at=entry.expires, created_at=entry.created)
