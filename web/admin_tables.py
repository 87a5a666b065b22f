"""How a table appears in Piccolo Admin, and how its rows are read and, through services only, written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote
from uuid import UUID

import orjson
from piccolo.columns import JSON, JSONB, Column, Timestamptz
from piccolo.table import Table
from piccolo.utils.pydantic import create_pydantic_model
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.endpoints import OrderBy, ParamException, Params, PiccoloCRUD
from piccolo_api.crud.validators import Validators
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from guildshop.errors import Invalid, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.web.context import current_actor

PatchHandler = Callable[[Actor, UUID, dict[str, Any], "int | None"], Awaitable[None]]
CrudMethod = Callable[[Any, Request], Coroutine[Any, Any, Response]]
PostHandler = Callable[[Actor, dict[str, Any]], Awaitable[UUID]]
DeleteHandler = Callable[[Actor, UUID], Awaitable[str]]

Choice = TypeVar("Choice", bound=StrEnum)

_EMPTY = (None, "")
VERSION = "version"
STORE = "store"
LARGEST_NUMBER = 10**9
"""The last page or row that may be asked for."""
MESSAGE_HEADER = "X-Guildshop-Message"
FORM_PRECISION = timedelta(seconds=1)
"""The admin's inputs cut times to whole seconds, so that a time that nobody touched comes back a little earlier."""


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

    @property
    def name(self) -> str:
        """The table's name, as addresses in the admin have it."""
        return str(self.table_class._meta.tablename)

    @property
    def title(self) -> str:
        """The table's name for people."""
        return self.name.replace("_", " ")

    @property
    def allowed_writes(self) -> list[str]:
        """Which of `patch`, `post` and `delete` a service takes."""
        handlers = {"patch": self.on_patch, "post": self.on_post, "delete": self.on_delete}
        return [name for name, handler in handlers.items() if handler is not None]


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


def _told(handle: CrudMethod) -> CrudMethod:
    """Have what cannot be read and what is refused told plainly, before FastAPI takes it for an accident."""

    @wraps(handle)
    async def answer(crud: ServiceCRUD, request: Request) -> Response:
        try:
            response = await handle(crud, request)
        except ValidationError as error:
            return _invalid(error)
        except ParamException as error:
            return PlainTextResponse(str(error), status_code=HTTPStatus.BAD_REQUEST)
        except Refusal as refusal:
            return PlainTextResponse(refusal.message, status_code=refusal.status)
        if response.body and "content-type" not in response.headers:
            response.headers["content-type"] = "text/plain; charset=utf-8"
        return response

    return answer


def _check_number(name: str, given: str | Sequence[str], least: int) -> None:
    for value in [given] if isinstance(given, str) else given:
        if not (value.isascii() and value.isdigit() and least <= int(value[:20]) <= LARGEST_NUMBER):
            message = f"Unrecognised {name} argument - {value}"
            raise ParamException(message)


def _check_texts(given: Iterable[tuple[str, Any]]) -> None:
    for name, value in given:
        if "\0" in (value if isinstance(value, str) else "".join(map(str, value or ()))):
            message = f"{name} contains a null character."
            raise ParamException(message)


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


class ServiceCRUD(PiccoloCRUD):
    """PiccoloCRUD that never writes itself: changed rows are compared, checked and handed to services.

    Refusals are answered as plain text, which the front end shows as it is.
    """

    configs: ClassVar[Mapping[type[Table], ServiceTable]] = {}

    @property
    def _config(self) -> ServiceTable:
        return self.configs[self.table]

    @property
    def _hidden_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.table._meta.columns if column._meta.name in self._config.hidden)

    # What is shown

    @property
    def pydantic_model(self) -> type[BaseModel]:
        """The form's fields."""
        config = self._config
        extra = {
            **self.schema_extra,
            "read_only_columns": self._read_only_columns(config),
            "allowed_writes": config.allowed_writes,
        }
        return create_pydantic_model(
            self.table,
            model_name=f"{self.table.__name__}In",
            exclude_columns=(self.table._meta.primary_key, *self._hidden_columns),
            json_schema_extra={"extra": extra},
        )

    @property
    def pydantic_model_optional(self) -> type[BaseModel]:
        """The form's fields, each of which may be left out."""
        return create_pydantic_model(
            self.table,
            include_default_columns=True,
            exclude_columns=self._hidden_columns,
            all_optional=True,
            model_name=f"{self.table.__name__}Optional",
        )

    # What is asked for

    @_told
    async def root(self, request: Request) -> Response:
        """Answer for the table as a whole."""
        return await super().root(request)

    @_told
    async def detail(self, request: Request) -> Response:
        """Answer for one row."""
        return await super().detail(request)

    @_told
    async def get_ids(self, request: Request) -> Response:
        """Return the rows' keys and what stands for them."""
        _check_texts(request.query_params.multi_items())
        for name in ("limit", "offset"):
            _check_number(name, request.query_params.getlist(name), 0)
        found: Response = await super().get_ids(request)
        return found

    @_told
    async def get_count(self, request: Request) -> Response:
        """Return how many rows there are."""
        found: Response = await super().get_count(request)
        return found

    @_told
    async def get_new(self, request: Request) -> Response:
        """Return what a new row starts with."""
        found: Response = await super().get_new(request)
        return found

    def _split_params(self, params: dict[str, Any]) -> Params:
        for name in params:
            if name.split("__")[0] in self._config.hidden:
                message = f"{name} isn't a valid field name."
                raise ParamException(message)
            if "__" in name and not isinstance(params[name], str):
                message = f"{name} was given more than once."
                raise ParamException(message)
        _check_texts(params.items())
        for name in ("__page", "__page_size"):
            _check_number(name, params.get(name, ()), 1)
        try:
            found = super()._split_params(params)
        except ValueError as error:
            raise ParamException(str(error)) from error
        # It goes into a header.
        found.range_header_name = self._config.name
        if found.visible_fields is None:
            found.visible_fields = [
                column for column in self.table._meta.columns if column._meta.name not in self._config.hidden
            ]
        return found

    def _get_column(self, column_name: str) -> Column:
        if column_name in self._config.hidden:
            message = f"{column_name} isn't a valid field name."
            raise ValueError(message)
        return super()._get_column(column_name)

    def _read_only_columns(self, config: ServiceTable) -> list[str]:
        if config.on_patch is None:
            return [column._meta.name for column in self.table._meta.columns]
        return [column._meta.name for column in self.table._meta.columns if column._meta.name not in config.editable]

    # What is written, by services

    async def put_single(self, request: Request, row_id: Any, data: dict[str, Any]) -> Response:
        """Refuse: replacing whole rows is no use case of any service."""
        return _not_allowed(_("Rows are not replaced as a whole. Change single fields instead."))

    async def patch_single(self, request: Request, row_id: Any, data: dict[str, Any]) -> Response:
        """Hand what differs from the stored row to the service, and show the row as it is then."""
        config = self._config
        patch = config.on_patch
        if patch is None:
            return _not_allowed(_("Rows of “{table}” are not changed here.").format(table=config.title))

        async def write(actor: Actor) -> Response:
            given = self._given(data)
            stored = await self._stored(row_id)
            version = _same_version(given, stored)
            changes = _changes(self.table, given, stored)
            changes = {name: value for name, value in changes.items() if name not in config.volatile}
            _refuse_locked(changes, config)
            if changes:
                await patch(actor, row_id, changes, version)
            after = await self._stored(row_id)
            return Response(self.pydantic_model_optional(**after).model_dump_json(), media_type="application/json")

        return await self._answer(write)

    async def post_single(self, request: Request, data: dict[str, Any]) -> Response:
        """Hand the form to the service and return the new row's key."""
        config = self._config
        post = config.on_post
        if post is None:
            return _not_allowed(_("Rows of “{table}” are not added here.").format(table=config.title))

        async def write(actor: Actor) -> Response:
            given = self._given(data)
            key = await post(actor, {name: value for name, value in given.items() if value is not None})
            name = self.table._meta.primary_key._meta.name
            return JSONResponse([{name: str(key)}], status_code=HTTPStatus.CREATED)

        return await self._answer(write)

    async def delete_single(self, request: Request, row_id: Any) -> Response:
        """Let the service decide what becomes of the row, and say it."""
        config = self._config
        delete = config.on_delete
        if delete is None:
            return _not_allowed(_("Rows of “{table}” are not deleted here.").format(table=config.title))

        async def write(actor: Actor) -> Response:
            sentence = await delete(actor, row_id)
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={MESSAGE_HEADER: quote(sentence)})

        return await self._answer(write)

    async def delete_all(self, request: Request, params: dict[str, Any] | None = None) -> Response:
        """Refuse: rows are deleted one by one."""
        return _not_allowed(_("Rows are deleted one by one."))

    async def _answer(self, write: Callable[[Actor], Awaitable[Response]]) -> Response:
        try:
            actor = current_actor()
            actor.require(self._config.read)
            return await write(actor)
        except ValidationError as error:
            return _invalid(error)
        except Refusal as refusal:
            return PlainTextResponse(refusal.message, status_code=refusal.status)

    def _given(self, data: Mapping[str, Any]) -> dict[str, Any]:
        model = self.pydantic_model_optional
        unknown = sorted(data.keys() - model.model_fields.keys())
        if unknown:
            raise Invalid(
                _("“{table}” has no field “{fields}”. Nothing was saved.").format(
                    table=self._config.title, fields=", ".join(unknown)
                )
            )
        return model(**data).model_dump(exclude_unset=True)

    async def _stored(self, row_id: Any) -> dict[str, Any]:
        columns = [column for column in self.table._meta.columns if column._meta.name not in self._config.hidden]
        row = await self.table.select(*columns).where(self.table._meta.primary_key == row_id).first()
        if row is None:
            raise Stale(_("This row does not exist any more. Go back to the list."))
        return dict(row)


def _reader_check(permission: str) -> Callable[..., None]:
    def check(piccolo_crud: PiccoloCRUD, request: Request) -> None:
        try:
            current_actor().require(permission)
        except Refusal as refusal:
            raise HTTPException(refusal.status, refusal.message) from refusal

    return check


def _same_version(given: Mapping[str, Any], stored: Mapping[str, Any]) -> int | None:
    """Return the version that the form showed; Stale when the row has moved on since."""
    if VERSION not in stored or given.get(VERSION) is None:
        return None
    if given[VERSION] != stored[VERSION]:
        raise Stale(
            _(
                "Somebody else changed this row while you had it open (it is at version {now}, you saw {seen})."
                " Nothing was saved: load the page again, then repeat your change."
            ).format(now=stored[VERSION], seen=given[VERSION])
        )
    return int(stored[VERSION])


def _changes(table: type[Table], given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column._meta.name: column for column in table._meta.columns}
    return {
        name: value
        for name, value in given.items()
        if name in stored and name != VERSION and not _is_same(columns[name], value, stored[name])
    }


def _refuse_locked(changes: Mapping[str, Any], config: ServiceTable) -> None:
    locked = [name for name in changes if name not in config.editable]
    if locked:
        free = ", ".join(config.editable)
        raise Invalid(
            _("“{fields}” cannot be changed here. Nothing was saved. What can be changed: {free}.").format(
                fields=", ".join(locked), free=free
            )
        )


def _is_same(column: Column, given: Any, stored: Any) -> bool:
    """Compare a value of the form with the stored one, by what the form's inputs cannot keep apart."""
    if given == stored or (given in _EMPTY and stored in _EMPTY):
        return True
    if isinstance(given, datetime) and isinstance(stored, datetime):
        return abs(_utc(given) - _utc(stored)) < FORM_PRECISION
    if isinstance(column, JSON | JSONB):
        return bool(_json(given) == _json(stored))
    if isinstance(given, str) and isinstance(stored, str):
        return given.replace("\r\n", "\n") == stored.replace("\r\n", "\n")
    return False


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _json(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _not_allowed(sentence: str) -> Response:
    return JSONResponse({"detail": sentence}, status_code=HTTPStatus.METHOD_NOT_ALLOWED)


def _invalid(error: ValidationError) -> Response:
    detail = [{"loc": list(entry["loc"]), "msg": entry["msg"]} for entry in error.errors(include_url=False)]
    return JSONResponse({"detail": detail}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
