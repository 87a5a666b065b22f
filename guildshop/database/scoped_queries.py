"""Piccolo's queries, bound to the store in scope at the moment they run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from piccolo.columns.combination import And, WhereRaw
from piccolo.custom_types import Combinable
from piccolo.query.methods.count import Count
from piccolo.query.methods.delete import Delete
from piccolo.query.methods.exists import Exists
from piccolo.query.methods.insert import Insert
from piccolo.query.methods.objects import Objects
from piccolo.query.methods.select import Select
from piccolo.query.methods.update import Update
from piccolo.query.mixins import OnConflictAction, WhereDelegate
from piccolo.querystring import QueryString

from guildshop.database.scope import EVERY, current_store, peek_scope
from guildshop.errors import ScopeError

if TYPE_CHECKING:
    from guildshop.database.store_table import StoreTable

_JOIN = re.compile(
    r'LEFT JOIN "?(?P<table>[^\s"]+)"? "(?P<alias>[^"]+)" ON \((?P<left>"?[^\s"]+"?)\.(?P<key>"[^"]+") = [^)]+\)'
)


@contextmanager
def _only_this_store(table: type[StoreTable], delegate: WhereDelegate) -> Iterator[None]:
    """Let the query ask for the store in scope while its SQL is made."""
    if peek_scope() == EVERY:
        yield
        return
    asked = delegate._where
    delegate._where = _bound(table, asked)
    try:
        yield
    finally:
        delegate._where = asked


def _bound(table: type[StoreTable], asked: Combinable | None) -> Combinable:
    condition = table.store == current_store()
    if asked is None:
        return condition
    if isinstance(asked, WhereRaw):
        # A raw OR must not reach beyond its own brackets.
        asked = WhereRaw("({})", asked.querystring)
    return And(condition, asked)


def _bind_joins(querystring: QueryString, store_tables: frozenset[str]) -> QueryString:
    """Join rows of the same store only; a row that points into another store finds nothing there."""
    for part in (querystring, *(argument for argument in querystring.args if isinstance(argument, QueryString))):
        if "LEFT JOIN" in part.template:
            bound = frozenset(
                {match["alias"] for match in _JOIN.finditer(part.template) if match["table"] in store_tables}
            )
            part.template = _JOIN.sub(partial(_bind_join, store_tables, bound | store_tables), part.template)
    return querystring


def _bind_join(store_tables: frozenset[str], bound: frozenset[str], match: re.Match[str]) -> str:
    left = match["left"].strip('"')
    if match["table"] not in store_tables or left not in bound:
        return match.group()
    return match.group()[:-1] + f' AND "{match["alias"]}"."store" = "{left}"."store")'


def _store_tables() -> frozenset[str]:
    from guildshop.database.store_table import StoreTable

    return StoreTable.names()


class ScopedSelect(Select[Any]):
    """SELECT from the rows of the store in scope."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL, bound to the store."""
        with _only_this_store(self.table, self.where_delegate):
            made = super().default_querystrings
        return [_bind_joins(querystring, _store_tables()) for querystring in made]


class ScopedObjects(Objects[Any]):
    """Objects of the store in scope."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL, bound to the store."""
        with _only_this_store(self.table, self.where_delegate):
            made = super().default_querystrings
        return [_bind_joins(querystring, _store_tables()) for querystring in made]


class ScopedCount(Count):
    """A count of rows of the store in scope; it is made of a ScopedSelect."""

    __slots__ = ()


class ScopedExists(Exists[Any]):
    """Whether the store in scope has such a row."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL, bound to the store."""
        with _only_this_store(self.table, self.where_delegate):
            made = super().default_querystrings
        return [_bind_joins(querystring, _store_tables()) for querystring in made]


class ScopedUpdate(Update[Any]):
    """UPDATE of rows of the store in scope, which stay in it."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL, bound to the store; ScopeError when it would move rows to another one."""
        if peek_scope() != EVERY:
            for column, value in self.values_delegate._values.items():
                if column._meta.name == "store" and value != current_store():
                    message = f"rows of {self.table._meta.tablename} cannot move to store {value}"
                    raise ScopeError(message)
        with _only_this_store(self.table, self.where_delegate):
            return super().default_querystrings


class ScopedDelete(Delete):
    """DELETE of rows of the store in scope."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL, bound to the store."""
        with _only_this_store(self.table, self.where_delegate):
            return super().default_querystrings


class ScopedInsert(Insert[Any]):
    """INSERT into the store in scope."""

    __slots__ = ()

    @property
    def default_querystrings(self) -> Sequence[QueryString]:
        """Return the SQL; rows without a store get the one in scope, rows of another one are a ScopeError."""
        if peek_scope() == EVERY:
            return super().default_querystrings
        store = current_store()
        for row in self.add_delegate._add:
            given = row["store"]
            if not given:
                row["store"] = store
            elif given != store:
                message = f"a row of store {given} was to be inserted while store {store} is in scope"
                raise ScopeError(message)
        for item in self.on_conflict_delegate._on_conflict.on_conflict_items:
            if item.action == OnConflictAction.do_update:
                item.where = _bound(self.table, item.where)
        return super().default_querystrings
