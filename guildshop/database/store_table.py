"""StoreTable: the base of every table whose rows belong to a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from piccolo.columns import BigInt, Column, ForeignKey, Selectable
from piccolo.query import Count, Delete, Exists, Insert, Objects, Select, Update
from piccolo.table import Table

from guildshop.database.scope import EVERY, current_store, peek_scope

Row = TypeVar("Row", bound="StoreTable")


class StoreTable(Table):
    """A table of a store: every query on it sees and touches the rows of the store in scope only."""

    scoped_by_store: ClassVar[bool] = True

    store = BigInt(default=None, null=False, index=False)

    @classmethod
    def select(cls, *columns: Selectable | str, exclude_secrets: bool = False) -> Select:
        """Select from the rows of the store in scope."""
        return _scoped(cls, super().select(*columns, exclude_secrets=exclude_secrets))

    @classmethod
    def objects(cls: type[Row], *prefetch: ForeignKey | list[ForeignKey]) -> Objects[Row]:
        """Return objects of the store in scope."""
        return _scoped(cls, super().objects(*prefetch))

    @classmethod
    def count(cls, column: Column | None = None, distinct: Sequence[Column] | None = None) -> Count:
        """Count rows of the store in scope."""
        return _scoped(cls, super().count(column, distinct))

    @classmethod
    def exists(cls) -> Exists:
        """Look for rows of the store in scope."""
        return _scoped(cls, super().exists())

    @classmethod
    def update(cls, values: Any = None, force: bool = False, use_auto_update: bool = True, **named: Any) -> Update:
        """Change rows of the store in scope."""
        return _scoped(cls, super().update(values, force=force, use_auto_update=use_auto_update, **named))

    @classmethod
    def delete(cls, force: bool = False) -> Delete:
        """Delete rows of the store in scope."""
        return _scoped(cls, super().delete(force=force))

    @classmethod
    def insert(cls: type[Row], *rows: Row) -> Insert[Row]:
        """Insert rows into the store in scope."""
        for row in rows:
            if row.store is None:
                row.store = current_store()
        return super().insert(*rows)


Q = TypeVar("Q", bound=Any)


def _scoped(table: type[StoreTable], query: Q) -> Q:
    return query if peek_scope() == EVERY else query.where(table.store == current_store())
