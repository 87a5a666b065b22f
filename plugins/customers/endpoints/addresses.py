"""The addresses of customers in the JSON API."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from guildshop.i18n import _
from guildshop.plugins.customers.api import CUSTOMER_READ, CUSTOMER_UPDATE, Address, AddressInput, AddressUnknown
from guildshop.plugins.customers.endpoints.models import (
    AddressModel,
    SavedAddressAnswer,
    SavedAddressPatch,
    SavedAddressRequest,
    address_model,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.api import CurrentActor, CurrentApp, needs

router = APIRouter(prefix="/customers/{customer_id}/addresses", tags=["Customers"])


@router.get("", summary="A customer's addresses", dependencies=[needs(CUSTOMER_READ)])
async def list_addresses(app: CurrentApp, customer_id: UUID) -> list[AddressModel]:
    """Return a customer's addresses, the default one first."""
    service = app.get(CustomerService)
    customer = await service.get(customer_id)
    return [address_model(address) for address in await service.addresses(customer.id)]


@router.post("", summary="Add an address", status_code=HTTPStatus.CREATED, dependencies=[needs(CUSTOMER_UPDATE)])
async def add_address(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: SavedAddressRequest
) -> SavedAddressAnswer:
    """Save an address as it is given; the first one becomes the default."""
    given = AddressInput(**request.model_dump())
    return _answer(app, await app.get(CustomerService).add_address(actor, customer_id, given))


@router.patch("/{address_id}", summary="Change an address", dependencies=[needs(CUSTOMER_UPDATE)])
async def change_address(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, address_id: UUID, request: SavedAddressPatch
) -> SavedAddressAnswer:
    """Change an address; orders keep the copy that they were placed with."""
    address = await _of(app, customer_id, address_id)
    given = replace(address.as_input, **request.model_dump(exclude={"version"}, exclude_none=True))
    version = address.version if request.version is None else request.version
    changed = await app.get(CustomerService).update_address(actor, address.id, given, version=version)
    return _answer(app, changed)


@router.delete(
    "/{address_id}",
    summary="Delete an address",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[needs(CUSTOMER_UPDATE)],
)
async def delete_address(actor: CurrentActor, app: CurrentApp, customer_id: UUID, address_id: UUID) -> None:
    """Delete an address; when it was the default, the oldest of the others takes its place."""
    address = await _of(app, customer_id, address_id)
    await app.get(CustomerService).delete_address(actor, address.id)


@router.post("/{address_id}/default", summary="Make an address the default", dependencies=[needs(CUSTOMER_UPDATE)])
async def set_default(actor: CurrentActor, app: CurrentApp, customer_id: UUID, address_id: UUID) -> AddressModel:
    """Ship to this address unless told otherwise."""
    address = await _of(app, customer_id, address_id)
    return address_model(await app.get(CustomerService).set_default(actor, address.id))


@router.post("/{address_id}/billing", summary="Make an address the billing one", dependencies=[needs(CUSTOMER_UPDATE)])
async def set_billing(actor: CurrentActor, app: CurrentApp, customer_id: UUID, address_id: UUID) -> AddressModel:
    """Make this the customer's one billing address."""
    address = await _of(app, customer_id, address_id)
    return address_model(await app.get(CustomerService).set_billing(actor, address.id))


async def _of(app: CurrentApp, customer_id: UUID, address_id: UUID) -> Address:
    """Return an address of this customer; another one's is not there."""
    address = await app.get(CustomerService).address(address_id)
    if address.customer != customer_id:
        raise AddressUnknown(_("This address no longer exists."))
    return address


def _answer(app: CurrentApp, address: Address) -> SavedAddressAnswer:
    suggestion = app.get(CustomerService).check_address(address.as_input).suggestion
    suggested = None if suggestion is None else SavedAddressRequest.model_validate(suggestion)
    return SavedAddressAnswer(**address_model(address).model_dump(), suggestion=suggested)
