"""What happens to an order once it exists: paid, moved on, cancelled, expired, noted upon."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    HistoryKind,
    MoveRefused,
    Order,
    OrderChange,
    OrderExpiryDue,
    OrderStatus,
    ShipmentChange,
    status_label,
)
from guildshop.plugins.orders.api.reasons import CANCELLED_BY_CUSTOMER, CANCELLED_BY_SHOP, NOT_PAID_IN_TIME
from guildshop.plugins.orders.service.deciding import (
    NOTE_LENGTH,
    REASON_LENGTH,
    check_version,
    limited,
    moved,
    paid_or_over,
    stale,
)
from guildshop.plugins.orders.service.packing import Packing
from guildshop.plugins.orders.service.refunding import OrderRefunds
from guildshop.plugins.orders.service.rows import add_history
from guildshop.plugins.orders.service.shipments import OrderShipments

if TYPE_CHECKING:
    from guildshop.database import Work

UPDATE = "order.update"
GIVE_BACK = "refund.create"
"""What refunds ask for; where they are not installed, nothing is given back by itself."""
CONFIRM = "payment.confirm"


class OrderService(OrderRefunds, OrderShipments):
    """Orders of the store in scope. What takes a `work` joins it and checks no permission."""

    # Use cases

    async def cancel(self, actor: Actor, reference: UUID | str, reason: str = "") -> Order:
        """Cancel the member's own order before fulfilment, or any for staff; return it as it is then."""

        async def attempt(order: Order) -> None:
            self._check_cancel(actor, order)
            async with self.app.work(actor) as work:
                self.cancel_in(work, order, text)

        order = await self.get_for(actor, reference)
        own = self.owns(actor, order) and not actor.may(UPDATE)
        text = limited(reason, REASON_LENGTH, "reason") or (CANCELLED_BY_CUSTOMER if own else CANCELLED_BY_SHOP)
        return await self.again(order.id, attempt)

    async def change(
        self, actor: Actor, reference: UUID | str, change: OrderChange, *, version: int | None = None
    ) -> Order:
        """Change status, shipping status, carrier, tracking number and notes at once, as far as allowed now.

        `version` is the one that the actor saw; when the order has another, it is refused as stale.
        """
        actor.require(UPDATE)
        order = await self.get(reference)
        check_version(order, version)
        if version is not None:
            await self._change(actor, order, change)
            return await self.get(order.id)
        return await self.again(order.id, lambda current: self._change(actor, current, change))

    async def confirm_payment(self, actor: Actor, reference: UUID | str, payment_reference: str = "") -> Order:
        """Make an order `PAID` because staff saw the money; of two at once one succeeds, the other is told."""
        actor.require(CONFIRM)
        order = await self.get(reference)
        limited(payment_reference, 200, "reference")

        async def attempt(current: Order) -> None:
            if current.status is not OrderStatus.PENDING_PAYMENT:
                raise paid_or_over(current)
            settle = self.methods.settle_of(current)
            join = None if settle is None else await settle(current, payment_reference.strip())
            async with self.app.work(actor) as work:
                self.mark_paid(work, current, text=payment_reference.strip())
                if join is not None:
                    join(work)

        return await self.again(order.id, attempt)

    async def reject(self, actor: Actor, reference: UUID | str, reason: str) -> Order:
        """Cancel an unpaid order because staff say that its payment is not to be had; the customer is told why."""
        actor.require(CONFIRM)
        order = await self.get(reference)

        async def attempt(current: Order) -> None:
            if current.status is not OrderStatus.PENDING_PAYMENT:
                rules.check_move(current.number, current.status, OrderStatus.CANCELLED, ships=current.ships)
                raise MoveRefused(
                    _("Order {number} is {status}: only an unpaid order can be rejected. Cancel it instead.").format(
                        number=current.number, status=status_label(current.status)
                    )
                )
            async with self.app.work(actor) as work:
                self.cancel_in(work, current, reason)

        return await self.again(order.id, attempt)

    async def add_note(self, actor: Actor, reference: UUID | str, text: str, *, public: bool = False) -> UUID:
        """Add a note to an order, private or for the customer too; return its key."""
        actor.require(UPDATE)
        order = await self.get(reference)
        note = limited(text, NOTE_LENGTH, "text")
        if not note:
            raise Invalid.field("text", _("The note is empty. Write something first."))
        key = new_id()
        async with self.app.work(actor) as work:
            work.insert(
                tables.OrderNote,
                id=key,
                order_id=order.id,
                at=work.now,
                author=actor.name[:100],
                public=public,
                text=note,
            )
            add_history(work, order.id, HistoryKind.NOTE)
            work.audit("order.note", subject="order", subject_id=order.id, after={"public": public}, note=order.number)
        return key

    # Events

    async def expire(self, event: OrderExpiryDue, delivery: Delivery) -> None:
        """Cancel the order if it is still unpaid when its time has come."""

        async def attempt(order: Order) -> None:
            unpaid = order.status is OrderStatus.PENDING_PAYMENT
            if unpaid and order.reserved_until is not None and order.reserved_until > self.app.now():
                raise DeliveryPostponed(order.reserved_until)
            async with delivery.work() as work:
                if unpaid:
                    self.cancel_in(work, order, NOT_PAID_IN_TIME, expired=True)

        await self.again(event.order, attempt)

    # Within

    def _check_cancel(self, actor: Actor, order: Order) -> None:
        if actor.may(UPDATE):
            if not self.owns(actor, order):
                self._check_giving_back(actor, order)
            return
        if not self.owns(actor, order):
            actor.require(UPDATE)
        early = {OrderStatus.PENDING_PAYMENT, OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.REFUNDED}
        if order.status not in early:
            raise MoveRefused(
                _(
                    "Order {number} is {status}: it is being fulfilled and cannot be cancelled any more. Ask the staff."
                ).format(number=order.number, status=status_label(order.status))
            )

    def _check_giving_back(self, actor: Actor, order: Order) -> None:
        """Refuse whoever may not refund: to cancel a paid order gives its money back."""
        if order.paid_at is not None and GIVE_BACK in self.app.permissions.permissions:
            actor.require(GIVE_BACK)

    async def _change(self, actor: Actor, order: Order, change: OrderChange) -> None:
        """Check the whole change, then write all of it in one Work."""
        status = change.status if change.status not in {None, order.status} else None
        if status is not None:
            rules.check_staff_move(order.number, order.status, status, ships=order.ships)
            if status is OrderStatus.CANCELLED:
                self._check_giving_back(actor, order)
        notes = None if change.notes is None else limited(change.notes, NOTE_LENGTH, "notes")
        packing = await self._packing(order, status, change)
        noted = notes is not None and notes != order.notes
        if status is None and packing is None and not noted:
            return
        join = None
        if status is OrderStatus.PAID:
            actor.require(CONFIRM)
            settle = self.methods.settle_of(order)
            join = None if settle is None else await settle(order, "")
        async with self.app.work(actor) as work:
            current = order
            if status is not None:
                self._set_status(work, current, status, change.reason)
                current = moved(current, status)
            if join is not None:
                join(work)
            if noted:
                self._write_notes(work, current, notes or "")
                current = moved(current, current.status)
            if packing is not None:
                self.write_packing(work, current, packing)

    def _set_status(self, work: Work, order: Order, status: OrderStatus, reason: str) -> None:
        if status is OrderStatus.PAID:
            self.mark_paid(work, order)
        elif status is OrderStatus.CANCELLED:
            self.cancel_in(work, order, limited(reason, REASON_LENGTH, "reason") or CANCELLED_BY_SHOP)
        else:
            self._move(work, order, status, set="completed_at = :now" if status is OrderStatus.COMPLETE else "")

    async def _packing(self, order: Order, status: OrderStatus | None, change: OrderChange) -> Packing | None:
        """Return what the change does to the parcels; an order that becomes `SHIPPED` by hand sends all of them."""
        shipping = change.shipping_status if change.shipping_status is not order.shipping_status else None
        wanted = self.clean_change(
            order.store,
            ShipmentChange(status=shipping, carrier=change.carrier, tracking_number=change.tracking_number),
        )
        if wanted.carrier == order.carrier:
            wanted = replace(wanted, carrier=None)
        if wanted.tracking_number == order.tracking_number:
            wanted = replace(wanted, tracking_number=None)
        sends = status is OrderStatus.SHIPPED and shipping is None
        if not sends and wanted == ShipmentChange():
            return None
        if shipping is not None:
            rules.check_shipping_move(order.number, status or order.status, order.shipping_status, shipping)
        packing = Packing(order, await self.shipments(order.id), self.app.now(), status)
        if sends:
            packing.ship_all(wanted)
        else:
            packing.change(packing.only(), wanted)
            if shipping is not None and rules.overall(order, list(packing.after.values())) is not shipping:
                raise MoveRefused(
                    _("Some items of order {number} are in no parcel yet. Pack them on the page of the order.").format(
                        number=order.number
                    )
                )
        return packing if packing.changed else None

    def _write_notes(self, work: Work, order: Order, notes: str) -> None:
        work.guard(
            tables.Order,
            set="notes = :notes, updated = :now, version = version + 1",
            where="id = :id AND version = :version",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            notes=notes,
        )
        add_history(work, order.id, HistoryKind.NOTE)
        work.audit(
            "order.update",
            subject="order",
            subject_id=order.id,
            before={"notes": order.notes},
            after={"notes": notes},
            note=order.number,
        )
