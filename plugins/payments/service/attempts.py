"""Attempts to pay through a processor: begun with a key that was stored before, one at a time for an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import Work, new_id
from guildshop.errors import NotFound, Stale, Unavailable
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderCancelled, OrderEdited, OrderPaid, OrderStatus, status_label
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments import rules, tables
from guildshop.plugins.payments.api import (
    Attempt,
    AttemptState,
    Begun,
    BeingEntered,
    KeySpent,
    NothingToPay,
    PaymentCode,
    Processor,
    ProcessorTold,
    StandingState,
)
from guildshop.plugins.payments.service.payments import PaymentService
from guildshop.plugins.payments.service.rows import codes_of, to_attempt
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

TRIES = 4
KEY_LIFE = timedelta(hours=20)
"""How long the key of an unanswered attempt is used again: processors forget keys after a day."""
FIRST_ASK = timedelta(minutes=10)
"""How long a webhook is waited for before the processor is asked."""


class AttemptService:
    """Attempts to pay orders of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def get(self, attempt_id: UUID) -> Attempt | None:
        """Return an attempt, if there is one of that ID in this store."""
        return await self._find("id = :value", attempt_id)

    async def current(self, order_id: UUID) -> Attempt | None:
        """Return the attempt of an order that is new or open, if there is one."""
        return await self._find("order_id = :value AND state IN ('NEW', 'OPEN')", order_id)

    async def of_processor(self, method: str, processor_id: str) -> Attempt | None:
        """Return the attempt that a processor knows by this ID."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM payment_attempt WHERE store = :store AND method = :method AND processor_id = :processor_id",
            store=current_store(),
            method=method,
            processor_id=processor_id,
        )
        return None if row is None else to_attempt(row)

    async def begin(self, order: Order, processor: Processor, return_url: str) -> Attempt:
        """Return the open attempt to pay an order through that processor: the one there is, or a new one.

        An order has one at a time, so that it cannot be paid twice: one with another processor, or over another amount,
        is ended first. Refused while a payment is on its way.
        """
        for _try in range(TRIES):
            amount = await self._due(order, processor)
            attempt = await self.current(order.id) or await self._insert(order, processor, amount)
            if attempt is None:
                continue
            if self._serves(attempt, processor, amount):
                if attempt.state is AttemptState.OPEN:
                    return attempt
                opened = await self._open(attempt, order, processor, return_url)
                if opened is not None:
                    return opened
                continue
            await self._give_up(attempt)
        raise Unavailable(
            _("Order {number} is being paid elsewhere at this moment. Try again in a minute.").format(
                number=order.number
            )
        )

    async def codes(self, attempt: Attempt) -> Sequence[PaymentCode]:
        """Return what payers can scan for an open attempt, as its processor said when it was first asked."""
        row = await self.app.database.fetch_one(
            "SELECT codes FROM payment_attempt WHERE store = :store AND id = :id", store=attempt.store, id=attempt.id
        )
        return codes_of(row["codes"]) if row is not None else ()

    async def is_processing(self, attempt: Attempt) -> bool:
        """Tell whether an attempt was paid and its money is on the way."""
        row = await self.app.database.fetch_one(
            "SELECT processing FROM payment_attempt WHERE store = :store AND id = :id",
            store=attempt.store,
            id=attempt.id,
        )
        return row is not None and bool(row["processing"])

    async def close(self, event: OrderPaid | OrderCancelled | OrderEdited, delivery: Delivery) -> None:
        """End the attempt of an order that waits for no payment any more, or for another one than it began."""
        attempt = await self.current(event.order)
        if attempt is not None and isinstance(event, OrderEdited) and await self._fits(attempt):
            attempt = None
        if attempt is not None and attempt.state is AttemptState.OPEN and not await self._end_there(attempt):
            async with delivery.work() as work:
                work.record(ProcessorTold(attempt.id))
            return
        async with delivery.work() as work:
            if attempt is not None:
                move(work, attempt, AttemptState.ENDED)

    # Within

    async def _due(self, order: Order, processor: Processor) -> int:
        current = await self.app.get(OrderService).get(order.id)
        amount = await self.app.get(PaymentService).remaining(current)
        if current.status is not OrderStatus.PENDING_PAYMENT or amount <= 0:
            raise NothingToPay(
                _("Order {number} is {status}: nothing is due any more.").format(
                    number=current.number, status=status_label(current.status)
                )
            )
        if reason := processor.payable(amount, current.currency):
            raise NothingToPay(reason)
        return amount

    def _serves(self, attempt: Attempt, processor: Processor, amount: int) -> bool:
        """Tell whether an attempt is the one that is wanted, and still good."""
        if attempt.method != processor.code or attempt.amount != amount:
            return False
        if attempt.state is AttemptState.NEW:
            return self._is_young(attempt)
        return attempt.expires is None or attempt.expires > self.app.now()

    def _is_young(self, attempt: Attempt) -> bool:
        return attempt.created > self.app.now() - KEY_LIFE

    async def _insert(self, order: Order, processor: Processor, amount: int) -> Attempt | None:
        """Store the key before it is used, so that a lost answer is harmless; None when somebody was faster."""
        key = new_id()
        taken = Stale(_("The payment was begun twice."))
        try:
            async with self.app.work(self._actor()) as work:
                self.app.get(OrderService).require_unpaid(work, order)
                work.insert(
                    tables.PaymentAttempt,
                    conflict=taken,
                    id=key,
                    order_id=order.id,
                    order_number=order.number,
                    method=processor.code,
                    amount=amount,
                    currency=order.currency,
                    state=AttemptState.NEW.value,
                    created=work.now,
                    next_ask=work.now + FIRST_ASK,
                )
        except Stale:
            return None
        return await self.get(key)

    async def _open(self, attempt: Attempt, order: Order, processor: Processor, return_url: str) -> Attempt | None:
        """Have the processor open it, and keep what it answered; None when it was given up meanwhile."""
        try:
            begun = await processor.begin(attempt, order, return_url)
        except KeySpent:
            # Nobody was given its address, so another attempt cannot be a second payment.
            await self._end(attempt)
            raise
        if not rules.is_page(begun.url):
            raise Unavailable(
                _("{processor} gave no address to pay at. Tell the staff.").format(processor=processor.label)
            )
        await self._keep(attempt, begun)
        found = await self.get(attempt.id)
        return found if found is not None and found.state is AttemptState.OPEN else None

    async def _keep(self, attempt: Attempt, begun: Begun) -> None:
        async with self.app.work(self._actor()) as work:
            work.guard(
                tables.PaymentAttempt,
                set="state = 'OPEN', processor_id = :processor_id, url = :url, expires = :expires, codes = :codes",
                where="id = :id AND state = 'NEW'",
                rows=None,
                id=attempt.id,
                processor_id=begun.processor_id,
                url=begun.url,
                expires=begun.expires,
                codes=[[code.label, code.uri, code.text, code.amount] for code in begun.codes],
            )

    async def _give_up(self, attempt: Attempt) -> None:
        """End an attempt; refused when a payment of it is on its way, and entered first when it has come.

        One that was never answered cannot be paid: nobody was given its address.
        """
        if attempt.state is AttemptState.OPEN and not await self._end_there(attempt):
            async with self.app.work(self._actor()) as work:
                work.record(ProcessorTold(attempt.id))
            raise BeingEntered(
                _("A payment of order {number} is on its way and is being entered. Look again in a minute.").format(
                    number=attempt.order_number
                )
            )
        await self._end(attempt)

    async def _end_there(self, attempt: Attempt) -> bool:
        """Have the processor end an attempt; False when money of it came or is coming.

        `Unavailable` while it can still be paid: it must not count as ended before it has.
        """
        processor = self.app.get(PaymentService).processors.get(attempt.method)
        standing = await processor.end(attempt)
        if standing.state is StandingState.OPEN and not standing.taken:
            raise Unavailable(
                _(
                    "{processor} still takes the payment of order {number} that was begun. Try again in a minute."
                ).format(processor=processor.label, number=attempt.order_number)
            )
        return standing.state is StandingState.ENDED and not standing.taken

    async def _fits(self, attempt: Attempt) -> bool:
        """Tell whether an attempt is over what its order waits for: it may have been begun after the order changed."""
        try:
            order = await self.app.get(OrderService).get(attempt.order)
        except NotFound:
            return False
        due = await self.app.get(PaymentService).remaining(order)
        wanted = order.status is OrderStatus.PENDING_PAYMENT and attempt.currency == order.currency
        return wanted and attempt.amount == due

    async def _end(self, attempt: Attempt) -> None:
        async with self.app.work(self._actor()) as work:
            move(work, attempt, AttemptState.ENDED)

    async def _find(self, condition: str, value: UUID) -> Attempt | None:
        row = await self.app.database.fetch_one(
            f"SELECT * FROM payment_attempt WHERE store = :store AND {condition}", store=current_store(), value=value
        )
        return None if row is None else to_attempt(row)

    def _actor(self) -> Actor:
        return Actor.system(current_store(), "payments")


def move(work: Work, attempt: Attempt, state: AttemptState) -> None:
    """Move an attempt forward: what is paid stays so, and what has ended is not open again."""
    work.guard(
        tables.PaymentAttempt,
        set="state = :state",
        where="id = :id AND state <> 'PAID' AND (state <> 'ENDED' OR :state = 'PAID')",
        rows=None,
        id=attempt.id,
        state=state.value,
    )


def return_address(app: App, store: int) -> str:
    """Return where payers go when there is no invoice page to come back to: the store's Discord server."""
    return f"https://discord.com/channels/{app.stores.get(store).guild_id}"
