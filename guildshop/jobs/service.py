"""Beginning, starting and stopping jobs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.database.tables import JobFile, JobRow, JobTable
from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.hookspecs import ImportKind, Listener
from guildshop.i18n import _, current_language, grouped
from guildshop.jobs.api import BULK, IMPORT, Job, JobDue, JobForgotten, JobState, LineState
from guildshop.jobs.running import RunningJobs
from guildshop.permissions import Actor
from guildshop.spreadsheets import read_content

if TYPE_CHECKING:
    from guildshop.database import Work

KEPT = timedelta(days=30)
LONGEST = 3 * 3600.0
"""Seconds that one run may take."""
MOST_BYTES = 32 * 1024 * 1024
MOST_SUBJECTS = 50_000
LONGEST_NAME = 200


class Jobs(RunningJobs):
    """The jobs of all stores: what `app.jobs` is."""

    def listeners(self) -> list[Listener]:
        """Return who does what is due."""
        return [
            Listener(JobDue, "kernel.job", self.run, seconds=LONGEST),
            Listener(JobForgotten, "kernel.job_forgotten", self.forget),
        ]

    async def begin_import(self, actor: Actor, name: str, content: bytes, file: str) -> Job:
        """Begin to look at the rows of a file; nothing of it is written before `start`.

        Invalid says in one sentence why it is no such file.
        """
        kind = self._import(actor, name)
        shown = _file_name(file)
        if len(content) > MOST_BYTES:
            raise Invalid.field(
                "file",
                _("{path} has {size} MiB, more than the {limit} MiB that one import takes. Split it.").format(
                    path=shown, size=-(-len(content) // 2**20), limit=MOST_BYTES // 2**20
                ),
            )
        sheet = await asyncio.to_thread(read_content, content, shown, kind.columns, kind.required)
        total = len(sheet.rows) + len(sheet.problems)
        if not total:
            raise Invalid.field("file", _("{path} has no rows below its header.").format(path=shown))
        key, digest = new_id(), hashlib.sha256(content).hexdigest()
        async with self.app.work(actor) as work:
            self._insert(work, key, f"{IMPORT}{name}", total, file=shown, digest=digest)
            work.insert(JobFile, id=new_id(), job=key, content=content)
            work.record(JobDue(key, IMPORT))
        return await self.get(actor, key)

    async def begin_bulk(
        self, actor: Actor, name: str, subjects: Sequence[tuple[UUID, str]], arguments: Mapping[str, str]
    ) -> Job:
        """Write down what a bulk action is to be done to, each with what it is called; `start` does it."""
        kind = f"{BULK}{name}"
        if kind not in self.visible(actor):
            self._refuse(actor, kind)
        if not subjects:
            raise Invalid(_("There is nothing that fits. Change the filter."))
        if len(subjects) > MOST_SUBJECTS:
            raise Invalid(
                _("More than {most} fit, the most that are changed at once. Narrow the filter.").format(
                    most=grouped(MOST_SUBJECTS)
                )
            )
        key = new_id()
        async with self.app.work(actor) as work:
            self._insert(work, key, kind, len(subjects), arguments=arguments)
            work.insert_many(
                JobRow,
                [
                    {
                        "id": new_id(),
                        "job": key,
                        "number": number,
                        "subject": subject,
                        "label": label[:100],
                        "state": LineState.WAITING.value,
                    }
                    for number, (subject, label) in enumerate(subjects, 1)
                ],
            )
        return await self.get(actor, key)

    async def start(self, actor: Actor, key: UUID) -> Job:
        """Begin to do what was looked at, in the name of whoever starts it; of two at once, one is told."""
        job = await self.get(actor, key)
        async with self.app.work(actor) as work:
            work.guard(
                JobTable,
                set="state = 'WAITING', dry_run = FALSE, done = 0, made_by = :made_by, made_by_kind = :made_by_kind,"
                " made_by_id = :made_by_id, permissions = :permissions, language = :language",
                where="id = :id AND state = 'READY'",
                refusal=Refusal(_("This was started or discarded already.")),
                conflict=_same_file(),
                id=key,
                **_by(actor),
            )
            work.record(JobDue(key, IMPORT if job.is_import else str(key)))
            work.audit("job.start", subject="job", subject_id=key, after={"kind": job.kind, "rows": job.total})
        return await self.get(actor, key)

    async def stop(self, actor: Actor, key: UUID) -> Job:
        """Stop a job, or throw away one that was not started; refused once it is over."""
        job = await self.get(actor, key)
        over = Refusal(_("This is over already: it can be stopped no more."))
        async with self.app.work(actor) as work:
            if job.state is JobState.RUNNING:
                work.guard(
                    JobTable, set="stopping = TRUE", where="id = :id AND state = 'RUNNING'", refusal=over, id=key
                )
            else:
                work.guard(
                    JobTable,
                    set="state = 'STOPPED', finished = :now",
                    where="id = :id AND state IN ('READY', 'WAITING')",
                    refusal=over,
                    id=key,
                )
                work.delete(JobFile, where="job = :job", job=key)
            work.audit("job.stop", subject="job", subject_id=key, after={"kind": job.kind})
        return await self.get(actor, key)

    async def forget(self, event: JobForgotten, delivery: Delivery) -> None:
        """Delete a job that has been kept long enough."""
        row = await self._row(delivery.store, event.job)
        if row is not None and JobState(row["state"]) in {JobState.WAITING, JobState.RUNNING}:
            raise DeliveryPostponed(self.app.now() + timedelta(days=1), "the job is still at work")
        async with delivery.work() as work:
            for table in (JobRow, JobFile):
                work.delete(table, where="job = :job", job=event.job)
            work.delete(JobTable, where="id = :job", job=event.job)

    # Within

    def _import(self, actor: Actor, name: str) -> ImportKind:
        kind = f"{IMPORT}{name}"
        found = self.visible(actor).get(kind)
        if not isinstance(found, ImportKind):
            self._refuse(actor, kind)
            raise NotFound(_("There is no such page."))
        return found

    def _refuse(self, actor: Actor, kind: str) -> None:
        plugin, found = self.kinds().get(kind, ("", None))
        if found is None:
            raise NotFound(_("There is no such page."))
        actor.require(found.permission)
        raise NotFound(_("{plugin} is switched off in this store.").format(plugin=_(self.app.plugins[plugin].title)))

    def _insert(
        self,
        work: Work,
        key: UUID,
        kind: str,
        total: int,
        *,
        file: str = "",
        digest: str = "",
        arguments: Mapping[str, str] | None = None,
    ) -> None:
        state = JobState.WAITING if digest else JobState.READY
        work.insert(
            JobTable,
            conflict=_same_file(),
            id=key,
            kind=kind,
            state=state.value,
            dry_run=True,
            file=file,
            digest=digest,
            arguments=json.dumps(dict(arguments or {})),
            total=total,
            **_by(work.actor),
            created=work.now,
        )
        work.record(JobForgotten(key), due=work.now + KEPT)


def _by(actor: Actor) -> dict[str, Any]:
    """Return in whose name a job is done, and in which language it speaks."""
    return {
        "made_by": actor.name[:200],
        "made_by_kind": actor.kind.value,
        "made_by_id": actor.id[:100],
        "permissions": " ".join(sorted(actor.permissions)),
        "language": current_language(),
    }


def _same_file() -> Refusal:
    return Refusal(
        _("This very file is being worked on already. Wait until that is over, then look at what came of it.")
    )


def _file_name(file: str) -> str:
    """Return what a file was called on somebody's computer, without the folders that some browsers tell."""
    name = "".join(sign for sign in file.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return name[-LONGEST_NAME:] or "file.csv"
