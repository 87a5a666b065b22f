"""The operations a Work is made of, with their SQL compiled once for each shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from piccolo.columns import column_types
from piccolo.columns.base import Column
from piccolo.table import Table

from guildshop.database.guard import check_unit_text
from guildshop.database.keys import new_id
from guildshop.database.templates import Template, parse
from guildshop.database.values import encode
from guildshop.errors import NotFound
from guildshop.i18n import _

STORE = "store"

# Subclasses first.
_POSTGRES_TYPES: tuple[tuple[type[Column], str], ...] = (
    (column_types.JSONB, "jsonb"),
    (column_types.JSON, "json"),
    (column_types.Boolean, "boolean"),
    (column_types.UUID, "uuid"),
    (column_types.Timestamptz, "timestamptz"),
    (column_types.Timestamp, "timestamp"),
    (column_types.Date, "date"),
    (column_types.Bytea, "bytea"),
    (column_types.Numeric, "numeric"),
    (column_types.DoublePrecision, "double precision"),
    (column_types.Real, "real"),
    (column_types.BigInt, "bigint"),
    (column_types.SmallInt, "smallint"),
    (column_types.Integer, "integer"),
    (column_types.Text, "text"),
    (column_types.Varchar, "varchar"),
)


def postgres_type(column: Column) -> str:
    """Return the PostgreSQL type of a Piccolo column."""
    if isinstance(column, column_types.ForeignKey):
        return postgres_type(column._foreign_key_meta.resolved_references._meta.primary_key)
    for kind, name in _POSTGRES_TYPES:
        if isinstance(column, kind):
            return name
    message = f"a Work cannot write {type(column).__name__} columns: {column._meta.name}"
    raise TypeError(message)


def is_scoped(table: type[Table]) -> bool:
    """Tell whether the table belongs to stores."""
    return bool(getattr(table, "scoped_by_store", False))


@dataclass(frozen=True, slots=True, eq=False)
class InsertShape:
    """An INSERT of certain columns of a table; the other columns get Piccolo's defaults."""

    table: type[Table]
    columns: tuple[str, ...]
    sqlite: str
    types: tuple[str, ...]
    defaults: tuple[tuple[str, Column], ...]
    position: Mapping[str, int]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table._meta.tablename

    @property
    def target(self) -> str:
        """The table and its columns, as after INSERT INTO."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        return f'"{self.name}" ({columns})'


@lru_cache(maxsize=2048)
def insert_shape(table: type[Table], given: tuple[str, ...]) -> InsertShape:
    """Return the shape of an INSERT that is given these columns; ValueError when the table has no such one."""
    known = {column._meta.name: column for column in table._meta.columns}
    for name in given:
        if name not in known:
            message = f"the table {table._meta.tablename} has no column {name}"
            raise ValueError(message)
    rest = [name for name in known if name not in given and not isinstance(known[name], column_types.Serial)]
    for name in rest:
        if known[name]._meta.required:
            message = f"the column {name} of {table._meta.tablename} must be given"
            raise ValueError(message)
    names = (*given, *rest)
    columns = tuple(known[name]._meta.db_column_name for name in names)
    marks = ", ".join("?" * len(columns))
    quoted = ", ".join(f'"{column}"' for column in columns)
    return InsertShape(
        table=table,
        columns=columns,
        sqlite=f'INSERT INTO "{table._meta.tablename}" ({quoted}) VALUES ({marks})',
        types=tuple(postgres_type(known[name]) for name in names),
        defaults=tuple((name, known[name]) for name in rest),
        position={name: index for index, name in enumerate(names)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class ChangeShape:
    """An UPDATE, a DELETE or a check that a row exists."""

    kind: str
    table: type[Table]
    template: Template
    sqlite: str
    postgres: str
    key_name: str | None
    """The parameter that holds the primary key, when the text pins the row down by it."""
    reads_others: bool
    """Whether it contains a SELECT, so that it may depend on other rows of the unit."""

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table._meta.tablename

    def postgres_from(self, first: int) -> str:
        """Return the PostgreSQL text with its parameters numbered from `first`."""
        return self.template.postgres(first)


_SELECTS = re.compile(r"\bSELECT\b", re.IGNORECASE)
_OR = re.compile(r"\bOR\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def change_shape(kind: str, table: type[Table], where: str, assignments: str = "") -> ChangeShape:
    """Return the shape of `kind` ("update", "delete" or "require") on the rows of a table that `where` names."""
    name = table._meta.tablename
    condition = f'"{name}"."{STORE}" = :{STORE} AND ({where})' if is_scoped(table) else where
    if kind == "update":
        text = f'UPDATE "{name}" SET {assignments} WHERE {condition}'
        postgres = text + " RETURNING 1"
    elif kind == "delete":
        text = f'DELETE FROM "{name}" WHERE {condition}'
        postgres = text + " RETURNING 1"
    else:
        text = f'SELECT 1 FROM "{name}" WHERE {condition} LIMIT 1'
        postgres = f'SELECT 1 FROM "{name}" WHERE {condition} LIMIT 1 FOR SHARE'
    check_unit_text(text)
    template = parse(postgres)
    return ChangeShape(
        kind=kind,
        table=table,
        template=template,
        sqlite=parse(text).sqlite(),
        postgres=template.postgres(),
        key_name=_key_name(table, where),
        reads_others=_SELECTS.search(assignments + " " + where) is not None,
    )


def _key_name(table: type[Table], where: str) -> str | None:
    key = re.escape(table._meta.primary_key._meta.db_column_name)
    match = re.match(rf'\s*"?{key}"?\s*=\s*:(\w+)\s*(?:$|\bAND\b)', where, re.IGNORECASE)
    return None if match is None or _OR.search(where) else match.group(1)


@dataclass(slots=True)
class Operation:
    """One step of a unit."""

    shape: InsertShape | ChangeShape
    values: list[Any]
    keys: frozenset[Any] | None = None
    """Primary keys of the rows it touches, None when unknown."""
    expected: int | None = None
    """How many rows must change or be found; None for any number."""
    refusal: Exception | None = None
    """What is raised when another number of rows did; None for the usual `NotFound`."""
    conflict: Exception | None = None
    """What is raised when it breaks a unique constraint."""

    def failure(self) -> Exception:
        """Return what to raise when another number of rows changed or was found."""
        return self.refusal or NotFound(_("This no longer exists. Reload and try again."))


@dataclass(slots=True)
class Unit:
    """What a Work does to the database: all of it, or nothing."""

    operations: list[Operation] = field(default_factory=list)
    wakes: bool = False
    """Whether it leaves deliveries, so that the dispatcher must be woken."""
    doubted: bool = False
    """Whether an attempt's answer was lost, so that it may have happened."""


def row_values(shape: InsertShape, dialect: str, columns: Mapping[str, Any], given: int, now: datetime) -> list[Any]:
    """Return a row's values in the shape's order; what was not given gets its default."""
    values = [encode(dialect, value) for value in columns.values()]
    if len(values) != given:
        message = "every row of an insert needs the same columns"
        raise ValueError(message)
    for _name, column in shape.defaults:
        values.append(encode(dialect, _default(column, now)))
    return values


def _default(column: Column, now: datetime) -> Any:
    if column._meta.primary_key and isinstance(column, column_types.UUID):
        return new_id()
    if isinstance(column, column_types.Timestamptz) and column.default is not None:
        return now
    return column.get_default_value()


def key_of(value: Any) -> Any:
    """Return a primary key in one form, so that the same key compares equal however it was given."""
    return str(value) if isinstance(value, UUID) else value
