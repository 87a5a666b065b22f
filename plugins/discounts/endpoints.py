"""Discounts in the JSON API."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from guildshop.plugins.discounts.api import (
    DISCOUNT_CREATE,
    DISCOUNT_READ,
    DISCOUNT_UPDATE,
    Assignment,
    AssignmentRule,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
)
from guildshop.plugins.discounts.service import DiscountService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/discounts", tags=["Discounts"])


class DiscountFields(ApiModel):
    """A discount; without a code it applies by itself. `targets` are IDs, Discord role IDs or tags, as `scope` says."""

    name: str
    kind: DiscountKind = DiscountKind.PERCENT
    percent: int | None = None
    amount_cents: int | None = None
    currency: str = ""
    code: str = ""
    scope: DiscountScope = DiscountScope.ALL
    targets: list[str] = Field(default_factory=list)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    limit_total: int | None = None
    limit_per_customer: int | None = None
    minimum_cents: int = 0
    is_active: bool = True


class DiscountPatch(ApiModel):
    """What to change of a discount; what is left out stays. Another `version` than the one that was read is stale."""

    name: str | None = None
    kind: DiscountKind | None = None
    percent: int | None = None
    amount_cents: int | None = None
    currency: str | None = None
    code: str | None = None
    scope: DiscountScope | None = None
    targets: list[str] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    limit_total: int | None = None
    limit_per_customer: int | None = None
    minimum_cents: int | None = None
    is_active: bool | None = None
    version: int | None = None


class DiscountModel(DiscountFields):
    """A discount of the store; `used` counts the uses that were not given back."""

    id: UUID
    starts_at: AwareDatetime
    used: int
    created_at: AwareDatetime
    version: int


class AssignmentRequest(ApiModel):
    """Let a customer use a discount; again, change how."""

    customer_id: UUID
    rule: AssignmentRule | None = None
    total_allowed: int | None = None
    expires_at: AwareDatetime | None = None


class AssignmentModel(ApiModel):
    """A discount given to a customer; `totalAllowed` is null for `forever`."""

    id: UUID
    discount_id: UUID
    customer_id: UUID
    rule: AssignmentRule
    total_allowed: int | None
    used: int
    expires_at: AwareDatetime | None
    is_active: bool
    created_at: AwareDatetime


@router.get("", dependencies=[needs(DISCOUNT_READ)])
async def list_discounts(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Annotated[str, Query(max_length=100, description="Occurs in the name or code.")] = "",
) -> CursorPage[DiscountModel]:
    """List discounts, newest first."""
    found = await app.get(DiscountService).list_discounts(actor, text=text, cursor=cursor or "", limit=limit)
    return CursorPage[DiscountModel].of(found, _model)


@router.post("", status_code=201, dependencies=[needs(DISCOUNT_CREATE)])
async def create_discount(actor: CurrentActor, app: CurrentApp, given: DiscountFields) -> DiscountModel:
    """Make a discount."""
    return _model(await app.get(DiscountService).create(actor, _input(given)))


@router.get("/{discount}", dependencies=[needs(DISCOUNT_READ)])
async def read_discount(app: CurrentApp, discount: str) -> DiscountModel:
    """Read a discount by ID, code or name."""
    return _model(await app.get(DiscountService).find(discount))


@router.patch("/{discount}", dependencies=[needs(DISCOUNT_UPDATE)])
async def change_discount(actor: CurrentActor, app: CurrentApp, discount: str, change: DiscountPatch) -> DiscountModel:
    """Change a discount; null takes a limit or an end off."""
    service = app.get(DiscountService)
    before = await service.find(discount)
    values = {name: getattr(change, name) for name in change.model_fields_set - {"version"}}
    given = replace(before.as_input, **_named(values))
    return _model(await service.change(actor, before.id, given, version=change.version or before.version))


@router.get("/{discount}/assignments", dependencies=[needs(DISCOUNT_READ)])
async def list_assignments(actor: CurrentActor, app: CurrentApp, discount: str) -> list[AssignmentModel]:
    """List the latest 200 assignments of a discount."""
    service = app.get(DiscountService)
    found = await service.find(discount)
    return [_assignment(row.assignment) for row in await service.assignments(actor, discount=found.id, limit=200)]


@router.post("/{discount}/assignments", status_code=201, dependencies=[needs(DISCOUNT_UPDATE)])
async def assign_discount(
    actor: CurrentActor, app: CurrentApp, discount: str, request: AssignmentRequest
) -> AssignmentModel:
    """Let a customer use a discount."""
    service = app.get(DiscountService)
    found = await service.find(discount)
    assigned = await service.assign(
        actor,
        found.id,
        request.customer_id,
        rule=request.rule,
        total_allowed=request.total_allowed,
        expires=request.expires_at,
    )
    return _assignment(assigned)


@router.post("/assignments/{assignment}/revoke", dependencies=[needs(DISCOUNT_UPDATE)])
async def revoke_assignment(actor: CurrentActor, app: CurrentApp, assignment: UUID) -> AssignmentModel:
    """End an assignment."""
    return _assignment((await app.get(DiscountService).revoke(actor, assignment)).assignment)


_NAMES = {
    "amount_cents": "amount",
    "starts_at": "starts",
    "ends_at": "ends",
    "minimum_cents": "minimum",
    "is_active": "active",
}
_NOTHING = {"code": "", "currency": "", "targets": (), "minimum": 0, "active": False, "name": ""}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of the API by the service's names; null is nothing, and keeps kind and scope as they are."""
    named = {_NAMES.get(name, name): value for name, value in values.items()}
    named = {name: _NOTHING.get(name) if value is None else value for name, value in named.items()}
    named = {name: value for name, value in named.items() if value is not None or name not in {"kind", "scope"}}
    return {name: tuple(value) if name == "targets" else value for name, value in named.items()}


def _input(given: DiscountFields) -> DiscountInput:
    return DiscountInput(**_named(dict(given)))


def _model(discount: Discount) -> DiscountModel:
    names = {ours: theirs for theirs, ours in _NAMES.items()}
    values = {names.get(name, name): getattr(discount, name) for name in DiscountInput.__slots__}
    return DiscountModel(
        **{**values, "targets": list(discount.targets)},
        id=discount.id,
        used=discount.used,
        created_at=discount.created,
        version=discount.version,
    )


def _assignment(assignment: Assignment) -> AssignmentModel:
    return AssignmentModel(
        id=assignment.id,
        discount_id=assignment.discount,
        customer_id=assignment.customer,
        rule=assignment.rule,
        total_allowed=assignment.total_allowed,
        used=assignment.used,
        expires_at=assignment.expires,
        is_active=assignment.active,
        created_at=assignment.created,
    )
