"""Shopify's Admin API over GraphQL: typed results, tokens of both kinds, and no faster than Shopify lets us.

Shopify counts what a query costs in points, and says in each answer how many are left and how fast they come back. We
wait for them before we ask. Where it refuses all the same, as `THROTTLED` with HTTP 200 or as 429, we wait and ask
again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from guildshop.plugins.shopify_link import rules
from guildshop.plugins.shopify_link.api import ShopifyCustomer, ShopifySettings
from guildshop.plugins.shopify_link.throttle import Points
from guildshop.plugins.shopify_link.tokens import Tokens
from guildshop.plugins.shopify_link.wire import (
    ShopifyDenied,
    ShopifyFailure,
    ShopifyHiccup,
    ShopifyThrottled,
    ShopifyUnauthorized,
    partly,
    read_json,
)

API_VERSION = "2026-10"
SECONDS = 8.0
"""How long Shopify may take to answer one request."""
PATIENCE = 12.0
"""How long somebody who waits for an answer waits for tries and points together."""
TRIES = 4
FIRST_WAIT = 0.25
BATCH = 10
"""How many customers are looked for in one query."""
NODES = 50
NAMESPACE = "discord"
METAFIELDS = ("user_id", "username", "server_id")

_KNOWN = """
fragment Known on Customer {
  id displayName numberOfOrders amountSpent { amount currencyCode } defaultEmailAddress { emailAddress }
}"""


@dataclass(frozen=True, slots=True)
class Found:
    """Who has an email address: nobody, one customer, or several where Shopify tells spellings apart."""

    customer: ShopifyCustomer | None = None
    several: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """What Shopify says of the app: the shop's domain and what the app may do."""

    domain: str
    scopes: frozenset[str]


class ShopifyClient:
    """Asks Shopify in the name of a store."""

    def __init__(self) -> None:
        """Wait for `running`."""
        self._http: aiohttp.ClientSession | None = None
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.spread: Callable[[], float] = random.random
        self.tokens = Tokens()
        self.points = Points()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections open inside the block."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
            self._http = http
            yield
        self._http = None

    async def find(
        self, settings: ShopifySettings, emails: Sequence[str], *, patience: float = PATIENCE
    ) -> list[Found]:
        """Return who has each of these addresses, exactly but for upper and lower case."""
        found: list[Found] = []
        for begin in range(0, len(emails), BATCH):
            part = emails[begin : begin + BATCH]
            answer = await self._ask(settings, _find_query(len(part)), _find_values(part), patience)
            names = _names(len(part))
            found += [_found(answer, asked, email) for asked, email in zip(names, part, strict=True)]
        return found

    async def customers(
        self, settings: ShopifySettings, ids: Sequence[str], *, patience: float = PATIENCE
    ) -> dict[str, ShopifyCustomer]:
        """Return those of the customers that there are, by the digits of their ID."""
        found: dict[str, ShopifyCustomer] = {}
        query = "query Customers($ids: [ID!]!) { nodes(ids: $ids) { ...Known } }" + _KNOWN
        for begin in range(0, len(ids), NODES):
            wanted = [rules.gid(rules.CUSTOMER, one) for one in ids[begin : begin + NODES]]
            answer = await self._ask(settings, query, {"ids": wanted}, patience)
            for node in answer.get("nodes") or ():
                if node:
                    customer = _customer(node)
                    found[customer.id] = customer
        return found

    async def customer_of_order(self, settings: ShopifySettings, order: str) -> str:
        """Return the digits of the ID of an order's customer; empty where there is none."""
        query = "query OrderOf($id: ID!) { order(id: $id) { customer { id } } }"
        answer = await self._ask(settings, query, {"id": rules.gid(rules.ORDER, order)}, PATIENCE)
        found = (answer.get("order") or {}).get("customer") or {}
        return rules.digits_of(found.get("id"))

    async def write_metafields(self, settings: ShopifySettings, customer: str, values: Mapping[str, str]) -> None:
        """Write who the customer is in Discord; ShopifyDenied says why Shopify does not take it."""
        query = (
            "mutation WriteDiscord($metafields: [MetafieldsSetInput!]!) {"
            " metafieldsSet(metafields: $metafields) { metafields { key } userErrors { field message code } } }"
        )
        fields = [
            _metafield(customer, key) | {"type": "single_line_text_field", "value": value}
            for key, value in values.items()
            if value
        ]
        answer = await self._ask(settings, query, {"metafields": fields}, SECONDS * 3)
        _refuse_user_errors(answer.get("metafieldsSet"))

    async def remove_metafields(self, settings: ShopifySettings, customer: str) -> None:
        """Take off who the customer is in Discord."""
        query = (
            "mutation RemoveDiscord($metafields: [MetafieldIdentifierInput!]!) {"
            " metafieldsDelete(metafields: $metafields) { userErrors { field message } } }"
        )
        fields = [_metafield(customer, key) for key in METAFIELDS]
        answer = await self._ask(settings, query, {"metafields": fields}, SECONDS * 3)
        _refuse_user_errors(answer.get("metafieldsDelete"))

    async def probe(self, settings: ShopifySettings) -> Probe:
        """Ask who we are to Shopify."""
        query = "query Probe { shop { myshopifyDomain } currentAppInstallation { accessScopes { handle } } }"
        answer = await self._ask(settings, query, {}, PATIENCE)
        try:
            scopes = frozenset(str(one["handle"]) for one in answer["currentAppInstallation"]["accessScopes"])
            return Probe(str(answer["shop"]["myshopifyDomain"]), scopes)
        except (KeyError, TypeError) as error:
            raise ShopifyFailure(_NONSENSE) from error

    # Within

    async def _ask(
        self, settings: ShopifySettings, query: str, values: Mapping[str, Any], patience: float
    ) -> Mapping[str, Any]:
        """Ask until there is an answer, as long as `patience` seconds last; what was not allowed is left null."""
        http, account, waited, fresh_token = self._http, settings.base_url, 0.0, False
        if http is None or not settings.complete:
            message = "Shopify is not set up"
            raise ShopifyUnauthorized(message)
        for left in reversed(range(TRIES)):
            wait, token = 0.0, ""
            try:
                waited += await self._wait(self.points.wait_for(account, query), patience - waited)
                token = await self.tokens.get(http, settings)
                return await self._once(http, settings, token, query, values)
            except ShopifyUnauthorized:
                # A token may be taken back before its time is over: once, another one is asked for.
                if fresh_token or not token or not self.tokens.forget(settings, token) or not left:
                    raise
                fresh_token = True
            except ShopifyThrottled as failure:
                if not left:
                    raise
                wait = failure.seconds + self.spread() * FIRST_WAIT
            except ShopifyHiccup:
                if not left:
                    raise
                wait = (0.5 + self.spread()) * FIRST_WAIT * 2 ** (TRIES - 1 - left)
            if wait:
                waited += await self._wait(wait, patience - waited)
        raise AssertionError(TRIES)

    async def _wait(self, seconds: float, most: float) -> float:
        if seconds > most:
            message = f"Shopify asks us to wait {seconds:.0f} seconds"
            raise ShopifyThrottled(message, seconds)
        if seconds > 0:
            await self.sleep(seconds)
        return seconds

    async def _once(
        self,
        http: aiohttp.ClientSession,
        settings: ShopifySettings,
        token: str,
        query: str,
        values: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json", "Accept": "application/json"}
        body = orjson.dumps({"query": query, "variables": dict(values)})
        url = f"{settings.base_url}/admin/api/{API_VERSION}/graphql.json"
        answer = await read_json(http, "POST", url, data=body, headers=headers)
        self.points.note(settings.base_url, query, answer.get("extensions"))
        return partly(answer)


_NONSENSE = "Shopify's answer makes no sense"


def _names(count: int) -> list[tuple[str, str]]:
    """Return what each answer is called: the one who is looked for alone, and those who are alike to them."""
    if count == 1:
        return [("customerByIdentifier", "customers")]
    return [(f"c{n}", f"s{n}") for n in range(count)]


def _find_query(count: int) -> str:
    parameters = ", ".join(f"$e{n}: String!, $s{n}: String!" for n in range(count))
    parts = "\n".join(
        f"{customer}: customerByIdentifier(identifier: {{emailAddress: $e{n}}}) {{ ...Known }}\n"
        f"{alike}: customers(first: 3, query: $s{n}) {{ nodes {{ id defaultEmailAddress {{ emailAddress }} }} }}"
        for n, (customer, alike) in enumerate(_names(count))
    )
    return f"query Find({parameters}) {{\n{parts}\n}}" + _KNOWN


def _find_values(emails: Sequence[str]) -> dict[str, str]:
    values = {f"e{n}": email for n, email in enumerate(emails)}
    return values | {f"s{n}": rules.search_by_email(email) for n, email in enumerate(emails)}


def _found(answer: Mapping[str, Any], names: tuple[str, str], email: str) -> Found:
    node = answer.get(names[0])
    if not node:
        return Found()
    customer, key = _customer(node), rules.email_key(email)
    # Shopify may not tell addresses to this app; then its word that it is the one has to do.
    if customer.email and rules.email_key(customer.email) != key:
        return Found()
    nodes = (answer.get(names[1]) or {}).get("nodes") or ()
    alike = {one.get("id") for one in nodes if one and rules.email_key(_address(one)) == key}
    return Found(customer, several=len(alike | {rules.gid(rules.CUSTOMER, customer.id)}) > 1)


def _address(node: Mapping[str, Any]) -> str:
    return str((node.get("defaultEmailAddress") or {}).get("emailAddress") or "")


def _customer(node: Mapping[str, Any]) -> ShopifyCustomer:
    try:
        return rules.customer_of(node)
    except ValueError as error:
        raise ShopifyFailure(_NONSENSE) from error


def _metafield(customer: str, key: str) -> dict[str, str]:
    return {"ownerId": rules.gid(rules.CUSTOMER, customer), "namespace": NAMESPACE, "key": key}


def _refuse_user_errors(payload: object) -> None:
    if not isinstance(payload, Mapping):
        raise ShopifyFailure(_NONSENSE)
    errors = payload.get("userErrors") or ()
    if errors:
        raise ShopifyDenied("; ".join(str(one.get("message", "")) for one in errors)[:300])
