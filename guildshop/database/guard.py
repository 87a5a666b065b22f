"""The guard of the engine: no text that reaches a store's table runs without being bound to one store.

Every table of a store that a text names must carry `store = …`, joined to the rest by AND alone: a parameter or
number, or the `store` of another table that is bound itself. What is inserted must say its store. The guard reads a
text once and remembers which arguments must be the store in scope. What it does not understand it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from guildshop.database.guard_reader import Reading, read
from guildshop.database.scope import EVERY, current_store, peek_scope
from guildshop.database.sql_tokens import tokens_of
from guildshop.errors import ScopeError

_store_tables: set[str] = set()


def register_store_table(name: str) -> None:
    """Let the guard watch a table."""
    _store_tables.add(name.lower())
    _reading_of.cache_clear()


def check_piccolo(dialect: str, text: str, arguments: Sequence[Any]) -> None:
    """Raise ScopeError when a Piccolo query would reach rows of a store that is not in scope."""
    reading = _reading_of(dialect, text)
    if reading is None or peek_scope() == EVERY:
        return
    if reading.problem:
        raise ScopeError(reading.problem)
    store = current_store()
    for parameter in reading.parameters:
        if arguments[int(parameter)] != store:
            message = f"a query of store {arguments[int(parameter)]} was run while store {store} is in scope"
            raise ScopeError(message)
    _check_literals(reading, store)


def check_text(dialect: str, text: str, values: Mapping[str, Any]) -> None:
    """Raise ScopeError when a text of ours does not say which store's rows it reads, or means one not in scope.

    Where no store is in scope, the store that the text names is believed.
    """
    scope = peek_scope()
    if scope == EVERY:
        return
    reading = _reading_of(dialect, text)
    if reading is None:
        return
    if reading.problem:
        raise ScopeError(reading.problem)
    if scope is None:
        return
    for parameter in reading.parameters:
        if values.get(str(parameter)) != scope:
            message = f"a query of store {values.get(str(parameter))} was run while store {scope} is in scope"
            raise ScopeError(message)
    _check_literals(reading, scope)


def check_unit_text(text: str) -> None:
    """Raise ScopeError when a statement of a Work could reach beyond `:store`, its own store."""
    reading = _reading_of("postgres", text)
    if reading is None:
        return
    if reading.problem:
        raise ScopeError(reading.problem)
    if reading.literals or any(parameter != "store" for parameter in reading.parameters):
        message = f"a Work reaches its own store's rows only, as :store: {text}"
        raise ScopeError(message)


def _check_literals(reading: Reading, store: int) -> None:
    for literal in reading.literals:
        if literal != store:
            message = f"a query of store {literal} was run while store {store} is in scope"
            raise ScopeError(message)


@lru_cache(maxsize=4096)
def _reading_of(dialect: str, text: str) -> Reading | None:
    lowered = text.lower()
    if not any(name in lowered for name in _store_tables):
        return None
    return read(tokens_of(dialect, text), frozenset(_store_tables))
