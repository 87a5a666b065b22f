"""Jobs are tried with a plugin of their own, whose import and bulk action a test can hold and let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Refusal
from guildshop.hookspecs import BulkAction, ImportKind, ImportReport, ProgressCallback, hookimpl
from guildshop.loading import Plugin, Plugins
from guildshop.permissions import MANAGER, Actor, Permission
from guildshop.testing import Clock

REFUSED, NOTHING_TO_DO = 7, 9
"""Last digits of subjects that are refused, and of those on which nothing is to be done."""


@dataclass
class Hold:
    """A place where the work waits until the test lets it go; unless it is `closed`, it waits for nothing."""

    closed: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def here(self) -> None:
        """Wait, if the test wants that."""
        if self.closed:
            self.reached.set()
            await self.opened.wait()


class Notes(Plugin):
    """Takes files of notes, one a row, into the audit log; a note that says bad is bad."""

    name = "notes"
    title = "Notes"

    def __init__(self) -> None:
        self.checking, self.writing, self.written_all, self.acting = Hold(), Hold(), Hold(), Hold()

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        self.app = app
        return [Permission("note.update", "Write notes", frozenset({MANAGER}))]

    @hookimpl
    def register_imports(self, app: App) -> list[ImportKind]:
        columns = {"text": "What it says.", "more": "Whatever."}
        return [ImportKind("notes", columns, frozenset({"text"}), self.run, "note.update")]

    @hookimpl
    def register_bulk_actions(self, app: App) -> list[BulkAction]:
        return [BulkAction("notes.stamp", "Stamp", "note.update", self.stamp)]

    async def run(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        actor.require("note.update")
        problems = []
        for number, row in enumerate(rows, 1):
            if row["text"] == "bad":
                problems.append((number, "This one is bad."))
            if row["text"] == "break":
                message = "broken on purpose"
                raise RuntimeError(message)
            progress(number, len(rows), len(problems))
            if 2 * number == len(rows):
                await self.checking.here()
        if problems or dry_run:
            return ImportReport(len(rows), 0, problems)
        async with self.app.work(actor) as work:
            for row in rows:
                work.audit("note.write", subject="note", note=row["text"])
            await self.writing.here()
        await self.written_all.here()
        return ImportReport(len(rows), len(rows))

    async def stamp(self, actor: Actor, subject: UUID, given: Mapping[str, str]) -> None:
        actor.require("note.update")
        if subject.int % 10 == REFUSED:
            message = f"{subject.int} is not stamped."
            raise Refusal(message)
        if subject.int % 10 == NOTHING_TO_DO:
            return
        async with self.app.work(actor) as work:
            work.audit("note.write", subject="note", note=f"{given['ink']} {subject.int}")
        await self.acting.here()

    async def written(self, store: int) -> list[str]:
        """Return the notes of a store in their order."""
        rows = await self.app.database.fetch(
            "SELECT note FROM audit_entry WHERE store = :store AND action = 'note.write' ORDER BY id", store=store
        )
        return [row["note"] for row in rows]


@pytest.fixture
def notes() -> Notes:
    """The plugin, to be held."""
    return Notes()


@pytest.fixture
async def app(database_url: str, clock: Clock, notes: Notes) -> AsyncIterator[App]:
    """An opened application with that plugin."""
    async with await App.open(Settings(), plugins=Plugins([notes]), database_url=database_url) as opened:
        opened.clock = clock
        yield opened
