"""Reading jobs: each is seen by whoever may do what it does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.hookspecs import BulkAction, ImportKind
from guildshop.i18n import _
from guildshop.jobs.api import BULK, IMPORT, Job, JobLine, JobState, LineState
from guildshop.permissions import Actor

if TYPE_CHECKING:
    from guildshop.app import App

COLUMNS = (
    "id, store, kind, state, dry_run, stopping, file, digest, arguments, total, done, bad, written, attempt,"
    " message, made_by, created, started, finished"
)
SHOWN = 200


class ReadingJobs:
    """Jobs of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    def kinds(self) -> Mapping[str, tuple[str, ImportKind | BulkAction]]:
        """Return what there is to do, each with its plugin, by the kind of its jobs."""
        imports = {
            f"{IMPORT}{kind.name}": (plugin, kind)
            for plugin, found in self.app.hooks("register_imports")
            for kind in found
        }
        actions = {
            f"{BULK}{action.name}": (plugin, action)
            for plugin, found in self.app.hooks("register_bulk_actions")
            for action in found
        }
        return {**imports, **actions}

    def visible(self, actor: Actor) -> Mapping[str, ImportKind | BulkAction]:
        """Return what the actor may do, by the kind of its jobs, where its plugin is on."""
        return {
            name: kind
            for name, (plugin, kind) in self.kinds().items()
            if actor.may(kind.permission) and self.app.stores.enabled(actor.store, plugin)
        }

    async def get(self, actor: Actor, key: UUID) -> Job:
        """Return a job with how far it is."""
        row = await self.app.database.fetch_one(
            f"SELECT {COLUMNS} FROM job WHERE store = :store AND id = :id", store=actor.store, id=key
        )
        found = None if row is None else self.kinds().get(row["kind"])
        if row is None or found is None:
            raise NotFound(_("There is no such import or bulk change. They are kept for 30 days."))
        actor.require(found[1].permission)
        (job,) = await self._jobs(actor.store, [row])
        return job

    async def latest(self, actor: Actor, kind: str = "", limit: int = 50) -> Sequence[Job]:
        """Return the latest jobs that the actor may see, of one kind or of all, newest first."""
        kinds = [name for name in self.visible(actor) if kind in {"", name}]
        if not kinds:
            return []
        rows = await self.app.database.fetch(
            f"SELECT {COLUMNS} FROM job WHERE store = :store AND kind IN :kinds ORDER BY created DESC, id DESC"
            " LIMIT :limit",
            store=actor.store,
            kinds=kinds,
            limit=limit,
        )
        return await self._jobs(actor.store, rows)

    async def same_file(self, actor: Actor, job: Job) -> Job | None:
        """Return the latest job that wrote the same file before."""
        if not job.digest:
            return None
        rows = await self.app.database.fetch(
            f"SELECT {COLUMNS} FROM job WHERE store = :store AND kind = :kind AND digest = :digest AND state = 'DONE'"
            " AND id <> :id ORDER BY created DESC, id DESC LIMIT 1",
            store=actor.store,
            kind=job.kind,
            digest=job.digest,
            id=job.id,
        )
        return next(iter(await self._jobs(actor.store, rows)), None)

    async def bad_lines(self, actor: Actor, key: UUID, limit: int = SHOWN) -> Sequence[JobLine]:
        """Return the rows that something is wrong with, in their order."""
        await self.get(actor, key)
        rows = await self.app.database.fetch(
            "SELECT number, label, state, message FROM job_row WHERE store = :store AND job = :job AND state = 'BAD'"
            " ORDER BY number LIMIT :limit",
            store=actor.store,
            job=key,
            limit=limit,
        )
        return [JobLine(row["number"], row["label"], LineState(row["state"]), row["message"]) for row in rows]

    async def _jobs(self, store: int, rows: Sequence[Mapping[str, Any]]) -> list[Job]:
        if not rows:
            return []
        counted = await self.app.database.fetch(
            "SELECT job, state, COUNT(*) AS found FROM job_row WHERE store = :store AND job IN :jobs"
            " GROUP BY job, state",
            store=store,
            jobs=[row["id"] for row in rows if row["kind"].startswith(BULK)],
        )
        counts = {(one["job"], LineState(one["state"])): int(one["found"]) for one in counted}
        return [_job(row, counts) for row in rows]


def _job(row: Mapping[str, Any], counts: Mapping[tuple[UUID, LineState], int]) -> Job:
    bad, done = (counts.get((row["id"], state), 0) for state in (LineState.BAD, LineState.DONE))
    own = {
        "state": JobState(row["state"]),
        "dry_run": bool(row["dry_run"]),
        "stopping": bool(row["stopping"]),
        "arguments": json.loads(row["arguments"]),
    }
    if row["kind"].startswith(BULK):
        own |= {"done": done + bad, "bad": bad, "written": done}
    return Job(**{**row, **own})
