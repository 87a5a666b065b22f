"""Stripe's own client, asynchronous over aiohttp: its answers as mappings, its errors as our refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import stripe

from guildshop.errors import NotConfigured, Refusal, Unavailable
from guildshop.i18n import _
from guildshop.plugins.payments.api import KeySpent
from guildshop.plugins.stripe.api import StripeSettings

SECONDS = 10.0
"""How long Stripe may take to answer."""
VERSION = "2026-10-28.endive"
"""The version of the API that our calls are written for, whatever the account's default is."""

Answer = Mapping[str, Any]


class PaymentRefused(Refusal):
    """Stripe says no for good, and why."""

    code = "payment-refused"
    missing = False
    """Whether there is nothing of the ID that was asked for."""


class StripeClient:
    """Asks Stripe with a store's key."""

    def __init__(self) -> None:
        """Wait for `running`."""
        self._http: stripe.AIOHTTPClient | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections open inside the block."""
        stripe.enable_telemetry = False
        # With a session of its own it would read the certificates once more, even only to be closed.
        async with aiohttp.ClientSession() as session:
            self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=SECONDS), session=session)
            try:
                yield
            finally:
                self._http = None

    async def create_session(self, settings: StripeSettings, params: Any, key: str) -> Answer:
        """Open a Checkout Session, or return the one that was opened with this key."""
        sessions = self._of(settings).v1.checkout.sessions
        return await _answer(sessions.create_async(params, {"idempotency_key": key}), keyed=True)

    async def session(self, settings: StripeSettings, session_id: str) -> Answer:
        """Return a Checkout Session with its payment intent and the charge of it."""
        sessions = self._of(settings).v1.checkout.sessions
        return await _answer(sessions.retrieve_async(session_id, {"expand": ["payment_intent.latest_charge"]}))

    async def expire_session(self, settings: StripeSettings, session_id: str) -> None:
        """Make a Checkout Session impossible to pay; one that is over already is left as it is."""
        try:
            await _answer(self._of(settings).v1.checkout.sessions.expire_async(session_id))
        except PaymentRefused:
            return

    async def sessions(self, settings: StripeSettings, since: int) -> list[Answer]:
        """Return the completed sessions of the last days, the newest first; at most 1,000."""
        found: list[Answer] = []
        params: Any = {"created": {"gte": since}, "status": "complete", "limit": 100}
        while len(found) < 1000:
            page = await _answer(self._of(settings).v1.checkout.sessions.list_async(params))
            found += page["data"]
            if not page["has_more"] or not page["data"]:
                break
            params["starting_after"] = page["data"][-1]["id"]
        return found

    async def probe(self, settings: StripeSettings) -> None:
        """Ask for next to nothing, to see whether the key is good for what is needed of it."""
        await _answer(self._of(settings).v1.checkout.sessions.list_async({"limit": 1}))

    async def refund(self, settings: StripeSettings, params: Any, key: str) -> Answer:
        """Give money back, or return the refund that was made with this key; `KeySpent` when its answer is a fault."""
        return await _answer(self._of(settings).v1.refunds.create_async(params, {"idempotency_key": key}), replays=True)

    async def refunds(self, settings: StripeSettings, intent: str) -> list[Answer]:
        """Return the refunds of a payment, the newest first; none where Stripe has nothing of that ID."""
        try:
            page = await _answer(self._of(settings).v1.refunds.list_async({"payment_intent": intent, "limit": 100}))
        except PaymentRefused as refusal:
            # Anything else it refuses is no answer: a refund that it made would be made once more.
            if not refusal.missing:
                raise
            return []
        return list(page["data"])

    def _of(self, settings: StripeSettings) -> stripe.StripeClient:
        if self._http is None or settings.secret_key is None or not settings.secret_key.is_set:
            raise NotConfigured(_("Stripe is not set up in this shop. Ask the staff for another way to pay."))
        return stripe.StripeClient(
            settings.secret_key.reveal(),
            stripe_version=VERSION,
            base_addresses={"api": settings.api_url},
            max_network_retries=0,
            http_client=self._http,
        )


async def _answer(call: Awaitable[Any], *, keyed: bool = False, replays: bool = False) -> Answer:
    """Return the answer as a mapping; refusals that say whether another try can help.

    A fault of Stripe's own spends the key: at once where that is harmless (`keyed`), or once it is given again for the
    same key (`replays`), which is a minute later at least: by then what it did all the same can be seen.
    """
    try:
        answer: Answer = (await call).to_dict()
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise NotConfigured(
            _("Stripe refused the key of this shop. The staff must check secret_key in the settings of Stripe.")
        ) from error
    except stripe.IdempotencyError as error:
        raise (Unavailable if replays else KeySpent)(_unavailable()) from error
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        refusal = PaymentRefused(
            _("Stripe refused it: {reason}").format(reason=str(error.user_message or error.code or "?")[:300])
        )
        refusal.missing = error.http_status == HTTPStatus.NOT_FOUND
        raise refusal from error
    except stripe.APIError as error:
        # Stripe keeps its answer to a key, a fault of its own too: the same key gets it again.
        if error.http_status is not None and error.http_status >= 500 and (keyed or (replays and _is_replay(error))):
            raise KeySpent(_unavailable()) from error
        raise Unavailable(_unavailable()) from error
    except (stripe.StripeError, TimeoutError, aiohttp.ClientError, ValueError, KeyError, AttributeError) as error:
        raise Unavailable(_unavailable()) from error
    return answer


def _is_replay(error: stripe.APIError) -> bool:
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true"


def _unavailable() -> str:
    return _("Stripe does not answer at the moment. Please try again in a few minutes.")
