"""The double of PayLater: sessions, a hosted page to pay on, and signed webhooks, over real sockets."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from guildshop_paylater.rules import sign

API_KEY = "key-of-the-test-shop"
SECRET = "whsec-of-the-test-shop"


@dataclass
class Provider:
    """PayLater for one shop; `webhook` is where it sends events, `faults` statuses that it answers with instead."""

    url: str = ""
    webhook: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    silent: bool = False
    answers: list[int] = field(default_factory=list)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/sessions", self.create)
        app.router.add_get("/v1/sessions/{id}", self.show)
        app.router.add_get("/pay/{id}", self.page)
        app.router.add_post("/pay/{id}", self.pay)
        return app

    async def create(self, request: web.Request) -> web.Response:
        self._check(request)
        key = request.headers["Idempotency-Key"]
        if key not in self.keys:
            asked = await request.json()
            made = f"ses_{secrets.token_hex(8)}"
            expires = datetime.now(UTC) + timedelta(hours=1)
            self.keys[key] = made
            self.sessions[made] = {
                **asked,
                "id": made,
                "url": f"{self.url}/pay/{made}",
                "status": "open",
                "expires_at": expires.isoformat(),
            }
        return web.json_response(self.sessions[self.keys[key]], status=201)

    async def show(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response(self.sessions[request.match_info["id"]])

    async def page(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        text = f"<h1>{session['description']}</h1><form method=post><button>Pay {session['amount']}</button></form>"
        return web.Response(text=text, content_type="text/html")

    async def pay(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        session["status"] = "paid"
        if not self.silent:
            await self.tell("session.paid", session)
        raise web.HTTPSeeOther(session["return_url"])

    async def tell(self, kind: str, session: dict[str, Any], event_id: str = "", times: int = 1) -> None:
        """Send an event about a session, signed now."""
        event = {"id": event_id or f"evt_{secrets.token_hex(8)}", "type": kind, "data": {**session}}
        for _time in range(times):
            await self.send(json.dumps(event).encode())

    async def send(self, body: bytes, *, at: float | None = None, secret: str = SECRET, header: str = "") -> str:
        """Send a body as it is; return what the shop answered."""
        moment = int(time.time() if at is None else at)
        signed = header or f"t={moment},v1={sign(secret, moment, body)}"
        headers = {"Paylater-Signature": signed, "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as http, http.post(self.webhook, data=body, headers=headers) as answer:
            self.answers.append(answer.status)
            return await answer.text()

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise web.HTTPUnauthorized
        if self.faults:
            raise {500: web.HTTPInternalServerError, 503: web.HTTPServiceUnavailable}[self.faults.pop(0)]
