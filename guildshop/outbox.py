"""The dispatcher: one claim loop that delivers facts, retries and timers.

A delivery is a row: an event on its way to one listener, with a time before which it is not tried. The loop claims
what is due, runs the listener with the delivery's store in scope, and marks it done, or puts it off. It wakes when a
Work commits and otherwise sleeps until the next due time. Any number of processes may share one PostgreSQL: a claim
is a lease, renewed while the listener runs and free again when its process is gone.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.database.tables import DeliveryRow
from guildshop.deliveries import BATCH, RETRY_AFTER, Deliveries, FailedDelivery, TimerDue, reason_of
from guildshop.errors import LoadError, NotFound
from guildshop.events import AlreadyDelivered, Delivery, DeliveryPostponed, Event
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Store

log = structlog.get_logger(__name__)

RENEW_SECONDS = 20.0
LONGEST_SLEEP = 30.0
HANDLER_SECONDS = 300.0
SLOW_SECONDS = 10.0
"""A handler that takes longer is named in the log."""
PLUGIN_CONCURRENCY = 8
"""How many deliveries of one plugin run at a time, so that a slow one does not hold up the others."""


@asynccontextmanager
async def _patience(plugin: str, name: str, longest: float | None = None) -> AsyncIterator[None]:
    """Let a handler take its time, but not for ever, and say whose it is when that is long and not its nature."""
    allowed = longest or HANDLER_SECONDS
    clock = asyncio.get_running_loop()
    begun = clock.time()
    try:
        async with asyncio.timeout(allowed):
            yield
    except TimeoutError as error:
        if clock.time() - begun < allowed:
            raise
        message = f"{name} of the plugin {plugin} was stopped after {allowed:.0f} seconds"
        raise TimeoutError(message) from error
    finally:
        seconds = clock.time() - begun
        if longest is None and seconds > SLOW_SECONDS:
            log.warning("delivery.slow", plugin=plugin, listener=name, seconds=round(seconds, 1))


class Dispatcher:
    """Claims what is due and runs it."""

    def __init__(self, app: App) -> None:
        """Prepare; `start` begins."""
        self._app = app
        self._rows = Deliveries(app)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._busy: Counter[str] = Counter()
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(PLUGIN_CONCURRENCY))
        self._stopping = False

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._task is not None and not self._task.done()

    async def start(self) -> None:
        """Begin to deliver in the background."""
        if self.alive:
            return
        self._stopping = False
        await self._rows.release_orphans()
        await self.ensure_timers()
        self._task = asyncio.create_task(self._run(), name="dispatcher")
        self._renewal = asyncio.create_task(self._renew(), name="dispatcher-renewal")

    async def stop(self, seconds: float = 3.0) -> None:
        """Claim nothing more, give what runs that long to finish, then cancel it; its lease frees it for later."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        running = list(self._running.values())
        if running:
            _done, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
            self._renewal = None
            await self._rows.release_mine()

    def wake(self) -> None:
        """Look for due deliveries now."""
        self._wake.set()

    async def drain(self, until: datetime | None = None) -> int:
        """Deliver everything due by `until` (now by default), and what that causes; return how many were run.

        For tests and the command line. Deliveries that fail are put off as always, so this ends.
        """
        count = 0
        while True:
            now = until or self._app.now()
            claimed = await self._claim(now)
            if not claimed:
                if not self._running:
                    return count
                await asyncio.wait(list(self._running.values()), return_when=asyncio.FIRST_COMPLETED)
                continue
            count += len(claimed)
            await asyncio.gather(*(self._spawn(row) for row in claimed))

    async def ensure_timers(self) -> None:
        """Give every store a delivery row for every timer; those that exist stay as they are."""
        await self._rows.ensure_timers()

    async def failed(self, store: int | None = None) -> list[FailedDelivery]:
        """Return the deliveries that used up their attempts, newest first; of one store, or of all for the CLI."""
        return await self._rows.failed(store)

    async def retry(self, actor: Actor, delivery_id: UUID) -> None:
        """Try a failed delivery again, now, with all its attempts anew."""
        actor.require("event.update")
        refusal = NotFound(
            _("There is no failed delivery {id}; it may have been retried already.").format(id=delivery_id)
        )
        async with self._app.work(actor) as work:
            work.guard(
                DeliveryRow,
                set="status = 'PENDING', attempts = 0, next_attempt = :now, claimed_until = NULL",
                where="id = :id AND status = 'FAILED'",
                refusal=refusal,
                id=delivery_id,
                now=work.now,
            )
            work.audit("event.retry", subject="delivery", subject_id=delivery_id)
        self.wake()

    # The loop

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                claimed = await self._claim(self._app.now())
                for row in claimed:
                    self._spawn(row)
                if len(claimed) < BATCH:
                    await self._sleep()
            except Exception:
                log.exception("outbox.claim_failed")
                await self._sleep(seconds=1.0)

    async def _sleep(self, seconds: float | None = None) -> None:
        if seconds is None:
            due = await self._rows.next_due()
            seconds = LONGEST_SLEEP
            if due is not None:
                seconds = min(max((due - self._app.now()).total_seconds(), 0.01), LONGEST_SLEEP)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _spawn(self, row: dict[str, Any]) -> asyncio.Task[None]:
        plugin = self._app.listeners.plugin_of(row["listener"])
        task = asyncio.create_task(self._deliver_in_turn(plugin, row), name=f"delivery-{row['listener']}")
        self._running[row["id"]] = task
        self._busy[plugin] += 1
        task.add_done_callback(lambda _task: self._finished(row["id"], plugin))
        return task

    def _finished(self, delivery_id: UUID, plugin: str) -> None:
        self._running.pop(delivery_id, None)
        self._busy[plugin] -= 1
        self.wake()

    async def _deliver_in_turn(self, plugin: str, row: dict[str, Any]) -> None:
        async with self._turns[plugin]:
            await self._deliver(row)

    async def _deliver(self, row: dict[str, Any]) -> None:
        delivery = Delivery(
            app=self._app,
            id=row["id"],
            event_id=row["event"],
            store=row["store"],
            listener=row["listener"],
            attempt=row["attempts"],
            occurred_at=row["occurred_at"],
        )
        try:
            store = await self._store(delivery.store)
            with scope(delivery.store), use_locale(store.language):
                if row["name"] == TimerDue.__name__:
                    await self._run_timer(delivery)
                else:
                    await self._run_listener(delivery, self._app.codec.decode(row["name"], row["payload"]))
        except DeliveryPostponed as postponed:
            await self._rows.put_off(delivery, postponed.until, str(postponed), counted=False)
        except Exception as error:
            await self._failed(delivery, error)

    async def _store(self, store_id: int) -> Store:
        try:
            return self._app.stores.get(store_id)
        except NotFound:
            # Made a moment ago, here or by another process: its first events can be faster than our memory.
            await self._app.stores.refresh()
            return self._app.stores.get(store_id)

    async def _run_listener(self, delivery: Delivery, event: Event) -> None:
        found = self._app.listeners.named(delivery.listener)
        if found is None:
            raise LoadError(f"the listener {delivery.listener} is not loaded")
        plugin, listener = found
        if listener.courtesy and not self._app.stores.enabled(delivery.store, plugin):
            await self._rows.mark(delivery, "DROPPED")
            return
        try:
            async with _patience(plugin, listener.name, listener.seconds):
                await listener.handler(event, delivery)
        except AlreadyDelivered:
            return
        await self._rows.mark(delivery, "DONE")

    async def _run_timer(self, delivery: Delivery) -> None:
        plugin, timer = self._app.listeners.timers[delivery.listener]
        problem = ""
        if not timer.courtesy or self._app.stores.enabled(delivery.store, plugin):
            try:
                async with _patience(plugin, timer.name):
                    await timer.handler(delivery.store)
            except Exception as error:
                log.exception("timer.failed", plugin=plugin, timer=timer.name, store=delivery.store)
                problem = reason_of(error)
        await self._rows.put_off(delivery, self._app.now() + timer.every, problem, counted=False)

    async def _claim(self, now: datetime) -> list[dict[str, Any]]:
        listeners = self._app.listeners
        free = [
            name
            for name in listeners.names(discord=self._app.bot is not None)
            if self._busy[listeners.plugin_of(name)] < PLUGIN_CONCURRENCY
        ]
        return await self._rows.claim(free, now)

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        log.warning("delivery.failed", listener=delivery.listener, attempt=delivery.attempt, exc_info=error)
        if delivery.attempt <= len(RETRY_AFTER):
            until = self._app.now() + RETRY_AFTER[delivery.attempt - 1]
            await self._rows.put_off(delivery, until, reason_of(error), counted=True)
        else:
            await self._rows.give_up(delivery, reason_of(error))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._running:
                await self._rows.extend(list(self._running))
