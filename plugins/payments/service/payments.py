"""Payments: what customers report, what staff confirm or reject, and what an order's payments are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, Refusal, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import HistoryKind, Order, OrderCancelled, OrderStatus, status_label
from guildshop.plugins.orders.service import OrderService, add_history
from guildshop.plugins.payments import rules, tables
from guildshop.plugins.payments.api import (
    TAKEN,
    NothingToPay,
    Payment,
    PaymentReported,
    PaymentState,
    RefundOutcome,
)
from guildshop.plugins.payments.service.receiving import CONFIRM, Receiving, changed

if TYPE_CHECKING:
    from guildshop.database import Work

OPEN = (PaymentState.PENDING, PaymentState.REPORTED)
REFERENCE_LENGTH = 200
NOTE_LENGTH = 1000
REASON_LENGTH = 500


class PaymentService(Receiving):
    """Payments of the store in scope."""

    async def refund(self, payment_id: UUID, amount: int, key: UUID) -> RefundOutcome | None:
        """Have the processor of a payment give money back, or ask how the refund of that key stands.

        None for manual methods: staff give the money back by hand. `Unavailable` where the processor does not answer;
        the same key may be used again.
        """
        payment = await self.get(payment_id)
        if not payment.processor_id:
            return None
        outcome = await self.processors.get(payment.method).refund(payment, amount, key)
        return outcome if rules.is_page(outcome.url) else replace(outcome, url="")

    def hold_refund(self, work: Work, payment_id: UUID, amount: int, refusal: Refusal) -> None:
        """Set money of a payment aside for a refund; the refusal when so much is not left of it."""
        states = ", ".join(f"'{state.value}'" for state in sorted(TAKEN))
        work.guard(
            tables.Payment,
            set="refunded = refunded + :amount, version = version + 1",
            where=f"id = :id AND refunded + :amount <= amount AND state IN ({states})",
            refusal=refusal,
            id=payment_id,
            amount=amount,
        )

    def release_refund(self, work: Work, payment_id: UUID, amount: int) -> None:
        """Let go of what a failed refund held."""
        work.guard(
            tables.Payment,
            set="refunded = refunded - :amount, version = version + 1",
            where="id = :id AND refunded >= :amount",
            id=payment_id,
            amount=amount,
        )

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
                    number=found.number, status=status_label(found.status)
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
                self._insert(work, payment_id, found, found.due, PaymentState.REPORTED, reported_at=work.now, **said)
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
        payments = await self.of_order(order.id)
        known = next((payment for payment in payments if payment.state in OPEN), None)
        amount = order.due - rules.paid_so_far(order, payments)

        def join(work: Work) -> None:
            settled: dict[str, Any] = {
                "reference": reference or (known.reference if known else ""),
                "settled_by": work.actor.name[:100],
            }
            if amount <= 0:
                pass  # What came in parts is enough, since the order became cheaper.
            elif known is None:
                self._insert(work, new_id(), order, amount, PaymentState.CONFIRMED, settled_at=work.now, **settled)
            else:
                settled["amount"] = amount
                self._advance(
                    work,
                    known,
                    "state = 'CONFIRMED', amount = :amount, reference = :reference, settled_by = :settled_by,"
                    " settled_at = :now",
                    **settled,
                )
            self._complete_parts(work, order, payments)
            work.audit(
                "payment.confirm", subject="order", subject_id=order.id, note=f"{order.number} {reference}".strip()
            )

        return join

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

    async def _open(self, order_id: UUID) -> Payment | None:
        return next((payment for payment in await self.of_order(order_id) if payment.state in OPEN), None)

    def _insert(
        self, work: Work, payment_id: UUID, order: Order, amount: int, state: PaymentState, **columns: Any
    ) -> None:
        work.insert(
            tables.Payment,
            conflict=changed(),
            id=payment_id,
            order_id=order.id,
            order_number=order.number,
            method=order.payment_method,
            amount=amount,
            currency=order.currency,
            state=state.value,
            idempotency_key=new_id(),
            created=work.now,
            version=1,
            **columns,
        )

    def _advance(self, work: Work, known: Payment, assignments: str, **values: Any) -> None:
        """Change an open payment as it was read; `Stale`, which is tried again, when it changed since."""
        work.guard(
            tables.Payment,
            set=f"{assignments}, version = version + 1",
            where="id = :id AND version = :version",
            refusal=changed(),
            conflict=changed(),
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
