"""The double of BTCPay Server: invoices, pull payments and signed webhooks, over real sockets.

It takes no request that the official description of the API does not allow, and checks its own answers by it too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
from aiohttp import web

API_KEY = "key-of-the-shop-under-test"
WEBHOOK_SECRET = "webhook secret of the shop under test"
STORE_ID = "9CiNzKoANXxmk5ayZngSXrHTiVvvgCrwrpFQd4m2K776"
RATE = Decimal(60000)
SPECS = Path(os.environ.get("GUILDSHOP_SPECS", Path(__file__).parents[4] / "shared" / "specs"))


@cache
def description() -> dict[str, Any]:
    """Return the official description; nothing where it is not at hand."""
    file = SPECS / "btcpay-greenfield.json"
    return json.loads(file.read_text()) if file.is_file() else {}


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema with its references and `allOf` laid together, so that unknown keys can be wrong."""
    return _flat(description()["components"]["schemas"][name])


def _flat(given: Any) -> Any:
    if isinstance(given, list):
        return [_flat(one) for one in given]
    if not isinstance(given, dict):
        return given
    if "$ref" in given:
        return _flat(description()["components"]["schemas"][given["$ref"].rpartition("/")[2]])
    made = {key: _flat(value) for key, value in given.items() if key not in {"allOf", "anyOf", "format", "default"}}
    for part in given.get("allOf", ()):
        flat = _flat(part)
        together = {**made.get("properties", {}), **flat.get("properties", {})}
        made = {**flat, **made, **({"properties": together} if together else {})}
    if given.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return what checks values by a schema; the schema itself is checked once."""
    jsonschema.Draft202012Validator.check_schema(schema(name))
    return jsonschema.Draft202012Validator(schema(name))


def check(name: str, value: Any) -> None:
    """Raise where a value is not what the description says."""
    if description():
        validator(name).validate(value)


@dataclass
class Btcpay:
    """BTCPay for one shop; `webhook` is where it sends events.

    `faults` are taken one a request: a status to answer with, "lost" (does it, and hangs up), "garbage".
    """

    url: str = ""
    webhook: str = ""
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pulls: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[int | str] = field(default_factory=list)
    silent: bool = False
    answers: list[int] = field(default_factory=list)
    now: Callable[[], float] = time.time

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._at_the_door])
        place = f"/api/v1/stores/{STORE_ID}"
        app.router.add_post(f"{place}/invoices", self.create)
        app.router.add_get(f"{place}/invoices", self.list_invoices)
        app.router.add_get(f"{place}/invoices/{{id}}", self.show)
        app.router.add_get(f"{place}/invoices/{{id}}/payment-methods", self.methods)
        app.router.add_post(f"{place}/invoices/{{id}}/status", self.mark)
        app.router.add_post(f"{place}/invoices/{{id}}/refund", self.refund)
        app.router.add_get(f"{place}/pull-payments", self.list_pulls)
        app.router.add_get("/api/v1/pull-payments/{id}/payouts", self.list_payouts)
        app.router.add_get("/i/{id}", self.page)
        app.router.add_post("/i/{id}", self.pay_page)
        return app

    # The API

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            page: web.StreamResponse = await handler(request)
            return page
        if request.headers.get("Authorization") != f"token {API_KEY}":
            return web.json_response({"code": "unauthenticated", "message": "no"}, status=401)
        self._described(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return web.json_response({"code": "generic-error", "message": "no"}, status=fault)
        if fault == "garbage":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        response: web.StreamResponse = await handler(request)
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return response

    def _described(self, request: web.Request) -> None:
        """Say whether the description has such a request; it leaves the store out where an invoice names it."""
        if not description():
            return
        resource = request.match_info.route.resource
        assert resource is not None, request.path
        path = resource.canonical.replace(STORE_ID, "{storeId}")
        if "/invoices/" in path:
            path = path.replace("/stores/{storeId}", "")
        plain = re.sub(r"\{\w+\}", "{}", path)
        found = [known for known in description()["paths"] if re.sub(r"\{\w+\}", "{}", known) == plain]
        assert found, f"BTCPay has no {path}"
        operation = description()["paths"][found[0]][request.method.lower()]
        named = {one.get("name") for one in operation.get("parameters", ())}
        assert request.query.keys() <= named, f"{path} has no {request.query.keys() - named}"

    async def create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        check("CreateInvoiceRequest", asked)
        made = secrets.token_urlsafe(16).replace("-", "a").replace("_", "b")
        self.invoices[made] = {
            "id": made,
            "storeId": STORE_ID,
            "amount": asked["amount"],
            "paidAmount": "0",
            "currency": asked["currency"],
            "type": "Standard",
            "checkoutLink": f"{self.url}/i/{made}",
            "createdTime": int(self.now()),
            "expirationTime": int(self.now()) + 900,
            "monitoringExpiration": int(self.now()) + 90000,
            "status": "New",
            "additionalStatus": "None",
            "availableStatusesForManualMarking": ["Settled", "Invalid"],
            "archived": False,
            "metadata": asked["metadata"],
            "checkout": asked["checkout"],
        }
        self.payments[made] = []
        return self._answer("InvoiceData", self.invoices[made])

    async def show(self, request: web.Request) -> web.Response:
        invoice = self.invoices.get(request.match_info["id"])
        if invoice is None:
            return web.json_response({"code": "invoice-not-found", "message": "no"}, status=404)
        return self._answer("InvoiceData", invoice)

    async def list_invoices(self, request: web.Request) -> web.Response:
        wanted, since = request.query.getall("orderId", []), int(request.query.get("startDate", 0))
        found = [
            invoice
            for invoice in self.invoices.values()
            if (not wanted or invoice["metadata"]["orderId"] in wanted)
            and request.query.get("status") in {None, invoice["status"]}
            and invoice["createdTime"] >= since
        ]
        return web.json_response(found)

    async def methods(self, request: web.Request) -> web.Response:
        made = request.match_info["id"]
        return web.json_response([self._method(made, kind) for kind in ("BTC-CHAIN", "BTC-LN")])

    async def mark(self, request: web.Request) -> web.Response:
        asked, invoice = await request.json(), self.invoices[request.match_info["id"]]
        check("MarkInvoiceStatusRequest", asked)
        if invoice["status"] not in {"New", "Processing", "Expired", "Settled"}:
            return web.json_response([{"path": "status", "message": "cannot be marked"}], status=422)
        invoice.update(status=asked["status"], additionalStatus="Marked")
        return self._answer("InvoiceData", invoice)

    async def refund(self, request: web.Request) -> web.Response:
        asked, invoice = await request.json(), self.invoices[request.match_info["id"]]
        check("RefundInvoiceRequest", asked)
        if Decimal(asked["customAmount"]) > self._paid(invoice["id"]):
            return web.json_response([{"path": "customAmount", "message": "more than was paid"}], status=422)
        made = secrets.token_hex(10)
        self.pulls[made] = {
            "id": made,
            "name": asked["name"],
            "description": asked["description"],
            "currency": asked["customCurrency"],
            "amount": asked["customAmount"],
            "archived": False,
            "viewLink": f"{self.url}/pull-payments/{made}",
        }
        self.payouts[made] = []
        return self._answer("PullPaymentData", self.pulls[made])

    async def list_pulls(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.pulls.values()))

    async def list_payouts(self, request: web.Request) -> web.Response:
        return web.json_response(self.payouts[request.match_info["id"]])

    # The hosted page

    async def page(self, request: web.Request) -> web.Response:
        invoice = self.invoices[request.match_info["id"]]
        form = f"<form method=post><button>Pay {invoice['amount']} {invoice['currency']}</button></form>"
        return web.Response(text=f"<!DOCTYPE html><title>Pay</title>{form}", content_type="text/html")

    async def pay_page(self, request: web.Request) -> web.Response:
        invoice = self.invoices[request.match_info["id"]]
        await self.pay(invoice)
        raise web.HTTPSeeOther(invoice["checkout"]["redirectURL"])

    # What tests do

    async def pay(self, invoice: dict[str, Any], share: str = "1", kind: str = "BTC-LN") -> None:
        """Pay a share of an invoice; Lightning is settled at once, on-chain payments wait to be confirmed."""
        value = Decimal(invoice["amount"]) * Decimal(share) / RATE
        status = "Settled" if kind == "BTC-LN" else "Processing"
        self.payments[invoice["id"]].append(
            {
                "id": secrets.token_hex(16),
                "receivedDate": int(self.now()),
                "value": f"{value:.8f}",
                "fee": "0",
                "status": status,
                "destination": "bc1q",
                "_kind": kind,
            }
        )
        await self._reckon(invoice)
        await self.tell("InvoiceReceivedPayment", invoice)

    async def confirm(self, invoice: dict[str, Any]) -> None:
        """Let the on-chain payments of an invoice be confirmed."""
        for payment in self.payments[invoice["id"]]:
            payment["status"] = "Settled"
        await self._reckon(invoice)
        await self.tell("InvoicePaymentSettled", invoice)

    async def expire(self, invoice: dict[str, Any]) -> None:
        """Let the time of an invoice run out."""
        if invoice["status"] == "New":
            invoice["status"] = "Expired"
            invoice["additionalStatus"] = "PaidPartial" if self.payments[invoice["id"]] else "None"
            await self.tell("InvoiceExpired", invoice)

    @property
    def taken(self) -> Decimal:
        """All the money that was taken, in the invoices' currency."""
        return sum((self._paid(made) for made in self.invoices), Decimal(0))

    def event(self, kind: str, invoice: dict[str, Any], delivery: str = "", **changed: Any) -> bytes:
        """Return an event as BTCPay writes it."""
        made = {
            "deliveryId": delivery or secrets.token_hex(10),
            "webhookId": "hook",
            "originalDeliveryId": delivery or secrets.token_hex(10),
            "isRedelivery": False,
            "type": kind,
            "timestamp": int(self.now()),
            "storeId": STORE_ID,
            "invoiceId": invoice["id"],
            "metadata": invoice["metadata"],
            **changed,
        }
        check("WebhookEvent", {key: made[key] for key in made if key not in {"storeId", "invoiceId", "metadata"}})
        return json.dumps(made).encode()

    async def tell(self, kind: str, invoice: dict[str, Any], delivery: str = "", **changed: Any) -> None:
        """Send an event."""
        if not self.silent:
            await self.send(self.event(kind, invoice, delivery, **changed))

    async def send(self, body: bytes, *, secret: str = WEBHOOK_SECRET, header: str | None = None, to: str = "") -> int:
        """Send a body as it is; return how the shop answered."""
        signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() if header is None else header
        headers = {"BTCPay-Sig": signed, "Content-Type": "application/json; charset=utf-8"}
        async with aiohttp.ClientSession() as http, http.post(to or self.webhook, data=body, headers=headers) as answer:
            self.answers.append(answer.status)
            return answer.status

    # Within

    async def _reckon(self, invoice: dict[str, Any]) -> None:
        payments, due = self.payments[invoice["id"]], Decimal(invoice["amount"])
        seen = sum((Decimal(one["value"]) for one in payments), Decimal(0)) * RATE
        late = invoice["status"] in {"Expired", "Invalid"}
        invoice["paidAmount"] = f"{seen:.2f}"
        if late:
            invoice["additionalStatus"] = "PaidLate" if seen >= due else "PaidPartial"
        elif seen >= due:
            settled = all(one["status"] == "Settled" for one in payments)
            invoice["status"] = "Settled" if settled else "Processing"
            invoice["additionalStatus"] = "PaidOver" if seen > due else "None"
            await self.tell("InvoiceSettled" if settled else "InvoiceProcessing", invoice)

    def _paid(self, made: str) -> Decimal:
        return sum((Decimal(one["value"]) for one in self.payments[made]), Decimal(0)) * RATE

    def _method(self, made: str, kind: str) -> dict[str, Any]:
        invoice, paid = self.invoices[made], [one for one in self.payments[made] if one["_kind"] == kind]
        amount = Decimal(invoice["amount"]) / RATE
        due = max(amount - sum((Decimal(one["value"]) for one in self.payments[made]), Decimal(0)), Decimal(0))
        address = f"bc1q{made.lower()}" if kind == "BTC-CHAIN" else f"lnbc{made.lower()}"
        link = f"bitcoin:{address}?amount={due:.8f}" if kind == "BTC-CHAIN" else f"lightning:{address}"
        method = {
            "paymentMethodId": kind,
            "currency": "BTC",
            "destination": address,
            "paymentLink": link,
            "rate": str(RATE),
            "paymentMethodPaid": str(sum((Decimal(one["value"]) for one in paid), Decimal(0))),
            "totalPaid": "0",
            "due": f"{due:.8f}",
            "amount": f"{amount:.8f}",
            "paymentMethodFee": "0",
            "payments": [{key: value for key, value in one.items() if key != "_kind"} for one in paid],
            "activated": True,
        }
        check("InvoicePaymentMethodDataModel", method)
        return method

    def _answer(self, name: str, value: Any) -> web.Response:
        check(name, value)
        return web.json_response(value)
