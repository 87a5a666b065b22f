"""What the API says of itself: FastAPI's description, with what an operation can answer besides success.

An operation's refusals follow from what it is: one with a body may find it malformed, one that changes may meet a state
that does not allow it, and so on. What does not follow from that, an operation declares by `responses=refusal(…)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from guildshop.web.context import current_actor
from guildshop.web.errors import PROBLEM_TYPE
from guildshop.web.idempotency import LONGEST_KEY

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key again answers what was answered before, and does nothing twice; kept for a week.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
FASTAPI_SAYS = "Validation Error"
UNUSED = ("HTTPValidationError", "ValidationError")
"""FastAPI's own models of errors, in whose place we tell problem details."""


class ProblemModel(BaseModel):
    """Problem details (RFC 9457), which every error is told by."""

    type: str = Field(examples=["urn:guildshop:problem:not-found"])
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class Needs:
    """A dependency that refuses callers without the permissions, and says which ones an operation needs."""

    def __init__(self, *permissions: str) -> None:
        """Ask for all of these permissions."""
        self.permissions = permissions

    async def __call__(self) -> None:
        """Refuse whoever lacks one of them, naming it."""
        for permission in self.permissions:
            current_actor().require(permission)


def needs(*permissions: str) -> Any:
    """Return what refuses a caller without these permissions before the body that they sent is looked at."""
    return Depends(Needs(*permissions))


def refusal(status: HTTPStatus, description: str) -> dict[int | str, dict[str, Any]]:
    """Return, for an operation's `responses`, a refusal that does not follow from its method, address and body."""
    return {status.value: {"description": description}}


class Description:
    """An API's description, made once, when it is first asked for, beside the event loop: it takes seconds."""

    def __init__(self, api: FastAPI) -> None:
        """Describe this API."""
        self._api = api
        self._lock = asyncio.Lock()
        self._text = b""

    async def get(self) -> dict[str, Any]:
        """Return the description as OpenAPI has it."""
        await self.text()
        return self._api.openapi()

    async def text(self) -> bytes:
        """Return the description as JSON."""
        async with self._lock:
            if not self._text:
                self._text = await asyncio.to_thread(self._describe)
        return self._text

    def _describe(self) -> bytes:
        return orjson.dumps(self._api.openapi())


def complete(description: dict[str, Any], routers: Iterable[APIRouter]) -> dict[str, Any]:
    """Add to a description of these routers who may call, what operations refuse, and what becomes of a key."""
    components = description.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "Made by `user token`."}
    }
    description["security"] = [{"token": []}]
    schemas = components.setdefault("schemas", {})
    schemas[ProblemModel.__name__] = ProblemModel.model_json_schema()
    for name in UNUSED:
        schemas.pop(name, None)
    permissions = permissions_of(routers)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            _say_permissions(operation, permissions.get((method, path), ()))
            _say_refusals(operation, method)
    return description


def permissions_of(routers: Iterable[APIRouter]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what operations need, by method and path."""
    return {
        (method.lower(), route.path_format): asked.dependency.permissions
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for asked in route.dependencies
        if isinstance(asked.dependency, Needs)
        for method in route.methods or ()
    }


def _say_permissions(operation: dict[str, Any], permissions: Sequence[str]) -> None:
    if permissions:
        words = " and ".join(f"`{name}`" for name in permissions)
        noun = "permission" if len(permissions) == 1 else "permissions"
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the {noun} {words}.".strip()
        operation["x-permissions"] = list(permissions)


def _say_refusals(operation: dict[str, Any], method: str) -> None:
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    content = {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemModel.__name__}"}}}
    found = operation["responses"]
    declared = {status: answer["description"] for status, answer in found.items() if status >= "400"}
    if declared.get("422") == FASTAPI_SAYS:
        del declared["422"]
    told = {**_refusals(operation, method), **declared}
    answers = {status: {"description": words, "content": content} for status, words in told.items()}
    operation["responses"] = dict(sorted({**found, **answers}.items()))


def _refusals(operation: Mapping[str, Any], method: str) -> dict[str, str]:
    """Return what an operation of this kind refuses, by status."""
    given = operation.get("parameters", ())
    changes = method != "get"
    body = "requestBody" in operation
    found = {
        HTTPStatus.BAD_REQUEST: (body or method == "post", "The body is no JSON, or the Idempotency-Key is too long."),
        HTTPStatus.UNAUTHORIZED: (True, "There is no token, or it is unknown or revoked."),
        HTTPStatus.FORBIDDEN: (True, "The permission lacks: the role does not have it, or the token's scopes do not."),
        HTTPStatus.NOT_FOUND: (_names_something(given), "There is no such thing in this store."),
        HTTPStatus.CONFLICT: (
            changes,
            "What is there does not allow it, somebody else changed it meanwhile, or the Idempotency-Key was used for"
            " another request.",
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (body, "The body is too large."),
        HTTPStatus.UNPROCESSABLE_ENTITY: (body or bool(given), "What was sent is not acceptable; `errors` say why."),
    }
    return {str(status.value): words for status, (possible, words) in found.items() if possible}


def _names_something(parameters: Iterable[Mapping[str, Any]]) -> bool:
    return any(one["in"] == "path" for one in parameters)
