"""What happens to an order once it exists: paid, moved on, cancelled, expired, noted upon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    HistoryKind,
    MoveRefused,
    Order,
    OrderCancelled,
    OrderChange,
    OrderExpiryDue,
    OrderPaid,
    OrderShippingChanged,
    OrderStatus,
    OrderStatusChanged,
    ShippingStatus,
)
from guildshop.plugins.orders.service.deciding import (
    NOTE_LENGTH,
    REASON_LENGTH,
    changed_texts,
    limited,
    moved,
    paid_or_over,
    pieces,
    stale,
)
from guildshop.plugins.orders.service.methods import PaymentMethodRegistry
from guildshop.plugins.orders.service.queries import OrderQueries
from guildshop.plugins.orders.service.rows import add_history

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

UPDATE = "order.update"
CONFIRM = "payment.confirm"
ATTEMPTS = 4


class OrderService(OrderQueries):
    """Orders of the store in scope. What takes a `work` joins it and checks no permission."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        super().__init__(app)
        self.methods = PaymentMethodRegistry(app)

    # Joining a Work

    def mark_paid(self, work: Work, order: Order, *, text: str = "") -> None:
        """Make an unpaid order `PAID`, once: its stock is sold, `OrderPaid` recorded. `Stale` when it changed."""
        if order.status is not OrderStatus.PENDING_PAYMENT:
            raise paid_or_over(order)
        self._move(work, order, OrderStatus.PAID, set="paid_at = :now, reserved_until = NULL", text=text)
        catalog = self.app.get(CatalogService)
        for product, quantity in pieces(order):
            catalog.sell(work, product, quantity, order.id)
        work.record(OrderPaid(order.id))

    def require_unpaid(self, work: Work, order: Order) -> None:
        """Make the Work happen only if the order still waits for its payment."""
        work.require(tables.Order, where="id = :id AND status = 'PENDING_PAYMENT'", refusal=stale(order), id=order.id)

    def require_kept(self, work: Work, order: Order) -> None:
        """Make the Work happen only if the order is neither cancelled nor refunded."""
        work.require(
            tables.Order,
            where="id = :id AND status NOT IN ('CANCELLED', 'REFUNDED')",
            refusal=stale(order),
            id=order.id,
        )

    def cancel_in(self, work: Work, order: Order, reason: str, *, expired: bool = False) -> None:
        """Cancel an order: reserved stock is released, sold stock returned, `OrderCancelled` recorded."""
        rules.check_move(order.number, order.status, OrderStatus.CANCELLED, ships=order.ships)
        paid = order.status is not OrderStatus.PENDING_PAYMENT
        self._move(
            work,
            order,
            OrderStatus.CANCELLED,
            set="cancelled_at = :now, reserved_until = NULL, cancel_reason = :reason",
            text=reason,
            reason=reason,
        )
        catalog = self.app.get(CatalogService)
        for product, quantity in pieces(order):
            if paid:
                catalog.return_stock(work, product, quantity, order.id)
            else:
                catalog.release(work, product, quantity, order.id)
        refund = order.due - order.refunded if paid else 0
        work.record(OrderCancelled(order.id, reason, expired, refund))

    def complete(self, work: Work, order: Order) -> None:
        """Make an order `COMPLETE` because everything of it was granted and nothing ships."""
        rules.check_move(order.number, order.status, OrderStatus.COMPLETE, ships=order.ships)
        self._move(work, order, OrderStatus.COMPLETE, set="completed_at = :now")

    # Use cases

    async def cancel(self, actor: Actor, reference: UUID | str, reason: str = "") -> Order:
        """Cancel the member's own order before fulfilment, or any for staff; return it as it is then."""

        async def attempt(order: Order) -> None:
            self._check_cancel(actor, order)
            async with self.app.work(actor) as work:
                self.cancel_in(work, order, text)

        order = await self.get_for(actor, reference)
        own = self.owns(actor, order) and not actor.may(UPDATE)
        text = limited(reason, REASON_LENGTH, "reason") or (
            _("Cancelled by the customer.") if own else _("Cancelled by the shop.")
        )
        return await self._again(order.id, attempt)

    async def change(
        self, actor: Actor, reference: UUID | str, change: OrderChange, *, version: int | None = None
    ) -> Order:
        """Change status, shipping status, carrier, tracking number and notes at once, as far as allowed now.

        `version` is the one that the actor saw; when the order has another, it is refused as stale.
        """
        actor.require(UPDATE)
        order = await self.get(reference)
        if version is not None and version != order.version:
            raise Stale(
                _("Somebody changed order {number} since you opened it. Reload it, then repeat your change.").format(
                    number=order.number
                )
            )

        if version is not None:
            await self._change(actor, order, change)
            return await self.get(order.id)
        return await self._again(order.id, lambda current: self._change(actor, current, change))

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

        return await self._again(order.id, attempt)

    async def reject(self, actor: Actor, reference: UUID | str, reason: str) -> Order:
        """Cancel an unpaid order because staff say that its payment is not to be had; the customer is told why."""
        actor.require(CONFIRM)
        order = await self.get(reference)

        async def attempt(current: Order) -> None:
            if current.status is not OrderStatus.PENDING_PAYMENT:
                rules.check_move(current.number, current.status, OrderStatus.CANCELLED, ships=current.ships)
                raise MoveRefused(
                    _("Order {number} is {status}: only an unpaid order can be rejected. Cancel it instead.").format(
                        number=current.number, status=current.status.value
                    )
                )
            async with self.app.work(actor) as work:
                self.cancel_in(work, current, reason)

        return await self._again(order.id, attempt)

    async def add_note(self, actor: Actor, reference: UUID | str, text: str, *, public: bool = False) -> None:
        """Add a note to an order, private or for the customer too."""
        actor.require(UPDATE)
        order = await self.get(reference)
        note = limited(text, NOTE_LENGTH, "text")
        if not note:
            raise Invalid.field("text", _("The note is empty. Write something first."))
        async with self.app.work(actor) as work:
            work.insert(
                tables.OrderNote,
                id=new_id(),
                order_id=order.id,
                at=work.now,
                author=actor.name[:100],
                public=public,
                text=note,
            )

    # Events

    async def expire(self, event: OrderExpiryDue, delivery: Delivery) -> None:
        """Cancel the order if it is still unpaid when its time has come."""

        async def attempt(order: Order) -> None:
            unpaid = order.status is OrderStatus.PENDING_PAYMENT
            if unpaid and order.reserved_until is not None and order.reserved_until > self.app.now():
                raise DeliveryPostponed(order.reserved_until)
            async with delivery.work() as work:
                if unpaid:
                    self.cancel_in(work, order, _("It was not paid in time."), expired=True)

        await self._again(event.order, attempt)

    # Within

    async def _again(self, order_id: UUID, attempt: Callable[[Order], Awaitable[None]]) -> Order:
        """Read, decide and write; when somebody else was faster, read and decide anew."""
        for left in reversed(range(ATTEMPTS)):
            try:
                await attempt(await self.get(order_id))
                break
            except Stale:
                if not left:
                    raise
        return await self.get(order_id)

    def _move(
        self,
        work: Work,
        order: Order,
        after: OrderStatus,
        *,
        set: str = "",
        text: str = "",
        **values: Any,
    ) -> None:
        """Change the status of the order that was read, unless somebody changed it since: then `Stale`."""
        extra = f", {set}" if set else ""
        work.guard(
            tables.Order,
            set=f"status = :after, updated = :now, version = version + 1{extra}",
            where="id = :id AND version = :version",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            after=after.value,
            **values,
        )
        add_history(work, order.id, HistoryKind.STATUS, before=order.status.value, after=after.value, text=text)
        work.record(OrderStatusChanged(order.id, order.status.value, after.value))
        work.audit(
            "order.status",
            subject="order",
            subject_id=order.id,
            before={"status": order.status.value},
            after={"status": after.value},
            note=f"{order.number} {text}".strip(),
        )

    def _check_cancel(self, actor: Actor, order: Order) -> None:
        if actor.may(UPDATE):
            return
        if not self.owns(actor, order):
            actor.require(UPDATE)
        early = {OrderStatus.PENDING_PAYMENT, OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.REFUNDED}
        if order.status not in early:
            raise MoveRefused(
                _(
                    "Order {number} is {status}: it is being fulfilled and cannot be cancelled any more. Ask the staff."
                ).format(number=order.number, status=order.status.value)
            )

    async def _change(self, actor: Actor, order: Order, change: OrderChange) -> None:
        """Check the whole change, then write all of it in one Work."""
        status = change.status if change.status not in {None, order.status} else None
        shipping = change.shipping_status if change.shipping_status not in {None, order.shipping_status} else None
        texts = changed_texts(order, change)
        if status is not None:
            rules.check_staff_move(order.number, order.status, status, ships=order.ships)
        if shipping is not None:
            rules.check_shipping_move(order.number, status or order.status, order.shipping_status, shipping)
        if status is None and shipping is None and not texts:
            return
        join = None
        if status is OrderStatus.PAID:
            actor.require(CONFIRM)
            settle = self.methods.settle_of(order)
            join = None if settle is None else await settle(order, "")
        async with self.app.work(actor) as work:
            current = order
            if status is OrderStatus.PAID:
                self.mark_paid(work, current)
                current = moved(current, status)
                if join is not None:
                    join(work)
            elif status is OrderStatus.CANCELLED:
                self.cancel_in(
                    work, current, limited(change.reason, REASON_LENGTH, "reason") or _("Cancelled by the shop.")
                )
                current = moved(current, status)
            elif status is not None:
                done = "completed_at = :now" if status is OrderStatus.COMPLETE else ""
                self._move(work, current, status, set=done)
                current = moved(current, status)
            if shipping is not None or texts:
                self._write_shipping(work, current, shipping, texts)

    def _write_shipping(self, work: Work, order: Order, shipping: ShippingStatus | None, texts: dict[str, str]) -> None:
        columns: dict[str, Any] = dict(texts)
        if shipping is not None:
            columns["shipping_status"] = shipping.value
        assignments = "".join(f"{name} = :{name}, " for name in columns)
        work.guard(
            tables.Order,
            set=f"{assignments}updated = :now, version = version + 1",
            where="id = :id AND version = :version",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            **columns,
        )
        order = moved(order, order.status)
        self._tell_shipping(work, order, shipping, texts)
        if shipping is not None:
            after = rules.status_after_shipping(order.status, shipping)
            if after is not order.status:
                self._move(work, order, after, set="completed_at = :now" if after is OrderStatus.COMPLETE else "")

    def _tell_shipping(self, work: Work, order: Order, shipping: ShippingStatus | None, texts: dict[str, str]) -> None:
        before = order.shipping_status.value if order.shipping_status else ""
        after = shipping.value if shipping else before
        if shipping is not None or texts.keys() & {"carrier", "tracking_number"}:
            carrier = texts.get("carrier", order.carrier)
            tracking = texts.get("tracking_number", order.tracking_number)
            text = " ".join(part for part in (carrier, tracking) if part)
            add_history(work, order.id, HistoryKind.SHIPPING, before=before, after=after, text=text)
            work.record(OrderShippingChanged(order.id, before, after))
        if "notes" in texts:
            add_history(work, order.id, HistoryKind.NOTE)
            work.audit(
                "order.update",
                subject="order",
                subject_id=order.id,
                before={"notes": order.notes},
                after={"notes": texts["notes"]},
                note=order.number,
            )
