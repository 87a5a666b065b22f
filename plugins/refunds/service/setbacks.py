"""What goes wrong with refunds: a processor that says no, to all or to a part, at once or long after it said yes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import NotConfigured, Stale, Unavailable
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderRefund, OrderStatus, RefundedItem
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import PaymentRefundChanged, RefundOutcome
from guildshop.plugins.payments.api import RefundState as ProcessorState
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds import rules, tables
from guildshop.plugins.refunds.api import Refund, RefundDue, RefundFailed, RefundPart, RefundState
from guildshop.plugins.refunds.service.making import ATTEMPTS
from guildshop.plugins.refunds.service.refunds import RefundService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

REFERENCE_LENGTH = 200
PROBLEM_LENGTH = 1000


class RefundSetbacks:
    """What becomes of money that did not go back."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    @property
    def refunds(self) -> RefundService:
        """The refunds themselves."""
        return self.app.get(RefundService)

    async def processor_told(self, event: PaymentRefundChanged, delivery: Delivery) -> None:
        """Ask about a refund at once, since its processor has news of it, also when it seemed to be done."""
        row = await self.app.database.fetch_one(
            "SELECT refund, state FROM refund_part WHERE store = :store AND key = :key AND kind = 'PROCESSOR'"
            " AND (state = 'PENDING' OR (state = 'SUCCEEDED' AND refused = FALSE))",
            store=current_store(),
            key=event.idempotency_key,
        )
        if row is not None and row["state"] == RefundState.SUCCEEDED.value:
            await self._look_again(row["refund"], event.idempotency_key, delivery)
            return
        async with delivery.work() as work:
            if row is not None:
                work.record(RefundDue(row["refund"]))

    async def _look_again(self, refund_id: UUID, key: UUID, delivery: Delivery) -> None:
        """Have staff pay back what came back to a processor after it had said that it was refunded.

        The order stays as it is: it was refunded, and what followed from that is not undone.
        """
        refund = await self.refunds.get(refund_id)
        part = next(one for one in refund.parts if one.key == key)
        outcome, silent = None, False
        try:
            if part.payment is not None:
                outcome = await self.app.get(PaymentService).refund(part.payment, part.amount, part.key)
        except (Unavailable, NotConfigured):
            silent = True
        async with delivery.work() as work:
            if silent:
                # Not to hold up what is told of the order's other refunds: the timer asks again.
                work.guard(
                    tables.RefundPart,
                    set="next_attempt = :again",
                    where="id = :id AND state = 'SUCCEEDED'",
                    rows=None,
                    id=part.id,
                    again=work.now + rules.LONGEST_WAIT,
                )
            if outcome is None or outcome.state is not ProcessorState.FAILED:
                return
            reason = (outcome.reason or _("The processor refused the refund without saying why."))[:PROBLEM_LENGTH]
            work.guard(
                tables.RefundPart,
                set="state = 'PENDING', kind = 'MANUAL', refused = TRUE, problem = :problem",
                where="id = :id AND state = 'SUCCEEDED' AND kind = 'PROCESSOR' AND key = :key",
                refusal=changed(),
                id=part.id,
                key=part.key,
                problem=reason,
            )
            work.guard(
                tables.Refund,
                set="state = 'PENDING', version = version + 1",
                where="id = :id AND version = :version",
                refusal=changed(),
                id=refund.id,
                version=refund.version,
            )
            work.record(RefundFailed(refund.order, refund.id, part.amount, reason, reopened=True))

    # Within

    async def _failed(self, refund: Refund, part: RefundPart, outcome: RefundOutcome) -> None:
        """Let go of what the processor refused to give back; of a cancelled order it is tried anew, with a new key."""
        reason = (outcome.reason or _("The processor refused the refund without saying why."))[:PROBLEM_LENGTH]

        async def attempt(order: Order | None) -> None:
            current = await self.refunds.get(refund.id)
            found = next(one for one in current.parts if one.id == part.id)
            if found.state is not RefundState.PENDING or found.key != part.key:
                return
            async with self.app.work(self._actor()) as work:
                retried = order is not None and order.status is OrderStatus.CANCELLED
                amount = part.amount - outcome.given
                if outcome.given:
                    self._keep_given(work, order, current, part, outcome, retried=retried)
                elif retried:
                    self._advance(
                        work,
                        part,
                        "key = :new_key, refused = TRUE, problem = :problem, attempts = attempts + 1,"
                        " next_attempt = :next",
                        new_key=new_id(),
                        problem=reason,
                        next=self.app.now() + rules.wait_after_refusal(part.attempts),
                    )
                else:
                    self._let_go(work, order, current, part, reason)
                work.record(RefundFailed(refund.order, refund.id, amount, reason, retried=retried))

        await self._again(refund, attempt)

    def _let_go(self, work: Work, order: Order | None, refund: Refund, part: RefundPart, reason: str) -> None:
        """Give the order back what the failed part held; with the last part also the pieces."""
        self._advance(work, part, "state = 'FAILED', refused = TRUE, problem = :problem", problem=reason)
        others = [one for one in refund.parts if one.id != part.id and one.state is not RefundState.FAILED]
        over = not others
        work.guard(
            tables.Refund,
            set="amount = amount - :part, version = version + 1"
            + (", state = 'FAILED', settled_at = :now" if over else ""),
            where="id = :id AND state = 'PENDING' AND version = :version",
            refusal=changed(),
            id=refund.id,
            version=refund.version,
            part=part.amount,
        )
        if part.payment is not None:
            self.app.get(PaymentService).release_refund(work, part.payment, part.amount)
        if order is not None:
            held = OrderRefund(refund.id, refund.mode, part.amount, items_of(refund) if over else (), refund.reason)
            self.app.get(OrderService).release_refund(work, order, held)

    def _keep_given(
        self,
        work: Work,
        order: Order | None,
        refund: Refund,
        part: RefundPart,
        outcome: RefundOutcome,
        *,
        retried: bool,
    ) -> None:
        """Keep what of a part went back all the same, and let go of the rest, or try that anew."""
        rest = part.amount - outcome.given
        self._advance(
            work,
            part,
            # Refused: there is nothing to look at again.
            "state = 'SUCCEEDED', refused = TRUE, amount = :given, reference = :reference, url = '',"
            " problem = :problem",
            given=outcome.given,
            reference=outcome.reference[:REFERENCE_LENGTH],
            problem=outcome.reason[:PROBLEM_LENGTH],
        )
        if retried:
            work.insert(
                tables.RefundPart,
                conflict=changed(),
                id=new_id(),
                refund=refund.id,
                position=len(refund.parts) + 1,
                kind=part.kind.value,
                method=part.method,
                amount=rest,
                payment=part.payment,
                state=RefundState.PENDING.value,
                key=new_id(),
                refused=True,
                problem=outcome.reason[:PROBLEM_LENGTH],
                next_attempt=self.app.now() + rules.wait_after_refusal(part.attempts),
            )
            return
        work.guard(
            tables.Refund,
            set="amount = amount - :rest, version = version + 1",
            where="id = :id AND state = 'PENDING' AND version = :version",
            refusal=changed(),
            id=refund.id,
            version=refund.version,
            rest=rest,
        )
        if part.payment is not None:
            self.app.get(PaymentService).release_refund(work, part.payment, rest)
        if order is not None:
            self.app.get(OrderService).release_refund(
                work, order, OrderRefund(refund.id, refund.mode, rest, (), refund.reason)
            )

    async def _again(self, refund: Refund, attempt: Callable[[Order | None], Awaitable[None]]) -> None:
        """Read, decide and write, anew when somebody else was faster.

        A surplus does without its order, and so does what was applied before: they change nothing of it, and it may
        have been deleted.
        """
        if not refund.surplus and not refund.reopened:
            await self.refunds.again(refund.order, attempt)
            return
        for left in reversed(range(ATTEMPTS)):
            try:
                await attempt(None)
                break
            except Stale:
                if not left:
                    raise

    def _advance(self, work: Work, part: RefundPart, assignments: str, **values: Any) -> None:
        """Change a part as its answer says, and end the lease; `Stale` when it ran out and another process asks."""
        work.guard(
            tables.RefundPart,
            set=f"{assignments}, asked_until = NULL",
            where="id = :id AND state = 'PENDING' AND key = :key AND asked_until = :leased",
            refusal=changed(),
            id=part.id,
            key=part.key,
            leased=part.asked_until,
            **values,
        )

    def _actor(self) -> Actor:
        return Actor.system(current_store(), "refunds.pay")


def items_of(refund: Refund) -> tuple[RefundedItem, ...]:
    """Return the pieces that a refund takes back."""
    return tuple(RefundedItem(item.line, item.product, item.quantity) for item in refund.items)


def changed() -> Stale:
    """Return the refusal of a change to a refund that was not as it was read."""
    return Stale(_("This refund changed at the same moment. Look at it again."))
