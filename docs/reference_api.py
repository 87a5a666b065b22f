"""The page of the JSON API, made from its OpenAPI description: each operation, then what it takes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from guildshop.app import App
from guildshop.web.api import build_api
from guildshop.web.api_kernel import router as kernel_router

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
PAGE = "CursorPage"
WORDS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "number": "number",
    "object": "object",
}
FORMATS = {"uuid": "ID", "date-time": "time", "date": "day"}

Described = Mapping[str, Any]


def api_page(app: App) -> str:
    """Return the page of the JSON API as Markdown."""
    described = description(app)
    parts: list[str] = []
    group = ""
    for method, path, operation in operations(described):
        if _tag(operation) != group:
            group = _tag(operation)
            parts.append(f"## {group.capitalize()}\n")
        parts += [f"### {method.upper()} /api{path}\n", f"{operation['description']}\n"]
        asked = [f"- `{one['name']}`{_said(one)}" for one in operation.get("parameters", ()) if one["in"] == "query"]
        if asked:
            parts += ["In the address:\n", *asked, ""]
        for label, holder in (("Body", operation.get("requestBody", {})), ("Answer", _success(operation))):
            schema = holder.get("content", {}).get(JSON, {}).get("schema")
            if schema:
                parts.append(f"{label}: {_kind(described, schema)}.\n")
    parts.append("## What is sent and answered\n")
    for name in sorted(_named(described), key=_heading):
        schema = described["components"]["schemas"][name]
        parts += [f"### {_heading(name)}\n", f"{' '.join(schema.get('description', '').split())}\n"]
        parts += [_fields(described, schema)]
    return "\n".join(parts)


@cache
def description(app: App) -> Described:
    """Return the OpenAPI description of the kernel's and all plugins' routers."""
    routers = [("", kernel_router), *((name, one) for name, found in app.hooks("register_api") for one in found)]
    return build_api(app, routers).openapi()


def operations(described: Described) -> list[tuple[str, str, Described]]:
    """Return method, path below `/api` and description of each operation, those of a tag together."""
    found = [
        (method, path, of_path[method])
        for path, of_path in described["paths"].items()
        for method in METHODS
        if method in of_path
    ]
    tags = list(dict.fromkeys(_tag(operation) for _method, _path, operation in found))
    return sorted(found, key=lambda one: tags.index(_tag(one[2])))


def unexplained(app: App) -> list[str]:
    """Return the operations of which nothing is said."""
    return [f"{method} {path}" for method, path, said in operations(description(app)) if not said.get("description")]


def _tag(operation: Described) -> str:
    return str((operation.get("tags") or ["Guildshop"])[0])


def _said(thing: Described) -> str:
    return f": {thing['description']}" if thing.get("description") else ""


def _success(operation: Described) -> Described:
    return next((answer for status, answer in operation["responses"].items() if status.startswith("2")), {})


def _named(described: Described) -> set[str]:
    """Return the names of the objects that operations speak of, and of those within them."""
    schemas = described["components"]["schemas"]
    found: set[str] = set()
    waiting = [operation for _method, _path, operation in operations(described)]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return {name for name in found if not name.startswith(PAGE)}


def _references(thing: Any) -> list[str]:
    if isinstance(thing, Mapping):
        inside = [name for value in thing.values() for name in _references(value)]
        return [*inside, thing["$ref"].rpartition("/")[2]] if isinstance(thing.get("$ref"), str) else inside
    return [name for value in thing for name in _references(value)] if isinstance(thing, list) else []


def _heading(name: str) -> str:
    return name.removesuffix("Model") or name


def _kind(described: Described, schema: Described) -> str:
    """Return what a value is, in words, with links to objects."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name.startswith(PAGE):
            items = described["components"]["schemas"][name]["properties"]["items"]["items"]
            return f"a page of {_kind(described, items)}"
        return f"[{_heading(name)}](#{_heading(name).lower()})"
    if "anyOf" in schema:
        inner = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(_kind(described, one) for one in inner))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_kind(described, schema['items'])}" if schema.get("items") else "list"
    return FORMATS.get(schema.get("format", ""), WORDS.get(schema.get("type", ""), "anything"))


def _fields(described: Described, schema: Described) -> str:
    if "enum" in schema:
        return f"One of {', '.join(f'`{value}`' for value in schema['enum'])}.\n"
    needed = set(schema.get("required", ()))
    rows = ["| field | value | |", "| --- | --- | --- |"]
    for name, field in schema.get("properties", {}).items():
        words = [*(["needed."] if name in needed else []), " ".join(field.get("description", "").split())]
        rows.append(
            f"| `{name}` | {_kind(described, field)} | {' '.join(filter(None, words))} |".replace(" |  |", " | |")
        )
    return "\n".join(rows) + "\n"
