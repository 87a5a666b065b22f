"""Customers in the JSON API: listed, read, entered, changed, merged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from guildshop.plugins.customers.api import (
    CUSTOMER_READ,
    CUSTOMER_UPDATE,
    CustomerChange,
    CustomerFilter,
    CustomerInput,
    CustomerSort,
    CustomerStatus,
    CustomerType,
)
from guildshop.plugins.customers.endpoints.models import (
    CustomerDetails,
    CustomerModel,
    CustomerPatch,
    MergeRequest,
    NewCustomerRequest,
    TaggingAnswer,
    TaggingRequest,
    TagsRequest,
    address_model,
    customer_model,
)
from guildshop.plugins.customers.service import MERGE, CustomerService
from guildshop.web.api import CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/customers", tags=["Customers"])

Text = Annotated[str, Query(max_length=100, description="Occurs in names, email, phone or account number.")]


@router.get("", summary="Customers", dependencies=[needs(CUSTOMER_READ)])
async def list_customers(
    actor: CurrentActor,
    app: CurrentApp,
    cursor: Cursor = None,
    limit: Limit = 50,
    text: Text = "",
    status: CustomerStatus | None = None,
    type: CustomerType | None = None,
    tag: Annotated[str, Query(max_length=40)] = "",
    sort: CustomerSort = CustomerSort.CREATED,
) -> CursorPage[CustomerModel]:
    """Return customers: the newest first, or those with the highest spend or the last order."""
    chosen = CustomerFilter(text=text, status=status, type=type, tag=tag)
    found = await app.get(CustomerService).list_customers(actor, chosen, cursor=cursor or "", limit=limit, sort=sort)
    return CursorPage[CustomerModel].of(found, lambda customer: customer_model(app, customer))


@router.get("/{customer_id}", summary="One customer", dependencies=[needs(CUSTOMER_READ)])
async def read_customer(app: CurrentApp, customer_id: UUID) -> CustomerDetails:
    """Return a customer with all addresses."""
    service = app.get(CustomerService)
    customer = await service.get(customer_id)
    addresses = [address_model(address) for address in await service.addresses(customer_id)]
    return CustomerDetails(**customer_model(app, customer).model_dump(), addresses=addresses)


@router.post("", summary="Enter a customer", status_code=HTTPStatus.CREATED, dependencies=[needs(CUSTOMER_UPDATE)])
async def create_customer(actor: CurrentActor, app: CurrentApp, request: NewCustomerRequest) -> CustomerModel:
    """Enter a customer by hand; an email or account number that another one has is refused."""
    given = CustomerInput(**{**request.model_dump(), "tags": tuple(request.tags)})
    return customer_model(app, await app.get(CustomerService).create(actor, given))


@router.patch("/{customer_id}", summary="Change a customer", dependencies=[needs(CUSTOMER_UPDATE)])
async def change_customer(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: CustomerPatch
) -> CustomerModel:
    """Change the profile; another email has to be confirmed anew."""
    tags = None if request.tags is None else tuple(request.tags)
    change = CustomerChange(**{**request.model_dump(exclude={"version"}), "tags": tags})
    return customer_model(
        app, await app.get(CustomerService).change(actor, customer_id, change, version=request.version)
    )


@router.put("/{customer_id}/tags", summary="Set a customer's tags", dependencies=[needs(CUSTOMER_UPDATE)])
async def set_tags(actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: TagsRequest) -> CustomerModel:
    """Give a customer these tags and no others."""
    change = CustomerChange(tags=tuple(request.tags))
    return customer_model(
        app, await app.get(CustomerService).change(actor, customer_id, change, version=request.version)
    )


@router.post("/tags", summary="Tag many customers", dependencies=[needs(CUSTOMER_UPDATE)])
async def tag_customers(actor: CurrentActor, app: CurrentApp, request: TaggingRequest) -> TaggingAnswer:
    """Add tags to many customers and take tags off them."""
    service = app.get(CustomerService)
    changed = await service.tag(actor, request.customer_ids, add=request.add, remove=request.remove)
    return TaggingAnswer(changed=changed)


@router.post(
    "/{customer_id}/merge", summary="Merge another record into a customer", dependencies=[needs(CUSTOMER_UPDATE, MERGE)]
)
async def merge_customers(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: MergeRequest
) -> CustomerModel:
    """Move everything of the record `goneId` to this one; it only leads here from then on."""
    service = app.get(CustomerService)
    gone, kept = await service.get(request.gone_id), await service.get(customer_id)
    versions = (
        gone.version if request.gone_version is None else request.gone_version,
        kept.version if request.version is None else request.version,
    )
    return customer_model(
        app, await service.merge(actor, gone.id, kept.id, member=request.member_id, versions=versions)
    )
