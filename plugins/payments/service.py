"""Payments: what customers report, what staff confirm or reject, and what an order's payments are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import HistoryKind, Order, OrderCancelled, OrderStatus
from guildshop.plugins.orders.service import OrderService, add_history
from guildshop.plugins.payments import rules, tables
from guildshop.plugins.payments.api import (
    NothingToPay,
    Payment,
    PaymentReported,
    PaymentState,
    PaymentUnexpected,
    Received,
)
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

CONFIRM = "payment.confirm"
OPEN = (PaymentState.PENDING, PaymentState.REPORTED)
ATTEMPTS = 5
REFERENCE_LENGTH = 200
NOTE_LENGTH = 1000
REASON_LENGTH = 500


class PaymentService:
    """Payments of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def of_order(self, order_id: UUID) -> Sequence[Payment]:
        """Return an order's payments, oldest first."""
        found = await self.app.database.fetch(
            "SELECT * FROM payment WHERE store = :store AND order_id = :order ORDER BY created, id",
            store=current_store(),
            order=order_id,
        )
        return tuple(_payment(row) for row in found)

    async def get(self, payment_id: UUID) -> Payment:
        """Return a payment; NotFound when there is none in this store."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM payment WHERE store = :store AND id = :id", store=current_store(), id=payment_id
        )
        if row is None:
            raise NotFound(_("There is no such payment in this store."))
        return _payment(row)

    async def confirm(self, actor: Actor, order: UUID | str, reference: str = "") -> Order:
        """Confirm that the money for an order has come: it becomes `PAID`, once, whoever else presses too."""
        return await self.app.get(OrderService).confirm_payment(actor, order, reference)

    async def reportable(self, actor: Actor, order: UUID | str) -> Order:
        """Return the acting member's own order that waits for a payment; refuse any other."""
        orders = self.app.get(OrderService)
        found = await orders.get_for(actor, order)
        if not orders.owns(actor, found):
            raise Forbidden(_("Order {number} is somebody else's.").format(number=found.number))
        if found.status is not OrderStatus.PENDING_PAYMENT:
            raise NothingToPay(
                _("Order {number} is {status} and does not wait for a payment.").format(
                    number=found.number, status=found.status.value
                )
            )
        return found

    async def report(
        self, actor: Actor, order: UUID | str, reference: str, note: str = "", picture: str = ""
    ) -> Payment:
        """Keep the acting member's word that they have paid, for staff to check; again replaces what was said."""
        found = await self.reportable(actor, order)
        reference = _limited(reference, REFERENCE_LENGTH, "reference")
        note = _limited(note, NOTE_LENGTH, "note")
        if not reference:
            raise Invalid.field(
                "reference",
                _("Give a reference that the staff can find your payment by, such as its number or your name."),
            )
        try:
            return await self._report(actor, found, {"reference": reference, "note": note, "picture": picture})
        except Stale:
            # Said twice at once, as by two presses: the second replaces the first.
            return await self._report(actor, found, {"reference": reference, "note": note, "picture": picture})

    async def _report(self, actor: Actor, found: Order, said: dict[str, str]) -> Payment:
        orders = self.app.get(OrderService)
        known = await self._open(found.id)
        payment_id = new_id() if known is None else known.id
        async with self.app.work(actor) as work:
            orders.require_unpaid(work, found)
            if known is None:
                self._insert(work, payment_id, found, PaymentState.REPORTED, reported_at=work.now, **said)
            else:
                self._advance(
                    work,
                    known,
                    "state = 'REPORTED', reference = :reference, note = :note, picture = :picture, reported_at = :now",
                    **said,
                )
            add_history(work, found.id, HistoryKind.PAYMENT, after=PaymentState.REPORTED.value, text=said["reference"])
            work.record(PaymentReported(found.id, payment_id))
        return await self.get(payment_id)

    async def reject(self, actor: Actor, order: UUID | str, reason: str) -> Order:
        """Reject an unpaid order: it is cancelled for that reason, which the customer is told."""
        actor.require(CONFIRM)
        text = _limited(reason, REASON_LENGTH, "reason")
        if not text:
            raise Invalid.field("reason", _("Give a reason: the customer is told it."))
        return await self.app.get(OrderService).reject(actor, order, text)

    async def settle(self, order: Order, reference: str) -> Callable[[Work], None]:
        """Return what makes the order's payment `CONFIRMED` within the Work that makes the order paid."""
        known = await self._open(order.id)

        def join(work: Work) -> None:
            settled = {
                "reference": reference or (known.reference if known else ""),
                "settled_by": work.actor.name[:100],
            }
            if known is None:
                self._insert(work, new_id(), order, PaymentState.CONFIRMED, settled_at=work.now, **settled)
            else:
                self._advance(
                    work,
                    known,
                    "state = 'CONFIRMED', reference = :reference, settled_by = :settled_by, settled_at = :now",
                    **settled,
                )
            work.audit(
                "payment.confirm", subject="order", subject_id=order.id, note=f"{order.number} {reference}".strip()
            )

        return join

    async def receive(
        self, received: Received, delivery: Delivery, join: Callable[[Work], None] | None = None
    ) -> Payment:
        """Settle what a processor took: the one path for its webhook, the poller and the page it sends payers back to.

        Call it from a delivery, with what the processor said when it was asked. The order becomes `PAID` if the money
        fits; else it stays as it is and the staff are told. `join` adds the caller's own rows to the Work. The same
        money again changes nothing; `join` then happens all the same.
        """
        for _attempt in range(ATTEMPTS):
            known = await self._of_processor(received.method, received.processor_id)
            try:
                if known is None:
                    payment_id = await self._receive(received, delivery, join)
                    return await self.get(payment_id)
                async with delivery.work() as work:
                    if join is not None:
                        join(work)
            except Stale:
                continue
            return known
        raise Stale(_("This payment changed at the same moment. Look at the order again."))

    async def close(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Reject what was reported for an order that is cancelled now."""
        async with delivery.work() as work:
            work.guard(
                tables.Payment,
                set="state = 'REJECTED', settled_at = :now, settled_by = :by, version = version + 1",
                where="order_id = :order AND state IN ('PENDING', 'REPORTED')",
                rows=None,
                order=event.order,
                by=work.actor.name[:100],
            )

    # Within

    async def _receive(self, received: Received, delivery: Delivery, join: Callable[[Work], None] | None) -> UUID:
        orders = self.app.get(OrderService)
        order, payment_id = await orders.get(received.order), new_id()
        state = rules.judge(order, received)
        async with delivery.work() as work:
            work.insert(
                tables.Payment,
                conflict=Stale(_("This payment was settled at the same moment.")),
                id=payment_id,
                order_id=order.id,
                method=received.method,
                processor_id=received.processor_id,
                amount=received.amount,
                currency=received.currency,
                state=state.value,
                reference=received.processor_id,
                idempotency_key=new_id(),
                created=work.now,
                settled_at=work.now,
                settled_by=work.actor.name[:100],
                version=1,
            )
            if state in rules.SETTLING:
                orders.mark_paid(work, order, text=received.processor_id)
            else:
                add_history(work, order.id, HistoryKind.PAYMENT, after=state.value, text=received.processor_id)
            if state is not PaymentState.CONFIRMED:
                work.record(PaymentUnexpected(order.id, payment_id))
            work.audit(
                "payment.receive",
                subject="order",
                subject_id=order.id,
                after={"state": state.value, "amount": received.amount, "currency": received.currency},
                note=f"{order.number} {received.method} {received.processor_id}",
            )
            if join is not None:
                join(work)
        return payment_id

    async def _of_processor(self, method: str, processor_id: str) -> Payment | None:
        row = await self.app.database.fetch_one(
            "SELECT * FROM payment WHERE store = :store AND method = :method AND processor_id = :processor_id",
            store=current_store(),
            method=method,
            processor_id=processor_id,
        )
        return None if row is None else _payment(row)

    async def _open(self, order_id: UUID) -> Payment | None:
        return next((payment for payment in await self.of_order(order_id) if payment.state in OPEN), None)

    def _insert(self, work: Work, payment_id: UUID, order: Order, state: PaymentState, **columns: Any) -> None:
        work.insert(
            tables.Payment,
            conflict=self._changed(),
            id=payment_id,
            order_id=order.id,
            method=order.payment_method,
            amount=order.due,
            currency=order.currency,
            state=state.value,
            idempotency_key=new_id(),
            created=work.now,
            version=1,
            **columns,
        )

    def _changed(self) -> Stale:
        return Stale(_("This payment changed at the same moment. Look at the order again."))

    def _advance(self, work: Work, known: Payment, assignments: str, **values: Any) -> None:
        """Change an open payment as it was read; `Stale`, which is tried again, when it changed since."""
        work.guard(
            tables.Payment,
            set=f"{assignments}, version = version + 1",
            where="id = :id AND version = :version",
            refusal=self._changed(),
            conflict=self._changed(),
            id=known.id,
            version=known.version,
            **values,
        )


def _limited(text: str, length: int, field: str) -> str:
    text = text.strip()
    if len(text) > length:
        raise Invalid.field(
            field,
            _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(text), length=length
            ),
        )
    return text


def _payment(row: dict[str, Any]) -> Payment:
    return Payment(
        id=row["id"],
        store=row["store"],
        order=row["order_id"],
        method=row["method"],
        amount=row["amount"],
        currency=row["currency"],
        state=PaymentState(row["state"]),
        reference=row["reference"],
        note=row["note"],
        picture=row["picture"],
        created=row["created"],
        reported_at=row["reported_at"],
        settled_at=row["settled_at"],
        settled_by=row["settled_by"],
        version=row["version"],
    )
