"""Whether the process is alive and its parts are fine, and its figures for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import structlog
from aiohttp import hdrs, web

from guildshop.tenancy import every_store
from guildshop.web.context import app_of, context_of
from guildshop.web.metrics import METRICS

if TYPE_CHECKING:
    from guildshop.app import App

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds a part has to answer."""
OUTBOX_LATE = timedelta(minutes=5)
Part = tuple[bool, str]


async def healthz(_request: web.Request) -> web.StreamResponse:
    """Say that the process is alive."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.StreamResponse:
    """Say for each part whether it is fine; 503 unless all are."""
    app = app_of(request)
    parts = {
        "database": await _ask(_database, app),
        "gateway": await _ask(_gateway, app),
        "outbox": await _ask(_outbox, app),
    }
    fine = all(part[0] for part in parts.values())
    body = {
        "status": "ok" if fine else "unavailable",
        "parts": {name: {"ok": ok, "detail": detail} for name, (ok, detail) in parts.items()},
    }
    return web.json_response(body, status=200 if fine else 503)


async def metrics(request: web.Request) -> web.StreamResponse:
    """Answer Prometheus; unless `web.metrics_public` is set, only from loopback and private addresses."""
    app = app_of(request)
    if not app.settings.web.metrics_public and not _is_near(request):
        raise web.HTTPNotFound
    found = request.config_dict[METRICS]
    found.outbox_due.set(await _count(app, "status = 'PENDING' AND next_attempt <= :now", now=app.now()))
    found.outbox_failed.set(await _count(app, "status = 'FAILED'"))
    found.gateway_ready.set(1 if app.bot is not None and app.bot.is_ready() else 0)
    found.stores.set(sum(store.active for store in app.stores.all()))
    text, content_type = found.text()
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: content_type})


async def _ask(part: Callable[[App], Awaitable[Part]], app: App) -> Part:
    try:
        async with asyncio.timeout(PATIENCE):
            return await part(app)
    except TimeoutError:
        return False, f"no answer within {PATIENCE:g} s"
    except Exception as error:
        log.warning("web.not_ready", part=part.__name__.strip("_"), error=str(error))
        return False, type(error).__name__


async def _database(app: App) -> Part:
    await app.database.fetch("SELECT 1 AS one")
    return True, app.database.dialect


async def _gateway(app: App) -> Part:
    if app.bot is None:
        return True, "off"
    return (True, "connected") if app.bot.is_ready() else (False, "not connected")


async def _outbox(app: App) -> Part:
    count = await _count(app, "status = 'PENDING' AND next_attempt <= :late", late=app.now() - OUTBOX_LATE)
    return (True, "on time") if not count else (False, f"{count} deliveries are more than 5 minutes late")


async def _count(app: App, where: str, **values: object) -> int:
    with every_store():
        row = await app.database.fetch_one(f"SELECT COUNT(*) AS n FROM delivery WHERE {where}", **values)
    return int(row["n"]) if row else 0


def _is_near(request: web.Request) -> bool:
    """Tell whether the request comes from this machine or its network, and not through a proxy we do not know."""
    context = context_of(request)
    forwarded = hdrs.X_FORWARDED_FOR in request.headers or hdrs.FORWARDED in request.headers
    if forwarded and context.remote == context.peer:
        return False
    try:
        address = ip_address(context.remote)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
