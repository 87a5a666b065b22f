"""What a parcel is: some pieces of an order, on their way with a carrier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guildshop.plugins.orders.api.order import ShippingStatus


@dataclass(frozen=True, slots=True)
class ShipmentItem:
    """Pieces of one line in a shipment."""

    line: UUID
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel of an order. `tracking_url` is empty where the carrier has no page that we know."""

    id: UUID
    order: UUID
    position: int
    carrier: str
    tracking_number: str
    tracking_url: str
    status: ShippingStatus
    items: tuple[ShipmentItem, ...]
    created: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None

    @property
    def name(self) -> str:
        """Return carrier and tracking number, as far as they are known."""
        return " ".join(part for part in (self.carrier, self.tracking_number) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentChange:
    """What staff change of a shipment; None leaves it as it is."""

    status: ShippingStatus | None = None
    carrier: str | None = None
    tracking_number: str | None = None
