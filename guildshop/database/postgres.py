"""PostgreSQL: one pool, and units in one round trip where they can be."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncpg
import structlog
from piccolo.conf.apps import AppConfig

from guildshop.database.base import Database
from guildshop.database.errors import ConstraintViolation, OutcomeUnknown, UniqueViolation
from guildshop.database.migrations import Session
from guildshop.database.operations import InsertShape, Operation, Unit
from guildshop.database.postgres_engine import PooledPostgresEngine
from guildshop.database.postgres_unit import Statement, compile_segment, cut
from guildshop.database.templates import compiled
from guildshop.database.url import DatabaseUrl, Dialect
from guildshop.database.values import too_large
from guildshop.errors import DatabaseError
from guildshop.events import Event

log = structlog.get_logger(__name__)

POOL_SIZE = 10
COMMAND_SECONDS = 30.0
SECONDS_A_ROW = 0.005
"""More time for each row of a unit: an import of 100,000 rows is one unit."""
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 1.0
TELL_SECONDS = 0.02
KEPT_STATEMENTS = 1000
ATTEMPTS = 8
CHANNEL = "guildshop"
MIGRATION_LOCK = 0x6775_696C_6473_6870

# After these nothing has happened, for certain.
_UNDONE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# After these nobody knows yet. asyncpg raises InternalClientError when the server ends a session mid-sentence.
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,
    OSError,
)
GUARD_FAILED = "GS001"


class PostgresDatabase(Database):
    """A PostgreSQL database, which several processes may share."""

    dialect: Literal["postgres"] = "postgres"

    def __init__(
        self,
        url: DatabaseUrl,
        apps: Sequence[AppConfig],
        listeners_of: Callable[[Event], Sequence[str]] | None = None,
        encode: Callable[[Event], str] | None = None,
    ) -> None:
        """Prepare; `open` connects."""
        super().__init__(url, apps, listeners_of, encode)
        self._piccolo = PooledPostgresEngine(self)
        self.engine = self._piccolo
        self._pool: Any = None
        self._listening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Connect the pool; DatabaseError when the server cannot be reached."""
        try:
            self._pool = await asyncpg.create_pool(
                self.url.dsn,
                min_size=1,
                max_size=POOL_SIZE,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                statement_cache_size=KEPT_STATEMENTS,
                max_inactive_connection_lifetime=300.0,
                # We set nothing in a session, so there is nothing to reset: this spares a round trip a use.
                reset=_keep_session,
                server_settings={"plan_cache_mode": "force_custom_plan", "application_name": "guildshop"},
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TimeoutError) as error:
            message = f"PostgreSQL at {self.url.shown} cannot be reached: {error or type(error).__name__}."
            raise DatabaseError(message) from error
        self._piccolo.pool = self._pool

    async def close(self) -> None:
        """Give what runs a second to finish, then disconnect."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None
        if self._telling is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._telling, CLOSE_SECONDS)
        if self._pool is None:
            return
        pool, self._pool, self._piccolo.pool = self._pool, None, None
        try:
            await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            pool.terminate()

    @property
    def pool(self) -> Any:
        """The pool; DatabaseError once it is closed."""
        if self._pool is None:
            message = "The database is closed."
            raise DatabaseError(message)
        return self._pool

    async def run_unit(self, unit: Unit) -> None:
        """Do the whole unit or nothing; deadlocks and lost connections are tried again."""
        segments = cut(unit.operations)
        try:
            await self._run_segments(unit, segments)
        except _ShowsWhich:
            # Something failed that does not say which operation it was: do them one by one to learn it.
            await self._run_segments(unit, [[number] for number in range(len(unit.operations))])
        finally:
            # Woken also when the caller was cancelled while the unit happened; for nothing is fine.
            if unit.wakes:
                self.wake()
                self._tell_others()

    async def listen(self) -> None:
        """Also wake on the commits of other processes, from now until `close`."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(), name="postgres-listener")

    async def read(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        """Run a query and return asyncpg's records; one that found its connection dead is tried again."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._fetch(text, arguments)
            except Exception as error:
                if attempt == ATTEMPTS - 1 or not (isinstance(error, _UNDONE) or is_lost(error)):
                    raise
                await _pause(attempt, error)
        raise AssertionError

    async def write(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        """Run one writing statement and return asyncpg's records."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._fetch(text, arguments)
            except _UNDONE as error:
                if attempt == ATTEMPTS - 1:
                    raise
                await _pause(attempt, error)
            except asyncpg.IntegrityConstraintViolationError as error:
                raise violation(error) from error
        raise AssertionError

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        async with self.pool.acquire() as connection:
            try:
                return list(await connection.fetch(text, *arguments))
            except asyncpg.InternalClientError:
                connection.terminate()
                raise
            except asyncpg.DataError as error:
                if _is_too_large(error):
                    raise too_large() from error
                raise

    async def _read(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        sql, template = compiled("postgres", text)
        template.check_names(values)
        return as_dicts(await self.read(sql, template.arguments("postgres", values)))

    async def _write(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        sql, template = compiled("postgres", text)
        template.check_names(values)
        return as_dicts(await self.write(sql, template.arguments("postgres", values)))

    async def _run_segments(self, unit: Unit, segments: list[list[int]]) -> None:
        statements = [compile_segment(unit.operations, segment) for segment in segments]
        for attempt in range(ATTEMPTS):
            progress = _Progress()
            try:
                await self._try(statements, progress, COMMAND_SECONDS + len(unit.operations) * SECONDS_A_ROW)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
                lost = is_lost(error)
                if not lost and not isinstance(error, _UNDONE):
                    # A doubtful attempt may have happened after all, and now stands in its own way.
                    if unit.doubted and await self._has_happened(unit):
                        return
                    raise _answer_to(error, unit.operations, segments[progress.begun - 1]) from error
                if attempt == ATTEMPTS - 1:
                    raise _keeps_failing(error) from error
                await _pause(attempt, error)
                if lost and progress.begun:
                    unit.doubted = True
                    if await self._has_happened(unit):
                        return
            else:
                return

    async def _try(self, statements: Sequence[Statement], progress: _Progress, seconds: float) -> None:
        async with self.pool.acquire() as connection:
            progress.begun = 1
            try:
                if len(statements) == 1:
                    await connection.fetch(statements[0].text, *statements[0].arguments, timeout=seconds)
                    return
                async with connection.transaction():
                    for progress.begun, statement in enumerate(statements, 1):
                        await connection.fetch(statement.text, *statement.arguments, timeout=seconds)
            except asyncpg.InternalClientError:
                connection.terminate()
                raise

    async def _has_happened(self, unit: Unit) -> bool:
        """Tell whether a unit was committed whose answer was lost, by looking for a row that it inserts."""
        for operation in unit.operations:
            if isinstance(operation.shape, InsertShape) and operation.keys:
                key = operation.shape.table._meta.primary_key._meta
                position = operation.shape.position[key.name]
                text = f'SELECT 1 FROM "{operation.shape.name}" WHERE "{key.db_column_name}" = $1'
                return bool(await self.read(text, [operation.values[position]]))
        message = "The connection to PostgreSQL was lost, and nothing tells whether the change was saved. Look again."
        raise OutcomeUnknown(message)

    def _tell_others(self) -> None:
        """Wake the other processes, once for all units that commit meanwhile.

        A NOTIFY within the unit would hold a lock of the whole database until its commit is on disk, so that no two
        units could share an fsync. One that is lost costs nothing but time: the deliveries are rows.
        """
        self._untold = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell(), name="postgres-notifier")

    async def _tell(self) -> None:
        while self._untold:
            self._untold = False
            try:
                await self.read("SELECT pg_notify($1, '')", [CHANNEL])
            except (DatabaseError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                log.warning("database.telling_failed", exc_info=True)
            await asyncio.sleep(TELL_SECONDS)

    async def _listen(self) -> None:
        while True:
            connection = None
            try:
                connection = await asyncpg.connect(self.url.dsn, timeout=CONNECT_SECONDS)
                ended = asyncio.Event()
                connection.add_termination_listener(lambda _connection, ended=ended: ended.set())
                await connection.add_listener(CHANNEL, lambda *_arguments: self.wake())
                # What came while nobody listened.
                self.wake()
                await ended.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                log.warning("database.listening_lost", exc_info=True)
            finally:
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            await asyncio.sleep(1.0)

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @asynccontextmanager
    async def migration_session(self) -> AsyncIterator[Session]:
        """Open a transaction that holds the lock for migrations."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})", timeout=600.0)
            yield PostgresSession(connection)

    async def backup(self, file: Path) -> None:
        """Refuse: PostgreSQL has its own tool for this."""
        message = f"A PostgreSQL database is backed up by its own tool: pg_dump --format=custom --file={file} …"
        raise DatabaseError(message)


class PostgresSession:
    """The transaction of a migration."""

    dialect: Dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        """Work on that connection."""
        self._connection = connection

    async def execute(self, text: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement with `:name` parameters and return its rows."""
        sql, template = compiled("postgres", text)
        return as_dicts(await self._connection.fetch(sql, *template.arguments("postgres", values), timeout=600.0))


@dataclass(slots=True)
class _Progress:
    """How far an attempt came: how many statements were begun."""

    begun: int = 0


class _ShowsWhich(Exception):
    """A unit failed; which operation it was is to be found by doing them one by one."""


def _is_too_large(error: Exception) -> bool:
    """Tell whether a number does not fit its column: INTEGER keeps 32 bits here, and 64 on SQLite."""
    said_by_client = isinstance(error, asyncpg.DataError) and "value out of int" in str(error)
    return said_by_client or isinstance(error, asyncpg.NumericValueOutOfRangeError)


def _answer_to(error: Exception, operations: Sequence[Operation], segment: Sequence[int]) -> Exception:
    members = [operations[number] for number in segment]
    if isinstance(error, TimeoutError):
        return OutcomeUnknown("PostgreSQL did not answer in time. Look whether it was saved.")
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate == GUARD_FAILED:
        number = int(str(error))
        earlier = [operations[index] for index in segment if index < number]
        # On SQLite an earlier insert that conflicts would have spoken first.
        return _ShowsWhich() if any(one.conflict is not None for one in earlier) else operations[number].failure()
    if isinstance(error, asyncpg.UniqueViolationError) and any(one.conflict is not None for one in members):
        conflict = members[0].conflict
        return conflict if len(members) == 1 and conflict is not None else _ShowsWhich()
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return violation(error)
    if _is_too_large(error):
        return too_large()
    return DatabaseError(f"PostgreSQL could not do a unit: {error}.")


def is_lost(error: Exception) -> bool:
    """Tell whether the error means that the connection is gone."""
    if isinstance(error, _LOST):
        return not isinstance(error, TimeoutError)
    return isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)


def _keeps_failing(error: Exception) -> DatabaseError:
    return DatabaseError(f"PostgreSQL could not do a unit in {ATTEMPTS} attempts: {error or type(error).__name__}.")


async def _pause(attempt: int, error: Exception) -> None:
    seconds = 0.01 if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError) else 0.1
    # Not all at the same moment again.
    await asyncio.sleep(seconds * attempt * (0.5 + random.random()))  # noqa: S311 - no secret


def violation(error: asyncpg.IntegrityConstraintViolationError) -> ConstraintViolation:
    """Return the error that means the same on SQLite."""
    kind = UniqueViolation if isinstance(error, asyncpg.UniqueViolationError) else ConstraintViolation
    return kind(f"The database refused a row: {error}.")


def as_dicts(records: Sequence[Any]) -> list[dict[str, Any]]:
    """Return records as dictionaries; a name such as "last [TIMESTAMPTZ]" loses what SQLite needs of it."""
    if not records:
        return []
    if any(" [" in name for name in records[0].keys()):  # noqa: SIM118 - a record iterates over its values
        return [{name.partition(" [")[0]: value for name, value in record.items()} for record in records]
    return [dict(record) for record in records]


async def _keep_session(_connection: Any) -> None:
    return
