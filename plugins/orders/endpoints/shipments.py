"""Parcels and invoices of orders in the JSON API."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from guildshop.plugins.orders.api import ShipmentChange, ShippingStatus
from guildshop.plugins.orders.endpoints.models import OrderModel, ShipmentModel, order_model, shipment_model
from guildshop.plugins.orders.service import Invoices, OrderService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs

router = APIRouter(prefix="/orders", tags=["Orders"])


class ShipRequest(ApiModel):
    """A parcel with all that is in none yet; the same values again are the same parcel."""

    carrier: str = Field(max_length=64)
    tracking_number: str = Field(max_length=120)


class PackedItem(ApiModel):
    """Pieces of a line that go into a parcel."""

    line_item_id: UUID
    quantity: int = Field(ge=1, le=10_000)


class ShipmentPatch(ApiModel):
    """What to change of a parcel; what is left out stays."""

    carrier: str | None = Field(default=None, max_length=64)
    tracking_number: str | None = Field(default=None, max_length=120)
    status: ShippingStatus | None = None


class ShipmentRequest(ShipmentPatch):
    """A new parcel; without items, all that is in none yet."""

    items: list[PackedItem] | None = Field(default=None, max_length=50)


class InvoiceModel(ApiModel):
    """An issued invoice; its page is the one to print."""

    id: UUID
    number: str
    order_number: str
    issued_at: datetime
    total_cents: int
    currency: str


@router.post("/{reference}/ship", dependencies=[needs("order.update")])
async def ship_order(actor: CurrentActor, app: CurrentApp, reference: str, request: ShipRequest) -> OrderModel:
    """Send what is left of an order as one parcel."""
    orders = app.get(OrderService)
    return order_model(await orders.ship(actor, reference, request.carrier, request.tracking_number))


@router.get("/{reference}/shipments", dependencies=[needs("order.read")])
async def list_shipments(app: CurrentApp, reference: str) -> list[ShipmentModel]:
    """List an order's parcels."""
    return await _shipments(app, reference)


@router.post("/{reference}/shipments", status_code=HTTPStatus.CREATED, dependencies=[needs("order.update")])
async def pack_shipment(
    actor: CurrentActor, app: CurrentApp, reference: str, request: ShipmentRequest
) -> list[ShipmentModel]:
    """Pack a parcel, with part of the items or with all that are left; return all parcels of the order."""
    items = None if request.items is None else {item.line_item_id: item.quantity for item in request.items}
    await app.get(OrderService).pack(actor, reference, items, _change(request))
    return await _shipments(app, reference)


@router.patch("/{reference}/shipments/{shipment}", dependencies=[needs("order.update")])
async def change_shipment(
    actor: CurrentActor, app: CurrentApp, reference: str, shipment: UUID, request: ShipmentPatch
) -> list[ShipmentModel]:
    """Change a parcel; the order's status follows its parcels."""
    await app.get(OrderService).change_shipment(actor, reference, shipment, _change(request))
    return await _shipments(app, reference)


@router.delete(
    "/{reference}/shipments/{shipment}", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs("order.update")]
)
async def unpack_shipment(actor: CurrentActor, app: CurrentApp, reference: str, shipment: UUID) -> None:
    """Take a parcel that did not leave apart."""
    await app.get(OrderService).unpack(actor, reference, shipment)


@router.post("/{reference}/invoice", dependencies=[needs("order.update")])
async def issue_invoice(actor: CurrentActor, app: CurrentApp, reference: str) -> InvoiceModel:
    """Return an order's invoice, giving it the next number when it has none yet."""
    invoice = await app.get(Invoices).issue(actor, reference)
    return InvoiceModel(
        id=invoice.id,
        number=invoice.label,
        order_number=invoice.order_number,
        issued_at=invoice.issued,
        total_cents=invoice.content.total,
        currency=invoice.content.currency,
    )


def _change(request: ShipmentPatch) -> ShipmentChange:
    return ShipmentChange(status=request.status, carrier=request.carrier, tracking_number=request.tracking_number)


async def _shipments(app: CurrentApp, reference: str) -> list[ShipmentModel]:
    orders = app.get(OrderService)
    order = await orders.get(reference)
    return [shipment_model(shipment) for shipment in await orders.shipments(order.id)]
