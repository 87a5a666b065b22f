"""The server itself: its port, health, metrics, proxies, the bridge to ASGI."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from guildshop.app import App
from guildshop.config.settings import WebSettings
from guildshop.database import open_database
from guildshop.errors import ConfigurationError
from guildshop.events import Event
from guildshop.hookspecs import Listener
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.web.asgi import asgi_handler
from guildshop.web.context import CONTEXT, RequestContext
from guildshop.web.server import WebServer
from guildshop.web.testing import Visitor

LARGE = b"0123456789abcdef" * 200_000


class BookLost(Event):
    """A book was lost."""


async def test_a_port_in_use_is_one_sentence(app: App) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        app.settings = app.settings.model_copy(update={"web": WebSettings(port=port)})
        with pytest.raises(ConfigurationError, match=f"Port {port} on 127.0.0.1 is in use"):
            await app.start_web()
    assert app.web is None
    await app.start_web()
    await app.stop_web()


async def test_it_is_alive_and_says_which_part_is_not(visitor: Visitor, app: App, store: Store) -> None:
    assert (await visitor.get("/healthz")).status == 200
    ready = await visitor.get("/readyz")
    assert ready.status == 200
    body = await ready.json()
    assert {name: part["ok"] for name, part in body["parts"].items()} == {
        "database": True,
        "gateway": True,
        "outbox": True,
    }

    async def hear(_event: Event, _delivery: object) -> None: ...

    app.codec.add(BookLost)
    app.listeners.add("bookshop", Listener(BookLost, "bookshop.hear", hear))
    async with app.work(Actor.system(store.id, "test")) as work:
        work.record(BookLost(), due=app.now() - timedelta(minutes=6))
    late = await visitor.get("/readyz")
    assert late.status == 503
    assert (await late.json())["parts"]["outbox"] == {
        "ok": False,
        "detail": "1 deliveries are more than 5 minutes late",
    }


async def test_a_database_that_is_gone_makes_it_unready(visitor: Visitor, app: App, tmp_path: Path) -> None:
    gone = await open_database(f"sqlite:///{tmp_path}/gone.db")
    await gone.close()
    alive, app.database = app.database, gone
    try:
        answer = await visitor.get("/readyz")
        assert answer.status == 503
        assert not (await answer.json())["parts"]["database"]["ok"]
        assert (await visitor.get("/healthz")).status == 200
    finally:
        app.database = alive


async def test_metrics_count_by_route_and_are_not_public(visitor: Visitor, app: App) -> None:
    await visitor.get("/admin/book/secret-id")
    text = await (await visitor.get("/metrics")).text()
    assert 'guildshop_http_requests_total{method="GET",route="/admin/book/{id}",status="303"} 1.0' in text
    assert "secret-id" not in text
    assert "guildshop_outbox_due_deliveries 0.0" in text
    through_a_proxy = await visitor.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert through_a_proxy.status == 404


@pytest.mark.parametrize(("trusted", "secure"), [([], False), (["127.0.0.0/8"], True), (["10.0.0.0/8"], False)])
async def test_only_trusted_proxies_are_believed(app: App, trusted: list[str], secure: bool) -> None:
    app.settings = app.settings.model_copy(update={"web": WebSettings(port=0, trusted_proxies=trusted)})
    await app.start_web()
    assert app.web is not None
    try:
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
        async with aiohttp.ClientSession(app.web.url) as http:
            answer = await http.get("/login", headers=headers)
            assert ("Strict-Transport-Security" in answer.headers) is secure
            assert ("Secure" in answer.headers["Set-Cookie"]) is secure
            malformed = await http.get("/login", headers={"X-Forwarded-For": "nonsense"})
            assert malformed.status == (400 if secure else 200)
    finally:
        await app.stop_web()


async def test_stopping_lets_a_request_finish(app: App, store: Store) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    app.settings = app.settings.model_copy(update={"web": WebSettings(port=0)})
    server = WebServer(app)
    from guildshop.web import health

    original, health.healthz = health.healthz, slow
    try:
        await server.start()
    finally:
        health.healthz = original
    async with aiohttp.ClientSession(server.url) as http:
        asked = asyncio.create_task(http.get("/healthz"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        asyncio.get_running_loop().call_later(0.05, go_on.set)
        answer = await asked
        assert await answer.text() == "done"
        await stopping


class _PassOn(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Response:
        return await call_next(request)  # type: ignore[no-any-return]


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A Starlette application behind the bridge, with a middleware in between as Piccolo Admin has them."""
    (tmp_path / "large.bin").write_bytes(LARGE)

    async def file(_request: Request) -> Response:
        return FileResponse(tmp_path / "large.bin")

    async def cookies(_request: Request) -> Response:
        response = PlainTextResponse("two")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    async def echo(request: Request) -> Response:
        return Response(await request.body())

    async def stream(_request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _number in range(2000):
                yield b"x" * 10_000

        return StreamingResponse(parts())

    async def about(request: Request) -> Response:
        return PlainTextResponse(f"{request.url.path} {request.url.query} {request.headers.get('x-name')}")

    async def nothing(_request: Request) -> Response:
        return Response(status_code=204)

    endpoints = {"file": file, "cookies": cookies, "stream": stream, "about": about, "nothing": nothing}
    routes = [Route(f"/{name}", endpoint) for name, endpoint in endpoints.items()]
    routes.append(Route("/echo", echo, methods=["POST"]))
    inner = Starlette(routes=routes, middleware=[Middleware(_PassOn)])

    @web.middleware
    async def with_context(request: web.Request, handler: Any) -> web.StreamResponse:
        request[CONTEXT] = RequestContext()
        return await handler(request)  # type: ignore[no-any-return]

    outer = web.Application(middlewares=[with_context])
    outer.router.add_route("*", "/in/{rest:.*}", asgi_handler(inner, "/in", max_body=len(LARGE)))
    runner = web.AppRunner(outer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()


async def test_large_files_arrive_whole_behind_middleware(bridge: aiohttp.ClientSession) -> None:
    assert await (await bridge.get("/in/file")).read() == LARGE
    head = await bridge.head("/in/file")
    assert (head.headers["Content-Length"], await head.read()) == (str(len(LARGE)), b"")


async def test_both_cookies_arrive(bridge: aiohttp.ClientSession) -> None:
    answer = await bridge.get("/in/cookies")
    assert [header.split(";")[0] for header in answer.headers.getall("Set-Cookie")] == ["a=1", "b=2"]


async def test_bodies_arrive_up_to_the_limit(bridge: aiohttp.ClientSession) -> None:
    assert await (await bridge.post("/in/echo", data=LARGE)).read() == LARGE
    assert await (await bridge.post("/in/echo", data=b"")).read() == b""

    async def too_much() -> AsyncIterator[bytes]:
        yield LARGE
        yield b"!"

    assert (await bridge.post("/in/echo", data=too_much())).status == 413
    assert (await bridge.get("/in/nothing")).status == 204


async def test_paths_queries_and_headers_arrive(bridge: aiohttp.ClientSession) -> None:
    answer = await bridge.get("/in/about?x=%C3%A4&y=1", headers={"X-Name": "Zoe"})
    assert await answer.text() == "/in/about x=%C3%A4&y=1 Zoe"


async def test_a_client_that_hangs_up_leaves_no_traceback(
    bridge: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await bridge.get("/in/stream")
    await answer.content.readexactly(10)
    answer.close()
    for _number in range(20):
        assert (await bridge.get("/in/nothing")).status == 204
    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
