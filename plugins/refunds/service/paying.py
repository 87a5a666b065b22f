"""Bringing refunds on: the processor is asked with a stored key, what it says is written down, then applied or let go.

Each step is a Work of its own, and asking again with the same key changes nothing, so that a process that dies between
two steps leaves a refund that the next delivery takes up where it was. Who asks takes a lease before: some processors
know no keys, and asked twice at once they would give the money back twice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from guildshop.errors import Refusal, Stale
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderRefund
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import PaymentRefundChanged, RefundOutcome
from guildshop.plugins.payments.api import RefundState as ProcessorState
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds import rules, tables
from guildshop.plugins.refunds.api import (
    CREATE,
    NOTE_LENGTH,
    PartKind,
    Refund,
    RefundBegun,
    RefundCollectable,
    RefundDue,
    RefundFailed,
    RefundPart,
    RefundState,
    SurplusRefunded,
)
from guildshop.plugins.refunds.labels import state_label
from guildshop.plugins.refunds.service.setbacks import (
    PROBLEM_LENGTH,
    REFERENCE_LENGTH,
    RefundSetbacks,
    changed,
    items_of,
)
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
"""How long a processor is left to the process that asks it; one that died has not asked any more by then."""
DOUBTED_AT_ONCE = 100
PATIENCE = timedelta(seconds=60)
"""How long a processor may take to answer, shorter than the lease."""


class RefundPayments(RefundSetbacks):
    """What happens to a refund until its money is back."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        super().__init__(app)
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    # Events and timers

    async def bring_on(self, event: RefundDue, delivery: Delivery) -> None:
        """Ask the processors of a refund that is not done; come back when one wants time."""
        # In this process one waits for the other, rather than for the end of its lease.
        async with self._turns.setdefault(event.refund, asyncio.Lock()):
            refund = await self.refunds.get(event.refund)
            for part in refund.parts:
                if part.state is RefundState.PENDING and part.kind is PartKind.PROCESSOR and not self._too_early(part):
                    with suppress(Stale):  # Staff or another process went on with it, which is read below.
                        await self._ask(refund, part)
        refund = await self._settle(event.refund)
        waiting = [part for part in refund.parts if self._waits_for_processor(part)]
        if refund.state is RefundState.PENDING and waiting:
            raise DeliveryPostponed(min(self._asked_next(part) for part in waiting))

    async def watch(self, store_id: int) -> None:
        """Take up refunds whose delivery was given up, and look again at those that are done; a timer calls it."""
        with scope(store_id):
            await self._doubt(store_id)
            rows = await self.app.database.fetch(
                "SELECT DISTINCT refund FROM refund_part WHERE store = :store AND state = 'PENDING'"
                " AND kind = 'PROCESSOR' AND next_attempt < :before",
                store=store_id,
                before=self.app.now() - rules.LONGEST_WAIT,
            )
            for row in rows:
                async with self.app.work(Actor.system(store_id, "refunds.watch")) as work:
                    work.record(RefundDue(row["refund"]))

    async def _doubt(self, store_id: int) -> None:
        """Have processors asked whether what they gave back stands."""
        now, actor = self.app.now(), Actor.system(store_id, "refunds.watch")
        rows = await self.app.database.fetch(
            "SELECT p.id, p.key, p.payment, r.order_id, r.settled_at, r.created FROM refund_part p"
            " JOIN refund r ON r.store = p.store AND r.id = p.refund"
            " WHERE p.store = :store AND p.state = 'SUCCEEDED' AND p.kind = 'PROCESSOR' AND p.refused = FALSE"
            f" AND p.next_attempt <= :now ORDER BY p.next_attempt LIMIT {DOUBTED_AT_ONCE}",
            store=store_id,
            now=now,
        )
        for row in rows:
            wait = rules.wait_to_look_again(now - (row["settled_at"] or row["created"]))
            async with self.app.work(actor) as work:
                work.guard(
                    tables.RefundPart,
                    set="next_attempt = :again",
                    where="id = :id AND state = 'SUCCEEDED' AND key = :key",
                    rows=None,
                    id=row["id"],
                    key=row["key"],
                    again=None if wait is None else now + wait,
                )
                work.record(PaymentRefundChanged(row["order_id"], row["payment"], row["key"]))

    # Staff

    async def retry(self, actor: Actor, refund_id: UUID) -> Refund:
        """Have the processor of a refund asked again, now."""
        actor.require(CREATE)
        refund = await self.refunds.get(refund_id)
        if not any(self._waits_for_processor(part) for part in refund.parts):
            raise Refusal(_("This refund waits for no processor, so there is nothing to try again."))
        async with self.app.work(actor) as work:
            work.guard(
                tables.RefundPart,
                set="next_attempt = :now",
                where="refund = :refund AND state = 'PENDING' AND kind = 'PROCESSOR'",
                rows=None,
                refund=refund_id,
            )
            work.record(RefundDue(refund_id))
            work.audit("refund.retry", subject="refund", subject_id=refund_id, note=refund.order_number)
        return await self.refunds.get(refund_id)

    async def paid_back(self, actor: Actor, refund_id: UUID, reference: str = "") -> Refund:
        """Take the word of staff that they paid a refund back themselves; `reference` says how.

        Parts that a processor refused count too: then it was paid back in another way.
        """
        actor.require(CREATE)
        reference = reference.strip()[:NOTE_LENGTH]
        refund = await self.refunds.get(refund_id)
        if not any(_by_hand(part) for part in refund.parts):
            raise Refusal(
                _("The refund of order {number} is {state}: nothing of it waits for you.").format(
                    number=refund.order_number, state=state_label(refund.state)
                )
            )

        async def attempt(_order: Order | None) -> None:
            current = await self.refunds.get(refund_id)
            parts = [part for part in current.parts if _by_hand(part)]
            if not parts:
                return
            async with self.app.work(actor) as work:
                for part in parts:
                    work.guard(
                        tables.RefundPart,
                        set="state = 'SUCCEEDED', reference = :reference, problem = ''",
                        where="id = :id AND state = 'PENDING' AND key = :key AND (kind = 'MANUAL' OR refused)",
                        refusal=changed(),
                        id=part.id,
                        key=part.key,
                        reference=reference,
                    )
                work.audit("refund.paid_back", subject="refund", subject_id=refund_id, note=reference)

        await self._again(refund, attempt)
        return await self._settle(refund_id)

    # Within

    async def _ask(self, refund: Refund, part: RefundPart) -> None:
        """Ask the processor about a part, and write down what it says."""
        part, payment = await self._lease(part), part.payment
        assert payment is not None  # noqa: S101 - the database sees to it
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                outcome = await self.app.get(PaymentService).refund(payment, part.amount, part.key)
        except Refusal as refusal:
            await self._note_trouble(refund, part, refusal.message)
            return
        except TimeoutError:
            await self._note_trouble(refund, part, _("The processor did not answer in time."))
            return
        except Exception:
            log.exception("refund.processor_failed", refund=str(refund.id), method=part.method)
            await self._note_trouble(refund, part, _("The processor gave an answer that could not be understood."))
            return
        if outcome is None:
            await self._leave_to_staff(refund, part)
        elif outcome.state is ProcessorState.FAILED:
            await self._failed(refund, part, outcome)
        else:
            await self._note_outcome(refund, part, outcome)

    async def _lease(self, part: RefundPart) -> RefundPart:
        """Take the asking about a part for a while; `Stale` while another process asks."""
        until = self.app.now() + LEASE
        async with self.app.work(self._actor()) as work:
            work.guard(
                tables.RefundPart,
                # From here on the processor may do it, so that staff cannot say any more that they did.
                set="asked_until = :until, refused = FALSE",
                where="id = :id AND state = 'PENDING' AND kind = 'PROCESSOR' AND key = :key"
                " AND (asked_until IS NULL OR asked_until <= :now)",
                refusal=changed(),
                id=part.id,
                key=part.key,
                until=until,
            )
        return replace(part, asked_until=until)

    async def _note_outcome(self, refund: Refund, part: RefundPart, outcome: RefundOutcome) -> None:
        done = outcome.state is ProcessorState.SUCCEEDED
        async with self.app.work(self._actor()) as work:
            self._advance(
                work,
                part,
                "state = :state, reference = :reference, url = :url, problem = '', attempts = attempts + 1,"
                " next_attempt = :next",
                state=(RefundState.SUCCEEDED if done else RefundState.PENDING).value,
                reference=outcome.reference[:REFERENCE_LENGTH],
                url="" if done else outcome.url,
                next=self.app.now() + rules.SOONEST_LOOK if done else self._later(refund),
            )
            if outcome.url and outcome.url != part.url and not done:
                work.record(RefundCollectable(refund.order, refund.id))

    async def _note_trouble(self, refund: Refund, part: RefundPart, problem: str) -> None:
        """Keep why the processor could not be asked: the same key is used again later. Staff are told once."""
        async with self.app.work(self._actor()) as work:
            self._advance(
                work,
                part,
                "problem = :problem, attempts = attempts + 1, next_attempt = :next",
                problem=problem[:PROBLEM_LENGTH],
                next=self._later(refund),
            )
            if not part.problem:
                work.record(RefundFailed(refund.order, refund.id, part.amount, problem[:PROBLEM_LENGTH], retried=True))

    async def _settle(self, refund_id: UUID) -> Refund:
        """Apply a refund of which no part is waited for any more, once; return it as it is then."""

        async def attempt(order: Order | None) -> None:
            refund = await self.refunds.get(refund_id)
            open_parts = [part for part in refund.parts if part.state is RefundState.PENDING]
            if refund.state is not RefundState.PENDING or open_parts:
                return
            async with self.app.work(self._actor()) as work:
                self._apply(work, order, refund)

        refund = await self.refunds.get(refund_id)
        if refund.state is RefundState.PENDING:
            await self._again(refund, attempt)
            refund = await self.refunds.get(refund_id)
        return refund

    def _apply(self, work: Work, order: Order | None, refund: Refund) -> None:
        work.guard(
            tables.Refund,
            set="state = 'SUCCEEDED', settled_at = :now, version = version + 1",
            where="id = :id AND state = 'PENDING' AND version = :version",
            refusal=changed(),
            id=refund.id,
            version=refund.version,
        )
        if refund.reopened:
            return
        if order is None:
            work.record(SurplusRefunded(refund.order, refund.id))
            return
        done = [part for part in refund.parts if part.state is RefundState.SUCCEEDED]
        credit = sum(part.amount for part in done if part.kind is PartKind.CREDIT)
        applied = OrderRefund(
            refund.id, refund.mode, refund.amount, items_of(refund), refund.reason, sent_back=refund.request is not None
        )
        self.app.get(OrderService).apply_refund(work, order, applied, held=True, credit=credit)

    async def _leave_to_staff(self, refund: Refund, part: RefundPart) -> None:
        async with self.app.work(self._actor()) as work:
            self._advance(work, part, "kind = 'MANUAL', problem = ''")
            work.record(RefundBegun(refund.order, refund.id))

    def _later(self, refund: Refund) -> datetime:
        return self.app.now() + rules.wait_for_processor(self.app.now() - refund.created)

    def _too_early(self, part: RefundPart) -> bool:
        """Whether the processor refused a moment ago: news of the old attempt do not hurry the new one."""
        return part.refused and part.next_attempt is not None and part.next_attempt > self.app.now()

    def _asked_next(self, part: RefundPart) -> datetime:
        return max(part.next_attempt or self.app.now(), part.asked_until or self.app.now())

    def _waits_for_processor(self, part: RefundPart) -> bool:
        return part.state is RefundState.PENDING and part.kind is PartKind.PROCESSOR


def _by_hand(part: RefundPart) -> bool:
    return part.waits_for_staff or (part.state is RefundState.PENDING and part.refused)
