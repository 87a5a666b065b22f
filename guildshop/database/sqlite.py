"""SQLite: one writer thread with group commit, a few readers, one process that serves, and commands beside it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Literal, Self

import structlog
from piccolo.conf.apps import AppConfig

from guildshop.database.base import Database
from guildshop.database.errors import ConstraintViolation, UniqueViolation
from guildshop.database.migrations import Session
from guildshop.database.operations import InsertShape, Unit
from guildshop.database.sqlite_engine import KeptSQLiteEngine
from guildshop.database.sqlite_writer import SqliteWriter
from guildshop.database.templates import compiled
from guildshop.database.url import DatabaseUrl, Dialect
from guildshop.errors import DatabaseError
from guildshop.events import Event

log = structlog.get_logger(__name__)

READERS = 4
BUSY_SECONDS = 5.0
LOOK_SECONDS = 1.0
"""How often to look whether a guest wrote something."""
KEPT_STATEMENTS = 512
CACHE_KIB = 16_384

_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}


def connect(path: Path, *, reader: bool) -> sqlite3.Connection:
    """Open a connection with the settings that money wants; a reader cannot write."""
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
        cached_statements=KEPT_STATEMENTS,
        detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
    )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Triggers keep an index of full text up to date, which only a trusted schema may; migrations alone write it.
        f"trusted_schema = {'OFF' if reader else 'ON'}",
        f"cache_size = -{CACHE_KIB}",
        f"query_only = {'ON' if reader else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def rows_of(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """Return the remaining rows as dictionaries."""
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class SqliteDatabase(Database):
    """A SQLite file that this process alone serves; a short command may be its guest meanwhile."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(
        self,
        url: DatabaseUrl,
        apps: Sequence[AppConfig],
        listeners_of: Callable[[Event], Sequence[str]] | None = None,
        encode: Callable[[Event], str] | None = None,
        *,
        may_be_guest: bool = False,
    ) -> None:
        """Prepare; `open` opens the file."""
        super().__init__(url, apps, listeners_of, encode)
        self._may_be_guest = may_be_guest
        self._watching: asyncio.Task[None] | None = None
        if url.path is None:
            message = f"{url.shown} names no file"
            raise DatabaseError(message)
        self.path = url.path
        self.engine = KeptSQLiteEngine(self)
        self._lock: FileLock | None = None
        self._writer = SqliteWriter(lambda: connect(self.path, reader=False))
        self._readers: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Lock the file for this process, or be a guest in it, and open it; DatabaseError when another has it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
            await self._writer.start()
        except (OSError, sqlite3.Error) as error:
            self._unlock()
            message = f"The database file {self.path} cannot be opened: {error}."
            raise DatabaseError(message) from error
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")

    def _locked(self) -> FileLock:
        try:
            return FileLock.of_owner(self.path)
        except FileInUse:
            if not self._may_be_guest:
                raise
            self.guest = True
            return FileLock.of_guest(self.path)

    async def listen(self) -> None:
        """Also wake on the commits of guests, from now until `close`."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="sqlite-watch")

    async def _watch(self) -> None:
        with closing(connect(self.path, reader=True)) as connection:
            seen = None
            while True:
                # It changes with commits of our own too, as they are made on another connection: waking once too often
                # costs a look.
                try:
                    ((version,),) = connection.execute("PRAGMA data_version").fetchall()
                except sqlite3.Error as error:
                    log.warning("database.watch_failed", error=str(error))
                else:
                    if version != seen:
                        seen = version
                        self.wake()
                await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Finish what waits, close the readers, then the writer (the last one clears the write-ahead log)."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        if self._readers is not None:
            readers, self._readers = self._readers, None
            await asyncio.to_thread(readers.shutdown)
            for connection in self._reader_connections:
                connection.close()
            self._reader_connections.clear()
        await self._writer.stop()
        self._unlock()

    async def run_unit(self, unit: Unit) -> None:
        """Do the whole unit or nothing, in the writer's thread."""

        def job(cursor: sqlite3.Cursor) -> None:
            run_operations(cursor, unit)

        try:
            await self._writer.run(job)
        finally:
            # Woken also when the caller was cancelled while the unit happened; for nothing is fine.
            if unit.wakes:
                self.wake()

    async def read(self, text: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run a query on a reader and return its rows."""
        if self._readers is None:
            message = "The database is closed."
            raise DatabaseError(message)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_now, text, arguments)

    async def write(self, text: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one writing statement in the writer's thread and return its rows."""

        def job(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
            try:
                cursor.execute(text, arguments)
                return rows_of(cursor)
            except sqlite3.IntegrityError as error:
                raise violation(error) from error

        result: list[dict[str, Any]] = await self._writer.run(job)
        return result

    async def _read(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        sql, template = compiled("sqlite", text)
        template.check_names(values)
        return await self.read(sql, template.arguments("sqlite", values))

    async def _write(self, text: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        sql, template = compiled("sqlite", text)
        template.check_names(values)
        return await self.write(sql, template.arguments("sqlite", values))

    def _read_now(self, text: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path, reader=True)
            self._reader_connections.append(connection)
        with closing(connection.execute(text, arguments)) as cursor:
            return rows_of(cursor)

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def migrate(self) -> list[str]:
        """Apply all pending migrations, with no guest in the file; FileInUse while there is one."""
        if not await self.pending_migrations():
            return []
        alone = FileLock.without_guests(self.path)
        try:
            return await super().migrate()
        finally:
            alone.release()

    @asynccontextmanager
    async def migration_session(self) -> AsyncIterator[Session]:
        """Open a transaction with foreign keys off, which are checked before it commits."""
        connection = await asyncio.to_thread(connect, self.path, reader=False)
        try:
            # Dropping a table while rebuilding it must not cascade; this cannot be set within a transaction.
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("BEGIN IMMEDIATE")
            session = SqliteSession(connection)
            try:
                yield session
                await session.check_foreign_keys()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        finally:
            connection.close()

    async def backup(self, file: Path) -> None:
        """Copy the database into a file while it is in use."""
        await asyncio.to_thread(copy_database, self.path, file)


class SqliteSession:
    """The transaction of a migration."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on that connection."""
        self._connection = connection

    async def execute(self, text: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement with `:name` parameters and return its rows."""
        sql, template = compiled("sqlite", text)
        arguments = template.arguments("sqlite", values)
        return await asyncio.to_thread(self._execute, sql, arguments)

    async def check_foreign_keys(self) -> None:
        """Raise DatabaseError when a row points at none."""
        broken = await self.execute("PRAGMA foreign_key_check")
        if broken:
            first = broken[0]
            message = (
                f"The migration was undone: {len(broken)} rows point at rows that do not exist, the first in "
                f"{first['table']} at {first['parent']}."
            )
            raise DatabaseError(message)

    def _execute(self, text: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        with closing(self._connection.execute(text, arguments)) as cursor:
            return rows_of(cursor)


def run_operations(cursor: sqlite3.Cursor, unit: Unit) -> None:
    """Do the operations one after another; raise the refusal of the first that says no."""
    for operation in unit.operations:
        shape = operation.shape
        try:
            cursor.execute(shape.sqlite, operation.values)
        except sqlite3.IntegrityError as error:
            if operation.conflict is not None and error.sqlite_errorcode in _UNIQUE:
                raise operation.conflict from error
            raise violation(error) from error
        if operation.expected is None or isinstance(shape, InsertShape):
            continue
        count = (cursor.fetchone() is not None) if shape.kind == "require" else cursor.rowcount
        if count != operation.expected:
            raise operation.failure()


def violation(error: sqlite3.IntegrityError) -> ConstraintViolation:
    """Return the error that means the same on PostgreSQL."""
    kind = UniqueViolation if error.sqlite_errorcode in _UNIQUE else ConstraintViolation
    return kind(f"The database refused a row: {error}.")


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database, also one in use, to a new file; the target appears complete or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(partial)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    partial.replace(target)


class FileInUse(DatabaseError):
    """Another process has the file, or is at work in it."""


class FileLock:
    """A lock beside the file that ends with the process, however that ends.

    One process owns the file. Guests come only while it is owned; nobody replaces the file or its tables under them.
    """

    def __init__(self, file: Path, kind: int, refusal: Callable[[str], str]) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise FileInUse(refusal(holder or "unknown")) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    @classmethod
    def of_owner(cls, path: Path) -> Self:
        """Own the file; FileInUse when another process does."""
        return cls(
            path.with_name(path.name + ".lock"),
            fcntl.LOCK_EX,
            lambda holder: (
                f"The database file {path} is in use by another Guildshop (process {holder}): stop that one first, or "
                "use PostgreSQL to run several."
            ),
        )

    @classmethod
    def of_guest(cls, path: Path) -> Self:
        """Be one of the guests; FileInUse while the file or its tables are being replaced."""
        return cls(
            path.with_name(path.name + ".guests"),
            fcntl.LOCK_SH,
            lambda holder: (
                f"The database file {path} is being brought up to date or replaced (process {holder}): try again when "
                "that is done."
            ),
        )

    @classmethod
    def without_guests(cls, path: Path) -> Self:
        """Keep guests out; FileInUse while there is one."""
        return cls(
            path.with_name(path.name + ".guests"),
            fcntl.LOCK_EX,
            lambda holder: (
                f"A command is at work in the database file {path} (process {holder}): try again when it has ended."
            ),
        )

    def release(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)
