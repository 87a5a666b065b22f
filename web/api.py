"""The JSON API at `/api`: FastAPI through the bridge, with the sign-in of everything else.

A plugin's `register_api` returns routers; models derive from `ApiModel`, so that JSON is camelCase. Refusals become
problem details by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import structlog
from aiohttp import web
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from guildshop.errors import FieldError, NotFound, Refusal, ScopeError
from guildshop.i18n import _
from guildshop.paging import Slice
from guildshop.permissions import Actor
from guildshop.web.api_description import Description, complete, needs, refusal
from guildshop.web.asgi import asgi_handler
from guildshop.web.auth import SignInRequired
from guildshop.web.context import current_actor, current_identity
from guildshop.web.errors import PROBLEM_TYPE, problem, problem_of, sentence_of_accident
from guildshop.web.idempotency import Idempotency
from guildshop.web.routes import DEFAULT_MAX_BODY, Csrf, Problem, RouteRules, add_route

if TYPE_CHECKING:
    from guildshop.app import App
else:
    App = Any  # FastAPI resolves annotations when routes are made

__all__ = [
    "ApiModel",
    "CurrentActor",
    "CurrentApp",
    "Cursor",
    "CursorPage",
    "GivenSnowflake",
    "Limit",
    "Snowflake",
    "add_api",
    "build_api",
    "needs",
    "refusal",
    "require_actor",
]

Item = TypeVar("Item")
Source = TypeVar("Source")

ROOT = "/api"
LARGEST_PAGE = 200
API_RULES = RouteRules(csrf=Csrf.HEADER, problem=Problem.JSON)
JSON_INVALID = "json_invalid"
SWITCHED_OFF = refusal(
    HTTPStatus.NOT_FOUND, "There is no such thing in this store, or the plugin is switched off in it."
)


class ApiModel(BaseModel):
    """The base of what the API takes and returns: snake_case here, camelCase in JSON; unknown fields are refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", from_attributes=True)


class CursorPage(ApiModel, Generic[Item]):
    """Some items of a long list; ask again with `cursor=<nextCursor>` until it is null."""

    items: list[Item]
    next_cursor: str | None = None

    @classmethod
    def of(cls, found: Slice[Source], convert: Callable[[Source], Item]) -> CursorPage[Item]:
        """Return a service's slice as a page of the API."""
        return cls(items=[convert(item) for item in found.items], next_cursor=found.cursor or None)


Snowflake = Annotated[int, PlainSerializer(str, return_type=str, when_used="json")]
"""A Discord ID: text in JSON, since it exceeds what a double holds."""
GivenSnowflake = Annotated[
    int, Field(gt=0, lt=2**63), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"})
]
"""A Discord ID in what is sent to the API."""


async def _actor() -> Actor:
    return require_actor()


async def _app(request: Request) -> Any:
    return request.app.state.guildshop


CurrentActor = Annotated[Actor, Depends(_actor)]
CurrentApp = Annotated[App, Depends(_app)]
Cursor = Annotated[str | None, Query(description="`nextCursor` of the page before.", max_length=500)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many items to return at most.")]


def require_actor() -> Actor:
    """Return who calls; SignInRequired without a token or session."""
    if current_identity() is None:
        raise SignInRequired(_("Send a bearer token (`Authorization: Bearer …`), or sign in."))
    return current_actor()


def add_api(server: web.Application, app: App) -> None:
    """Serve the kernel's and every plugin's routers, their description and its page."""
    from guildshop.web.api_docs import description_page, docs_page
    from guildshop.web.api_kernel import router

    api = build_api(
        app, [("", router), *((name, found) for name, routers in app.hooks("register_api") for found in routers)]
    )
    description = Description(api)
    add_route(server, "GET", f"{ROOT}/docs", docs_page(description), RouteRules())
    add_route(server, "GET", f"{ROOT}/openapi.json", description_page(description), API_RULES)
    handler = asgi_handler(Idempotency(api, app), ROOT, max_body=DEFAULT_MAX_BODY)
    add_route(server, "*", ROOT + "/{rest:.*}", handler, API_RULES)


def build_api(app: App, routers: Sequence[tuple[str, APIRouter]]) -> FastAPI:
    """Return the FastAPI application; each router is there only where its plugin is on."""
    api = FastAPI(
        title="Guildshop",
        version="1",
        description=_(
            "The shop as JSON. Amounts are minor units; lists are read by cursor; errors are problem details."
        ),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": ROOT}],
        redirect_slashes=False,
    )
    api.state.guildshop = app
    api.add_exception_handler(Refusal, _tell_refusal)
    api.add_exception_handler(ScopeError, _tell_scope_error)
    api.add_exception_handler(HTTPException, _tell_http_exception)
    api.add_exception_handler(RequestValidationError, _tell_invalid)
    api.add_exception_handler(Exception, _tell_accident)
    describe, included = api.openapi, [router for _plugin, router in routers]
    api.openapi = lambda: api.openapi_schema or complete(describe(), included)  # type: ignore[method-assign]
    for plugin, router in routers:
        guards = [Depends(_actor), *([Depends(_on(app, plugin))] if plugin else ())]
        api.include_router(router, dependencies=guards, responses=SWITCHED_OFF if plugin else None)
    return api


def _on(app: App, plugin: str) -> Callable[[], Any]:
    async def check() -> None:
        if not app.stores.enabled(require_actor().store, plugin):
            raise NotFound(_("{plugin} is switched off in this store.").format(plugin=_(app.plugins[plugin].title)))

    return check


def _answer(body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status_code=int(body["status"]), headers=headers, media_type=PROBLEM_TYPE)


async def _tell_refusal(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for it
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, SignInRequired) else None
    return _answer(problem_of(error), headers)


async def _tell_scope_error(_request: Request, _error: Exception) -> JSONResponse:
    return _answer(problem(404, _("There is no such thing in this store."), code="not-found"))


async def _tell_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    sentences = {
        404: _("There is nothing at this address."),
        405: _("This address does not take {method}.").format(method=request.method),
    }
    detail = sentences.get(error.status_code, str(error.detail))
    return _answer(problem(error.status_code, detail), dict(error.headers or {}))


async def _tell_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = error.errors()
    if any(problem_found["type"] == JSON_INVALID for problem_found in found):
        return _answer(problem(400, _("The body is no valid JSON."), code="malformed"))
    errors = [FieldError(_field(entry["loc"]), str(entry["msg"])) for entry in found]
    detail = "; ".join(f"{entry.field}: {entry.message}" for entry in errors[:3])
    return _answer(problem(422, detail, code="invalid", errors=errors))


async def _tell_accident(request: Request, _error: Exception) -> JSONResponse:
    # The bridge logs it, with the same reference.
    reference = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return _answer(problem(500, sentence_of_accident(reference), extra={"reference": reference}))


def _field(location: Sequence[str | int]) -> str:
    parts = location[1:] if location and location[0] in {"body", "query", "path", "header"} else location
    return ".".join(str(part) for part in parts) or "body"
