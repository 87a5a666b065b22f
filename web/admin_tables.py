"""How a table appears in Piccolo Admin, and which services take its writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from piccolo.columns import Column, Timestamptz
from piccolo.table import Table
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.validators import Validators
from starlette.exceptions import HTTPException
from starlette.requests import Request

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import AdminLabels
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.web import admin_labels
from guildshop.web.context import current_actor

PatchHandler = Callable[[Actor, UUID, dict[str, Any], "int | None"], Awaitable[None]]
PostHandler = Callable[[Actor, dict[str, Any]], Awaitable[UUID]]
DeleteHandler = Callable[[Actor, UUID], Awaitable[str]]

Choice = TypeVar("Choice", bound=StrEnum)

STORE = "store"


@dataclass
class ServiceTable(TableConfig):
    """A table whose writes go through services; made by `service_table`."""

    read: str = ""
    hidden: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    on_patch: PatchHandler | None = None
    on_post: PostHandler | None = None
    on_delete: DeleteHandler | None = None
    labels: AdminLabels = field(default_factory=AdminLabels)

    @property
    def name(self) -> str:
        """The table's name, as addresses in the admin have it."""
        return str(self.table_class._meta.tablename)

    @property
    def title(self) -> str:
        """The table's name for people, in the current language."""
        return _(self.labels.tables.get(self.name) or admin_labels.TABLES.get(self.name) or spoken(self.name))

    @property
    def allowed_writes(self) -> list[str]:
        """Which of `patch`, `post` and `delete` a service takes."""
        handlers = {"patch": self.on_patch, "post": self.on_post, "delete": self.on_delete}
        return [name for name, handler in handlers.items() if handler is not None]

    def column_label(self, name: str) -> str:
        """Return what a column is called, in the current language; its own name, made readable, where nobody said."""
        return _(self.column_text(name) or spoken(name))

    def column_text(self, name: str) -> str | None:
        """Return the text that names a column, not translated."""
        columns = self.labels.columns
        return columns.get(f"{self.name}.{name}") or columns.get(name) or admin_labels.COLUMNS.get(name)

    def choice_texts(self, name: str) -> Mapping[Any, str]:
        """Return the texts for what a column of choices may hold, not translated."""
        return self.labels.choices.get(f"{self.name}.{name}", {})


def spoken(name: str) -> str:
    """Return a name of the database as people would write it: `tracking_number` is Tracking number."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def service_table(
    table: type[Table],
    *,
    read: str,
    visible: Sequence[Column] = (),
    hidden: Sequence[Column] = (),
    editable: Sequence[Column] = (),
    volatile: Sequence[Column] = (),
    on_patch: PatchHandler | None = None,
    on_post: PostHandler | None = None,
    on_delete: DeleteHandler | None = None,
    order_by: Sequence[Column] = (),
    newest_first: bool = False,
    link: Column | None = None,
) -> ServiceTable:
    """Return how the table appears in Piccolo Admin; a write whose handler is left out is refused with a sentence.

    `read` is the permission to see it. `visible` are the columns of the list (all but the hidden ones by default);
    `hidden` ones appear nowhere, like `store` and secret ones. `on_patch(actor, id, changes, version)` gets only what
    differs from the stored row, and only columns in `editable`; `on_post(actor, values)` returns the new row's key;
    `on_delete(actor, id)` returns a sentence that says what became of the row. `volatile` columns change by
    themselves, as stock does: a form that carries an older value is no attempt to change them.
    """
    unseen = {STORE, *(column._meta.name for column in (*hidden, *table._meta.secret_columns))}
    shown = list(visible) or [column for column in table._meta.columns if column._meta.name not in unseen]
    filters = [column for column in table._meta.columns if column._meta.name not in unseen]
    primary = table._meta.primary_key
    return ServiceTable(
        table_class=table,
        visible_columns=shown,
        visible_filters=filters,
        link_column=link or next((column for column in shown if column._meta.name == primary._meta.name), shown[0]),
        order_by=[OrderBy(column=column, ascending=not newest_first) for column in (*order_by, primary)],
        time_resolution={column: 1 for column in table._meta.columns if isinstance(column, Timestamptz)},
        validators=Validators(every=[_reader_check(read)]),
        read=read,
        hidden=tuple(sorted(unseen)),
        editable=tuple(column._meta.name for column in editable),
        volatile=tuple(column._meta.name for column in volatile),
        on_patch=on_patch,
        on_post=on_post,
        on_delete=on_delete,
    )


def as_service_table(table: TableConfig | type[Table]) -> ServiceTable:
    """Return the table as given by `service_table`, or, given any other way, read-only for who may see settings."""
    if isinstance(table, ServiceTable):
        return table
    if not isinstance(table, TableConfig):
        return service_table(table, read="settings.read")
    made = service_table(table.table_class, read="settings.read", visible=table.visible_columns or ())
    return replace(
        made,
        visible_filters=table.visible_filters or made.visible_filters,
        link_column=table.link_column or made.link_column,
        order_by=table.order_by or made.order_by,
    )


def chosen(kind: type[Choice], name: str, value: object) -> Choice:
    """Return the member of an enumeration that a form names; Invalid says which there are."""
    try:
        return kind(str(value))
    except ValueError:
        choices = ", ".join(one.value for one in kind)
        raise Invalid.field(
            name,
            _("“{column}” is “{value}”; write one of {choices}.").format(
                column=name, value=str(value)[:40], choices=choices
            ),
        ) from None


def _reader_check(permission: str) -> Callable[..., None]:
    def check(piccolo_crud: PiccoloCRUD, request: Request) -> None:
        try:
            current_actor().require(permission)
        except Refusal as refusal:
            raise HTTPException(refusal.status, refusal.message) from refusal

    return check
