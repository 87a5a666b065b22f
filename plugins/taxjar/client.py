"""TaxJar's JSON API: amounts stay decimals both ways, and each kind of failure is told apart.

TaxJar's own client is synchronous and returns floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, NoReturn

import aiohttp
import orjson

from guildshop.plugins.taxjar.api import (
    TaxJarFailure,
    TaxJarKnown,
    TaxJarNoPlace,
    TaxJarRejected,
    TaxJarSettings,
    TaxJarUnauthorized,
)

API_VERSION = "2020-08-07"
SECONDS = 4.0
"""How long TaxJar may take to answer one request."""
LARGEST_ANSWER = 1024 * 1024
DETAIL_LENGTH = 200
_PLACE = re.compile(r"\bto[_ ](zip|state|country|city|street)\b")
TRIES = 2
"""For questions that change nothing; what changes something is tried again by its delivery."""


class TaxJarClient:
    """Asks TaxJar in the name of a store."""

    def __init__(self) -> None:
        """Wait for `running`."""
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections open inside the block."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
            self._http = http
            yield
        self._http = None

    async def tax(self, settings: TaxJarSettings, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask what is to be collected; asked again once where no answer came."""
        return await self._asked(settings, "POST", "/v2/taxes", question)

    async def nexus_regions(self, settings: TaxJarSettings) -> list[Any]:
        """Return where the account must collect; the cheapest question that needs a valid key."""
        answer = await self._asked(settings, "GET", "/v2/nexus/regions")
        regions = answer.get("regions")
        if not isinstance(regions, list):
            message = "TaxJar's answer names no regions"
            raise TaxJarFailure(message)
        return regions

    async def create_order(self, settings: TaxJarSettings, transaction: Mapping[str, Any]) -> None:
        """Tell of an order; `TaxJarKnown` where TaxJar has it."""
        await self._send(settings, "POST", "/v2/transactions/orders", transaction)

    async def create_refund(self, settings: TaxJarSettings, transaction: Mapping[str, Any]) -> None:
        """Tell of a refund; `TaxJarKnown` where TaxJar has it."""
        await self._send(settings, "POST", "/v2/transactions/refunds", transaction)

    async def _asked(
        self, settings: TaxJarSettings, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        for left in reversed(range(TRIES)):
            try:
                return await self._send(settings, method, path, body)
            except _NoAnswer:
                if not left:
                    raise
        raise AssertionError(TRIES)

    async def _send(
        self, settings: TaxJarSettings, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        if self._http is None or settings.api_key is None:
            message = "TaxJar is not set up"
            raise TaxJarFailure(message)
        headers = {
            "Authorization": f"Bearer {settings.api_key.reveal()}",
            "x-api-version": API_VERSION,
            "Accept": "application/json",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else orjson.dumps(body, default=_exact)
        try:
            async with self._http.request(
                method, settings.api_url + path, data=data, headers=headers, allow_redirects=False
            ) as answer:
                text = await _read(answer)
                if answer.status >= 300:
                    _fail(answer.status, text)
                return _object(text)
        except TimeoutError as error:
            message = f"TaxJar did not answer within {SECONDS:.0f} seconds"
            raise TaxJarFailure(message) from error
        except aiohttp.ClientError as error:
            message = f"TaxJar cannot be reached: {type(error).__name__}"
            raise _NoAnswer(message) from error


class _NoAnswer(TaxJarFailure):
    """Nothing came back, or that TaxJar itself is in trouble: asking once more may help."""


def _exact(value: object) -> orjson.Fragment:
    """Write a decimal as a JSON number of exactly these digits."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    raise TypeError


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for part in answer.content.iter_any():
        read += part
        if len(read) > LARGEST_ANSWER:
            message = "TaxJar's answer is too large"
            raise TaxJarFailure(message)
    return bytes(read)


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        message = "TaxJar's answer is no JSON"
        raise TaxJarFailure(message) from error
    if not isinstance(found, dict):
        message = "TaxJar's answer is no object"
        raise TaxJarFailure(message)
    return found


def _no_number(text: str) -> NoReturn:
    message = f"{text} is no number"
    raise ValueError(message)


def _fail(status: int, text: bytes) -> NoReturn:
    try:
        told = _object(text)
        detail = str(told.get("detail") or told.get("error") or "")
    except TaxJarFailure:
        detail = ""
    detail = " ".join(detail.split())[:DETAIL_LENGTH]
    if status in {401, 403}:
        message = f"TaxJar refuses the API key ({status})"
        raise TaxJarUnauthorized(message)
    if status == 422 and "already imported" in detail.lower():
        raise TaxJarKnown(detail)
    if status >= 500:
        message = f"TaxJar answered {status}"
        raise _NoAnswer(message)
    if status == 400 and _PLACE.search(detail):
        raise TaxJarNoPlace(detail)
    if 400 <= status < 500 and status not in {408, 429}:
        raise TaxJarRejected(detail or f"TaxJar answered {status}")
    message = f"TaxJar answered {status}"
    raise TaxJarFailure(message)
