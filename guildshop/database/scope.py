"""Which store the current task acts in. Only the edges set it; without it no store's rows can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from guildshop.errors import ScopeError

EVERY: Final = -1
"""The scope of the kernel's own work across stores."""

_scope: ContextVar[int | None] = ContextVar("guildshop_store", default=None)


def current_store() -> int:
    """Return the store in scope; ScopeError when there is none, or when it is every store."""
    store = _scope.get()
    if store is None:
        message = "No store is in scope: the edge that was entered by must call set_store() or use scope()."
        raise ScopeError(message)
    if store == EVERY:
        message = "Every store is in scope, where one is needed: enter it by scope(store)."
        raise ScopeError(message)
    return store


def peek_scope() -> int | None:
    """Return the store in scope, `EVERY`, or None."""
    return _scope.get()


def set_store(store: int) -> None:
    """Act in this store for the rest of the current task."""
    _scope.set(store)


@contextmanager
def scope(store: int) -> Iterator[None]:
    """Act in this store inside the block."""
    token = _scope.set(store)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def every_store() -> Iterator[None]:
    """Reach the rows of every store inside the block: for the kernel's dispatcher, timers and doctor only."""
    token = _scope.set(EVERY)
    try:
        yield
    finally:
        _scope.reset(token)
