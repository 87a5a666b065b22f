"""The organization in the JSON API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.customers.api import AccountFunction
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization.api import (
    ORGANIZATION_READ,
    ORGANIZATION_UPDATE,
    DiscountGroup,
    GroupInput,
    GroupPrice,
    Membership,
    Unit,
    UnitKind,
)
from guildshop.plugins.organization.rules import NAME_LIMIT, PRICES_LIMIT
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.organization.service.units import PRODUCTS_LIMIT
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, GivenSnowflake, Snowflake, needs

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


class UnitDetails(UnitModel):
    """A branch or a department with the products that are restricted to it."""

    product_ids: list[UUID]


class NewUnitRequest(ApiModel):
    """A branch or a department; the lowest position stands first."""

    kind: UnitKind
    name: str = Field(min_length=1, max_length=NAME_LIMIT)
    position: int = 0


class UnitPatch(ApiModel):
    """What to change of a unit; what is left out stays. `version` is the one that was read: another one is stale."""

    name: str | None = Field(default=None, min_length=1, max_length=NAME_LIMIT)
    position: int | None = None
    version: int | None = None


class UnitProductsRequest(ApiModel):
    """The products that are to be restricted to a unit, by ID or SKU; a variant stands for its product."""

    products: list[str] = Field(max_length=PRODUCTS_LIMIT)
    version: int | None = None


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


class GroupPriceModel(ApiModel):
    """What customers of a group pay for a piece, in the product's currency."""

    product_id: UUID
    price_cents: int


class GroupDetails(GroupModel):
    """A discount group with its own prices."""

    prices: list[GroupPriceModel]


class GroupFields(ApiModel):
    """What a discount group has besides its name: prices of its own come before the percentage."""

    percent: int | None = Field(default=None, ge=1, le=100)
    role_id: GivenSnowflake | None = Field(default=None, description="Members with it belong to the group.")
    position: int = 0
    blocks: list[AccountFunction] = Field(default=[], max_length=10, description="What its customers may not do.")
    prices: list[GroupPriceModel] = Field(default=[], max_length=PRICES_LIMIT)


class NewGroupRequest(GroupFields):
    """A discount group; of several that a member's roles lead to, the one that stands first counts."""

    name: str = Field(min_length=1, max_length=NAME_LIMIT)


class GroupPatch(GroupFields):
    """What to change of a group; what is left out stays, null takes the percentage or the role off.

    `version` is the one that was read: another one is stale.
    """

    name: str = Field(default="", max_length=NAME_LIMIT)
    version: int | None = None


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


@router.post(
    "/units",
    summary="Add a branch or department",
    status_code=HTTPStatus.CREATED,
    dependencies=[needs(ORGANIZATION_UPDATE)],
)
async def create_unit(actor: CurrentActor, app: CurrentApp, request: NewUnitRequest) -> UnitModel:
    """Add a branch or a department."""
    service = app.get(OrganizationService)
    return _unit(await service.create_unit(actor, request.kind, request.name, request.position))


@router.get("/units/{unit_id}", summary="One branch or department", dependencies=[needs(ORGANIZATION_READ)])
async def read_unit(app: CurrentApp, unit_id: UUID) -> UnitDetails:
    """Return a branch or a department with its products."""
    service = app.get(OrganizationService)
    return _unit_details(await service.unit(unit_id), await service.products_of(unit_id))


@router.patch("/units/{unit_id}", summary="Change a unit", dependencies=[needs(ORGANIZATION_UPDATE)])
async def change_unit(actor: CurrentActor, app: CurrentApp, unit_id: UUID, change: UnitPatch) -> UnitModel:
    """Rename or move a branch or a department."""
    service = app.get(OrganizationService)
    unit = await service.unit(unit_id)
    changed = await service.change_unit(
        actor,
        unit.id,
        name=unit.name if change.name is None else change.name,
        position=unit.position if change.position is None else change.position,
        version=unit.version if change.version is None else change.version,
    )
    return _unit(changed)


@router.put("/units/{unit_id}/products", summary="Restrict products", dependencies=[needs(ORGANIZATION_UPDATE)])
async def set_unit_products(
    actor: CurrentActor, app: CurrentApp, unit_id: UUID, request: UnitProductsRequest
) -> UnitDetails:
    """Restrict exactly these products to a unit, besides others that they may be restricted to."""
    service = app.get(OrganizationService)
    version = (await service.unit(unit_id)).version if request.version is None else request.version
    await service.set_products(actor, unit_id, request.products, version=version)
    return _unit_details(await service.unit(unit_id), await service.products_of(unit_id))


@router.delete(
    "/units/{unit_id}",
    summary="Delete a unit",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[needs(ORGANIZATION_UPDATE)],
)
async def delete_unit(actor: CurrentActor, app: CurrentApp, unit_id: UUID) -> None:
    """Delete a unit that neither customers nor products belong to."""
    await app.get(OrganizationService).delete_unit(actor, unit_id)


@router.get("/groups", summary="Discount groups", dependencies=[needs(ORGANIZATION_READ)])
async def list_groups(app: CurrentApp) -> list[GroupModel]:
    """Return the discount groups in their order."""
    return [_group(group) for group in await app.get(OrganizationService).groups()]


@router.post(
    "/groups", summary="Add a group", status_code=HTTPStatus.CREATED, dependencies=[needs(ORGANIZATION_UPDATE)]
)
async def create_group(actor: CurrentActor, app: CurrentApp, request: NewGroupRequest) -> GroupDetails:
    """Add a discount group."""
    service = app.get(OrganizationService)
    group = await service.create_group(actor, _changed(GroupInput(name=request.name), request))
    return _group_details(group, await service.prices_of(group.id))


@router.get("/groups/{group_id}", summary="One discount group", dependencies=[needs(ORGANIZATION_READ)])
async def read_group(app: CurrentApp, group_id: UUID) -> GroupDetails:
    """Return a discount group with its prices."""
    service = app.get(OrganizationService)
    return _group_details(await service.group(group_id), await service.prices_of(group_id))


@router.patch("/groups/{group_id}", summary="Change a group", dependencies=[needs(ORGANIZATION_UPDATE)])
async def change_group(actor: CurrentActor, app: CurrentApp, group_id: UUID, change: GroupPatch) -> GroupDetails:
    """Change a discount group; its customers have the new conditions at once, placed orders keep theirs."""
    service = app.get(OrganizationService)
    # Before its input, so that what somebody else changes in between is stale.
    version = (await service.group(group_id)).version if change.version is None else change.version
    given = _changed(await service.group_input(group_id), change)
    group = await service.change_group(actor, group_id, given, version=version)
    return _group_details(group, await service.prices_of(group_id))


@router.delete(
    "/groups/{group_id}",
    summary="Delete a group",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[needs(ORGANIZATION_UPDATE)],
)
async def delete_group(actor: CurrentActor, app: CurrentApp, group_id: UUID) -> None:
    """Delete a group, with its prices, that neither customers nor discounts need."""
    await app.get(OrganizationService).delete_group(actor, group_id)


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


def _unit_details(unit: Unit, products: Iterable[UUID]) -> UnitDetails:
    return UnitDetails(**_unit(unit).model_dump(), product_ids=list(products))


def _changed(before: GroupInput, change: NewGroupRequest | GroupPatch) -> GroupInput:
    """Return a group with what was sent in place of what it had."""
    given: dict[str, Any] = {
        "name": change.name,
        "percent": change.percent,
        "role": change.role_id,
        "position": change.position,
        "blocks": frozenset(change.blocks),
        "prices": _prices(change.prices),
    }
    sent = {"role" if name == "role_id" else name for name in change.model_fields_set}
    return replace(before, **{name: value for name, value in given.items() if name in sent})


def _prices(given: Iterable[GroupPriceModel]) -> dict[UUID, int]:
    prices: dict[UUID, int] = {}
    for one in given:
        if one.product_id in prices:
            sentence = _("{sku} is named twice. Name each product once.").format(sku=one.product_id)
            raise Invalid.field("prices", sentence)
        prices[one.product_id] = one.price_cents
    return prices


def _group_details(group: DiscountGroup, prices: Iterable[GroupPrice]) -> GroupDetails:
    listed = [GroupPriceModel(product_id=one.product, price_cents=one.price) for one in prices]
    return GroupDetails(**_group(group).model_dump(), prices=listed)


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
