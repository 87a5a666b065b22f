"""Parcels of an order: packed, labelled, sent, delivered, failed. The order's status follows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    HistoryKind,
    Order,
    OrderShipped,
    OrderShippingChanged,
    OrdersSettings,
    OrderStatus,
    Shipment,
    ShipmentChange,
    ShipmentFailed,
    ShipmentItem,
    ShippingStatus,
)
from guildshop.plugins.orders.service.deciding import moved, stale
from guildshop.plugins.orders.service.moving import OrderMoves
from guildshop.plugins.orders.service.packing import Packing
from guildshop.plugins.orders.service.queries import READ
from guildshop.plugins.orders.service.rows import add_history, as_time, as_uuid, known_time
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

UPDATE = "order.update"
_COLUMNS = ("carrier", "tracking_number", "status", "shipped_at", "delivered_at")


class OrderShipments(OrderMoves):
    """Use cases of staff on parcels."""

    def carriers(self, store: int) -> Mapping[str, str]:
        """Return the carriers that a store knows, with the address of each one's tracking page."""
        own = self.app.stores.settings(store, OrdersSettings).carriers
        return {**rules.KNOWN, **{carrier.name: carrier.tracking_url for carrier in own}}

    async def shipments(self, order_id: UUID) -> Sequence[Shipment]:
        """Return an order's parcels in the order in which they were packed."""
        store = current_store()
        found = await self.app.database.fetch(
            "SELECT id, order_id, position, carrier, tracking_number, status, created, shipped_at, delivered_at"
            " FROM shipment WHERE store = :store AND order_id = :order ORDER BY position",
            store=store,
            order=order_id,
        )
        if not found:
            return ()
        packed = await self.app.database.fetch(
            "SELECT s.shipment, s.line, s.quantity, l.sku, l.name FROM shipment_line s"
            " JOIN order_line l ON l.store = s.store AND l.id = s.line"
            " WHERE s.store = :store AND l.order_id = :order ORDER BY l.position",
            store=store,
            order=order_id,
        )
        items: dict[UUID, list[ShipmentItem]] = {}
        for row in packed:
            item = ShipmentItem(as_uuid(row["line"]), row["sku"], row["name"], row["quantity"])
            items.setdefault(as_uuid(row["shipment"]), []).append(item)
        patterns = self.carriers(store)
        return tuple(_shipment(row, tuple(items.get(as_uuid(row["id"]), ())), patterns) for row in found)

    async def search_shipments(self, actor: Actor, text: str, limit: int) -> Sequence[tuple[str, Shipment]]:
        """Return the parcels of a tracking number, each with the number of its order, newest first."""
        actor.require(READ)
        typed, store = text.strip(), current_store()
        found = await self.app.database.fetch(
            "SELECT s.id, s.order_id, s.position, s.carrier, s.tracking_number, s.status, s.created, s.shipped_at,"
            " s.delivered_at, o.number FROM shipment s JOIN orders o ON o.store = s.store AND o.id = s.order_id"
            " WHERE s.store = :store AND s.tracking_number IN :numbers AND s.tracking_number <> ''"
            " ORDER BY s.created DESC, s.id DESC LIMIT :most",
            store=store,
            numbers=sorted({typed, typed.upper(), "".join(typed.upper().split())}),
            most=limit,
        )
        patterns = self.carriers(store)
        return [(row["number"], _shipment(row, (), patterns)) for row in found]

    async def pack(
        self, actor: Actor, reference: UUID | str, items: Mapping[UUID, int] | None, change: ShipmentChange
    ) -> Order:
        """Put pieces of an order, by line, into a new parcel: everything that is left where `items` is None."""
        wanted = self._clean(actor, change)
        return await self._repack(actor, reference, lambda packing: packing.add(items, wanted))

    async def ship(self, actor: Actor, reference: UUID | str, carrier: str, tracking: str) -> Order:
        """Send what is left of an order as one parcel; the same carrier and number again are the same parcel."""
        wanted = self._clean(actor, ShipmentChange(carrier=carrier, tracking_number=tracking))
        if not wanted.carrier:
            raise Invalid.field("carrier", _("Who carries the parcel? Name a carrier, such as UPS."))
        if not wanted.tracking_number:
            raise Invalid.field("tracking_number", _("The tracking number is missing."))

        return await self._repack(actor, reference, lambda packing: packing.send(wanted))

    async def ship_all(self, actor: Actor, reference: UUID | str, change: ShipmentChange | None = None) -> Order:
        """Send everything of an order that did not leave yet; refused where nothing is left to send."""
        wanted = self._clean(actor, change or ShipmentChange())

        def send(packing: Packing) -> None:
            packing.ship_all(wanted)
            if not packing.changed:
                raise rules.nothing_left(packing.order)

        return await self._repack(actor, reference, send)

    async def change_shipment(
        self, actor: Actor, reference: UUID | str, shipment: UUID, change: ShipmentChange
    ) -> Order:
        """Change a parcel's carrier, tracking number and status."""
        wanted = self._clean(actor, change)
        return await self._repack(actor, reference, lambda packing: packing.change(packing.find(shipment), wanted))

    async def unpack(self, actor: Actor, reference: UUID | str, shipment: UUID) -> Order:
        """Take a parcel that did not leave apart again."""
        actor.require(UPDATE)
        return await self._repack(actor, reference, lambda packing: packing.remove(packing.find(shipment)))

    # Within

    def _clean(self, actor: Actor, change: ShipmentChange) -> ShipmentChange:
        actor.require(UPDATE)
        return self.clean_change(actor.store, change)

    def clean_change(self, store: int, change: ShipmentChange) -> ShipmentChange:
        """Return the change with carrier and tracking number as they are kept."""
        return replace(
            change,
            carrier=None if change.carrier is None else rules.carrier_name(change.carrier, self.carriers(store)),
            tracking_number=None if change.tracking_number is None else rules.clean_tracking(change.tracking_number),
        )

    async def _repack(self, actor: Actor, reference: UUID | str, change: Callable[[Packing], object]) -> Order:
        order = await self.get(reference)

        async def attempt(current: Order) -> None:
            packing = Packing(current, await self.shipments(current.id), self.app.now())
            change(packing)
            if packing.changed:
                async with self.app.work(actor) as work:
                    self.write_packing(work, current, packing)

        return await self.again(order.id, attempt)

    def write_packing(self, work: Work, order: Order, packing: Packing) -> None:
        """Write the parcels as planned; the order's shipping status and status follow them."""
        after = list(packing.after.values())
        now = rules.overall(order, after)
        latest = after[-1] if after else None
        work.guard(
            tables.Order,
            set="shipping_status = :shipping, carrier = :carrier, tracking_number = :tracking, updated = :now,"
            " version = version + 1",
            where="id = :id AND version = :version",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            shipping=now.value,
            carrier="" if latest is None else latest.carrier,
            tracking="" if latest is None else latest.tracking_number,
        )
        for key in packing.before.keys() - packing.after.keys():
            work.delete(tables.Shipment, where="id = :id", rows=1, refusal=stale(order), id=key)
        for shipment in after:
            self._write_shipment(work, order, packing.before.get(shipment.id), shipment)
        for line in order.lines:
            unsent = rules.never_sent(line, after)
            if unsent != line.unsent:
                work.update(tables.OrderLine, line.id, stale(order), unsent=unsent)
        before = order.shipping_status.value if order.shipping_status else ""
        if before != now.value:
            work.record(OrderShippingChanged(order.id, before, now.value))
        for key in packing.before.keys() - packing.after.keys():
            gone = packing.before[key]
            text = _("Taken apart: parcel {number} {name}").format(number=gone.position, name=gone.name).strip()
            add_history(work, order.id, HistoryKind.SHIPPING, before=gone.status.value, text=text)
        status = rules.status_by_shipments(order, order.status, after)
        if status is not order.status:
            done = "completed_at = :now" if status is OrderStatus.COMPLETE else ""
            self._move(work, moved(order, order.status), status, set=done)

    def _write_shipment(self, work: Work, order: Order, before: Shipment | None, after: Shipment) -> None:
        if before == after:
            return
        columns: dict[str, Any] = {name: getattr(after, name) for name in _COLUMNS} | {"status": after.status.value}
        if before is None:
            work.insert(
                tables.Shipment,
                conflict=stale(order),
                id=after.id,
                order_id=order.id,
                position=after.position,
                created=after.created,
                **columns,
            )
            work.insert_many(
                tables.ShipmentLine,
                [
                    {"id": new_id(), "shipment": after.id, "line": item.line, "quantity": item.quantity}
                    for item in after.items
                ],
            )
        else:
            work.update(tables.Shipment, after.id, stale(order), **columns)
        _tell(work, order, before, after)


def _tell(work: Work, order: Order, before: Shipment | None, after: Shipment) -> None:
    """Put the change of a parcel on the timeline, and record what others listen for."""
    was = ShippingStatus.PENDING if before is None else before.status
    text = after.name
    if before is None:
        packed = ", ".join(f"{item.quantity} × {item.name}" for item in after.items)
        text = "\n".join(part for part in (text, packed) if part)
    add_history(work, order.id, HistoryKind.SHIPPING, before=was.value, after=after.status.value, text=text)
    work.audit(
        "order.ship",
        subject="order",
        subject_id=order.id,
        before=None if before is None else _facts(before),
        after=_facts(after),
        note=order.number,
    )
    sent, tracked = after.status is not was, before is not None and before.tracking_number != after.tracking_number
    if after.status is ShippingStatus.SHIPPED and (sent or (tracked and after.tracking_number)):
        work.record(OrderShipped(order.id, after.id))
    if sent and after.status is ShippingStatus.FAILED:
        work.record(ShipmentFailed(order.id, after.id))


def _facts(shipment: Shipment) -> dict[str, object]:
    return {
        "parcel": shipment.position,
        "status": shipment.status.value,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
    }


def _shipment(row: Mapping[str, Any], items: tuple[ShipmentItem, ...], patterns: Mapping[str, str]) -> Shipment:
    return Shipment(
        id=as_uuid(row["id"]),
        order=as_uuid(row["order_id"]),
        position=row["position"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        tracking_url=rules.tracking_url(row["carrier"], row["tracking_number"], patterns),
        status=ShippingStatus(row["status"]),
        items=items,
        created=known_time(row["created"]),
        shipped_at=as_time(row["shipped_at"]),
        delivered_at=as_time(row["delivered_at"]),
    )
