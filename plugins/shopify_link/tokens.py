"""Tokens of the Admin API: a static one as it is, those of client credentials fetched and renewed before they end."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from guildshop.config.secret import remember_secret
from guildshop.plugins.shopify_link.api import ShopifySettings
from guildshop.plugins.shopify_link.wire import ShopifyFailure, ShopifyUnauthorized, read_json

EARLY = 600.0
"""How many seconds before its end a token is renewed."""
USUAL_LIFE = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and when it is renewed."""

    text: str
    until: float


class Tokens:
    """The tokens of all accounts, held in memory only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any."""
        self.clock = clock
        self._tokens: dict[str, Token] = {}
        self._asked: dict[str, asyncio.Task[Token]] = {}

    async def get(self, http: aiohttp.ClientSession, settings: ShopifySettings) -> str:
        """Return a token that is good now; for many who need one at once it is asked for once, whatever comes of it."""
        if settings.has_token and settings.access_token is not None:
            return settings.access_token.reveal()
        account = _account(settings)
        known = self._tokens.get(account)
        if known is not None and known.until > self.clock():
            return known.text
        asked = self._asked.get(account)
        if asked is None:
            asked = self._asked[account] = asyncio.create_task(self._renew(http, settings, account))
        # Whoever waits no longer takes it from nobody else.
        return (await asyncio.shield(asked)).text

    def forget(self, settings: ShopifySettings, refused: str) -> bool:
        """Drop a token that Shopify refused, unless it was by somebody before; False where there is no other one."""
        account = _account(settings)
        known = self._tokens.get(account)
        if known is not None and known.text == refused:
            del self._tokens[account]
        return not settings.has_token

    async def _renew(self, http: aiohttp.ClientSession, settings: ShopifySettings, account: str) -> Token:
        try:
            token = self._tokens[account] = await self._fetch(http, settings)
            return token
        finally:
            del self._asked[account]

    async def _fetch(self, http: aiohttp.ClientSession, settings: ShopifySettings) -> Token:
        if settings.client_secret is None:
            message = "Shopify is not set up"
            raise ShopifyUnauthorized(message)
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal(),
        }
        answer = await read_json(http, "POST", f"{settings.base_url}/admin/oauth/access_token", data=form)
        text = answer.get("access_token")
        if not isinstance(text, str) or not text:
            message = "Shopify gave no token"
            raise ShopifyFailure(message)
        remember_secret(text)
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else USUAL_LIFE
        return Token(text, self.clock() + max(seconds - EARLY, seconds / 2))


def _account(settings: ShopifySettings) -> str:
    secret = settings.client_secret.reveal_or() if settings.client_secret is not None else ""
    return hashlib.sha256(f"{settings.base_url}\n{settings.client_id}\n{secret}".encode()).hexdigest()
