"""What a database offers, whichever it is."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from piccolo.conf.apps import AppConfig
from piccolo.engine.base import Engine
from piccolo.table import Table

from guildshop.database.guard import check_text
from guildshop.database.migrations import MigrationPlan, Session
from guildshop.database.operations import Unit
from guildshop.database.url import DatabaseUrl, Dialect
from guildshop.database.work import DeliveryMark, Work
from guildshop.events import Event, EventCodec

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from guildshop.permissions import Actor

log = structlog.get_logger(__name__)

CommitCallback = Callable[[], Awaitable[None] | None]


class Database(abc.ABC):
    """An open database: reads by `fetch`, writes by `work`, Piccolo queries through `engine`."""

    dialect: Dialect
    engine: Engine[Any]
    """Piccolo's engine for the tables that were bound."""
    guest = False
    """Whether another process serves the shop from the same file, and this one only does something short in it."""

    def __init__(
        self,
        url: DatabaseUrl,
        apps: Sequence[AppConfig],
        listeners_of: Callable[[Event], Sequence[str]] | None = None,
        encode: Callable[[Event], str] | None = None,
    ) -> None:
        """Remember what is needed; `open_database` opens it."""
        self.url = url
        self.listeners_of: Callable[[Event], Sequence[str]] = listeners_of or (lambda _event: ())
        self.encode: Callable[[Event], str] = encode or EventCodec().encode
        self._apps = list(apps)
        self._commit_callbacks: list[CommitCallback] = []

    @abc.abstractmethod
    async def open(self) -> None:
        """Connect; DatabaseError when that cannot be."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Finish what was begun and disconnect."""

    # Reading and writing

    async def fetch(self, text: str, /, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query with `:name` parameters; a list fits behind `IN :name`.

        JSON comes back as text. A text that names a store's table must say which store, unless it is read inside
        `every_store()`. On SQLite an expression loses its column's type: write `MAX(created) AS "last [TIMESTAMPTZ]"`,
        which is called `last` on both.
        """
        check_text(self.dialect, text, values)
        return await self._read(text, values)

    async def fetch_one(self, text: str, /, **values: Any) -> dict[str, Any] | None:
        """Return the first row, or None."""
        rows = await self.fetch(text, **values)
        return rows[0] if rows else None

    async def execute(self, text: str, /, **values: Any) -> list[dict[str, Any]]:
        """Run one writing statement by itself and return its RETURNING rows; for the kernel, services use `Work`."""
        return await self._write(text, values)

    def work(self, actor: Actor, *, now: datetime | None = None, delivery: DeliveryMark | None = None) -> Work:
        """Begin a Work in the actor's store; use `App.work`."""
        return Work(self, actor, now or datetime.now(UTC), delivery)

    @abc.abstractmethod
    async def run_unit(self, unit: Unit) -> None:
        """Do the whole unit or nothing; raise the refusal of the first operation that says no."""

    @abc.abstractmethod
    async def _read(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]: ...

    @abc.abstractmethod
    async def _write(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]: ...

    # Waking the dispatcher

    def on_commit(self, callback: CommitCallback) -> None:
        """Call back after each unit that left deliveries, with `listen` also those of other processes.

        It may be called for nothing, as when a unit was refused.
        """
        self._commit_callbacks.append(callback)

    @abc.abstractmethod
    async def listen(self) -> None:
        """Also call back on the commits of other processes, from now until `close`."""

    def wake(self) -> None:
        """Call all that `on_commit` was given; a failing one is logged and stops nobody."""
        for callback in self._commit_callbacks:
            try:
                result = callback()
            except Exception:
                log.exception("database.wake_failed")
                continue
            if inspect.iscoroutine(result):
                self._spawn(result)

    @abc.abstractmethod
    def _spawn(self, coroutine: Any) -> None: ...

    # Tables and schema

    def bind(self, *tables: type[Table]) -> None:
        """Let Piccolo's queries on these tables go to this database."""
        for table in tables:
            table._meta.db = self.engine

    @property
    def apps(self) -> Sequence[AppConfig]:
        """The Piccolo apps whose tables live here."""
        return tuple(self._apps)

    @abc.abstractmethod
    def migration_session(self) -> AbstractAsyncContextManager[Session]:
        """Open one transaction for schema changes, under a lock against other processes."""

    async def pending_migrations(self) -> list[str]:
        """Return the IDs of migrations not yet applied; DatabaseError when a newer version has been at work here."""
        async with self.migration_session() as session:
            plan = await MigrationPlan.load(session, self._apps)
            return [migration.id for migration in plan.pending]

    async def migrate(self) -> list[str]:
        """Apply all pending migrations in the order of their IDs, all or none; return their IDs."""
        async with self.migration_session() as session:
            plan = await MigrationPlan.load(session, self._apps)
            await plan.apply(session)
            return [migration.id for migration in plan.pending]

    async def execute_ddl(self, *statements: str) -> None:
        """Run schema statements in one transaction; for migrations and tests."""
        async with self.migration_session() as session:
            for statement in statements:
                await session.execute(statement)

    @abc.abstractmethod
    async def backup(self, file: Path) -> None:
        """Copy the database into a file while it is in use."""
