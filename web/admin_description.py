"""What the API of Piccolo Admin takes and answers, as OpenAPI: without the columns and writes that are not there.

FastAPI could describe it too, but takes ten seconds of the whole process for it, and would promise what is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from piccolo.columns import Column
from piccolo.utils.pydantic import create_pydantic_model
from piccolo_api.crud.endpoints import MATCH_TYPES, OPERATOR_MAP

from guildshop.web.admin_crud import MESSAGE_HEADER
from guildshop.web.admin_tables import ServiceTable

Json = dict[str, Any]

TEXT: Json = {"text/plain": {"schema": {"type": "string"}}}
JSON: Json = {"application/json": {"schema": {}}}
DETAIL: Json = {"application/json": {"schema": {"type": "object", "required": ["detail"]}}} | TEXT
REFUSALS = {
    400: ("What was asked for cannot be read.", DETAIL),
    401: ("Nobody is signed in.", TEXT),
    403: ("It may not be done, or the CSRF token is missing.", DETAIL | JSON),
    404: ("There is no such thing.", DETAIL),
    409: ("A rule refuses it.", TEXT),
    413: ("The body is too large.", TEXT),
    422: ("It is invalid; the sentence says why.", DETAIL),
}


def describe(tables: Iterable[ServiceTable], root: str) -> Json:
    """Return the OpenAPI description of the API that is mounted at `root`."""
    paths: Json = {"/tables/": {"get": _operation("The names of all tables", answers=[403])}}
    for table in tables:
        paths |= _table(table)
    return {
        "openapi": "3.1.0",
        "info": {"title": "All data", "version": "1"},
        "servers": [{"url": root}],
        "paths": paths,
    }


def _table(table: ServiceTable) -> Json:
    here = f"/tables/{table.name}/"
    columns = [column for column in table.table_class._meta.columns if column._meta.name not in table.hidden]
    form = _form(table)
    body = {"required": True, "content": {"application/json": {"schema": form}}}
    fields = form["properties"]
    filters = [parameter for column in columns for parameter in _filters(column, fields)]
    rows: Json = {"get": _operation("Rows", [*filters, *_paging(columns)], answers=[400, 403, 422])}
    row_id = f"{table.name}_id"
    key = [{"name": row_id, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]
    row: Json = {"get": _operation("A row", key, answers=[400, 403, 404, 422])}
    writing = [400, 403, 404, 409, 413, 422]
    if table.on_post is not None:
        rows["post"] = _operation("A new row", body=body, done=201, answers=writing)
    if table.on_patch is not None:
        row["patch"] = _operation("Change a row", key, body=body, answers=writing)
    if table.on_delete is not None:
        row["delete"] = _operation("Delete a row", key, done=204, answers=writing)
    window = [_parameter("search", {"type": "string"})]
    window += [_parameter(name, {"type": "integer", "minimum": 0, "maximum": 10**9}) for name in ("limit", "offset")]
    return {
        here: rows,
        f"{here}ids/": {"get": _operation("Keys, and what stands for them", window, answers=[400, 403, 422])},
        f"{here}count/": {"get": _operation("How many rows there are", filters, answers=[400, 403, 422])},
        f"{here}schema/": {"get": _operation("The form's fields", answers=[403])},
        f"{here}new/": {"get": _operation("What a new row starts with", answers=[403])},
        f"{here}references/": {"get": _operation("Tables that point here", answers=[403])},
        f"{here}{{{row_id}}}/": row,
    }


def _form(table: ServiceTable) -> Json:
    model = create_pydantic_model(
        table.table_class,
        include_default_columns=True,
        exclude_columns=tuple(c for c in table.table_class._meta.columns if c._meta.name in table.hidden),
        all_optional=True,
        model_name=f"{table.table_class.__name__}Form",
    )
    schema = model.model_json_schema()
    properties = {
        name: {k: v for k, v in field.items() if k != "extra"} for name, field in schema["properties"].items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _filters(column: Column, fields: Json) -> list[Json]:
    name = column._meta.name
    kinds = fields[name].get("anyOf", [fields[name]])
    found = [_parameter(name, next(kind for kind in kinds if kind.get("type") != "null"))]
    found.append(_parameter(f"{name}__operator", {"enum": list(OPERATOR_MAP)}))
    if issubclass(column.value_type, str):
        found.append(_parameter(f"{name}__match", {"enum": list(MATCH_TYPES)}))
    return found


def _paging(columns: list[Column]) -> list[Json]:
    names = [column._meta.name for column in columns]
    return [
        _parameter("__order", {"enum": [f"{sign}{name}" for name in names for sign in ("", "-")]}),
        _parameter("__page", {"type": "integer", "minimum": 1, "maximum": 10**9}),
        _parameter("__page_size", {"type": "integer", "minimum": 1, "maximum": 1000}),
        _parameter("__visible_fields", {"enum": names}),
        _parameter("__readable", {"enum": ["true"]}),
        _parameter("__range_header", {"type": "boolean"}),
    ]


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _operation(
    summary: str,
    parameters: list[Json] | None = None,
    *,
    answers: Iterable[int],
    body: Json | None = None,
    done: int = 200,
) -> Json:
    good: Json = {"description": summary}
    if done == 204:
        good["headers"] = {MESSAGE_HEADER: {"description": "What became of the row.", "schema": {"type": "string"}}}
    else:
        good["content"] = JSON
    responses = {str(done): good}
    for status in sorted({401, *answers}):
        said, content = REFUSALS[status]
        responses[str(status)] = {"description": said, "content": content}
    made: Json = {"summary": summary, "parameters": parameters or [], "responses": responses}
    return made if body is None else {**made, "requestBody": body}
