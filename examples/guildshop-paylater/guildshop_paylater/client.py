"""PayLater's JSON API as the types of `api`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
from guildshop.errors import NotConfigured, Unavailable
from guildshop.i18n import _

from guildshop_paylater.api import PaylaterSettings, Session, Told

SECONDS = 8.0
"""How long PayLater may take to answer."""


class PaylaterClient:
    """Asks PayLater; `Unavailable` where it does not answer, or nonsense, `NotConfigured` where it refuses us."""

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

    async def create(self, settings: PaylaterSettings, session: Session, number: str, return_url: str) -> Told:
        """Open the session, or, when it was opened before, return it."""
        body = {
            "amount": session.amount,
            "currency": session.currency,
            "reference": str(session.id),
            "description": number,
            "return_url": return_url,
        }
        return await self._ask(settings, "POST", "/v1/sessions", body, {"Idempotency-Key": str(session.id)})

    async def get(self, settings: PaylaterSettings, provider_id: str) -> Told:
        """Return how a session stands."""
        return await self._ask(settings, "GET", f"/v1/sessions/{provider_id}")

    async def _ask(
        self,
        settings: PaylaterSettings,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        if self._http is None or settings.api_key is None:
            raise NotConfigured(_("PayLater is not set up in this shop. Ask the staff for another way to pay."))
        sent = {"Authorization": f"Bearer {settings.api_key.reveal()}", **(headers or {})}
        try:
            async with self._http.request(
                method, settings.api_url + path, json=body, headers=sent, allow_redirects=False
            ) as answer:
                if 400 <= answer.status < 500 and answer.status != 429:
                    raise NotConfigured(
                        _("PayLater refused the request with {status}. Check its settings of this shop.").format(
                            status=answer.status
                        )
                    )
                answer.raise_for_status()
                return _told(await answer.json())
        except (TimeoutError, aiohttp.ClientError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                _("PayLater does not answer at the moment. Please try again in a few minutes.")
            ) from error


def _told(answer: Mapping[str, Any]) -> Told:
    expires = datetime.fromisoformat(answer["expires_at"])
    if expires.tzinfo is None:
        message = "a time without its zone"
        raise ValueError(message)
    return Told(
        id=str(answer["id"]),
        reference=str(answer["reference"]),
        url=str(answer["url"]),
        status=str(answer["status"]),
        amount=int(answer["amount"]),
        currency=str(answer["currency"]),
        expires=expires,
    )
