"""Making refunds: plan, then do or set aside. What waits for a processor is brought on by `paying.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.orders.api import Order, OrderCancelled, OrderRefund, RefundMode
from guildshop.plugins.orders.api.reasons import REFUNDED_AS_CANCELLED
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Payment, PaymentState
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds import rules, tables
from guildshop.plugins.refunds.api import (
    CREATE,
    NOTE_LENGTH,
    REASON_LENGTH,
    Funds,
    PartKind,
    Refund,
    RefundBegun,
    RefundDue,
    RefundPlan,
    RefundRequest,
    RefundState,
)
from guildshop.plugins.refunds.rules.planning import CREDIT_METHOD
from guildshop.plugins.refunds.service.queries import RefundQueries

if TYPE_CHECKING:
    from guildshop.database import Work

ATTEMPTS = 12
PROPOSAL_LIFE = timedelta(hours=1)
COUNTED = frozenset({PaymentState.CONFIRMED, PaymentState.OVERPAID})
"""The states of money that pays its order; other money that came goes back as a surplus."""


class RefundMaking(RefundQueries):
    """How refunds come to be."""

    async def refund(
        self,
        actor: Actor,
        reference: UUID | str,
        request: RefundRequest,
        *,
        key: UUID | None = None,
        note: str = "",
    ) -> Refund:
        """Refund an order, or set aside what waits for its processor; the same `key` again is the same refund.

        `note` says how staff paid it back, where they do so themselves.
        """
        actor.require(CREATE)
        request, note = limited_request(request), limited_note(note)
        refund_id = key or new_id()
        order = await self.app.get(OrderService).get(reference)

        async def attempt(current: Order) -> None:
            made = await self.find(refund_id)
            if made is not None and made.order != current.id:
                raise Invalid.field("key", _("This form belongs to another order. Reload the page."))
            if made is not None:
                return
            planned = await self.plan(current, request)
            async with self.app.work(actor) as work:
                self.begin_in(work, current, planned, refund_id, note=note)

        await self.again(order.id, attempt)
        return await self.get(refund_id)

    # Joining a Work

    def begin_in(
        self,
        work: Work,
        order: Order,
        planned: RefundPlan,
        refund_id: UUID,
        *,
        note: str = "",
        of_return: UUID | None = None,
        trusting: bool = True,
    ) -> None:
        """Make the refund: done at once where nobody has to be waited for, else set aside.

        `trusting` takes what staff pay back by hand for paid, since they say so; else they are asked first.
        """
        waiting = {PartKind.PROCESSOR} if trusting else {PartKind.PROCESSOR, PartKind.MANUAL}
        done = not any(part.kind in waiting for part in planned.parts)
        refund = OrderRefund(
            refund_id,
            planned.mode,
            planned.amount,
            tuple(item.returned for item in planned.items),
            planned.reason,
            sent_back=of_return is not None,
        )
        self.write(work, planned, refund_id, waiting, note=note, of_return=of_return)
        if done:
            self.app.get(OrderService).apply_refund(work, order, refund, credit=planned.credit)
        else:
            self.app.get(OrderService).hold_refund(work, order, refund)

    def write(
        self,
        work: Work,
        planned: RefundPlan,
        refund_id: UUID,
        waiting: Collection[PartKind],
        *,
        note: str = "",
        of_return: UUID | None = None,
        surplus: bool = False,
    ) -> None:
        """Write a refund down and hold its money of the payments; `waiting` are the ways that take time."""
        done = not any(part.kind in waiting for part in planned.parts)
        work.insert(
            tables.Refund,
            conflict=Stale(_("This refund is being made already.")),
            id=refund_id,
            order_id=planned.order,
            order_number=planned.order_number,
            mode=planned.mode.value,
            amount=planned.amount,
            asked=planned.amount,
            currency=planned.currency,
            state=(RefundState.SUCCEEDED if done else RefundState.PENDING).value,
            reason=planned.reason,
            note=note,
            made_by="" if work.actor.kind is ActorKind.SYSTEM else work.actor.name[:100],
            return_id=of_return,
            surplus=surplus,
            created=work.now,
            settled_at=work.now if done else None,
            version=1,
        )
        if planned.items:
            work.insert_many(tables.RefundItem, _item_rows(refund_id, planned))
        work.insert_many(tables.RefundPart, _part_rows(refund_id, planned, waiting, note, work.now))
        for part in sorted(planned.parts, key=lambda one: str(one.payment)):
            if part.payment is not None:
                refusal = _payment_changed(planned)
                self.app.get(PaymentService).hold_refund(work, part.payment, part.amount, refusal)
        if not done:
            work.record(RefundBegun(planned.order, refund_id))
        if planned.processed:
            work.record(RefundDue(refund_id))
        work.audit(
            "refund.create",
            subject="refund",
            subject_id=refund_id,
            after={"mode": planned.mode.value, "amount": planned.amount, "currency": planned.currency},
            note=f"{planned.order_number} {planned.reason}".strip(),
        )

    # Events

    async def order_cancelled(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Give back what was paid for an order that was cancelled; its refund has the ID of the event."""

        async def attempt(order: Order) -> None:
            if not order.refundable or await self.find(delivery.event_id) is not None:
                return
            reason = event.reason or REFUNDED_AS_CANCELLED
            request = RefundRequest(RefundMode.FULL, reason=reason[:REASON_LENGTH])
            planned = await self.plan(order, request)
            async with delivery.work() as work:
                self.begin_in(work, order, planned, delivery.event_id, trusting=False)

        await self.again(event.order, attempt)

    async def again(self, order_id: UUID, attempt: Callable[[Order], Awaitable[None]]) -> Order:
        """Read, decide and write; when somebody else changed the order or refunded first, read and decide anew."""
        orders = self.app.get(OrderService)
        for left in reversed(range(ATTEMPTS)):
            order = await orders.get(order_id)
            try:
                await attempt(order)
                break
            except Stale:
                if not left:
                    raise
        return await orders.get(order_id)

    async def plan(self, order: Order, request: RefundRequest) -> RefundPlan:
        """Return what a refund would do now; refuse what is not possible."""
        if request.to_credit and not self.credit_possible(order.store):
            raise Invalid.field("toCredit", _("This shop has no store credit. Refund it the way it was paid."))
        return rules.plan(order, request, await self.funds(order), await self.counted(order.id))

    async def funds(self, order: Order) -> Sequence[Funds]:
        """Return where an order's money can go back to: external payments, newest first, then credit."""
        payments = [one for one in await self.app.get(PaymentService).taken(order.id) if one.state in COUNTED]
        _by_payment, credited = await self.given_back(order.id)
        label = self.app.get(OrderService).methods.label
        funds = [_funds_of(payment, label(order.store, payment.method)) for payment in payments]
        return [*funds, Funds(PartKind.CREDIT, CREDIT_METHOD, max(0, order.credit - credited))]

    def credit_possible(self, store: int) -> bool:
        """Tell whether money can become store credit in the store."""
        return any(
            source.available(store)
            for plugin, sources in self.app.hooks("register_refund_sources")
            if self.app.stores.enabled(store, plugin)
            for source in sources
        )


def _funds_of(payment: Payment, label: str) -> Funds:
    kind = PartKind.PROCESSOR if payment.processor_id else PartKind.MANUAL
    return Funds(kind, payment.method, payment.refundable, payment.id, label)


def _item_rows(refund_id: UUID, planned: RefundPlan) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "refund": refund_id,
            "position": at,
            "line": item.line,
            "product": item.product,
            "sku": item.sku,
            "name": item.name,
            "quantity": item.quantity,
            "unit_price": item.unit_price,
            "amount": item.amount,
        }
        for at, item in enumerate(planned.items, 1)
    ]


def _part_rows(
    refund_id: UUID, planned: RefundPlan, waiting: Collection[PartKind], note: str, now: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "refund": refund_id,
            "position": at,
            "kind": part.kind.value,
            "method": part.method,
            "amount": part.amount,
            "payment": part.payment,
            "state": (RefundState.PENDING if part.kind in waiting else RefundState.SUCCEEDED).value,
            "key": new_id(),
            "reference": note if part.kind is PartKind.MANUAL else "",
            "next_attempt": now if part.kind is PartKind.PROCESSOR else None,
        }
        for at, part in enumerate(planned.parts, 1)
    ]


def limited_request(request: RefundRequest) -> RefundRequest:
    """Return the request with its reason trimmed; refuse one that is too long."""
    reason = request.reason.strip()
    if len(reason) > REASON_LENGTH:
        raise Invalid.field(
            "reason",
            _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(reason), length=REASON_LENGTH
            ),
        )
    return replace(request, reason=reason)


def limited_note(note: str) -> str:
    """Return the note trimmed; refuse one that is too long."""
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Invalid.field(
            "note",
            _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(note), length=NOTE_LENGTH
            ),
        )
    return note


def _payment_changed(planned: RefundPlan) -> Refusal:
    return Stale(
        _("A payment of order {number} changed at the same moment. Look at the order again.").format(
            number=planned.order_number
        )
    )
