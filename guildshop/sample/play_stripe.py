"""A stand-in for Stripe, so that the demo can be paid online: it speaks as much of its API as the shop uses.

No money moves, and no card is asked for. What it knows is kept in one file, as the demo may be stopped and go on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from markupsafe import escape

from guildshop.i18n import _
from guildshop.money import format_money

SECRET_KEY = "sk_test_of_the_demo"  # noqa: S105 - it opens nothing
WEBHOOK_SECRET = "whsec_of_the_demo"  # noqa: S105
PREFIX = "/stripe"
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<body style="font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem">
<main><h1>{title}</h1><p>{said}</p>{form}</main></body></html>"""

log = structlog.get_logger(__name__)
Thing = dict[str, Any]


@dataclass
class PlayStripe:
    """Stripe's Checkout Sessions and refunds for one shop; `webhook` is where it tells what happened."""

    file: Path
    webhook: str
    address: str = ""
    """Where it is reached, without a slash at the end."""
    sessions: dict[str, Thing] = field(default_factory=dict)
    refunds: dict[str, Thing] = field(default_factory=dict)

    def load(self) -> None:
        """Read what it knew when it was stopped; a file that cannot be read is begun anew."""
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(self.file.read_text("utf-8"))
            self.sessions, self.refunds = kept["sessions"], kept["refunds"]

    def routes(self) -> list[web.RouteDef]:
        """Return its routes, below `PREFIX`."""
        sessions, refunds = f"{PREFIX}/v1/checkout/sessions", f"{PREFIX}/v1/refunds"
        return [
            web.post(sessions, self._create),
            web.get(sessions, self._list),
            web.get(sessions + "/{id}", self._show),
            web.post(sessions + "/{id}/expire", self._expire),
            web.post(refunds, self._refund),
            web.get(refunds, self._refunds),
            web.get(PREFIX + "/pay/{id}", self._page),
            web.post(PREFIX + "/pay/{id}", self._pay),
        ]

    # The API

    async def _create(self, request: web.Request) -> web.Response:
        asked = {name: str(value) for name, value in (await request.post()).items()}
        attempt, price = asked["client_reference_id"], "line_items[0][price_data]"
        known = next((one for one in self.sessions.values() if one["client_reference_id"] == attempt), None)
        if known is not None:
            return web.json_response(self._shown(known))
        made = f"cs_test_{secrets.token_hex(12)}"
        self.sessions[made] = {
            "id": made,
            "object": "checkout.session",
            "livemode": False,
            "created": int(time.time()),
            "amount_total": int(asked[f"{price}[unit_amount]"]),
            "currency": asked[f"{price}[currency]"],
            "client_reference_id": attempt,
            "metadata": {name: asked[f"metadata[{name}]"] for name in ("attempt", "order", "guild")},
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": asked["success_url"],
            "cancel_url": asked["cancel_url"],
            "expires_at": int(asked["expires_at"]),
            "url": f"{self.address}{PREFIX}/pay/{made}",
            "refunded": 0,
        }
        self._keep()
        return web.json_response(self._shown(self.sessions[made]))

    async def _list(self, request: web.Request) -> web.Response:
        since, wanted = int(request.query.get("created[gte]", 0)), request.query.get("status")
        found = [
            self._shown(one)
            for one in reversed(self.sessions.values())
            if one["created"] >= since and wanted in {None, one["status"]}
        ]
        return web.json_response({"object": "list", "data": found, "has_more": False})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._shown(self._session(request), expanded=True))

    async def _expire(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session["status"] != "open":
            return _refused("Only open sessions can be expired.")
        session["status"] = "expired"
        self._keep()
        return web.json_response(self._shown(session))

    async def _refund(self, request: web.Request) -> web.Response:
        asked = {name: str(value) for name, value in (await request.post()).items()}
        intent, amount, key = asked["payment_intent"], int(asked["amount"]), asked["metadata[refund]"]
        session = next((one for one in self.sessions.values() if one["payment_intent"] == intent), None)
        if session is None or amount > session["amount_total"] - session["refunded"]:
            return _refused("More cannot be refunded than was paid.")
        session["refunded"] += amount
        self.refunds[key] = {
            "id": f"re_{secrets.token_hex(8)}",
            "object": "refund",
            "amount": amount,
            "payment_intent": intent,
            "metadata": {"refund": key},
            "status": "succeeded",
        }
        self._keep()
        return web.json_response(self.refunds[key])

    async def _refunds(self, request: web.Request) -> web.Response:
        intent = request.query.get("payment_intent")
        found = [one for one in reversed(self.refunds.values()) if one["payment_intent"] == intent]
        return web.json_response({"object": "list", "data": found, "has_more": False})

    # The page

    async def _page(self, request: web.Request) -> web.Response:
        session = self._session(request)
        title = _("Order {number}").format(number=session["metadata"]["order"])
        if session["status"] != "open":
            return _html(title, _("This payment is over."), "")
        amount = format_money(session["amount_total"], session["currency"].upper())
        form = (
            f'<form method="post"><p><button style="font: inherit; padding: 0.6rem 1.2rem">'
            f"{escape(_('Pay {amount}').format(amount=amount))}</button></p></form>"
            f'<p><a href="{escape(session["cancel_url"])}">{escape(_("Back to the shop"))}</a></p>'
        )
        return _html(title, _("This is a demo: it stands in for Stripe, and no money moves."), form)

    async def _pay(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session["status"] == "open":
            intent = f"pi_{secrets.token_hex(12)}"
            session.update(status="complete", payment_status="paid", payment_intent=intent)
            self._keep()
            await self._tell("checkout.session.completed", self._shown(session))
        raise web.HTTPSeeOther(session["success_url"])

    # Within

    def _session(self, request: web.Request) -> Thing:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            raise web.HTTPNotFound(text="There is no such session.")
        return session

    def _shown(self, session: Thing, *, expanded: bool = False) -> Thing:
        shown = {name: value for name, value in session.items() if name != "refunded"}
        if expanded and session["payment_intent"]:
            charge = {"amount_refunded": session["refunded"], "disputed": False}
            shown["payment_intent"] = {
                "id": session["payment_intent"],
                "amount_received": session["amount_total"],
                "status": "succeeded",
                "latest_charge": charge,
            }
        return shown

    async def _tell(self, kind: str, thing: Thing) -> None:
        """Send a signed event; one that does not arrive is made up for, as the shop asks by itself too."""
        event = {"id": f"evt_{secrets.token_hex(8)}", "type": kind, "livemode": False, "data": {"object": thing}}
        body, at = json.dumps(event).encode(), int(time.time())
        signature = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={at},v1={signature}", "Content-Type": "application/json"}
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
                await http.post(self.webhook, data=body, headers=headers)
        except (TimeoutError, aiohttp.ClientError) as error:
            log.warning("play_stripe.webhook_failed", error=str(error))

    def _keep(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps({"sessions": self.sessions, "refunds": self.refunds}), "utf-8")
        new.replace(self.file)


def _refused(message: str) -> web.Response:
    return web.json_response({"error": {"type": "invalid_request_error", "message": message}}, status=400)


def _html(title: str, said: str, form: str) -> web.Response:
    text = PAGE.format(title=escape(title), said=escape(said), form=form)
    return web.Response(text=text, content_type="text/html")
