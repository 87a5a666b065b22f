"""The double of Stripe: Checkout Sessions, refunds, a hosted page and signed webhooks, over real sockets.

It takes no request that the SDK's own types do not allow, keeps its answer to each idempotency key (faults of its own
too), and answers with the official example of each resource, changed where it must be.
"""

from __future__ import annotations

import copy
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import stripe
from aiohttp import web
from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams
from typing_extensions import is_typeddict

SECRET_KEY = "sk_test_of_the_shop_under_test"
WEBHOOK_SECRET = "whsec_of_the_shop_under_test"
SPECS = Path(os.environ.get("GUILDSHOP_SPECS", Path(__file__).parents[4] / "shared" / "specs"))


@cache
def example(resource: str) -> dict[str, Any]:
    """Return Stripe's example of a resource; nothing where the official files are not at hand."""
    file = SPECS / "stripe-fixtures.json"
    return json.loads(file.read_text())["resources"][resource] if file.is_file() else {}


@cache
def adapter(params: Any) -> TypeAdapter[Any]:
    """Return what checks a request's parameters by the SDK's own types: unknown ones, also inside, are wrong."""
    names = vars(sys.modules[params.__module__])
    for thing in names.values():
        if is_typeddict(thing):
            thing.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    made: TypeAdapter[Any] = TypeAdapter(params)
    # The SDK imports these for type checkers only.
    made.rebuild(_types_namespace={**names, "Mapping": Mapping, "StripeContext": str})
    return made


def parse(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what `a[b][0]=c` stands for."""
    made: dict[str, Any] = {}
    for name, value in fields:
        parts = re.findall(r"[^\[\]]+", name)
        place = made
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return _listed(made)


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    numbered = inner and all(key.isdigit() for key in inner)
    return [inner[key] for key in sorted(inner, key=int)] if numbered else inner


@dataclass
class Stripe:
    """Stripe for one shop; `webhook` is where it sends events.

    `faults` are taken one a request: a status to answer with (kept under the request's key), "lost" (does it, and hangs
    up before it answers), "silent" (hangs up before it does anything), "garbage".
    """

    url: str = ""
    webhook: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    faults: list[int | str] = field(default_factory=list)
    silent: bool = False
    refund_status: str = "succeeded"
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    now: Callable[[], float] = time.time

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._at_the_door])
        app.router.add_post("/v1/checkout/sessions", self.create)
        app.router.add_get("/v1/checkout/sessions", self.list_sessions)
        app.router.add_get("/v1/checkout/sessions/{id}", self.show)
        app.router.add_post("/v1/checkout/sessions/{id}/expire", self.expire)
        app.router.add_post("/v1/refunds", self.create_refund)
        app.router.add_get("/v1/refunds", self.list_refunds)
        app.router.add_get("/pay/{id}", self.page)
        app.router.add_post("/pay/{id}", self.pay_page)
        return app

    # The API

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        self.requests.append((request.method, request.path))
        if request.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return self._error(401, "invalid_request_error", "Invalid API Key provided")
        key, body = request.headers.get("Idempotency-Key"), await request.text()
        fault = self.faults.pop(0) if self.faults else None
        if fault == "silent":
            return self._hang_up(request)
        if fault == "garbage":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        if request.method == "POST" and key is not None and key in self.keys:
            before, status, answer = self.keys[key]
            if before != request.path + body:
                return self._error(400, "idempotency_error", "Keys can only be used with the same parameters")
            return web.json_response(answer, status=status, headers={"Idempotent-Replayed": "true"})
        response = (
            self._error(fault, "api_error", "An error occurred") if isinstance(fault, int) else await handler(request)
        )
        if request.method == "POST" and key is not None:
            self.keys[key] = (request.path + body, response.status, json.loads(response.text or "{}"))
        return self._hang_up(request) if fault == "lost" else response

    async def create(self, request: web.Request) -> web.Response:
        asked = await self._checked(request, SessionCreateParams)
        if isinstance(asked, web.Response):
            return asked
        made = f"cs_test_{secrets.token_hex(12)}"
        price = asked["line_items"][0]["price_data"]
        lifetime = int(asked["expires_at"]) - self.now()
        if not price["unit_amount"]:
            return self._error(400, "invalid_request_error", "Invalid positive integer")
        assert lifetime < 24 * 3600 + 60, "Stripe takes at most 24 hours"
        session = {
            **copy.deepcopy(example("checkout.session")),
            "id": made,
            "object": "checkout.session",
            "livemode": False,
            "created": int(self.now()),
            "amount_total": price["unit_amount"] * asked["line_items"][0]["quantity"],
            "currency": price["currency"],
            "client_reference_id": asked["client_reference_id"],
            "metadata": asked["metadata"],
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": asked["success_url"],
            "cancel_url": asked["cancel_url"],
            "expires_at": asked["expires_at"],
            "url": f"{self.url}/pay/{made}",
            "_intent_metadata": asked["payment_intent_data"]["metadata"],
        }
        self.sessions[made] = session
        return web.json_response(self._shown(session))

    async def show(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            return self._error(404, "invalid_request_error", "No such checkout.session")
        return web.json_response(self._shown(session, expanded="expand[0]" in request.query))

    async def expire(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        if session["status"] != "open":
            return self._error(400, "invalid_request_error", "Only open sessions can be expired")
        session["status"] = "expired"
        return web.json_response(self._shown(session))

    async def list_sessions(self, request: web.Request) -> web.Response:
        since = int(request.query.get("created[gte]", 0))
        wanted = request.query.get("status")
        found = [
            self._shown(session)
            for session in self.sessions.values()
            if session["created"] >= since and wanted in {None, session["status"]}
        ]
        return web.json_response({"object": "list", "data": found, "has_more": False, "url": request.path})

    async def create_refund(self, request: web.Request) -> web.Response:
        asked = await self._checked(request, RefundCreateParams)
        if isinstance(asked, web.Response):
            return asked
        intent = self.intents[asked["payment_intent"]]
        left = intent["amount_received"] - intent["latest_charge"]["amount_refunded"]
        if asked["amount"] > left:
            return self._error(400, "invalid_request_error", f"Refund amount is greater than what is left ({left})")
        made = f"re_{secrets.token_hex(8)}"
        self.refunds[made] = {
            **copy.deepcopy(example("refund")),
            "id": made,
            "object": "refund",
            "amount": asked["amount"],
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": asked["metadata"],
            "status": self.refund_status,
        }
        if self.refund_status != "failed":
            intent["latest_charge"]["amount_refunded"] += asked["amount"]
        return web.json_response(self.refunds[made])

    async def list_refunds(self, request: web.Request) -> web.Response:
        wanted = request.query["payment_intent"]
        found = [refund for refund in reversed(self.refunds.values()) if refund["payment_intent"] == wanted]
        return web.json_response({"object": "list", "data": found, "has_more": False, "url": request.path})

    # The hosted page

    async def page(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        text = (
            f"<!DOCTYPE html><title>Pay</title><form method=post><button>Pay {session['amount_total']}</button></form>"
        )
        return web.Response(text=text, content_type="text/html")

    async def pay_page(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        await self.pay(session)
        raise web.HTTPSeeOther(session["success_url"])

    # What tests do

    async def pay(self, session: dict[str, Any], *, delayed: bool = False, amount: int | None = None) -> None:
        """Pay an open session, as its payer does; `delayed` by a method whose money takes days."""
        assert session["status"] == "open", session["status"]
        session["status"] = "complete"
        intent = {
            **copy.deepcopy(example("payment_intent")),
            "id": f"pi_{secrets.token_hex(12)}",
            "currency": session["currency"],
            "metadata": session["_intent_metadata"],
            "amount_received": 0,
            "status": "processing",
            "latest_charge": {**copy.deepcopy(example("charge")), "amount_refunded": 0, "disputed": False},
        }
        self.intents[intent["id"]] = intent
        session["payment_intent"] = intent["id"]
        if delayed:
            await self.tell("checkout.session.completed", session)
        else:
            await self.arrive(session, amount=amount, kind="checkout.session.completed")

    async def arrive(
        self,
        session: dict[str, Any],
        *,
        amount: int | None = None,
        kind: str = "checkout.session.async_payment_succeeded",
    ) -> None:
        """Let the money of a session come."""
        intent = self.intents[session["payment_intent"]]
        intent.update(status="succeeded", amount_received=session["amount_total"] if amount is None else amount)
        session["payment_status"] = "paid"
        await self.tell(kind, session)

    async def fail(self, session: dict[str, Any]) -> None:
        """Let the money of a delayed payment not come."""
        self.intents[session["payment_intent"]]["status"] = "requires_payment_method"
        await self.tell("checkout.session.async_payment_failed", session)

    async def fail_refund(self, refund: dict[str, Any]) -> None:
        """Let a refund that succeeded fail after all, as when the payer's card is closed."""
        refund.update(status="failed", failure_reason="expired_or_canceled_card")
        self.intents[refund["payment_intent"]]["latest_charge"]["amount_refunded"] -= refund["amount"]
        await self.tell("refund.failed", refund)

    @property
    def charged(self) -> int:
        """How many payments were taken."""
        return sum(intent["amount_received"] > 0 for intent in self.intents.values())

    @property
    def taken(self) -> int:
        """All the money that was taken."""
        return sum(intent["amount_received"] for intent in self.intents.values())

    def event(self, kind: str, thing: dict[str, Any], event_id: str = "", **changed: Any) -> bytes:
        """Return an event as Stripe writes it."""
        made = {
            **copy.deepcopy(example("event")),
            "id": event_id or f"evt_{secrets.token_hex(8)}",
            "object": "event",
            "type": kind,
            "livemode": False,
            "data": {"object": self._shown(thing)},
            **changed,
        }
        return json.dumps(made).encode()

    async def tell(self, kind: str, thing: dict[str, Any], event_id: str = "", **changed: Any) -> None:
        """Send an event, signed now."""
        if not self.silent:
            await self.send(self.event(kind, thing, event_id, **changed))

    async def send(
        self,
        body: bytes,
        *,
        at: float | None = None,
        secret: str = WEBHOOK_SECRET,
        header: str | None = None,
        to: str = "",
    ) -> int:
        """Send a body as it is, signed by the SDK's own function; return how the shop answered."""
        signed = header
        if signed is None:
            moment = int(self.now() if at is None else at)
            text = body.decode("utf-8", "surrogateescape")
            signed = stripe.WebhookSignature.generate_signature_header(text, secret, moment)
        headers = {"Stripe-Signature": signed, "Content-Type": "application/json; charset=utf-8"}
        async with aiohttp.ClientSession() as http, http.post(to or self.webhook, data=body, headers=headers) as answer:
            self.answers.append(answer.status)
            return answer.status

    # Within

    async def _checked(self, request: web.Request, params: Any) -> Any:
        sent = parse([(name, str(value)) for name, value in (await request.post()).items()])
        try:
            return adapter(params).validate_python(sent)
        except ValidationError as error:
            return self._error(400, "invalid_request_error", f"Received unknown or wrong parameters: {error}")

    def _shown(self, thing: dict[str, Any], *, expanded: bool = False) -> dict[str, Any]:
        shown = {name: value for name, value in thing.items() if not name.startswith("_")}
        if expanded and shown.get("payment_intent"):
            shown["payment_intent"] = self.intents[shown["payment_intent"]]
        return shown

    def _error(self, status: int, kind: str, message: str) -> web.Response:
        return web.json_response({"error": {"type": kind, "message": message}}, status=status)

    def _hang_up(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response(status=500)
