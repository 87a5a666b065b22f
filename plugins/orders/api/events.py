"""The facts that the orders plugin records. All events of one order share its ID as their key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from guildshop.events import Event
from guildshop.plugins.orders.api.refund import RefundedItem, RefundMode


@dataclass(frozen=True, slots=True)
class OrderEvent(Event):
    """A fact about one order."""

    order: UUID

    @property
    def key(self) -> str:
        """Return the order's ID."""
        return str(self.order)


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderEvent):
    """An order was submitted; it may be paid already when nothing was due (then `OrderPaid` follows)."""


@dataclass(frozen=True, slots=True)
class OrderPaid(OrderEvent):
    """An order became `PAID`: once in its life."""


@dataclass(frozen=True, slots=True)
class OrderCancelled(OrderEvent):
    """An order became `CANCELLED`. `refund_due` is what had been paid and must go back, in minor units."""

    reason: str = ""
    expired: bool = False
    refund_due: int = 0


@dataclass(frozen=True, slots=True)
class OrderRefunded(OrderEvent):
    """Money of an order was given back; `items` are the pieces that came back with it.

    `refunded` is what was given back of the order so far, this refund included; `complete` says that this is all of it.
    `credit` is the part of `amount` that becomes store credit instead of going back the way it was paid.
    """

    refund: UUID
    mode: RefundMode
    amount: int
    refunded: int
    complete: bool
    items: tuple[RefundedItem, ...] = ()
    reason: str = ""
    credit: int = 0


@dataclass(frozen=True, slots=True)
class OrderEdited(OrderEvent):
    """The lines of an unpaid order were changed by staff, and its amounts with them; `due` is what is due now."""

    due: int


@dataclass(frozen=True, slots=True)
class OrdersImported(Event):
    """Past orders were added as they ended; `first` and `last` are when the earliest and the latest were placed.

    No other event tells of these orders until something happens to them here.
    """

    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class OrderDeleted(OrderEvent):
    """An order was deleted for good; nothing can be read of it any more."""

    number: str


@dataclass(frozen=True, slots=True)
class OrderStatusChanged(OrderEvent):
    """An order moved to another status; recorded with every move, beside the more telling events."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OrderShippingChanged(OrderEvent):
    """An order's shipping status, carrier or tracking number changed."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OrderShipped(OrderEvent):
    """A parcel is on its way; recorded again when the tracking number of one on its way is added or changed."""

    shipment: UUID


@dataclass(frozen=True, slots=True)
class ShipmentFailed(OrderEvent):
    """A parcel could not be delivered, or came back: staff have to see to it."""

    shipment: UUID


@dataclass(frozen=True, slots=True)
class OrderExpiryDue(OrderEvent):
    """The time has come to cancel the order if it is still unpaid."""

    timed: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OrderFlowExpiryDue(Event):
    """The time has come to drop the order flow if nobody touched it since."""

    draft: UUID
    timed: ClassVar[bool] = True

    @property
    def key(self) -> str:
        """Return the draft's ID."""
        return str(self.draft)
