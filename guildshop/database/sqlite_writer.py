"""The one thread that writes to a SQLite file: many units share one COMMIT, and so one fsync."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Protocol

from guildshop.errors import DatabaseError

LARGEST_BATCH = 256


class Job(Protocol):
    """Something done to the database within a savepoint."""

    def __call__(self, cursor: sqlite3.Cursor) -> Any:
        """Do it; raising undoes all of it."""
        ...


class _Pending:
    __slots__ = ("answer", "done", "error", "job", "withdrawn")

    def __init__(self, job: Job, answer: asyncio.Future[Any]) -> None:
        self.job = job
        self.answer = answer
        self.withdrawn = False
        self.done: Any = None
        self.error: BaseException | None = None


class SqliteWriter:
    """Runs jobs one after another, each in its savepoint, as many as are waiting in one transaction."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Prepare; `start` opens the connection."""
        self._connect = connect
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = True

    async def start(self) -> None:
        """Open the connection in the writer's thread; raise what opening raised."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="sqlite-writer", daemon=True)
        self._thread.start()
        self._closed = False
        await opened

    async def stop(self) -> None:
        """Finish the jobs that wait, then close the connection."""
        if self._closed or self._thread is None:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def run(self, job: Job) -> Any:
        """Do a job and return its result once it is on disk.

        A cancelled caller still waits for the answer: the job is withdrawn if it has not begun, else it happens in
        full; then the cancellation goes on.
        """
        if self._closed or self._loop is None:
            message = "The database is closed."
            raise DatabaseError(message)
        pending = _Pending(job, self._loop.create_future())
        self._queue.put(pending)
        cancelled: asyncio.CancelledError | None = None
        while not pending.answer.done():
            try:
                await asyncio.wait((pending.answer,))
            except asyncio.CancelledError as error:
                cancelled = error
                pending.withdrawn = True
        failure = pending.answer.exception()
        if cancelled is not None:
            raise cancelled
        if failure is not None:
            raise failure
        return pending.answer.result()

    # In the thread

    def _run(self, opened: asyncio.Future[None]) -> None:
        assert self._loop is not None  # noqa: S101 - start() set it
        try:
            connection = self._connect()
        except BaseException as error:
            self._loop.call_soon_threadsafe(opened.set_exception, error)
            return
        self._loop.call_soon_threadsafe(opened.set_result, None)
        try:
            while self._serve(connection):
                pass
        finally:
            connection.close()

    def _serve(self, connection: sqlite3.Connection) -> bool:
        first = self._queue.get()
        batch: list[_Pending] = []
        item: _Pending | None = first
        while item is not None:
            if item.withdrawn:
                item.error = asyncio.CancelledError()
                self._answer([item])
            else:
                batch.append(item)
            if len(batch) >= LARGEST_BATCH:
                break
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
        if batch:
            self._commit(connection, batch)
            self._answer(batch)
        return item is not None

    def _commit(self, connection: sqlite3.Connection, batch: list[_Pending]) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            for pending in batch:
                self._do(cursor, pending)
            cursor.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                cursor.execute("ROLLBACK")
            for pending in batch:
                pending.error = error
        finally:
            cursor.close()

    def _do(self, cursor: sqlite3.Cursor, pending: _Pending) -> None:
        cursor.execute("SAVEPOINT unit")
        try:
            pending.done = pending.job(cursor)
        except BaseException as error:
            # A full disk and the like end the whole transaction: then nobody's unit has happened.
            if not cursor.connection.in_transaction:
                raise
            cursor.execute("ROLLBACK TO unit")
            pending.error = error
        cursor.execute("RELEASE unit")

    def _answer(self, batch: list[_Pending]) -> None:
        assert self._loop is not None  # noqa: S101 - start() set it
        try:
            self._loop.call_soon_threadsafe(_resolve, batch)
        except RuntimeError:
            # The loop was closed without waiting: what is committed stays, and nobody asks any more.
            return


def _resolve(batch: list[_Pending]) -> None:
    for pending in batch:
        if pending.answer.done():
            continue
        if isinstance(pending.error, asyncio.CancelledError):
            pending.answer.cancel()
        elif pending.error is not None:
            pending.answer.set_exception(pending.error)
        else:
            pending.answer.set_result(pending.done)
