"""One request to Shopify, and what its answer means: data, a refusal for good, or something that may pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import orjson

LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_WAIT = 60.0
OPTIONAL = frozenset({"defaultEmailAddress", "emailAddress"})
"""What an app without access to protected customer data is not told; the rest of the answer is good all the same."""


class ShopifyFailure(Exception):
    """Shopify could not be asked, or gave no usable answer."""


class ShopifyHiccup(ShopifyFailure):
    """Nothing came back, or Shopify itself is in trouble: asking once more may help."""


class ShopifyThrottled(ShopifyFailure):
    """We asked too much; in `seconds` there is room again."""

    def __init__(self, message: str, seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(message)
        self.seconds = min(max(seconds, 0.0), LONGEST_WAIT)


class ShopifyUnauthorized(ShopifyFailure):
    """Shopify refuses the token or the client's secret, or knows no such shop."""


class ShopifyDenied(ShopifyFailure):
    """The app may not do this; the text is Shopify's own."""


async def read_json(http: aiohttp.ClientSession, method: str, url: str, **given: Any) -> Mapping[str, Any]:
    """Return the JSON object that was answered; each kind of failure has a class of its own."""
    try:
        async with http.request(method, url, allow_redirects=False, **given) as answer:
            text = await _read(answer)
            if answer.status >= 300:
                _fail(answer.status, answer.headers.get("Retry-After", ""))
    except TimeoutError as error:
        message = "Shopify did not answer in time"
        raise ShopifyHiccup(message) from error
    except aiohttp.ClientError as error:
        message = f"Shopify cannot be reached: {type(error).__name__}"
        raise ShopifyHiccup(message) from error
    try:
        found = orjson.loads(text)
    except ValueError as error:
        message = "Shopify's answer is no JSON"
        raise ShopifyFailure(message) from error
    if not isinstance(found, dict):
        message = "Shopify's answer is no object"
        raise ShopifyFailure(message)
    return found


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for part in answer.content.iter_any():
        read += part
        if len(read) > LARGEST_ANSWER:
            message = "Shopify's answer is too large"
            raise ShopifyFailure(message)
    return bytes(read)


def _fail(status: int, retry_after: str) -> None:
    if status == 429:
        message = "Shopify says that we ask too often (429)"
        raise ShopifyThrottled(message, _seconds(retry_after))
    if status in {400, 401}:
        message = f"Shopify refuses the credentials ({status})"
        raise ShopifyUnauthorized(message)
    if status in {402, 403, 423}:
        message = f"Shopify denies access to the shop ({status})"
        raise ShopifyDenied(message)
    if status == 404 or status < 400:
        message = f"there is no such shop at that address ({status})"
        raise ShopifyUnauthorized(message)
    message = f"Shopify answered {status}"
    raise (ShopifyHiccup if status >= 500 or status == 408 else ShopifyFailure)(message)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def partly(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of a GraphQL answer, also where parts that we can do without are missing."""
    errors = answer.get("errors") or ()
    if isinstance(errors, str):
        raise ShopifyFailure(f"Shopify answered: {errors[:200]}")
    for error in errors:
        _raise(error if isinstance(error, Mapping) else {}, answer.get("extensions"))
    data = answer.get("data")
    if not isinstance(data, Mapping):
        message = "Shopify's answer holds no data"
        raise ShopifyFailure(message)
    return data


def _raise(error: Mapping[str, Any], extensions: object) -> None:
    details = error.get("extensions")
    code = str(details.get("code", "")) if isinstance(details, Mapping) else ""
    message = str(error.get("message", ""))[:300] or "Shopify's answer has an error without a text"
    path: Sequence[object] = error.get("path") or ()
    if code == "THROTTLED":
        raise ShopifyThrottled(message, _until_room(extensions))
    if code == "ACCESS_DENIED":
        if OPTIONAL.intersection(one for one in path if isinstance(one, str)):
            return
        raise ShopifyDenied(message)
    if code in {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        raise ShopifyHiccup(message)
    raise ShopifyFailure(message)


def _until_room(extensions: object) -> float:
    try:
        cost = extensions["cost"]  # type: ignore[index]
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(missing, 0.0) / float(status["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 1.0
