"""The API of a table in Piccolo Admin: reads in the store, writes by services, and refusals as plain sentences."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

import orjson
from piccolo.columns import Column
from piccolo.table import Table
from piccolo.utils.pydantic import create_pydantic_model
from piccolo_api.crud.endpoints import ParamException, Params, PiccoloCRUD
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from guildshop.errors import Invalid, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.web.admin_changes import find_changes, refuse_locked, same_version
from guildshop.web.admin_tables import ServiceTable
from guildshop.web.admin_texts import label_schema, sentences
from guildshop.web.context import current_actor

CrudMethod = Callable[[Any, Request], Coroutine[Any, Any, Response]]

LARGEST_NUMBER = 10**9
"""The last page or row that may be asked for."""
MESSAGE_HEADER = "X-Guildshop-Message"


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

    async def get_schema(self, request: Request) -> JSONResponse:
        """Describe the form: with labels, help and choices in the reader's language, under keys that stay."""
        found: JSONResponse = await super().get_schema(request)
        schema = orjson.loads(found.body)
        label_schema(schema, self._config)
        return JSONResponse(schema)

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
            version = same_version(given, stored)
            changes = find_changes(self.table, given, stored)
            changes = {name: value for name, value in changes.items() if name not in config.volatile}
            refuse_locked(changes, config)
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


def _not_allowed(sentence: str) -> Response:
    return JSONResponse({"detail": sentence}, status_code=HTTPStatus.METHOD_NOT_ALLOWED)


def _invalid(error: ValidationError) -> Response:
    return JSONResponse({"detail": sentences(error)}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
