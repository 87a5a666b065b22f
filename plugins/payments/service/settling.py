"""How attempts end: what processors tell is kept with its delivery, and each delivery asks how the attempt stands.

One way for webhooks, the poller, the page payers come back to, and staff. It never moves anything backwards: where a
processor's books say less than ours, that is noted as a difference for people to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.database import Work, new_id
from guildshop.errors import NotConfigured, Refusal, Unavailable
from guildshop.events import Delivery, DeliveryPostponed, Event
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.payments import rules, tables
from guildshop.plugins.payments.api import (
    Attempt,
    AttemptState,
    Payment,
    ProcessorTold,
    Received,
    Standing,
    StandingState,
)
from guildshop.plugins.payments.service.attempts import FIRST_ASK, AttemptService, move
from guildshop.plugins.payments.service.differences import DifferenceService
from guildshop.plugins.payments.service.payments import PaymentService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

POLLED_AGAIN = timedelta(hours=6)
"""When an attempt that was to be asked is picked up again, should the asking have been lost."""
ASKED_AGAIN = timedelta(seconds=5)
BATCH = 100
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=5)
PATIENCE = timedelta(hours=1)
"""How long what a processor told is brought before it again, when it does not answer."""
KEPT = timedelta(days=90)
"""How long events of processors are remembered: they stop sending them again after days."""

ATTEMPT_STATES = {
    StandingState.PAID: AttemptState.PAID,
    StandingState.ENDED: AttemptState.ENDED,
}

log = structlog.get_logger(__name__)


class Duplicate(Refusal):
    """This event came before."""


class Settlement:
    """Settles attempts of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self._asked: dict[UUID, datetime] = {}

    async def accept(self, processor: str, event_id: str, kind: str, subject: str, told: Sequence[Event]) -> bool:
        """Keep a verified event of a processor together with what it causes; False for one that came before."""
        try:
            async with self.app.work(Actor.system(current_store(), processor)) as work:
                work.insert(
                    tables.PaymentWebhook,
                    conflict=Duplicate(_("This event came before.")),
                    id=new_id(),
                    processor=processor,
                    event_id=event_id,
                    kind=kind,
                    subject=subject,
                    received=work.now,
                )
                for event in told:
                    work.record(event)
        except Duplicate:
            log.info("payment.duplicate_event", processor=processor, event_id=event_id)
            return False
        return True

    async def ask_soon(self, attempt: Attempt) -> None:
        """Have an attempt settled now, as when its payer comes back; not again within a few seconds."""
        now = self.app.now()
        self._asked = {key: at for key, at in self._asked.items() if at > now - ASKED_AGAIN}
        if attempt.id in self._asked:
            return
        self._asked[attempt.id] = now
        async with self.app.work(Actor.system(attempt.store, "payments")) as work:
            work.record(ProcessorTold(attempt.id))

    async def settle(self, event: ProcessorTold, delivery: Delivery) -> None:
        """Ask how an attempt stands and enter what that means: the one way for everybody who has news of it."""
        attempts = self.app.get(AttemptService)
        attempt = await attempts.get(event.attempt)
        if attempt is None:
            return
        if not attempt.processor_id:
            async with delivery.work() as work:
                # Its answer was lost, so nobody was given its address; one that is being answered now is left alone.
                if attempt.created <= work.now - FIRST_ASK:
                    move(work, attempt, AttemptState.ENDED)
            return
        try:
            standing = await self.app.get(PaymentService).processors.get(attempt.method).fetch(attempt)
        except (Unavailable, NotConfigured) as refusal:
            self._postpone(delivery, refusal)
            log.warning("payment.left_to_poll", attempt=str(attempt.id), reason=str(refusal))
            return
        await self._enter(attempt, standing, delivery)

    async def poll(self, store: int) -> None:
        """Have those attempts asked about that are due: webhooks get lost."""
        rows = await self.app.database.fetch(
            "SELECT id, created, state FROM payment_attempt WHERE store = :store AND next_ask <= :now"
            f" ORDER BY next_ask LIMIT {BATCH}",
            store=store,
            now=self.app.now(),
        )
        if not rows:
            return
        async with self.app.work(Actor.system(store, "payments")) as work:
            for row in rows:
                work.guard(
                    tables.PaymentAttempt,
                    set="next_ask = :again",
                    where="id = :id AND next_ask <= :now",
                    rows=None,
                    id=row["id"],
                    again=_polled_again(row, work.now),
                )
                work.record(ProcessorTold(row["id"]))

    async def forget(self, store: int) -> None:
        """Drop the events of processors that are so old that none of them is sent again."""
        async with self.app.work(Actor.system(store, "payments")) as work:
            work.delete(tables.PaymentWebhook, where="received < :before", before=work.now - KEPT)

    # Within

    def _postpone(self, delivery: Delivery, refusal: Refusal) -> None:
        """Ask again soon; after a while no more, since the poller asks too.

        What is told later of an attempt waits behind this delivery, so it must not wait for hours.
        """
        now = self.app.now()
        age = now - delivery.occurred_at
        if age < PATIENCE:
            raise DeliveryPostponed(now + min(max(age, SHORTEST_WAIT), LONGEST_WAIT), str(refusal))

    async def _enter(self, attempt: Attempt, standing: Standing, delivery: Delivery) -> None:
        payments = self.app.get(PaymentService)
        known = await payments.of_attempt(attempt.id)
        more = standing.taken - sum(payment.amount for payment in known) if standing.live else 0
        differences = await self.app.get(DifferenceService).of_attempt(
            attempt, rules.differences(known, standing), standing
        )

        def join(work: Work) -> None:
            self._follow(work, attempt, standing)
            differences(work)

        if more > 0:
            await payments.receive(self._received(attempt, standing, known, more), delivery, join)
            return
        async with delivery.work() as work:
            join(work)

    def _received(self, attempt: Attempt, standing: Standing, known: Sequence[Payment], more: int) -> Received:
        """Return the money that is new; each part of what comes in parts has an ID of its own, however often told."""
        money_id = standing.money_id or attempt.processor_id
        if known:
            money_id = f"{money_id}{rules.PART}{standing.taken}"
        return Received(attempt.order, attempt.method, money_id, more, standing.currency, attempt.id)

    def _follow(self, work: Work, attempt: Attempt, standing: Standing) -> None:
        state = ATTEMPT_STATES.get(standing.state)
        if state is not None:
            move(work, attempt, state)
        work.guard(
            tables.PaymentAttempt,
            set="processing = :processing, next_ask = :next_ask",
            where="id = :id",
            rows=None,
            id=attempt.id,
            processing=standing.state is StandingState.PROCESSING,
            next_ask=rules.next_ask(attempt.created, work.now, open=state is None),
        )


def _polled_again(row: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when an attempt is picked up again if its processor never answers; not for ever, as one may be gone."""
    again = rules.next_ask(row["created"], now, open=row["state"] in {AttemptState.NEW, AttemptState.OPEN})
    return None if again is None else max(again, now + POLLED_AGAIN)
