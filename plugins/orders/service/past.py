"""Past orders as rows: what an import of them writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.plugins.customers.api import Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import (
    Adjustment,
    Channel,
    HistoryKind,
    LineKind,
    OrderExpiryDue,
    OrderStatus,
    QuoteLine,
    ShippingStatus,
    Totals,
)
from guildshop.plugins.orders.service import rows as records

if TYPE_CHECKING:
    from guildshop.database import Work

_AFTER_PAYMENT = frozenset(OrderStatus) - {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class PastOrder:
    """One row, checked."""

    number: str
    customer: UUID
    placed: datetime
    status: OrderStatus
    payment_method: str
    lines: tuple[QuoteLine, ...]
    adjustments: tuple[Adjustment, ...]
    totals: Totals
    carrier: str
    tracking: str
    note: str
    channel: Channel

    @property
    def shipping_status(self) -> ShippingStatus | None:
        """Where its parcel must be, given the order's status."""
        if not any(line.ships for line in self.lines):
            return None
        if self.status is OrderStatus.SHIPPED:
            return ShippingStatus.SHIPPED
        if self.status in {OrderStatus.COMPLETE, OrderStatus.REFUNDED}:
            return ShippingStatus.DELIVERED
        return ShippingStatus.PENDING


def write_orders(work: Work, orders: Sequence[PastOrder], customers: CustomerService, unpaid_until: datetime) -> None:
    """Add past orders to a Work, as they ended; those that are unpaid wait until then."""
    taken = Refusal(_("One of these numbers was given to another order just now. Import the file again."))
    for order in orders:
        order_id = new_id()
        paid, unpaid = order.status in _AFTER_PAYMENT, order.status is OrderStatus.PENDING_PAYMENT
        columns: dict[str, Any] = {
            "id": order_id,
            "number": order.number,
            "customer": order.customer,
            "recipient_discord_id": None,
            "channel": order.channel.value,
            "status": order.status.value,
            "shipping_status": None if order.shipping_status is None else order.shipping_status.value,
            "carrier": order.carrier,
            "tracking_number": order.tracking,
            "payment_method": order.payment_method,
            "shipping_type": "",
            "address": None,
            "draft": None,
            "locale": "",
            "imported": True,
            "refunded": order.totals.total if order.status is OrderStatus.REFUNDED else 0,
            "created": order.placed,
            "updated": order.placed,
            "reserved_until": unpaid_until if unpaid else None,
            "paid_at": order.placed if paid else None,
            "cancelled_at": order.placed if order.status is OrderStatus.CANCELLED else None,
            "completed_at": order.placed if order.status is OrderStatus.COMPLETE else None,
            "version": 1,
        }
        lines = [{"id": new_id(), **records.line_columns(line)} for line in order.lines]
        records.insert_order(work, columns, order.totals, lines, order.adjustments, conflict=taken)
        sale = Sale(
            orders=1 if paid else 0,
            amount=order.totals.total - columns["refunded"] if paid else 0,
            currency=order.totals.currency,
            placed=order.placed,
            paid=columns["paid_at"],
        )
        customers.count_sale(work, order.customer, sale)
        _write_parcel(work, order_id, order, lines)
        records.add_history(work, order_id, HistoryKind.IMPORTED, after=order.status.value)
        if unpaid:
            work.record(OrderExpiryDue(order_id), due=unpaid_until)
        if order.note:
            work.insert(
                tables.OrderNote,
                id=new_id(),
                order_id=order_id,
                at=order.placed,
                author=_("Import"),
                public=True,
                text=order.note,
            )


def _write_parcel(work: Work, order_id: UUID, order: PastOrder, lines: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was sent as one parcel, since the shipping status of an order is that of its parcels."""
    status = order.shipping_status
    if status is None or (status is ShippingStatus.PENDING and not order.tracking):
        return
    shipment = new_id()
    work.insert(
        tables.Shipment,
        id=shipment,
        order_id=order_id,
        position=1,
        carrier=order.carrier,
        tracking_number=order.tracking,
        status=status.value,
        created=order.placed,
        shipped_at=None if status is ShippingStatus.PENDING else order.placed,
        delivered_at=order.placed if status is ShippingStatus.DELIVERED else None,
    )
    packed = [line for line in lines if line["kind"] == LineKind.SHIPPED.value]
    work.insert_many(
        tables.ShipmentLine,
        [{"id": new_id(), "shipment": shipment, "line": one["id"], "quantity": one["quantity"]} for one in packed],
    )
