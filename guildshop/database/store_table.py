"""StoreTable: the base of every table whose rows belong to a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, TypeVar, cast

from piccolo.columns import BigInt, Column, ForeignKey, Selectable
from piccolo.query.methods.count import Count
from piccolo.query.methods.delete import Delete
from piccolo.query.methods.exists import Exists
from piccolo.query.methods.insert import Insert
from piccolo.query.methods.objects import Objects
from piccolo.query.methods.select import Select
from piccolo.query.methods.update import Update
from piccolo.table import TABLE_REGISTRY, Table

from guildshop.database import scoped_queries as scoped
from guildshop.database.guard import register_store_table
from guildshop.errors import LoadError, ScopeError

Row = TypeVar("Row", bound="StoreTable")


class StoreTable(Table):
    """A table of a store: every query on it sees and touches the rows of the store in scope only.

    The store is the one in scope when the query runs. Without one a query is a ScopeError, never all rows.
    """

    scoped_by_store: ClassVar[bool] = True
    _names: ClassVar[frozenset[str]] = frozenset()

    store = BigInt(default=0)
    """0 until the row is inserted."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Set the table up and let the guard watch it."""
        super().__init_subclass__(**options)
        name = cls._meta.tablename
        if any(table._meta.tablename == name and not issubclass(table, StoreTable) for table in TABLE_REGISTRY):
            # The guard would hold the other table's queries to a store as well.
            message = f"the table {name} belongs to Guildshop itself; call {cls.__qualname__} differently"
            raise LoadError(message)
        StoreTable._names = StoreTable._names | {name}
        register_store_table(name)

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names of all tables of stores."""
        return StoreTable._names

    @classmethod
    def select(cls, *columns: Selectable | str, exclude_secrets: bool = False) -> Select[Any]:
        """Select from the rows of the store in scope."""
        chosen = cls._process_column_args(*columns)
        return scoped.ScopedSelect(table=cls, columns_list=chosen, exclude_secrets=exclude_secrets)

    @classmethod
    def objects(cls: type[Row], *prefetch: ForeignKey[Any] | list[ForeignKey[Any]]) -> Objects[Row]:
        """Return objects of the store in scope."""
        return cast("Objects[Row]", scoped.ScopedObjects(table=cls, prefetch=prefetch))

    @classmethod
    def count(cls, column: Column | None = None, distinct: Sequence[Column] | None = None) -> Count:
        """Count rows of the store in scope."""
        return scoped.ScopedCount(table=cls, column=column, distinct=distinct)

    @classmethod
    def exists(cls) -> Exists[Any]:
        """Look for rows of the store in scope."""
        return scoped.ScopedExists(table=cls)

    @classmethod
    def update(
        cls, values: Any = None, force: bool = False, use_auto_update: bool = True, **columns: Any
    ) -> Update[Any]:
        """Change rows of the store in scope."""
        assigned = {**(values or {}), **columns}
        if use_auto_update and cls._meta.auto_update_columns:
            assigned.update(cls._meta.get_auto_update_values())
        return scoped.ScopedUpdate(table=cls, force=force).values(assigned)

    @classmethod
    def delete(cls, force: bool = False) -> Delete:
        """Delete rows of the store in scope."""
        return scoped.ScopedDelete(table=cls, force=force)

    @classmethod
    def insert(cls: type[Row], *rows: Row) -> Insert[Row]:
        """Insert rows into the store in scope."""
        query = scoped.ScopedInsert(table=cls).returning(cls._meta.primary_key)
        return cast("Insert[Row]", query.add(*rows) if rows else query)

    @classmethod
    def alter(cls) -> NoReturn:
        """Refuse: the schema is changed by migrations."""
        message = f"the table {cls._meta.tablename} is changed by a migration only"
        raise ScopeError(message)
