"""What happens around every request: its reference, the access log, proxies, limits and headers."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from http.cookies import SimpleCookie
from ipaddress import ip_address, ip_network

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_remotes import XForwardedFiltered

from guildshop.web.context import CONTEXT, RequestContext, app_of, context_of, path_for_logs
from guildshop.web.locale import LANGUAGE_COOKIE
from guildshop.web.metrics import METRICS
from guildshop.web.routes import rules_of

log = structlog.get_logger("guildshop.web.access")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
COOKIE_SECONDS = 30 * 24 * 3600
YEAR_SECONDS = 365 * 24 * 3600
READY_COOKIE = "guildshop_ready"
"""Tells a page that the file which it asked for comes; its value is the one that the page gave."""
READY = re.compile(r"[a-z0-9]{1,32}")
LIVES = {LANGUAGE_COOKIE: YEAR_SECONDS, READY_COOKIE: 60}
"""Seconds that a cookie lives, where that is not the usual."""


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request a reference, count it, time it, and write one line about it."""
    context = request[CONTEXT] = RequestContext(
        peer=request.remote or "", remote=request.remote or "", secure=request.secure
    )
    resource = request.match_info.route.resource
    context.route = resource.canonical if resource is not None else "(none)"
    started = time.perf_counter()
    status = 500
    with structlog.contextvars.bound_contextvars(request_id=context.request_id):
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            seconds = time.perf_counter() - started
            request.config_dict[METRICS].observe(request.method, context.route, status, seconds)
            identity = context.identity
            log.info(
                "web.request",
                method=request.method,
                path=path_for_logs(request),
                status=status,
                ms=round(seconds * 1000, 1),
                remote=context.remote,
                user=identity.signed_in.user.username if identity else None,
                store=identity.actor.store if identity and identity.actor else None,
            )
    return response


def proxies(trusted: Sequence[str]) -> Middleware:
    """Return the middleware that believes `X-Forwarded-…` headers, but only from proxies of these networks."""
    networks = [ip_network(network) for network in trusted]
    filtered = XForwardedFiltered({str(network) for network in networks})

    @web.middleware
    async def believe_proxies(request: web.Request, handler: Handler) -> web.StreamResponse:
        async def remember(forwarded: web.Request) -> web.StreamResponse:
            context = context_of(forwarded)
            context.remote, context.secure = forwarded.remote or "", forwarded.secure
            return await handler(forwarded)

        try:
            peer = ip_address(request.remote or "")
        except ValueError:
            return await handler(request)
        if not any(peer in network for network in networks):
            return await handler(request)
        return await filtered.middleware(request, remember)

    return believe_proxies


@web.middleware
async def limit_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 413 to a body that is larger than its route takes, before it is read."""
    limit = rules_of(request).max_body
    if request.content_length is not None and request.content_length > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length)
    return await handler(request.clone(client_max_size=limit))


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer carries, also those that the bridge or a static file sends."""
    context = request.get(CONTEXT)
    if context is None:
        return
    headers = response.headers
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-Id"] = context.request_id
    headers.setdefault("Content-Security-Policy", context.content_policy or CONTENT_POLICY)
    if hdrs.SERVER in headers:
        del headers[hdrs.SERVER]
    headers[hdrs.SERVER] = "Guildshop"
    https = _is_https(request, context)
    if https:
        headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
    if context.identity is not None or context.cookies:
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    ready = request.query.get("ready", "")
    if READY.fullmatch(ready) and hdrs.CONTENT_DISPOSITION in headers:
        context.cookies.append((READY_COOKIE, ready, False))
    # aiohttp has written its own cookies into the headers before it calls us.
    for name, content, http_only in context.cookies:
        headers.add(hdrs.SET_COOKIE, _cookie(name, content, http_only=http_only, secure=https))


def _cookie(name: str, content: str | None, *, http_only: bool, secure: bool) -> str:
    cookie: SimpleCookie = SimpleCookie({name: content or ""})
    morsel = cookie[name]
    morsel["path"] = "/"
    morsel["samesite"] = "Lax"
    morsel["max-age"] = LIVES.get(name, COOKIE_SECONDS) if content is not None else 0
    morsel["httponly"] = http_only
    morsel["secure"] = secure
    return morsel.OutputString()


def _is_https(request: web.Request, context: RequestContext) -> bool:
    return context.secure or app_of(request).settings.web.public_url.startswith("https://")
