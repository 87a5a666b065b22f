"""A unit as PostgreSQL does it: in one statement, or in few.

The parts of one statement share a snapshot: none sees what another wrote, and a row may be written by one of them
only. So a unit is cut into segments whose operations touch different rows; almost always that is one segment, and one
round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from guildshop.database.operations import ChangeShape, InsertShape, Operation


@dataclass(frozen=True, slots=True)
class Statement:
    """A text and its arguments."""

    text: str
    arguments: list[Any]


def cut(operations: Sequence[Operation]) -> list[list[int]]:
    """Return the numbers of the operations in segments, each of which can be one statement."""
    segments: list[list[int]] = [[]]
    # For each table: the keys of rows that are only inserted, and of those otherwise touched; None is any row.
    inserted: dict[str, set[Any] | None] = {}
    touched: dict[str, set[Any] | None] = {}
    written = False
    for number, operation in enumerate(operations):
        shape = operation.shape
        is_insert = isinstance(shape, InsertShape)
        alone = isinstance(shape, ChangeShape) and shape.kind == "delete"
        apart = (
            _disjoint(touched, shape.name, operation.keys)
            and (is_insert or _disjoint(inserted, shape.name, operation.keys))
            and not (isinstance(shape, ChangeShape) and shape.reads_others and written)
        )
        if segments[-1] and (alone or not apart):
            segments.append([])
            inserted.clear()
            touched.clear()
        segments[-1].append(number)
        _add(inserted if is_insert else touched, shape.name, operation.keys)
        written = True
        if alone:
            # Deleting may cascade into any table.
            segments.append([])
            inserted.clear()
            touched.clear()
    return [segment for segment in segments if segment]


def _disjoint(known: dict[str, set[Any] | None], table: str, keys: frozenset[Any] | None) -> bool:
    if table not in known:
        return True
    present = known[table]
    return present is not None and keys is not None and present.isdisjoint(keys)


def _add(known: dict[str, set[Any] | None], table: str, keys: frozenset[Any] | None) -> None:
    present = known.setdefault(table, set())
    if present is None or keys is None:
        known[table] = None
    else:
        present.update(keys)


def compile_segment(operations: Sequence[Operation], segment: Sequence[int]) -> Statement:
    """Return the segment as one statement; a failing guard raises `GS001` with its operation's number."""
    inserts: dict[InsertShape, list[Operation]] = {}
    changes: list[tuple[int, Operation]] = []
    for number in segment:
        operation = operations[number]
        if isinstance(operation.shape, InsertShape):
            inserts.setdefault(operation.shape, []).append(operation)
        else:
            changes.append((number, operation))
    # Everybody locks rows in the same order, so that units which want the same rows do not block each other for ever.
    changes.sort(key=_lock_order)
    shapes = tuple(_change_shape(operation) for _, operation in changes)
    checked = tuple(operation.expected is not None for _, operation in changes)
    text = _text(tuple(inserts), shapes, checked)
    arguments: list[Any] = []
    if any(checked):
        arguments.append([number for number, operation in changes if operation.expected is not None])
        arguments.append([operation.expected for _, operation in changes if operation.expected is not None])
    for _, operation in changes:
        arguments += operation.values
    for rows in inserts.values():
        arguments += zip(*(row.values for row in rows), strict=True)
    return Statement(text, arguments)


def _lock_order(item: tuple[int, Operation]) -> tuple[str, str, str]:
    operation = item[1]
    key = "" if operation.keys is None else min(str(key) for key in operation.keys)
    return operation.shape.name, key, _change_shape(operation).postgres


def _change_shape(operation: Operation) -> ChangeShape:
    assert isinstance(operation.shape, ChangeShape)  # noqa: S101 - inserts were sorted out
    return operation.shape


@lru_cache(maxsize=2048)
def _text(inserts: tuple[InsertShape, ...], changes: tuple[ChangeShape, ...], checked: tuple[bool, ...]) -> str:
    parts: list[str] = []
    counts: list[str] = []
    first = 3 if any(checked) else 1
    for index, shape in enumerate(changes):
        parts.append(f"c{index} AS ({shape.postgres_from(first)})")
        first += len(shape.template.names)
        if checked[index]:
            counts.append(f"(SELECT count(*) FROM c{index})")
    for index, insert in enumerate(inserts):
        arrays = ", ".join(f"${first + offset}::{kind}[]" for offset, kind in enumerate(insert.types))
        first += len(insert.types)
        parts.append(f"i{index} AS (INSERT INTO {insert.target} SELECT * FROM unnest({arrays}))")
    result = f"guildshop_guard($1::int[], $2::bigint[], ARRAY[{', '.join(counts)}])" if counts else "1"
    return f"WITH {', '.join(parts)} SELECT {result}"
