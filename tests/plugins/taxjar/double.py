"""The double of TaxJar: answers and errs as TaxJar does, over real sockets, and takes nothing that TaxJar would not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aiohttp import web

API_KEY = "key-of-the-test-shop"
CENT = Decimal("0.01")

ZIPS = {"94111": "CA", "90002": "CA", "10001": "NY", "19901": "DE", "75201": "TX"}
RATES = {"CA": Decimal("0.08625"), "NY": Decimal("0.08875"), "TX": Decimal("0.0825"), "DE": Decimal(0)}
FREIGHT_TAXABLE = frozenset({"NY", "TX"})
EXEMPT_CODES = {"20010": frozenset({"NY"}), "40030": frozenset({"CA", "NY", "TX"})}
"""Where things of a code are not taxed: clothing, groceries."""
VERSIONS = frozenset({"2020-08-07", "2022-01-24"})


class Wrong(Exception):
    """A request that TaxJar does not take."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> web.Response:
        error = {
            400: "Bad Request",
            401: "Unauthorized",
            404: "Not Found",
            406: "Not Acceptable",
            422: "Unprocessable Entity",
        }
        body = {"status": self.status, "error": error[self.status], "detail": self.detail}
        return web.json_response(body, status=self.status)


@dataclass
class TaxJarDouble:
    """TaxJar for one account; `faults` are what it does instead of answering, the first one next."""

    url: str = ""
    nexus: set[str] = field(default_factory=lambda: {"CA", "NY", "TX"})
    faults: list[str] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: int = 0

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._front])
        app.router.add_post("/v2/taxes", self.taxes)
        app.router.add_post("/v2/transactions/orders", self.create_order)
        app.router.add_post("/v2/transactions/refunds", self.create_refund)
        app.router.add_get("/v2/nexus/regions", self.regions)
        return app

    @web.middleware
    async def _front(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "hang up":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault == "late":
            await asyncio.sleep(30)
        if fault.isdigit():
            return web.Response(status=int(fault), text="<html>TaxJar is having trouble</html>")
        if fault:
            return web.Response(text=fault, content_type="application/json")
        try:
            if request.headers.get("Authorization") not in {f"Bearer {API_KEY}", f'Token token="{API_KEY}"'}:
                raise Wrong(401, f"Not authorized for route '{request.method} {request.path}'")
            if request.headers.get("x-api-version") not in VERSIONS:
                raise Wrong(406, "x-api-version is not supported")
            answer: web.StreamResponse = await handler(request)
        except Wrong as wrong:
            return wrong.answer()
        return answer

    async def regions(self, request: web.Request) -> web.Response:
        return web.json_response({"regions": [{"country_code": "US", "region_code": one} for one in self.nexus]})

    async def taxes(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        self.questions.append(asked)
        _place(asked)
        _address(asked, "from")
        shipping = _number(asked, "shipping")
        lines = _lines(asked, {"id", "quantity", "unit_price", "discount", "product_tax_code"})
        amount = _number(asked, "amount")
        nets = {line["id"]: _net(line) for line in lines}
        if sum(nets.values()) != amount:
            raise Wrong(400, f"amount {amount} is not what the line items come to")
        state = asked["to_state"]
        given = {one["state"] for one in asked.get("nexus_addresses", ())}
        has_nexus = asked["to_country"] == "US" and state in (given or self.nexus)
        total = amount + shipping
        tax: dict[str, Any] = {
            "order_total_amount": total, "shipping": shipping, "taxable_amount": 0, "amount_to_collect": 0, "rate": 0,
            "has_nexus": has_nexus, "freight_taxable": False, "tax_source": None,
            "jurisdictions": {"country": asked["to_country"], "state": state},
        }  # fmt: skip
        if has_nexus:
            tax |= self._calculate(asked, lines, nets, shipping, state)
        return web.Response(text=_dump({"tax": tax}), content_type="application/json")

    def _calculate(
        self,
        asked: Mapping[str, Any],
        lines: list[dict[str, Any]],
        nets: Mapping[str, Decimal],
        shipping: Decimal,
        state: str,
    ) -> dict[str, Any]:
        """Work out the tax: the total rounded once, each line by itself, so that they often differ by a cent."""
        rate = Decimal(0) if asked.get("exemption_type") in {"wholesale", "government", "other"} else RATES[state]
        freight = state in FREIGHT_TAXABLE and bool(rate)
        taxable = {
            line["id"]: Decimal(0)
            if state in EXEMPT_CODES.get(line.get("product_tax_code", ""), ())
            else nets[line["id"]]
            for line in lines
        }
        base = sum(taxable.values()) + (shipping if freight else 0)
        breakdown: dict[str, Any] = {
            "taxable_amount": base,
            "tax_collectable": _cents(base * rate),
            "combined_tax_rate": rate,
            "line_items": [
                {"id": key, "taxable_amount": value, "tax_collectable": _cents(value * rate), "combined_tax_rate": rate}
                for key, value in taxable.items()
            ],
        }
        if freight:
            breakdown["shipping"] = {"taxable_amount": shipping, "tax_collectable": _cents(shipping * rate)}
        return {
            "taxable_amount": base,
            "amount_to_collect": _cents(base * rate),
            "rate": rate,
            "freight_taxable": freight,
            "tax_source": "destination",
            "breakdown": breakdown,
        }

    async def create_order(self, request: web.Request) -> web.Response:
        told = await _body(request)
        key = _transaction(told, sign=1)
        if key in self.orders or key in self.refunds:
            raise Wrong(422, "Provider tranx already imported for your user account")
        self.orders[key] = told
        return web.Response(status=201, text=_dump({"order": told}), content_type="application/json")

    async def create_refund(self, request: web.Request) -> web.Response:
        told = await _body(request)
        key = _transaction(told, sign=-1)
        if key in self.orders or key in self.refunds:
            raise Wrong(422, "Provider tranx already imported for your user account")
        if told.get("transaction_reference_id") not in self.orders:
            raise Wrong(404, "transaction_reference_id names no order")
        self.refunds[key] = told
        return web.Response(status=201, text=_dump({"refund": told}), content_type="application/json")


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Wrong(406, "Content-Type must be application/json")
    try:
        found = json.loads(await request.text(), parse_float=Decimal)
    except ValueError:
        raise Wrong(400, "malformed JSON") from None
    if not isinstance(found, dict):
        raise Wrong(400, "an object is expected")
    return found


def _number(values: Mapping[str, Any], name: str) -> Decimal:
    value = values.get(name)
    if value is None:
        raise Wrong(406, f"{name} is missing")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Wrong(400, f"{name} must be a number")
    if Decimal(value) != Decimal(value).quantize(CENT):
        raise Wrong(400, f"{name} has more than 2 decimals")
    return Decimal(value)


def _place(values: Mapping[str, Any]) -> None:
    if not values.get("to_country"):
        raise Wrong(406, "to_country is missing")
    if values["to_country"] != "US":
        return
    code, state = values.get("to_zip", ""), values.get("to_state", "")
    if not code:
        raise Wrong(400, "No to zip, required when country is US")
    if not state:
        raise Wrong(400, "No to state, required when country is US")
    if ZIPS.get(code) != state:
        raise Wrong(400, f"to_zip {code} is not used within to_state {state}")


def _address(values: Mapping[str, Any], side: str) -> None:
    if len(values.get(f"{side}_country", "")) != 2:
        raise Wrong(406, f"{side}_country is missing")


def _lines(values: Mapping[str, Any], known: set[str]) -> list[dict[str, Any]]:
    lines = values.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise Wrong(406, "line_items are missing")
    seen = set()
    for line in lines:
        unknown = set(line) - known
        if unknown:
            raise Wrong(400, f"line_items have no {', '.join(sorted(unknown))}")
        if not isinstance(line.get("id"), str) or line["id"] in seen:
            raise Wrong(400, "each line item needs an id of its own")
        if not isinstance(line.get("quantity"), int) or line["quantity"] < 1:
            raise Wrong(400, "quantity must be a whole number above 0")
        seen.add(line["id"])
    return lines


def _net(line: Mapping[str, Any]) -> Decimal:
    net = line["quantity"] * _number(line, "unit_price") - _number(line, "discount")
    if net < 0:
        raise Wrong(400, "discount is more than the line item costs")
    return net


def _transaction(told: Mapping[str, Any], sign: int) -> str:
    key = told.get("transaction_id")
    if not isinstance(key, str) or not key:
        raise Wrong(406, "transaction_id is missing")
    if "T" not in str(told.get("transaction_date", "")):
        raise Wrong(406, "transaction_date is missing")
    _place(told)
    amount, shipping, tax = (_number(told, name) for name in ("amount", "shipping", "sales_tax"))
    if min(sign * amount, sign * shipping, sign * tax) < 0:
        raise Wrong(400, f"amounts must be {'above' if sign > 0 else 'below'} zero")
    known = {
        "id",
        "quantity",
        "product_identifier",
        "description",
        "product_tax_code",
        "unit_price",
        "discount",
        "sales_tax",
    }
    whole = shipping
    for line in _lines(told, known) if told.get("line_items") else ():
        price, discount, line_tax = (_number(line, name) for name in ("unit_price", "discount", "sales_tax"))
        if min(sign * price, sign * discount, sign * line_tax) < 0:
            raise Wrong(400, "amounts of line items have the wrong sign")
        whole += line["quantity"] * price - discount
    if told.get("line_items") and whole != amount:
        raise Wrong(400, f"amount {amount} is not what line items and shipping come to, {whole}")
    return key


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _dump(value: Any) -> str:
    """Write JSON with decimals as numbers, as TaxJar does."""

    def plain(one: Any) -> Any:
        if isinstance(one, Decimal):
            return float(one)
        if isinstance(one, dict):
            return {key: plain(part) for key, part in one.items()}
        return [plain(part) for part in one] if isinstance(one, list) else one

    return json.dumps(plain(value))
