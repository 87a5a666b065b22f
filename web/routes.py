"""What each route asks of a request before its handler runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from guildshop.web.context import ADMIN_BASE

RouteHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DEFAULT_MAX_BODY = 1024 * 1024


class Csrf(Enum):
    """Where the CSRF token of an unsafe request is looked for."""

    FORM_OR_HEADER = "form or header"
    HEADER = "header"
    """Only in the header, so that the body is left to whoever reads it."""
    NONE = "none"
    """For requests that are signed themselves."""


class Problem(Enum):
    """How an error is told."""

    PAGE = "page"
    JSON = "problem details"
    TEXT = "plain sentence"


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What a route asks: body size in bytes, CSRF, how errors are told, whether somebody may be signed in."""

    max_body: int = DEFAULT_MAX_BODY
    csrf: Csrf = Csrf.FORM_OR_HEADER
    problem: Problem = Problem.PAGE
    sign_in: bool = True
    """Whether the cookie or bearer token is looked at; webhooks and static files need neither."""


DEFAULT_RULES = RouteRules()
RULES: web.AppKey[dict[int, RouteRules]] = web.AppKey("route_rules", dict)


def add_route(app: web.Application, method: str, path: str, handler: RouteHandler, rules: RouteRules) -> None:
    """Add a route with its rules; GET also answers HEAD."""
    if method == "GET":
        routes = [app.router.add_route("GET", path, handler), app.router.add_route("HEAD", path, handler)]
    else:
        routes = [app.router.add_route(method, path, handler)]
    for route in routes:
        app[RULES][id(route)] = rules


def rules_of(request: web.Request) -> RouteRules:
    """Return the rules of the route that a request matched; for no route, those of its part of the address space."""
    found = request.config_dict[RULES].get(id(request.match_info.route))
    if found is not None:
        return found
    if request.path == "/api" or request.path.startswith("/api/"):
        return RouteRules(csrf=Csrf.NONE, problem=Problem.JSON)
    if request.path.startswith(f"{ADMIN_BASE}/api/"):
        return RouteRules(csrf=Csrf.NONE, problem=Problem.TEXT)
    return DEFAULT_RULES
