"""What the first unit inside a block takes along, so that long work and the note that it is done happen together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guildshop.database.work import Work


@dataclass(slots=True)
class Carried:
    """What is added to a Work, and whether a Work with it has happened."""

    add: Callable[[Work], None]
    happened: bool = False


_carried: ContextVar[Carried | None] = ContextVar("guildshop_carried", default=None)


@contextmanager
def carrying(add: Callable[[Work], None]) -> Iterator[Carried]:
    """Let `add` put something into each Work that is opened inside, until one of them has happened."""
    carried = Carried(add)
    token = _carried.set(carried)
    try:
        yield carried
    finally:
        _carried.reset(token)


def open_carried() -> Carried | None:
    """Return what the next Work has to take along."""
    carried = _carried.get()
    return None if carried is None or carried.happened else carried
