"""Work: the only write path. It gathers what a use case does, and happens at its end as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from piccolo.table import Table

from guildshop.database.keys import new_id
from guildshop.database.operations import (
    STORE,
    Operation,
    Unit,
    change_shape,
    insert_shape,
    is_scoped,
    key_of,
    row_values,
)
from guildshop.database.scope import EVERY, peek_scope
from guildshop.database.tables import AuditEntry, DeliveryRow, EventRow
from guildshop.database.values import to_json
from guildshop.errors import ScopeError
from guildshop.events import AlreadyDelivered, Event

if TYPE_CHECKING:
    from guildshop.database.base import Database
    from guildshop.database.carried import Carried
    from guildshop.permissions import Actor

_OFFERED = frozenset({STORE, "now"})


class DeliveryMark(Protocol):
    """The delivery whose effects a Work holds."""

    @property
    def id(self) -> UUID:
        """The delivery's key."""
        ...


class Work:
    """One atomic unit. It does no I/O until the `async with` block ends without an error.

    Statements take effect in the order in which they were added. A refusal given to one of them comes out of the
    `async with`, and then nothing of the unit has happened.
    """

    __slots__ = ("_carried", "_closed", "_database", "_unit", "actor", "now", "store")

    def __init__(self, database: Database, actor: Actor, now: datetime, delivery: DeliveryMark | None = None) -> None:
        """Begin a unit of the actor's store; a `delivery` is marked as done by it."""
        self.store = actor.store
        self.actor = actor
        self.now = now
        self._database = database
        self._unit = Unit()
        self._closed = False
        self._carried: Carried | None = None
        if delivery is not None:
            self._mark_delivered(delivery)

    def carry(self, carried: Carried) -> None:
        """Take something along that happens with this unit or not at all."""
        carried.add(self)
        self._carried = carried

    def insert(self, table: type[Table], conflict: Exception | None = None, **columns: Any) -> None:
        """Insert a row; `store` is filled in, and columns left out get their defaults.

        `conflict` is raised when a row with the same unique values exists.
        """
        self.insert_many(table, [columns], conflict)

    def insert_many(
        self, table: type[Table], rows: Sequence[Mapping[str, Any]], conflict: Exception | None = None
    ) -> None:
        """Insert rows that all have the same columns."""
        self._check_open()
        dialect = self._database.dialect
        key_name = table._meta.primary_key._meta.name
        given: tuple[str, ...] | None = None
        for row in rows:
            columns = self._with_store(table, row)
            names = tuple(columns)
            if given is None:
                given = names
            elif names != given:
                columns = self._reordered(columns, given)
            shape = insert_shape(table, given)
            values = row_values(shape, dialect, columns, len(given), self.now)
            position = shape.position.get(key_name)
            keys = None if position is None else frozenset((key_of(values[position]),))
            self._unit.operations.append(Operation(shape, values, keys, conflict=conflict))

    def update(
        self,
        table: type[Table],
        key: Any,
        refusal: Exception | None = None,
        conflict: Exception | None = None,
        **columns: Any,
    ) -> None:
        """Set columns of the row with that primary key; `refusal` (by default `NotFound`) when there is none."""
        if not columns:
            message = f"no column of {table._meta.tablename} was given to update"
            raise ValueError(message)
        names = {column._meta.name: column._meta.db_column_name for column in table._meta.columns}
        unknown = columns.keys() - names.keys()
        if unknown:
            message = f"the table {table._meta.tablename} has no column {', '.join(sorted(unknown))}"
            raise ValueError(message)
        assignments = ", ".join(f'"{names[name]}" = :set_{name}' for name in columns)
        where = f'"{table._meta.primary_key._meta.db_column_name}" = :key'
        values = {f"set_{name}": value for name, value in columns.items()}
        self._change("update", table, where, assignments, 1, refusal, {**values, "key": key}, conflict)

    def guard(
        self,
        table: type[Table],
        *,
        set: str,
        where: str,
        refusal: Exception | None = None,
        rows: int | None = 1,
        conflict: Exception | None = None,
        **values: Any,
    ) -> None:
        """Run `UPDATE … SET set WHERE store = … AND (where)`; unless `rows` rows change, refuse, and nothing happened.

        `rows=None` takes any number. `:store` and `:now` are always there. Start `where` with `id = :id` when it is one
        row: then PostgreSQL can do the unit in one round trip.
        """
        self._change("update", table, where, set, rows, refusal, values, conflict)

    def require(self, table: type[Table], *, where: str, refusal: Exception | None = None, **values: Any) -> None:
        """Refuse unless such a row exists; it cannot change before the unit has happened."""
        self._change("require", table, where, "", 1, refusal, values)

    def delete(
        self,
        table: type[Table],
        *,
        where: str,
        rows: int | None = None,
        refusal: Exception | None = None,
        **values: Any,
    ) -> None:
        """Delete the store's rows that `where` names; with `rows`, refuse unless it is that many."""
        self._change("delete", table, where, "", rows, refusal, values)

    def record(self, event: Event, due: datetime | None = None) -> UUID:
        """Store an event and one delivery for each listener, due now or at `due` (UTC); return the event's key."""
        self._check_open()
        key = new_id()
        name, order_key = type(event).__name__, event.key
        self.insert(
            EventRow, id=key, name=name, key=order_key, payload=self._database.encode(event), occurred_at=self.now
        )
        due = due or self.now
        for listener in self._database.listeners_of(event):
            self._unit.wakes = True
            self.insert(
                DeliveryRow,
                id=new_id(),
                event=key,
                listener=listener,
                key=order_key,
                due=due,
                next_attempt=due,
                status="PENDING",
                attempts=0,
                last_error=None,
                claimed_by=None,
                claimed_until=None,
                done_at=None,
            )
        return key

    def audit(
        self,
        action: str,
        *,
        subject: str,
        subject_id: object = "",
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        note: str = "",
    ) -> None:
        """Write down who did what to which thing, with the values that changed."""
        actor = self.actor
        self.insert(
            AuditEntry,
            id=new_id(),
            at=self.now,
            actor_kind=str(actor.kind),
            actor_id=actor.id,
            actor_name=actor.name,
            origin=str(actor.origin),
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            before=None if before is None else to_json(dict(before)),
            after=None if after is None else to_json(dict(after)),
            note=note,
        )

    async def __aenter__(self) -> Work:
        """Return the Work; nothing is read or locked."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Do everything that was gathered, unless the block failed."""
        self._check_open()
        self._closed = True
        if kind is None and self._unit.operations:
            await self._database.run_unit(self._unit)
            if self._carried is not None:
                self._carried.happened = True

    def _mark_delivered(self, delivery: DeliveryMark) -> None:
        self._change(
            "update",
            DeliveryRow,
            "id = :id AND status = 'PENDING'",
            "status = 'DONE', done_at = :now, claimed_by = NULL, claimed_until = NULL, last_error = NULL",
            1,
            AlreadyDelivered(str(delivery.id)),
            {"id": delivery.id},
        )

    def _change(
        self,
        kind: str,
        table: type[Table],
        where: str,
        assignments: str,
        rows: int | None,
        refusal: Exception | None,
        values: dict[str, Any],
        conflict: Exception | None = None,
    ) -> None:
        self._check_open()
        shape = change_shape(kind, table, where, assignments)
        shape.template.check_names(values, _OFFERED)
        offered = {"now": self.now, **values}
        if is_scoped(table):
            self._check_scope(offered.get(STORE, self.store))
            offered[STORE] = self.store
        keys = None if shape.key_name is None else frozenset((key_of(values[shape.key_name]),))
        arguments = shape.template.arguments(self._database.dialect, offered)
        self._unit.operations.append(Operation(shape, arguments, keys, rows, refusal, conflict))

    def _with_store(self, table: type[Table], columns: Mapping[str, Any]) -> dict[str, Any]:
        if not is_scoped(table):
            return dict(columns)
        self._check_scope(columns.get(STORE, self.store))
        return {STORE: self.store, **columns}

    def _check_scope(self, given: object) -> None:
        scoped = peek_scope()
        if given != self.store or scoped not in {None, EVERY, self.store}:
            reached = given if given != self.store else scoped
            message = f"a unit of store {self.store} cannot write rows while store {reached} is meant"
            raise ScopeError(message)

    def _reordered(self, columns: dict[str, Any], given: tuple[str, ...]) -> dict[str, Any]:
        if columns.keys() != set(given):
            message = "every row of an insert needs the same columns"
            raise ValueError(message)
        return {name: columns[name] for name in given}

    def _check_open(self) -> None:
        if self._closed:
            message = "this Work has ended: open another one"
            raise RuntimeError(message)
