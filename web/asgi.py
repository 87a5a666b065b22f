"""The bridge by which aiohttp serves ASGI applications: Piccolo Admin and the JSON API.

It stands on aiohttp-asgi and mends what that leaves open: after the body has ended, `receive` waits for the end of the
response and then says that the client is gone (Starlette's file responses need it); repeated headers such as
Set-Cookie all arrive; bodies have a limit and are whole texts; a client that hangs up is no error of ours.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from aiohttp import ClientConnectionError, hdrs, web
from aiohttp.http_exceptions import TransferEncodingError
from aiohttp_asgi.resource import ASGIContext

from guildshop.i18n import _
from guildshop.web.context import Unreadable, context_of
from guildshop.web.routes import RouteHandler

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HANG_UPS = (ConnectionError, ClientConnectionError, TransferEncodingError, asyncio.IncompleteReadError)


HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


class BodyRefused(Exception):
    """The client sends more than the route takes, or what is no text."""


def asgi_handler(asgi_app: AsgiApp, root_path: str, *, max_body: int) -> RouteHandler:
    """Return an aiohttp handler that lets the ASGI application, mounted at `root_path`, answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await _Bridge(asgi_app, request, root_path, max_body).get_response()

    return handle


def has_half_character(body: bytes) -> bool:
    """Tell whether a text in a JSON body has a surrogate without its other half, which no encoding can write."""
    if not HALF_CHARACTER.search(body):
        return False
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False  # It is no JSON, which is told by whoever reads it.
    return False


class _Bridge(ASGIContext):
    def __init__(self, asgi_app: AsgiApp, request: web.Request, root_path: str, max_body: int) -> None:
        super().__init__(asgi_app, request, root_path)
        self._left = max_body
        self._max_body = max_body
        self._refused: Exception | None = None
        self._gone = False
        self._body_ended = False
        self._finished = asyncio.Event()

    @property
    def scope(self) -> Any:
        scope = super().scope
        scope["http_version"] = f"{self.request.version.major}.{self.request.version.minor}"
        scope["query_string"] = self.request.rel_url.raw_query_string.encode()
        scope["raw_path"] = scope["raw_path"].partition(b"?")[0]
        scope["client"] = [context_of(self.request).remote, 0]
        scope["type"] = "http"
        return scope

    async def on_receive(self) -> dict[str, Any]:
        if self._body_ended:
            await self._finished.wait()
            return {"type": "http.disconnect"}
        try:
            body = await self._read()
        except HANG_UPS:
            self._note_hang_up()
            return {"type": "http.disconnect"}
        if self._left < 0:
            self._refused = web.HTTPRequestEntityTooLarge(self._max_body, self._max_body - self._left)
        elif has_half_character(body):
            self._refused = Unreadable(
                _("The body has half of a character (a lone surrogate), which no text can have. Nothing was done.")
            )
        if self._refused is not None:
            raise BodyRefused from self._refused
        self._body_ended = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def _read(self) -> bytes:
        """Return the whole body, or as much of it as shows that it is too large."""
        parts = []
        while self._left >= 0:
            parts.append(await self.request.content.readany())
            self._left -= len(parts[-1])
            if self.request.content.at_eof():
                break
        return b"".join(parts)

    async def on_send_response_start(self, payload: dict[str, Any]) -> None:
        if self._refused is not None:
            return
        response = web.StreamResponse(status=payload["status"])
        for name, value in payload.get("headers", ()):
            response.headers.add(name.title().decode("latin-1"), value.decode("latin-1"))
        if hdrs.CONTENT_LENGTH not in response.headers and payload["status"] not in {204, 304}:
            response.enable_chunked_encoding()
        self.response = response
        try:
            self.writer = await response.prepare(self.request)
        except HANG_UPS:
            self._note_hang_up()

    async def on_send_http_response_body(self, payload: dict[str, Any]) -> None:
        if self._refused is not None:
            return
        if not isinstance(self.response, web.StreamResponse):
            message = "the ASGI application sent a body before its start"
            raise TypeError(message)
        if self._gone:
            return
        body = payload.get("body", b"")
        try:
            if body and self.request.method != hdrs.METH_HEAD:
                await self.response.write(body)
            if not payload.get("more_body", False):
                await self.response.write_eof()
                self._finished.set()
        except HANG_UPS:
            self._note_hang_up()

    async def get_response(self) -> web.StreamResponse:
        try:
            await self.app(self.scope, self.on_receive, self.on_send)
        except Exception as error:
            if self._refused is not None:
                raise self._refused from error
            if not isinstance(self.response, web.StreamResponse):
                raise
            # The application has answered 500 itself and told us why; the answer is on its way.
            log.exception("web.error", reference=context_of(self.request).request_id, path=self.request.path)
        finally:
            self._finished.set()
        if self._refused is not None:
            raise self._refused
        if not isinstance(self.response, web.StreamResponse):
            message = "the ASGI application did not answer"
            raise TypeError(message)
        return self.response

    def _note_hang_up(self) -> None:
        """Let the application end in peace: what it still sends goes nowhere, and `receive` says it is alone."""
        transport = self.request.transport
        if transport is not None and not transport.is_closing():
            raise  # noqa: PLE0704 - called while the error is handled: it was not the client who went
        self._gone = True
        self._finished.set()
        log.info("web.client_gone", path=self.request.path)
