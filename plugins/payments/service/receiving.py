"""Money that processors took: the one way in for webhook, poller, return page and staff. It moves forward only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from guildshop.database import Work, new_id
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import HistoryKind, Order, OrderStatus, status_label
from guildshop.plugins.orders.service import OrderService, add_history
from guildshop.plugins.payments import rules, tables
from guildshop.plugins.payments.api import NothingToPay, Payment, PaymentState, PaymentUnexpected, Received, state_label
from guildshop.plugins.payments.service.queries import PaymentQueries
from guildshop.tenancy import current_store

CONFIRM = "payment.confirm"
ATTEMPTS = 5


class Receiving(PaymentQueries):
    """Enters what processors took."""

    async def receive(
        self, received: Received, delivery: Delivery, join: Callable[[Work], None] | None = None
    ) -> Payment:
        """Settle what a processor took: the one path for its webhook, the poller and the page it sends payers back to.

        Call it from a delivery, with what the processor said when it was asked. The order becomes `PAID` if the money
        fits; else it stays as it is and the staff are told. `join` adds the caller's own rows to the Work. The same
        money again changes nothing; `join` then happens all the same.
        """
        for _attempt in range(ATTEMPTS):
            known = await self.of_processor(received.method, received.processor_id)
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
        raise changed()

    async def accept(self, actor: Actor, payment_id: UUID) -> Order:
        """Accept what came for an unpaid order although it is too little: the order becomes `PAID`.

        What is missing is written off, so that no more is ever given back than came.
        """
        actor.require(CONFIRM)
        payment = await self.get(payment_id)
        orders = self.app.get(OrderService)

        async def attempt(order: Order) -> None:
            parts = await self.of_order(order.id)
            current = await self.get(payment_id)
            if current.state is not PaymentState.UNDERPAID or order.status is not OrderStatus.PENDING_PAYMENT:
                raise NothingToPay(
                    _("Order {number} is {status} and this payment {state}: there is nothing to accept.").format(
                        number=order.number, status=status_label(order.status), state=state_label(current.state)
                    )
                )
            if current.currency != order.currency or not current.refundable:
                raise NothingToPay(
                    _("This payment is in another currency or was given back, so it cannot pay order {number}.").format(
                        number=order.number
                    )
                )
            missing = max(0, order.due - rules.paid_so_far(order, parts))
            async with self.app.work(actor) as work:
                orders.mark_paid(work, order, text=current.reference, written_off=missing)
                self._complete_parts(work, order, parts)
                work.audit(
                    "payment.accept",
                    subject="order",
                    subject_id=order.id,
                    after={"amount": current.amount, "due": order.due, "missing": missing, "currency": order.currency},
                    note=f"{order.number} {current.reference}",
                )

        return await orders.again(payment.order, attempt)

    async def use_late(self, actor: Actor, payment_id: UUID, reference: UUID | str) -> Order:
        """Use money that came too late for another unpaid order of the same customer, such as a repeat of the first."""
        actor.require(CONFIRM)
        payment = await self.get(payment_id)
        orders = self.app.get(OrderService)
        target = await orders.get(reference)
        source = await self._order(payment.order)

        async def attempt(order: Order) -> None:
            current = await self.get(payment_id)
            position = await self._position(order.id)
            before = await self.of_order(order.id)
            already = rules.paid_so_far(order, before)
            self._check_use(current, source, order)
            received = Received(order.id, current.method, current.processor_id, current.amount, current.currency)
            state = rules.judge(order, received, already)
            async with self.app.work(actor) as work:
                work.guard(
                    tables.Payment,
                    set="order_id = :order, order_number = :number, position = :position, state = :state,"
                    " version = version + 1",
                    where="id = :id AND version = :version",
                    refusal=changed(),
                    conflict=changed(),
                    id=current.id,
                    version=current.version,
                    order=order.id,
                    number=order.number,
                    position=position,
                    state=state.value,
                )
                self._apply(work, order, state, current.processor_id, before)
                if source is not None:
                    add_history(work, source.id, HistoryKind.PAYMENT, after=order.number, text=current.processor_id)
                work.audit(
                    "payment.use",
                    subject="order",
                    subject_id=order.id,
                    before={"order": current.order_number},
                    after={"order": order.number, "state": state.value},
                    note=f"{order.number} {current.processor_id}",
                )

        return await orders.again(target.id, attempt)

    def _check_use(self, payment: Payment, source: Order | None, target: Order) -> None:
        if payment.state is not PaymentState.LATE or payment.refunded:
            raise NothingToPay(_("Only money that came too late, and of which nothing was given back, can be used."))
        if target.status is not OrderStatus.PENDING_PAYMENT or target.currency != payment.currency:
            raise NothingToPay(
                _("Order {number} does not wait for a payment in {currency}. Name one that does.").format(
                    number=target.number, currency=payment.currency
                )
            )
        if source is not None and source.customer != target.customer:
            raise NothingToPay(_("Order {number} is another customer's.").format(number=target.number))

    async def _receive(self, received: Received, delivery: Delivery, join: Callable[[Work], None] | None) -> UUID:
        order, payment_id = await self._order(received.order), new_id()
        # Read before what it is weighed against: whoever enters money meanwhile takes the same place, and one of us
        # has to look again.
        position = await self._position(received.order)
        before = await self.of_order(received.order)
        state = PaymentState.LATE
        if order is not None:
            state = rules.judge(order, received, rules.paid_so_far(order, before))
        number = order.number if order is not None else next((one.order_number for one in before), "")
        async with delivery.work() as work:
            self._insert_received(work, payment_id, received, state, position, number)
            if order is not None:
                self._apply(work, order, state, received.processor_id, before)
            if state is not PaymentState.CONFIRMED:
                work.record(PaymentUnexpected(received.order, payment_id))
            work.audit(
                "payment.receive",
                subject="order",
                subject_id=received.order,
                after={"state": state.value, "amount": received.amount, "currency": received.currency},
                note=f"{number} {received.method} {received.processor_id}".strip(),
            )
            if join is not None:
                join(work)
        return payment_id

    async def _order(self, order_id: UUID) -> Order | None:
        """Return the order; None for one that was deleted: its money is entered all the same."""
        try:
            return await self.app.get(OrderService).get(order_id)
        except NotFound:
            return None

    async def _position(self, order_id: UUID) -> int:
        row = await self.app.database.fetch_one(
            "SELECT COALESCE(MAX(position), 0) + 1 AS next FROM payment WHERE store = :store AND order_id = :order",
            store=current_store(),
            order=order_id,
        )
        return 1 if row is None else int(row["next"])

    def _insert_received(
        self,
        work: Work,
        payment_id: UUID,
        received: Received,
        state: PaymentState,
        position: int,
        number: str,
    ) -> None:
        work.insert(
            tables.Payment,
            conflict=Stale(_("This payment was settled at the same moment.")),
            id=payment_id,
            order_id=received.order,
            order_number=number,
            method=received.method,
            processor_id=received.processor_id,
            attempt=received.attempt,
            position=position,
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

    def _apply(self, work: Work, order: Order, state: PaymentState, text: str, before: Sequence[Payment]) -> None:
        """Make the order what the money makes it; `Stale` when it changed since it was read."""
        orders = self.app.get(OrderService)
        if state in rules.SETTLING:
            orders.mark_paid(work, order, text=text)
            self._complete_parts(work, order, before)
            return
        if state is PaymentState.UNDERPAID:
            orders.require_unpaid(work, order)
        add_history(work, order.id, HistoryKind.PAYMENT, after=state.value, text=text)

    def _complete_parts(self, work: Work, order: Order, payments: Sequence[Payment]) -> None:
        """What was too little alone is enough together with the rest; `Stale` when it was given back meanwhile."""
        for part in sorted(payments, key=lambda one: one.id):
            if part.state is PaymentState.UNDERPAID and part.currency == order.currency and part.refundable:
                work.guard(
                    tables.Payment,
                    set="state = 'CONFIRMED', version = version + 1",
                    where="id = :id AND version = :version AND state = 'UNDERPAID'",
                    refusal=changed(),
                    id=part.id,
                    version=part.version,
                )


def changed() -> Stale:
    """Return the refusal of a change to a payment that was not as it was read."""
    return Stale(_("This payment changed at the same moment. Look at the order again."))
