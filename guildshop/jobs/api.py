"""Jobs as others see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from guildshop.events import Event

IMPORT = "import."
BULK = "bulk."


class JobState(StrEnum):
    """How a job stands."""

    WAITING = "WAITING"
    """Begun, and its turn comes."""
    RUNNING = "RUNNING"
    READY = "READY"
    """Looked at, nothing is wrong and nothing is done: somebody may start it."""
    DONE = "DONE"
    REFUSED = "REFUSED"
    """An import with bad rows: nothing was written."""
    FAILED = "FAILED"
    """An import that broke off: nothing was written."""
    STOPPED = "STOPPED"
    """Somebody stopped it: of an import nothing was written, of a bulk action what was done stays."""


GOING = frozenset({JobState.WAITING, JobState.RUNNING})


class LineState(StrEnum):
    """How one row stands."""

    WAITING = "WAITING"
    DONE = "DONE"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Job:
    """One import or bulk action. Times are UTC; `done` counts rows looked at, or acted on."""

    id: UUID
    store: int
    kind: str
    state: JobState
    dry_run: bool
    stopping: bool
    file: str
    digest: str
    arguments: Mapping[str, str]
    total: int
    done: int
    bad: int
    written: int | None
    attempt: int
    message: str
    made_by: str
    created: datetime
    started: datetime | None
    finished: datetime | None

    @property
    def going(self) -> bool:
        """Whether it is still at work, or about to be."""
        return self.state in GOING

    @property
    def name(self) -> str:
        """The name of the import kind or of the bulk action."""
        return self.kind.partition(".")[2]

    @property
    def is_import(self) -> bool:
        """Whether it takes a file, all of it or nothing; else it acts on each row by itself."""
        return self.kind.startswith(IMPORT)


@dataclass(frozen=True, slots=True)
class JobLine:
    """A row of a job: its number (of an import the line in the file), what it is about, and what is wrong with it."""

    number: int
    label: str
    state: LineState
    message: str


@dataclass(frozen=True, slots=True)
class JobDue(Event):
    """A job is to be done. Imports of a store are done one after another, bulk actions each by itself."""

    job: UUID
    chain: str

    @property
    def key(self) -> str:
        """What it waits for."""
        return self.chain


@dataclass(frozen=True, slots=True)
class JobForgotten(Event):
    """A job has been kept long enough."""

    timed: ClassVar[bool] = True
    job: UUID
