"""The rows of the outbox: claiming what is due, marking what became of it, and the timers' rows.

A claim is a lease: it names the process and counts the attempt, and whatever is written about a delivery holds only
while both are still those of the writer. So a process that lost its lease changes nothing of another one's claim.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import structlog

from guildshop.database.tables import DeliveryRow, EventRow
from guildshop.errors import Stale
from guildshop.events import Delivery, Event
from guildshop.permissions import Actor
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.app import App

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
BATCH = 32

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


HELD = "id = :id AND status = 'PENDING' AND claimed_by = :me AND attempts = :attempt"
"""Whose claim it is: a later one, also of this process, has another count."""


class Deliveries:
    """The delivery rows of all stores, as one process works on them."""

    def __init__(self, app: App) -> None:
        """Work in this application, under a name that no other process has."""
        self._app = app
        self._me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    async def _fetch(self, text: str, **values: Any) -> list[dict[str, Any]]:
        with every_store():
            return await self._app.database.fetch(text, **values)

    async def _execute(self, text: str, **values: Any) -> list[dict[str, Any]]:
        with every_store():
            return await self._app.database.execute(text, **values)

    async def claim(self, listeners: Sequence[str], now: datetime) -> list[dict[str, Any]]:
        """Lease what is due by `now` for these listeners, at most `BATCH`; of one key the first only."""
        if not listeners:
            return []
        names = ", ".join(f"'{name}'" for name in listeners)
        # Materialized, so that no plan looks for what is due anew for each row.
        lock = "FOR UPDATE OF d SKIP LOCKED" if self._app.database.dialect == "postgres" else ""
        claimed = await self._execute(
            f"""UPDATE delivery SET claimed_by = :me, claimed_until = :until, attempts = attempts + 1
                WHERE id IN (WITH due AS MATERIALIZED (
                    SELECT d.id FROM delivery d
                    WHERE d.status = 'PENDING' AND d.next_attempt <= :now
                      AND (d.claimed_until IS NULL OR d.claimed_until < :lease_now)
                      AND d.listener IN ({names})
                      AND NOT EXISTS (
                        SELECT 1 FROM delivery e
                        WHERE e.store = d.store AND e.listener = d.listener AND e.key = d.key
                          AND d.key NOT IN ('', 'timer') AND e.status = 'PENDING'
                          AND (e.due < d.due OR (e.due = d.due AND e.id < d.id)))
                    ORDER BY d.next_attempt, d.id LIMIT {BATCH} {lock}) SELECT id FROM due)
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

    async def next_due(self) -> datetime | None:
        """Return when the next delivery is due that nobody holds, UTC."""
        rows = await self._fetch(
            "SELECT next_attempt AS next FROM delivery WHERE status = 'PENDING' AND claimed_until IS NULL"
            " AND next_attempt > :now ORDER BY next_attempt LIMIT 1",
            now=self._app.now(),
        )
        found: datetime | None = rows[0]["next"] if rows else None
        return found

    async def mark(self, delivery: Delivery, status: str) -> None:
        """Say that a delivery is over: DONE, or DROPPED."""
        await self._execute(
            f"UPDATE delivery SET status = :status, done_at = :now, claimed_until = NULL, last_error = NULL"
            f" WHERE {HELD}",
            status=status,
            now=self._app.now(),
            **self._held(delivery),
        )

    async def put_off(self, delivery: Delivery, until: datetime, reason: str, *, counted: bool) -> None:
        """Try a delivery again at `until`; the attempt is forgotten unless it is `counted`."""
        await self._execute(
            "UPDATE delivery SET next_attempt = :until, claimed_until = NULL, last_error = :reason,"
            f" attempts = CASE WHEN :counted THEN attempts ELSE attempts - 1 END WHERE {HELD}",
            until=until,
            reason=reason or None,
            counted=counted,
            **self._held(delivery),
        )

    async def give_up(self, delivery: Delivery, reason: str) -> None:
        """Try a delivery no more, until somebody presses Retry."""
        await self._execute(
            f"UPDATE delivery SET status = 'FAILED', claimed_until = NULL, last_error = :reason WHERE {HELD}",
            reason=reason,
            **self._held(delivery),
        )

    async def extend(self, ids: Iterable[UUID]) -> None:
        """Renew the leases that are still this process's."""
        keys = {f"id{number}": delivery_id for number, delivery_id in enumerate(ids)}
        try:
            await self._execute(
                f"UPDATE delivery SET claimed_until = :until WHERE status = 'PENDING' AND claimed_until IS NOT NULL"
                f" AND claimed_by = :me AND id IN ({', '.join(f':{key}' for key in keys)})",
                until=self._app.now() + LEASE,
                me=self._me,
                **keys,
            )
        except Exception:
            log.exception("outbox.renewal_failed")

    async def release_mine(self) -> None:
        """Free everything that this process holds, uncounted."""
        await self._execute(
            "UPDATE delivery SET claimed_until = NULL, attempts = attempts - 1"
            " WHERE status = 'PENDING' AND claimed_until IS NOT NULL AND claimed_by = :me",
            me=self._me,
        )

    async def release_orphans(self) -> None:
        """Free what a dead process held: on SQLite there is no other one, so everything that is claimed."""
        if self._app.database.dialect == "sqlite":
            await self._execute(
                "UPDATE delivery SET claimed_until = NULL WHERE status = 'PENDING' AND claimed_until IS NOT NULL"
            )

    def _held(self, delivery: Delivery) -> dict[str, Any]:
        return {"id": delivery.id, "me": self._me, "attempt": delivery.attempt}

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


def reason_of(error: Exception) -> str:
    """Return what a row keeps of an error."""
    return f"{type(error).__name__}: {error}".replace("\0", "")[:1000]


def _timer_key(store: int, name: str) -> UUID:
    return uuid.uuid5(TIMER_NAMESPACE, f"{store}/{name}")
