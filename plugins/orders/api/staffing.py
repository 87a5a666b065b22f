"""What staff say of an order that they make for somebody, or change before it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.plugins.customers.api import AddressInput

if TYPE_CHECKING:
    from guildshop.plugins.orders.api.order import Channel


@dataclass(frozen=True, slots=True)
class WantedItem:
    """Pieces of a product, named by SKU or ID."""

    product: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order made by staff. What ships needs a saved `address_id` of the customer, or an `address`.

    `answers` are those to the other steps of the checkout, by the names of what they ask.
    """

    customer: UUID
    items: Sequence[WantedItem]
    channel: Channel
    payment_method: str = ""
    address_id: UUID | None = None
    address: AddressInput | None = None
    shipping_type: str = ""
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    note: str = ""
