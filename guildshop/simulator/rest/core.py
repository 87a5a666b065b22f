"""What every REST route shares: reading the body, the token, faults, validation, recording, the answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import BodyPartReader, web

from guildshop.simulator.errors import ApiError, error
from guildshop.simulator.faults import RateLimit
from guildshop.simulator.messages import Upload
from guildshop.simulator.recorder import Request
from guildshop.simulator.state import State

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator

PREFIX = "/api/v10"
MAX_BODY = 25 * 1024 * 1024
_FILE_FIELD = re.compile(r"files?\[?(\d*)\]?")


@dataclass(slots=True)
class Call:
    """One request, parsed."""

    sim: "Simulator"
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: list[Upload] = field(default_factory=list)
    reason: str | None = None

    @property
    def state(self) -> State:
        """What exists."""
        return self.sim.state


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path template, and what answers it with JSON (None: 204)."""

    method: str
    path: str
    handler: Handler
    by_token: bool = False  # a token in the path stands for the Authorization header
    created: bool = False  # answers 201


class Routes:
    """Collect a module's routes by decorator."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def add(
        self, method: str, path: str, *, by_token: bool = False, created: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler for a path below /api/v10."""

        def decorate(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, by_token, created))
            return handler

        return decorate


def register(app: web.Application, sim: "Simulator", routes: Routes) -> None:
    """Serve these routes."""
    for route in routes.routes:
        app.router.add_route(route.method, PREFIX + route.path, _serve(sim, route))


def _serve(sim: "Simulator", route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    bucket = f"{abs(hash((route.method, route.path))):016x}"
    generous = {
        "X-RateLimit-Limit": "100000",
        "X-RateLimit-Remaining": "99999",
        "X-RateLimit-Reset-After": "1.000",
        "X-RateLimit-Bucket": bucket,
    }

    async def serve(request: web.Request) -> web.Response:
        path = request.path[len(PREFIX) :]
        call = Call(sim, request.match_info, request.query, reason=request.headers.get("X-Audit-Log-Reason"))
        try:
            _check_token(sim, route, request)
            call.body, call.files = await _read(request)
            if sim.faults.slow_ms:
                await asyncio.sleep(sim.faults.slow_ms / 1000)
            limit = sim.faults.next_rate_limit(path)
            if limit is not None:
                response = _limited(limit, bucket)
            elif failure := sim.faults.next_failure(path):
                response = _json(failure, {"message": f"{failure}: simulated failure", "code": 0}, {})
            else:
                response = await _answer(call, route, generous)
        except ApiError as refusal:
            response = _json(refusal.status, refusal.body(), generous)
        sim.record(Request(sim.state.clock(), route.method, path, route.path, call.body, response.status))
        return response

    return serve


async def _answer(call: Call, route: Route, headers: dict[str, str]) -> web.Response:
    call.sim.check_request(route, call.body)
    result = await route.handler(call)
    if result is None:
        return web.Response(status=204, headers=headers)
    return _json(201 if route.created else 200, result, headers)


def _check_token(sim: "Simulator", route: Route, request: web.Request) -> None:
    if not route.by_token and request.headers.get("Authorization") != sim.authorization:
        raise error(0)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    # discord.py takes anything but exactly this content type for text.
    return web.Response(status=status, body=orjson.dumps(body), headers={**headers, "Content-Type": "application/json"})


def _limited(limit: RateLimit, bucket: str) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": limit.retry_after, "global": limit.is_global}
    headers = {
        "Retry-After": str(max(1, round(limit.retry_after))),
        "Via": "1.1 google",
        "X-RateLimit-Scope": "global" if limit.is_global else "user",
    }
    if limit.is_global:
        headers["X-RateLimit-Global"] = "true"
    else:
        headers |= {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": f"{limit.retry_after:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
    return _json(429, body, headers)


async def _read(request: web.Request) -> tuple[Any, list[Upload]]:
    if not request.body_exists:
        return None, []
    if request.content_type.startswith("multipart/"):
        return await _read_multipart(request)
    raw = await request.read()
    if not raw:
        return None, []
    try:
        return orjson.loads(raw), []
    except orjson.JSONDecodeError:
        raise error(50109) from None


async def _read_multipart(request: web.Request) -> tuple[Any, list[Upload]]:
    body: Any = None
    files: list[Upload] = []
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise error(50109)
        content = bytes(await part.read())
        size += len(content)
        if size > MAX_BODY:
            raise error(40005)
        if part.name == "payload_json":
            body = orjson.loads(content)
        elif part.filename is not None and (match := _FILE_FIELD.fullmatch(part.name or "")):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append(Upload(match[1] or str(len(files)), part.filename, guess_type(part.filename, kind), content))
    return body or {}, files


def guess_type(filename: str, declared: str) -> str:
    """Return the content type by the file's name: the client declares octet-stream for all."""
    ending = filename.rpartition(".")[2].lower()
    known = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
             "txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "json": "application/json",
             "pdf": "application/pdf", "svg": "image/svg+xml", "zip": "application/zip"}  # fmt: skip
    return known.get(ending, declared)
