"""Doing jobs: a run that is cut off is done again, and what it wrote before is never written twice.

The unit that writes also notes that it did (see `guildshop.database.carried`): an import and its end, a row of a bulk
action and its mark, happen together or not at all. A run has a number, so that one whose process lost the lease of its
delivery can note nothing any more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import structlog

from guildshop.database import new_id
from guildshop.database.carried import carrying
from guildshop.database.tables import JobFile, JobRow, JobTable
from guildshop.errors import Refusal
from guildshop.events import Delivery
from guildshop.hookspecs import BulkAction, ImportKind
from guildshop.i18n import _, use_locale
from guildshop.importing import ImportResult, import_rows
from guildshop.isolation import failure
from guildshop.jobs.api import JobDue, JobState, LineState
from guildshop.jobs.reading import ReadingJobs
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.spreadsheets import read_content

if TYPE_CHECKING:
    from guildshop.database import Work

log = structlog.get_logger(__name__)

PAUSE = 1.0
"""Seconds between two notes of how far an import is."""
AT_ONCE = 200
MINE = "id = :id AND state = 'RUNNING' AND attempt = :attempt"
GOES_ON = f"{MINE} AND NOT stopping"

Result = TypeVar("Result")


class Halted(Exception):
    """Somebody stopped the job, or another process does it."""


@contextmanager
def _told_of(plugin: str, what: str) -> Iterator[None]:
    """Turn what a plugin raises besides refusals into one that names it."""
    try:
        yield
    except (Halted, Refusal):
        raise
    except Exception as error:
        raise failure(plugin, what, error) from error


class RunningJobs(ReadingJobs):
    """Doing what is due."""

    async def run(self, event: JobDue, delivery: Delivery) -> None:
        """Do a job, from its beginning or from where it was cut off."""
        row = await self._row(delivery.store, event.job)
        if row is None or row["state"] not in {JobState.WAITING, JobState.RUNNING}:
            return
        plugin, kind = self.kinds().get(row["kind"], ("", None))
        actor = _actor(row)
        with use_locale(row["language"]):
            try:
                attempt = await self._take(delivery, row)
                mine = {"id": event.job, "attempt": attempt}
                if kind is None or not self.app.stores.enabled(delivery.store, plugin):
                    told = _("The plugin that does this is switched off.")
                    await self._end(delivery, mine, JobState.FAILED, told)
                elif isinstance(kind, ImportKind):
                    await self._import_file(delivery, row, mine, plugin, kind, actor)
                else:
                    await self._act_on_all(delivery, row, mine, plugin, kind, actor)
            except Halted:
                await self._halted(delivery, event.job)

    # Imports

    async def _import_file(
        self,
        delivery: Delivery,
        row: Mapping[str, Any],
        mine: Mapping[str, Any],
        plugin: str,
        kind: ImportKind,
        actor: Actor,
    ) -> None:
        def written(work: Work) -> None:
            work.guard(
                JobTable,
                # How many were new is not known yet, and may never be: `_count_written` says it if it comes to that.
                set="state = 'DONE', done = total, written = NULL, finished = :now",
                where=GOES_ON,
                refusal=Halted(),
                **mine,
            )
            work.delete(JobFile, where="job = :id", id=mine["id"])

        along = _Along(self, delivery, mine)

        async def work() -> tuple[ImportResult, bool]:
            sheet = await self._sheet(row, kind)
            with carrying(written) as carried:
                result = await import_rows(actor, kind, sheet, dry_run=bool(row["dry_run"]), progress=along.progress)
            return result, carried.happened

        try:
            with _told_of(plugin, f"import {kind.name}"):
                result, happened = await along.watch(work())
        except Refusal as refusal:
            await self._end(delivery, mine, JobState.FAILED, refusal.message)
            return
        if happened:
            await self._count_written(delivery, mine["id"], result.written)
        else:
            await self._end_import(delivery, row, mine, result)

    async def _sheet(self, row: Mapping[str, Any], kind: ImportKind) -> Any:
        stored = await self.app.database.fetch_one(
            "SELECT content FROM job_file WHERE store = :store AND job = :job", store=row["store"], job=row["id"]
        )
        if stored is None:
            raise Refusal(_("The file is gone. Choose it again."))
        return await asyncio.to_thread(read_content, bytes(stored["content"]), row["file"], kind.columns, kind.required)

    async def _end_import(
        self, delivery: Delivery, row: Mapping[str, Any], mine: Mapping[str, Any], result: ImportResult
    ) -> None:
        """Note what came of an import that wrote nothing."""
        fine = JobState.READY if row["dry_run"] else JobState.DONE
        state = JobState.REFUSED if result.problems else fine
        async with delivery.work() as work:
            work.guard(
                JobTable,
                set="state = :state, done = total, bad = :bad, written = 0, finished = :now",
                where=GOES_ON,
                refusal=Halted(),
                state=state.value,
                bad=len(result.problems),
                **mine,
            )
            if state is not JobState.READY:
                work.delete(JobFile, where="job = :job", job=mine["id"])
            work.insert_many(
                JobRow,
                [
                    {
                        "id": new_id(),
                        "job": mine["id"],
                        "number": line,
                        "state": LineState.BAD.value,
                        "message": sentence,
                    }
                    for line, sentence in result.problems
                ],
            )

    async def _count_written(self, delivery: Delivery, key: UUID, written: int) -> None:
        async with delivery.work() as work:
            work.guard(JobTable, set="written = :written", where="id = :id AND state = 'DONE'", id=key, written=written)

    # Bulk actions

    async def _act_on_all(
        self,
        delivery: Delivery,
        row: Mapping[str, Any],
        mine: Mapping[str, Any],
        plugin: str,
        action: BulkAction,
        actor: Actor,
    ) -> None:
        arguments = json.loads(row["arguments"])
        while True:
            waiting = await self.app.database.fetch(
                "SELECT id, subject FROM job_row WHERE store = :store AND job = :job AND state = 'WAITING'"
                f" ORDER BY number LIMIT {AT_ONCE}",
                store=delivery.store,
                job=mine["id"],
            )
            if not waiting:
                break
            for one in waiting:
                act = partial(action.act, actor, one["subject"], arguments)
                await self._act(delivery, mine, one["id"], plugin, act)
        await self._end(delivery, mine, JobState.DONE)

    async def _act(
        self,
        delivery: Delivery,
        mine: Mapping[str, Any],
        key: UUID,
        plugin: str,
        act: Callable[[], Awaitable[object]],
    ) -> None:
        """Act on one row; what it writes and its mark happen together."""

        def over(work: Work, state: LineState = LineState.DONE, message: str = "") -> None:
            work.require(JobTable, where=GOES_ON, refusal=Halted(), **mine)
            work.guard(
                JobRow,
                set="state = :state, message = :message",
                where="id = :id AND state = 'WAITING'",
                refusal=Halted(),
                id=key,
                state=state.value,
                message=message,
            )

        try:
            with _told_of(plugin, "bulk action"), carrying(over) as carried:
                await act()
        except Refusal as refusal:
            async with self.app.work(delivery.actor) as work:
                over(work, LineState.BAD, refusal.message)
        else:
            if not carried.happened:
                async with self.app.work(delivery.actor) as work:
                    over(work)

    # Within

    async def _row(self, store: int, key: UUID) -> dict[str, Any] | None:
        return await self.app.database.fetch_one(
            "SELECT id, store, kind, state, dry_run, stopping, file, arguments, attempt, made_by, made_by_kind,"
            " made_by_id, permissions, language FROM job WHERE store = :store AND id = :id",
            store=store,
            id=key,
        )

    async def _take(self, delivery: Delivery, row: Mapping[str, Any]) -> int:
        """Make this run the only one that may note anything; return its number."""
        attempt = int(row["attempt"]) + 1
        async with self.app.work(delivery.actor) as work:
            work.guard(
                JobTable,
                set="state = 'RUNNING', attempt = :attempt, done = 0, bad = 0, message = :message, started = :now,"
                " finished = NULL",
                where="id = :id AND state IN ('WAITING', 'RUNNING') AND attempt = :seen AND NOT stopping",
                refusal=Halted(),
                id=row["id"],
                attempt=attempt,
                seen=row["attempt"],
                message=_("It was cut off and has begun again.") if row["state"] == JobState.RUNNING else "",
            )
        return attempt

    async def note(self, delivery: Delivery, mine: Mapping[str, Any], done: int, bad: int) -> None:
        """Note how far a run is; Halted when it is to go no further."""
        async with self.app.work(delivery.actor) as work:
            work.guard(
                JobTable,
                set="done = :done, bad = :bad",
                where=GOES_ON,
                refusal=Halted(),
                done=done,
                bad=bad,
                **mine,
            )

    async def over(self, delivery: Delivery, mine: Mapping[str, Any]) -> bool:
        """Tell whether this very run has noted that it is done."""
        row = await self._row(delivery.store, mine["id"])
        return row is not None and (row["state"], row["attempt"]) == (JobState.DONE, mine["attempt"])

    async def _end(self, delivery: Delivery, mine: Mapping[str, Any], state: JobState, message: str = "") -> None:
        async with delivery.work() as work:
            work.guard(
                JobTable,
                set="state = :state, message = :message, finished = :now",
                where=MINE,
                refusal=Halted(),
                state=state.value,
                message=message,
                **mine,
            )
            work.delete(JobFile, where="job = :job", job=mine["id"])

    async def _halted(self, delivery: Delivery, key: UUID) -> None:
        """Note that a job was stopped; one that another process does, or that is over, stays as it is."""
        async with self.app.work(delivery.actor) as work:
            work.guard(
                JobTable,
                set="state = 'STOPPED', finished = :now",
                where="id = :id AND state IN ('WAITING', 'RUNNING') AND stopping",
                rows=None,
                id=key,
            )
            work.delete(
                JobFile,
                where="job = :job AND job IN (SELECT id FROM job WHERE store = :store AND state = 'STOPPED')",
                job=key,
            )


class _Along:
    """Notes how far an import is while it runs, now and then, and ends it when it is to go no further."""

    def __init__(self, jobs: RunningJobs, delivery: Delivery, mine: Mapping[str, Any]) -> None:
        self._jobs = jobs
        self._delivery = delivery
        self._mine = mine
        self._done = self._bad = 0
        self._halted = False

    def progress(self, done: int, _total: int, bad: int = 0) -> None:
        """Take the numbers that the next note says."""
        self._done, self._bad = done, bad

    async def watch(self, work: Awaitable[Result]) -> Result:
        """Return what the work returns; Halted when it was ended."""
        running = asyncio.ensure_future(work)
        noting = asyncio.create_task(self._note(running), name="job-note")
        try:
            return await running
        except asyncio.CancelledError:
            if self._halted:
                raise Halted from None
            raise
        finally:
            noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)

    async def _note(self, running: asyncio.Future[Any]) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self._jobs.note(self._delivery, self._mine, self._done, self._bad)
            except Halted:
                # The import itself may have noted its end: then what it still does after that goes on.
                if not await self._jobs.over(self._delivery, self._mine):
                    self._halted = True
                    running.cancel()
                return
            except Exception as error:
                log.warning("job.note_failed", exc_info=error)


def _actor(row: Mapping[str, Any]) -> Actor:
    """Return who began a job, with what they were permitted then."""
    return Actor(
        ActorKind(row["made_by_kind"]),
        row["made_by_id"],
        row["made_by"],
        row["store"],
        frozenset(row["permissions"].split()),
        Origin.DELIVERY,
    )
