"""The dispatcher: one claim loop that delivers facts, retries and timers.

A delivery is a row: an event on its way to one listener, with a time before which it is not tried. The loop claims
what is due, runs the listener with the delivery's store in scope, and marks it done, or puts it off. It wakes when a
Work commits and otherwise sleeps until the next due time. Any number of processes may share one PostgreSQL: a claim
is a lease, renewed while the listener runs and free again when its process is gone.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import structlog

from guildshop.database.tables import DeliveryRow, EventRow
from guildshop.errors import LoadError, NotFound, Stale
from guildshop.events import AlreadyDelivered, Delivery, DeliveryPostponed, Event
from guildshop.hookspecs import Listener, Timer
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Store

log = structlog.get_logger(__name__)

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long to wait after the first, second, … failed attempt; after the last one the delivery is FAILED."""

LEASE = timedelta(seconds=60)
RENEW_SECONDS = 20.0
BATCH = 32
LONGEST_SLEEP = 30.0
HANDLER_SECONDS = 300.0
SLOW_SECONDS = 10.0
"""A handler that takes longer is named in the log."""
PLUGIN_CONCURRENCY = 8
"""How many deliveries of one plugin run at a time, so that a slow one does not hold up the others."""

TIMER_NAMESPACE = UUID("5e1b5a56-9c7c-4f8e-9a52-0d6c7f4a2b11")


@dataclass(frozen=True, slots=True)
class TimerDue(Event):
    """A timer of a store is due. Its delivery is never done: it is put off until the next time."""

    timed: ClassVar[bool] = True
    name: str


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery that used up its attempts, as staff see it. Times are UTC."""

    id: UUID
    store: int
    event: str
    key: str
    listener: str
    attempts: int
    error: str
    occurred_at: datetime


class Listeners:
    """Who hears which event: by event for writing deliveries, by name for running them."""

    def __init__(self) -> None:
        """Start without listeners."""
        self._by_event: dict[type[Event], list[str]] = {}
        self._by_name: dict[str, tuple[str, Listener]] = {}
        self.timers: dict[str, tuple[str, Timer]] = {}

    def add(self, plugin: str, listener: Listener) -> None:
        """Add a listener; LoadError when its name is taken or is not plain."""
        self._claim_name(plugin, listener.name)
        self._by_name[listener.name] = (plugin, listener)
        self._by_event.setdefault(listener.event, []).append(listener.name)

    def add_timer(self, plugin: str, timer: Timer) -> None:
        """Add a timer; LoadError when its name is taken or is not plain."""
        self._claim_name(plugin, timer.name)
        self.timers[timer.name] = (plugin, timer)

    def of(self, event: Event) -> Sequence[str]:
        """Return the names of those who hear the event."""
        return self._by_event.get(type(event), ())

    def named(self, name: str) -> tuple[str, Listener] | None:
        """Return the plugin and its listener of that name."""
        return self._by_name.get(name)

    def plugin_of(self, name: str) -> str:
        """Return the plugin of a listener or timer; empty for an unknown one."""
        found = self._by_name.get(name) or self.timers.get(name)
        return found[0] if found else ""

    def names(self, *, discord: bool) -> list[str]:
        """Return the names of all listeners and timers; without `discord`, of those that can do without a bot."""
        needs = {name: listener.discord for name, (_plugin, listener) in self._by_name.items()}
        needs |= {name: timer.discord for name, (_plugin, timer) in self.timers.items()}
        return [name for name, bot in needs.items() if discord or not bot]

    def _claim_name(self, plugin: str, name: str) -> None:
        if not name.replace(".", "").replace("_", "").isalnum():
            raise LoadError(
                f"plugin {plugin}: the listener name {name!r} may hold letters, digits, dots and underscores",
                plugin=plugin,
            )
        if name in self._by_name or name in self.timers:
            owner = (self._by_name.get(name) or self.timers[name])[0]
            message = f"plugin {plugin}: the listener name {name} is taken by the plugin {owner}"
            raise LoadError(message, plugin=plugin)


@asynccontextmanager
async def _patience(plugin: str, name: str) -> AsyncIterator[None]:
    """Let a handler take its time, but not for ever, and say whose it is when that is long."""
    clock = asyncio.get_running_loop()
    begun = clock.time()
    try:
        async with asyncio.timeout(HANDLER_SECONDS):
            yield
    except TimeoutError as error:
        if clock.time() - begun < HANDLER_SECONDS:
            raise
        message = f"{name} of the plugin {plugin} was stopped after {HANDLER_SECONDS:.0f} seconds"
        raise TimeoutError(message) from error
    finally:
        seconds = clock.time() - begun
        if seconds > SLOW_SECONDS:
            log.warning("delivery.slow", plugin=plugin, listener=name, seconds=round(seconds, 1))


class Dispatcher:
    """Claims what is due and runs it."""

    def __init__(self, app: App) -> None:
        """Prepare; `start` begins."""
        self._app = app
        self._me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
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
        await self._release_orphans()
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
            await self._release_mine()

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
        existing = {
            (row["store"], row["listener"]): row["status"]
            for row in await self._fetch("SELECT store, listener, status FROM delivery WHERE key = :key", key="timer")
        }
        for store in self._app.stores.all():
            for name in self._app.listeners.timers:
                status = existing.get((store.id, name))
                if status is None:
                    await self._add_timer(store.id, name)
                elif status != "PENDING":
                    await self._revive_timer(store.id, name)

    async def failed(self, store: int | None = None) -> list[FailedDelivery]:
        """Return the deliveries that used up their attempts, newest first; of one store, or of all for the CLI."""
        rows = await self._fetch(
            f"""SELECT d.id, d.store, e.name, d.key, d.listener, d.attempts, d.last_error, e.occurred_at
                FROM delivery d JOIN event e ON e.id = d.event AND e.store = d.store
                WHERE d.status = 'FAILED' {"" if store is None else "AND d.store = :store"}
                ORDER BY d.id DESC LIMIT 1000""",
            **({} if store is None else {"store": store}),
        )
        return [
            FailedDelivery(
                row["id"],
                row["store"],
                row["name"],
                row["key"],
                row["listener"],
                row["attempts"],
                row["last_error"] or "",
                row["occurred_at"],
            )
            for row in rows
        ]

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
            due = await self._next_due()
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
            await self._put_off(delivery, postponed.until, str(postponed), counted=False)
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
            await self._mark(delivery, "DROPPED")
            return
        try:
            async with _patience(plugin, listener.name):
                await listener.handler(event, delivery)
        except AlreadyDelivered:
            return
        await self._mark(delivery, "DONE")

    async def _run_timer(self, delivery: Delivery) -> None:
        plugin, timer = self._app.listeners.timers[delivery.listener]
        problem = ""
        if not timer.courtesy or self._app.stores.enabled(delivery.store, plugin):
            try:
                async with _patience(plugin, timer.name):
                    await timer.handler(delivery.store)
            except Exception as error:
                log.exception("timer.failed", plugin=plugin, timer=timer.name, store=delivery.store)
                problem = _reason(error)
        await self._put_off(delivery, self._app.now() + timer.every, problem, counted=False)

    # Rows: the dispatcher is the one room that works across stores

    async def _fetch(self, text: str, **values: Any) -> list[dict[str, Any]]:
        with every_store():
            return await self._app.database.fetch(text, **values)

    async def _execute(self, text: str, **values: Any) -> list[dict[str, Any]]:
        with every_store():
            return await self._app.database.execute(text, **values)

    async def _claim(self, now: datetime) -> list[dict[str, Any]]:
        listeners = self._app.listeners
        names = ", ".join(
            f"'{name}'"
            for name in listeners.names(discord=self._app.bot is not None)
            if self._busy[listeners.plugin_of(name)] < PLUGIN_CONCURRENCY
        )
        if not names:
            return []
        lock = "FOR UPDATE OF d SKIP LOCKED" if self._app.database.dialect == "postgres" else ""
        claimed = await self._execute(
            f"""UPDATE delivery SET claimed_by = :me, claimed_until = :until, attempts = attempts + 1
                WHERE id IN (
                    SELECT d.id FROM delivery d
                    WHERE d.status = 'PENDING' AND d.next_attempt <= :now
                      AND (d.claimed_until IS NULL OR d.claimed_until < :lease_now)
                      AND d.listener IN ({names})
                      AND NOT EXISTS (
                        SELECT 1 FROM delivery e
                        WHERE e.store = d.store AND e.listener = d.listener AND e.key = d.key
                          AND d.key NOT IN ('', 'timer') AND e.status = 'PENDING'
                          AND (e.due < d.due OR (e.due = d.due AND e.id < d.id)))
                    ORDER BY d.next_attempt, d.id LIMIT {BATCH} {lock})
                RETURNING id""",
            me=self._me,
            until=self._app.now() + LEASE,
            now=now,
            lease_now=self._app.now(),
        )
        if not claimed:
            return []
        keys = {f"id{number}": row["id"] for number, row in enumerate(claimed)}
        return await self._fetch(
            f"""SELECT d.id, d.event, d.store, d.listener, d.attempts, e.name, e.payload, e.occurred_at
                FROM delivery d JOIN event e ON e.id = d.event AND e.store = d.store
                WHERE d.id IN ({", ".join(f":{key}" for key in keys)}) ORDER BY d.id""",
            **keys,
        )

    async def _next_due(self) -> datetime | None:
        rows = await self._fetch(
            "SELECT next_attempt AS next FROM delivery WHERE status = 'PENDING' AND claimed_until IS NULL"
            " AND next_attempt > :now ORDER BY next_attempt LIMIT 1",
            now=self._app.now(),
        )
        found: datetime | None = rows[0]["next"] if rows else None
        return found

    async def _mark(self, delivery: Delivery, status: str) -> None:
        await self._execute(
            "UPDATE delivery SET status = :status, done_at = :now, claimed_until = NULL, last_error = NULL"
            " WHERE id = :id AND status = 'PENDING'",
            status=status,
            now=self._app.now(),
            id=delivery.id,
        )

    async def _put_off(self, delivery: Delivery, until: datetime, reason: str, *, counted: bool) -> None:
        await self._execute(
            "UPDATE delivery SET next_attempt = :until, claimed_until = NULL, last_error = :reason,"
            " attempts = CASE WHEN :counted THEN attempts ELSE attempts - 1 END WHERE id = :id AND status = 'PENDING'",
            until=until,
            reason=reason or None,
            counted=counted,
            id=delivery.id,
        )

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        reason = _reason(error)
        log.warning("delivery.failed", listener=delivery.listener, attempt=delivery.attempt, exc_info=error)
        if delivery.attempt <= len(RETRY_AFTER):
            until = self._app.now() + RETRY_AFTER[delivery.attempt - 1]
            await self._put_off(delivery, until, reason, counted=True)
            return
        await self._execute(
            "UPDATE delivery SET status = 'FAILED', claimed_until = NULL, last_error = :reason"
            " WHERE id = :id AND status = 'PENDING'",
            reason=reason,
            id=delivery.id,
        )

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._running:
                await self._extend(list(self._running))

    async def _extend(self, ids: Iterable[UUID]) -> None:
        keys = {f"id{number}": delivery_id for number, delivery_id in enumerate(ids)}
        try:
            await self._execute(
                f"UPDATE delivery SET claimed_until = :until WHERE status = 'PENDING' AND claimed_until IS NOT NULL"
                f" AND id IN ({', '.join(f':{key}' for key in keys)})",
                until=self._app.now() + LEASE,
                **keys,
            )
        except Exception:
            log.exception("outbox.renewal_failed")

    async def _release_mine(self) -> None:
        await self._execute(
            "UPDATE delivery SET claimed_until = NULL, attempts = attempts - 1"
            " WHERE status = 'PENDING' AND claimed_until IS NOT NULL AND claimed_by = :me",
            me=self._me,
        )

    async def _release_orphans(self) -> None:
        """Free what a dead process held: on SQLite there is no other one, so everything that is claimed."""
        if self._app.database.dialect == "sqlite":
            await self._execute(
                "UPDATE delivery SET claimed_until = NULL WHERE status = 'PENDING' AND claimed_until IS NOT NULL"
            )

    async def _add_timer(self, store: int, name: str) -> None:
        now, key = self._app.now(), _timer_key(store, name)
        # Stale: another process that starts with us added it.
        with suppress(Stale), scope(store):
            async with self._app.work(Actor.system(store, "outbox")) as work:
                work.insert(
                    EventRow,
                    conflict=Stale(name),
                    id=key,
                    name=TimerDue.__name__,
                    key="timer",
                    payload=self._app.codec.encode(TimerDue(name)),
                    occurred_at=now,
                )
                work.insert(
                    DeliveryRow,
                    id=key,
                    event=key,
                    listener=name,
                    key="timer",
                    due=now,
                    next_attempt=now,
                    status="PENDING",
                    attempts=0,
                )

    async def _revive_timer(self, store: int, name: str) -> None:
        await self._execute(
            "UPDATE delivery SET status = 'PENDING', attempts = 0, next_attempt = :now, claimed_until = NULL"
            " WHERE id = :id AND status <> 'PENDING'",
            id=_timer_key(store, name),
            now=self._app.now(),
        )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\0", "")[:1000]


def _timer_key(store: int, name: str) -> UUID:
    return uuid.uuid5(TIMER_NAMESPACE, f"{store}/{name}")
