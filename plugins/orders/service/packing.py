"""The parcels of an order as they are to become: planned from what was read, then written in one Work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import NotFound
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    MoveRefused,
    Order,
    OrderStatus,
    Shipment,
    ShipmentChange,
    ShippingStatus,
    shipping_label,
)


class Packing:
    """Changes of an order's parcels; nothing is written here. `status` is the order's in the Work that will write."""

    def __init__(
        self, order: Order, shipments: Sequence[Shipment], now: datetime, status: OrderStatus | None = None
    ) -> None:
        """Begin with the parcels that there are."""
        rules.check_shippable(order, status)
        self.order = order
        self.status = status or order.status
        self.before = {shipment.id: shipment for shipment in shipments}
        self.after = dict(self.before)
        self._now = now

    def add(self, items: Mapping[UUID, int] | None, change: ShipmentChange) -> Shipment:
        """Pack these quantities by line, or everything that is left, into a new parcel."""
        present = list(self.after.values())
        if len(present) >= rules.MAXIMUM_SHIPMENTS:
            raise MoveRefused(
                _("Order {number} has {count} parcels already, as many as one order takes.").format(
                    number=self.order.number, count=len(present)
                )
            )
        if items is None:
            packed = rules.left_to_pack(self.order, present)
            if not packed:
                raise rules.nothing_left(self.order)
        else:
            packed = rules.check_items(self.order, present, items)
        shipment = Shipment(
            id=new_id(),
            order=self.order.id,
            position=max((one.position for one in present), default=0) + 1,
            carrier="",
            tracking_number="",
            tracking_url="",
            status=ShippingStatus.PENDING,
            items=packed,
            created=self._now,
            shipped_at=None,
            delivered_at=None,
        )
        self.after[shipment.id] = shipment
        return self.change(shipment, change)

    def change(self, shipment: Shipment, change: ShipmentChange) -> Shipment:
        """Change carrier, tracking number and status of a parcel, as far as given."""
        status = change.status
        if status is not None and status is not shipment.status:
            rules.check_shipping_move(self.order.number, self.status, shipment.status, status)
        else:
            status = shipment.status
        if status in rules.SENT and shipment.status not in rules.SENT:
            rules.check_sendable(self.order, self.after.values(), shipment)
        changed = replace(
            shipment,
            carrier=shipment.carrier if change.carrier is None else change.carrier,
            tracking_number=shipment.tracking_number if change.tracking_number is None else change.tracking_number,
            status=status,
        )
        if status in rules.SENT and changed.shipped_at is None:
            changed = replace(changed, shipped_at=self._now)
        delivered = (changed.delivered_at or self._now) if status is ShippingStatus.DELIVERED else None
        self.after[shipment.id] = changed = replace(changed, delivered_at=delivered)
        return changed

    def remove(self, shipment: Shipment) -> None:
        """Unpack a parcel that did not leave."""
        if shipment.status in rules.SENT:
            raise MoveRefused(
                _("Parcel {position} of order {number} is {status} and cannot be taken back.").format(
                    position=shipment.position, number=self.order.number, status=shipping_label(shipment.status)
                )
            )
        del self.after[shipment.id]

    def ship_all(self, change: ShipmentChange) -> None:
        """Send everything that did not leave yet; what is in no parcel goes into one more."""
        for shipment in list(self.after.values()):
            if shipment.status not in rules.SENT:
                self.change(shipment, replace(change, status=ShippingStatus.SHIPPED))
        if rules.left_to_pack(self.order, self.after.values()):
            self.add(None, replace(change, status=ShippingStatus.SHIPPED))

    def send(self, change: ShipmentChange, items: Mapping[UUID, int] | None = None) -> None:
        """Send pieces with that carrier and tracking number; the parcel that has them already is that one.

        A parcel that waits for its number gets it, where nothing is left to be packed. An unsent parcel passes through
        `SHIPPED` on its way to `DELIVERED`.
        """
        known = self.same(change.carrier or "", change.tracking_number or "")
        if known is None:
            waiting = [one for one in self.after.values() if one.status not in rules.SENT and not one.tracking_number]
            packed_all = items is None and not rules.left_to_pack(self.order, self.after.values())
            if len(waiting) == 1 and packed_all:
                known = self.change(waiting[0], replace(change, status=None))
            else:
                known = self.add(items, replace(change, status=None))
        order = list(ShippingStatus)
        wanted = change.status or ShippingStatus.SHIPPED
        if order.index(known.status) >= order.index(wanted) and known.status is not ShippingStatus.FAILED:
            return
        if wanted is ShippingStatus.DELIVERED and known.status not in rules.SENT:
            known = self.change(known, ShipmentChange(status=ShippingStatus.SHIPPED))
        self.change(known, ShipmentChange(status=wanted))

    def only(self) -> Shipment:
        """Return the one parcel that the order goes in, packing it where there is none yet; refuse several."""
        shipments = list(self.after.values())
        if not shipments:
            return self.add(None, ShipmentChange())
        if len(shipments) > 1:
            raise MoveRefused(
                _("Order {number} goes in {count} parcels. Change each of them on the page of the order.").format(
                    number=self.order.number, count=len(shipments)
                )
            )
        return shipments[0]

    def find(self, key: UUID) -> Shipment:
        """Return a parcel of the order; NotFound when it has no such one."""
        if key not in self.after:
            raise NotFound(_("Order {number} has no such parcel.").format(number=self.order.number))
        return self.after[key]

    def same(self, carrier: str, tracking: str) -> Shipment | None:
        """Return the parcel with that carrier and tracking number."""
        for shipment in self.after.values():
            if shipment.tracking_number.casefold() == tracking.casefold() and fold(shipment.carrier) == fold(carrier):
                return shipment
        return None

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return self.before != self.after
