"""The API's description as JSON, and the page made of it, without a script from anywhere."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from guildshop.web.api_description import Description
from guildshop.web.pages import render
from guildshop.web.routes import RouteHandler

METHODS = ("get", "post", "put", "patch", "delete")


def description_page(description: Description) -> RouteHandler:
    """Return the handler that answers the description as JSON."""

    async def show(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=await description.text(), content_type="application/json")

    return show


def docs_page(description: Description) -> RouteHandler:
    """Return the handler that shows the API's operations by tag."""

    async def show(request: web.Request) -> web.StreamResponse:
        described = await description.get()
        return render(request, "web/api_docs.html", {"groups": _groups(described), "info": described["info"]})

    return show


def _groups(description: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in description["paths"].items():
        for method in METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            groups.setdefault((operation.get("tags") or ["API"])[0], []).append(
                {
                    "method": method.upper(),
                    "path": f"/api{path}",
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "body": _fields(description, _schema(operation.get("requestBody", {}))),
                    "answer": _answer(description, operation["responses"]),
                }
            )
    return groups


def _answer(description: dict[str, Any], responses: dict[str, Any]) -> list[dict[str, Any]]:
    for status, response in responses.items():
        if status.startswith("2"):
            return _fields(description, _schema(response))
    return []


def _schema(holder: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _fields(description: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    resolved = _resolve(description, schema)
    required = set(resolved.get("required", ()))
    return [
        {
            "name": name,
            "type": _type(field),
            "required": name in required,
            "description": field.get("description", ""),
        }
        for name, field in resolved.get("properties", {}).items()
    ]


def _resolve(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = description["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return found


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in field:
        return " | ".join(_type(choice) for choice in field["anyOf"])
    if field.get("type") == "array":
        return f"{_type(field.get('items', {}))}[]"
    return " ".join(part for part in (str(field.get("type", "any")), field.get("format", "")) if part)
