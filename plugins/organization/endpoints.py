"""The organization in the JSON API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization.api import (
    ORGANIZATION_READ,
    ORGANIZATION_UPDATE,
    DiscountGroup,
    Membership,
    Unit,
    UnitKind,
)
from guildshop.plugins.organization.service import OrganizationService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Snowflake, needs

router = APIRouter(prefix="/organization", tags=["Organization"])


class UnitModel(ApiModel):
    """A branch or a department."""

    id: UUID
    kind: UnitKind
    name: str
    position: int
    customers: int
    restricted_products: int
    version: int


class GroupModel(ApiModel):
    """A discount group."""

    id: UUID
    name: str
    percent: int | None
    role_id: Snowflake | None
    position: int
    blocks: list[str]
    customers: int
    version: int


class BelongingRequest(ApiModel):
    """Where a customer is to belong; null where that is nowhere."""

    branch_id: UUID | None = None
    department_id: UUID | None = None
    discount_group_id: UUID | None = None


class BelongingModel(BelongingRequest):
    """Where a customer belongs; `byRole` when the group follows from a Discord role."""

    customer_id: UUID
    by_role: bool


@router.get("/units", summary="Branches and departments", dependencies=[needs(ORGANIZATION_READ)])
async def list_units(app: CurrentApp, kind: UnitKind | None = None) -> list[UnitModel]:
    """Return the branches and departments in their order."""
    return [_unit(unit) for unit in await app.get(OrganizationService).units(kind)]


@router.get("/groups", summary="Discount groups", dependencies=[needs(ORGANIZATION_READ)])
async def list_groups(app: CurrentApp) -> list[GroupModel]:
    """Return the discount groups in their order."""
    return [_group(group) for group in await app.get(OrganizationService).groups()]


@router.get("/customers/{customer_id}", summary="Where a customer belongs", dependencies=[needs(ORGANIZATION_READ)])
async def read_customer(app: CurrentApp, customer_id: UUID) -> BelongingModel:
    """Return a customer's branch, department and discount group."""
    customer = await app.get(CustomerService).get(customer_id)
    return _belonging(await app.get(OrganizationService).membership(customer.id))


@router.put("/customers/{customer_id}", summary="Assign a customer", dependencies=[needs(ORGANIZATION_UPDATE)])
async def assign_customer(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, body: BelongingRequest
) -> BelongingModel:
    """Let a customer belong to these and nothing else."""
    done = await app.get(OrganizationService).assign(
        actor, customer_id, branch=body.branch_id, department=body.department_id, group=body.discount_group_id
    )
    return _belonging(done)


def _unit(unit: Unit) -> UnitModel:
    return UnitModel(
        id=unit.id,
        kind=unit.kind,
        name=unit.name,
        position=unit.position,
        customers=unit.customers,
        restricted_products=unit.products,
        version=unit.version,
    )


def _group(group: DiscountGroup) -> GroupModel:
    return GroupModel(
        id=group.id,
        name=group.name,
        percent=group.percent,
        role_id=group.role,
        position=group.position,
        blocks=sorted(one.value for one in group.blocks),
        customers=group.customers,
        version=group.version,
    )


def _belonging(membership: Membership) -> BelongingModel:
    return BelongingModel(
        customer_id=membership.customer,
        branch_id=membership.branch,
        department_id=membership.department,
        discount_group_id=membership.group,
        by_role=membership.by_role,
    )
