"""The double of Shopify's Admin API: made from Shopify's own schema, so that a field that is not there fails.

It checks tokens, counts what queries cost, throttles, and signs webhooks as Shopify does, over real sockets.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    build_client_schema,
    execute,
    parse,
    validate,
)

from guildshop.plugins.shopify_link.rules import sign

VERSION = "2026-10"
TOKEN = "shpat_of_the_test_shop"
CLIENT, SECRET = "client-of-the-test-shop", "secret-of-the-test-shop"
WEBHOOK_SECRET = "signs-the-webhooks-of-the-test-shop"
DOMAIN = "sample.myshopify.com"
SCOPES = ("read_customers", "write_customers", "read_orders")


@cache
def schema() -> GraphQLSchema:
    """Return Shopify's schema; the test is skipped where it is not at hand."""
    root = Path(__file__).resolve().parents[3]
    file = (
        Path(os.environ.get("GUILDSHOP_SPECS", root.parent / "shared" / "specs")) / f"shopify-admin-{VERSION}.json.gz"
    )
    if not file.is_file():
        pytest.skip(f"Shopify's schema is not at hand: {file}")
    found = json.loads(gzip.decompress(file.read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)


@cache
def read(query: str) -> tuple[DocumentNode, list[GraphQLError], float]:
    """Return a query, what is wrong with it by Shopify's schema, and what it costs; each is looked at once."""
    document = parse(query)
    return document, validate(schema(), document), _cost(document)


@dataclass
class Customer:
    """A customer of the shop at Shopify."""

    number: int
    name: str = "John Doe"
    email: str | None = "john@example.com"
    orders: int = 15
    spent: str = "1245.50"
    currency: str = "USD"

    @property
    def gid(self) -> str:
        return f"gid://shopify/Customer/{self.number}"


def denied(what: str) -> GraphQLError:
    text = f"Access denied for {what} field. Required access: `read_customers` access scope."
    return GraphQLError(text, extensions={"code": "ACCESS_DENIED"})


@dataclass
class ShopifyDouble:
    """Shopify for one shop; `faults` are what it does instead of answering, the first one next."""

    url: str = ""
    people: list[Customer] = field(default_factory=list)
    order_customers: dict[int, int] = field(default_factory=dict)
    metafields: dict[tuple[str, str], str] = field(default_factory=dict)
    """(customer's ID, namespace.key) → value."""
    faults: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    """What the app may not see or do: email, customers, orders, metafields."""
    metafield_error: str = ""
    scopes: tuple[str, ...] = SCOPES
    domain: str = DOMAIN
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    token_life: int = 86399
    issued: int = 0
    asked_for_tokens: int = 0
    requests: int = 0
    operations: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What Shopify would never have taken; a test's fixture asserts that there is nothing."""
    maximum: float = 2000.0
    restore: float = 100.0
    available: float = 2000.0
    hold: asyncio.Event | None = None
    """While this is set up and not set, answers wait for it."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first request that came."""

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post(f"/admin/api/{VERSION}/graphql.json", self.graphql)
        app.router.add_post("/admin/oauth/access_token", self.give_token)
        return app

    def customer(self, number: int, **given: Any) -> Customer:
        """Add a customer."""
        self.people.append(Customer(number, **given))
        return self.people[-1]

    def remove(self, number: int) -> None:
        self.people = [one for one in self.people if one.number != number]

    # Over HTTP

    async def give_token(self, request: web.Request) -> web.Response:
        self.asked_for_tokens += 1
        if self.hold is not None:
            await self.hold.wait()
        form = dict(await request.post())
        if form != {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}:
            return web.json_response({"error": "invalid_client"}, status=401)
        self.issued += 1
        token = f"shpat_{secrets.token_hex(8)}"
        self.tokens = {TOKEN, token}
        return web.json_response({"access_token": token, "scope": ",".join(self.scopes), "expires_in": self.token_life})

    async def graphql(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "hang up":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault == "429":
            return web.json_response(
                {"errors": "Exceeded 2 calls per second"}, status=429, headers={"Retry-After": "2.0"}
            )
        if fault.isdigit():
            return web.Response(status=int(fault), text="<html>Shopify is having trouble</html>")
        if fault and fault != "throttle":
            return web.Response(text=fault, content_type="application/json")
        if request.headers.get("X-Shopify-Access-Token") not in self.tokens:
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        return web.json_response(self._answer(await request.json(), throttle=fault == "throttle"))

    def _answer(self, asked: Mapping[str, Any], *, throttle: bool) -> dict[str, Any]:
        (document, wrong, cost), values = read(asked["query"]), asked.get("variables") or {}
        if wrong:
            self.problems += [error.message for error in wrong]
            return {"errors": [error.formatted for error in wrong]}
        if throttle or cost > self.available:
            status = self._status(0.0 if throttle else self.available)
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {
                "errors": [error],
                "extensions": {"cost": {"requestedQueryCost": cost, "actualQueryCost": None, **status}},
            }
        self.available -= cost
        operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
        self.operations.append(operation.name.value if operation.name else "")
        result = execute(schema(), document, root_value=_Root(self), variable_values=values)
        assert not hasattr(result, "__await__")
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
            self.problems += [error.message for error in result.errors if not (error.extensions or {}).get("code")]
        answer["extensions"] = {
            "cost": {"requestedQueryCost": cost, "actualQueryCost": cost, **self._status(self.available)}
        }
        return answer

    def _status(self, available: float) -> dict[str, Any]:
        status = {"maximumAvailable": self.maximum, "currentlyAvailable": available, "restoreRate": self.restore}
        return {"throttleStatus": status}

    # What Shopify sends

    def headers(self, topic: str, body: bytes, webhook_id: str, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": sign(secret, body),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Webhook-Id": webhook_id,
        }

    async def send(self, http: Any, path: str, topic: str, payload: object, webhook_id: str = "") -> ClientResponse:
        """Send a signed webhook."""
        body = json.dumps(payload).encode()
        sent: ClientResponse = await http.post(
            path, data=body, headers=self.headers(topic, body, webhook_id or secrets.token_hex(8))
        )
        return sent


def _cost(document: Any) -> float:
    """Count points about as Shopify does: one an object, two and its size a connection, ten a mutation."""
    fragments = {one.name.value: one for one in document.definitions if not isinstance(one, OperationDefinitionNode)}

    def of(selections: Any) -> float:
        points = 0.0
        for one in selections:
            if isinstance(one, FragmentSpreadNode):
                points += of(fragments[one.name.value].selection_set.selections)
            elif isinstance(one, InlineFragmentNode):
                points += of(one.selection_set.selections)
            elif isinstance(one, FieldNode) and one.selection_set is not None:
                points += 1 + of(one.selection_set.selections)
        return points

    total = 0.0
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            total += 10 if one.operation.value == "mutation" else of(one.selection_set.selections)
    return total


class _Root:
    """The fields at the top of Shopify's schema, as far as we ask for them."""

    def __init__(self, double: ShopifyDouble) -> None:
        self._double = double

    def _node(self, one: Customer) -> dict[str, Any]:
        def email(_info: Any) -> Any:
            if "email" in self._double.closed:
                raise denied("defaultEmailAddress")
            return None if one.email is None else {"emailAddress": one.email}

        return {
            "__typename": "Customer", "id": one.gid, "displayName": one.name, "numberOfOrders": str(one.orders),
            "amountSpent": {"amount": one.spent, "currencyCode": one.currency}, "defaultEmailAddress": email,
        }  # fmt: skip

    def _check(self, what: str) -> None:
        if what in self._double.closed:
            raise denied(what)

    def _named(self, gid: str) -> Customer | None:
        return next((one for one in self._double.people if one.gid == gid), None)

    def customerByIdentifier(self, _info: Any, identifier: Mapping[str, Any]) -> Any:  # noqa: N802 - Shopify's
        self._check("customers")
        wanted = identifier["emailAddress"]
        exact = [one for one in self._double.people if one.email == wanted]
        alike = [one for one in self._double.people if one.email and one.email.casefold() == wanted.casefold()]
        found = exact or alike
        return self._node(found[0]) if found else None

    def customers(self, _info: Any, query: str = "", first: int = 10, **_others: Any) -> Any:
        self._check("customers")
        quoted = re.fullmatch(r'email:"((?:[^"\\]|\\.)*)"', query)
        if quoted is None:
            self._double.problems.append(f"an unquoted search finds more than it should: {query}")
        wanted = quoted[1].casefold() if quoted else ""
        found = [one for one in self._double.people if (one.email or "").casefold() == wanted]
        return {"nodes": [self._node(one) for one in found[:first]]}

    def nodes(self, _info: Any, ids: list[str]) -> Any:
        self._check("customers")
        found = [self._named(one) for one in ids]
        return [None if one is None else self._node(one) for one in found]

    def order(self, _info: Any, id: str) -> Any:
        self._check("orders")
        number = int(id.rpartition("/")[2])
        if number not in self._double.order_customers:
            return None
        customer = self._named(f"gid://shopify/Customer/{self._double.order_customers[number]}")
        return {"customer": None if customer is None else self._node(customer)}

    def metafieldsSet(self, _info: Any, metafields: list[Mapping[str, Any]]) -> Any:  # noqa: N802 - Shopify's
        self._check("metafields")
        if len(metafields) > 25 or self._double.metafield_error:
            message = self._double.metafield_error or "Exceeded the maximum metafields input limit of 25."
            return {
                "metafields": None,
                "userErrors": [{"field": ["metafields"], "message": message, "code": "INVALID"}],
            }
        for one in metafields:
            if self._named(one["ownerId"]) is None:
                error = {"field": ["metafields"], "message": "Owner does not exist.", "code": "INVALID"}
                return {"metafields": None, "userErrors": [error]}
            if not one.get("type"):
                raise GraphQLError("type is required where there is no definition")
            self._double.metafields[one["ownerId"], f"{one['namespace']}.{one['key']}"] = one["value"]
        return {"metafields": [{"key": one["key"]} for one in metafields], "userErrors": []}

    def metafieldsDelete(self, _info: Any, metafields: list[Mapping[str, Any]]) -> Any:  # noqa: N802 - Shopify's
        self._check("metafields")
        for one in metafields:
            self._double.metafields.pop((one["ownerId"], f"{one['namespace']}.{one['key']}"), None)
        return {"deletedMetafields": [], "userErrors": []}

    def shop(self, _info: Any) -> Any:
        return {"myshopifyDomain": self._double.domain}

    def currentAppInstallation(self, _info: Any) -> Any:  # noqa: N802 - Shopify's
        return {"accessScopes": [{"handle": one} for one in self._double.scopes]}
