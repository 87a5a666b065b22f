"""Stripe as a processor of payments: Checkout Sessions, refunds, and what its webhooks mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.errors import Invalid, NotConfigured, Unavailable
from guildshop.events import Event
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api import (
    Attempt,
    Begun,
    KeySpent,
    Payment,
    PaymentRefundChanged,
    PaymentsSettings,
    ProcessorProblem,
    ProcessorTold,
    RefundOutcome,
    RefundState,
    Standing,
    Taking,
)
from guildshop.plugins.payments.service import PART, AttemptService, PaymentService, Settlement
from guildshop.plugins.payments.webhooks import KIND_LENGTH, id_of, metadata_of, uuid_or_none
from guildshop.plugins.stripe import rules
from guildshop.plugins.stripe.api import METHOD, StripeSettings
from guildshop.plugins.stripe.client import PaymentRefused, StripeClient
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

SESSION_LIFE = timedelta(hours=23)
"""Stripe takes 30 minutes to 24 hours; counted from when the attempt was made, so that every try says the same."""
KEYS = 20
"""How many keys a refund may use up: each is good until Stripe answers it with a fault, for a day."""

log = structlog.get_logger(__name__)


class StripeService:
    """Stripe in the store in scope: a `Processor` of the payments plugin."""

    code = METHOD
    scannable = False

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self.client = StripeClient()

    @property
    def label(self) -> str:
        """What payers read."""
        return _("Card or wallet (Stripe)")

    def ready(self, store: int) -> bool:
        """Tell whether the store's account is set up."""
        return self._settings(store).complete

    def payable(self, amount: int, currency: str) -> str:
        """Return an empty text, or the sentence why Stripe does not take this amount."""
        if rules.to_stripe(amount, currency) is not None:
            return ""
        return _("{amount} cannot be paid through Stripe: it takes no such amount in this currency.").format(
            amount=format_money(amount, currency)
        )

    async def begin(self, attempt: Attempt, order: Order, return_url: str) -> Begun:
        """Open a Checkout Session; the same attempt again returns the one opened before."""
        store = self.app.stores.get(attempt.store)
        names = {"attempt": str(attempt.id), "order": order.number, "guild": str(store.guild_id)}
        item = {
            "currency": attempt.currency.lower(),
            "unit_amount": rules.to_stripe(attempt.amount, attempt.currency),
            "product_data": {"name": f"{order.number} · {store.name}"[:200]},
        }
        expires = attempt.created + SESSION_LIFE
        params = {
            "mode": "payment",
            "client_reference_id": str(attempt.id),
            "line_items": [{"quantity": 1, "price_data": item}],
            "metadata": names,
            "payment_intent_data": {"metadata": names, "description": order.number},
            "adaptive_pricing": {"enabled": False},
            "submit_type": "pay",
            "success_url": return_url,
            "cancel_url": return_url.partition("?")[0],
            "expires_at": int(expires.timestamp()),
        }
        session = await self.client.create_session(self._configured(), params, str(attempt.id))
        try:
            self._check(session, attempt)
            return Begun(str(session["id"]), str(session["url"]), expires)
        except (KeyError, TypeError) as error:
            raise _nonsense() from error

    async def fetch(self, attempt: Attempt) -> Standing:
        """Ask how a Checkout Session stands."""
        settings = self._configured()
        session = await self.client.session(settings, attempt.processor_id)
        try:
            self._check(session, attempt)
            return rules.standing(session, live=settings.live)
        except (KeyError, TypeError, ValueError) as error:
            raise _nonsense() from error

    async def end(self, attempt: Attempt) -> Standing:
        """Expire a Checkout Session, unless it is paid or being paid; return how it stands then."""
        await self.client.expire_session(self._configured(), attempt.processor_id)
        return await self.fetch(attempt)

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        """Refund a payment, or ask how the refund of that key stands."""
        settings, intent = self._configured(), payment.processor_id.partition(PART)[0]
        wanted = rules.to_stripe(amount, payment.currency)
        if wanted is None:
            # Without an amount Stripe would give all of the payment back.
            reason = _("Stripe gives back no such amount in this currency: {amount}. Give another one.")
            return RefundOutcome(
                RefundState.FAILED, reason=reason.format(amount=format_money(amount, payment.currency))
            )
        try:
            for known in await self.client.refunds(settings, intent):
                if (known.get("metadata") or {}).get("refund") == str(key):
                    return rules.refund_outcome(known)
            params = {
                "payment_intent": intent,
                "amount": wanted,
                "metadata": {"refund": str(key), "order": payment.order_number},
            }
            return rules.refund_outcome(await self._refund(settings, params, key))
        except PaymentRefused as refusal:
            return RefundOutcome(RefundState.FAILED, reason=str(refusal))
        except (KeyError, TypeError, AttributeError) as error:
            raise _nonsense() from error

    async def takings(self, since: datetime) -> Sequence[Taking]:
        """Return the sessions of this store that were paid since then."""
        guild = str(self.app.stores.get(current_store()).guild_id)
        sessions = await self.client.sessions(self._configured(), int(since.timestamp()))
        try:
            return [
                Taking(
                    money_id=str(session["payment_intent"]),
                    attempt=uuid_or_none(_attempt_of(session)),
                    amount=rules.from_stripe(int(session["amount_total"]), str(session["currency"]).upper()),
                    currency=str(session["currency"]).upper(),
                )
                for session in sessions
                if session["payment_status"] == "paid" and (session.get("metadata") or {}).get("guild") == guild
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _nonsense() from error

    async def examine(self, store: int) -> Sequence[ProcessorProblem]:
        """Say what is wrong with a store's account, asking Stripe."""
        settings = self._settings(store)
        offered = METHOD in self.app.stores.settings(store, PaymentsSettings).methods
        if not settings.begun and not offered:
            return []
        if not settings.complete:
            return [
                ProcessorProblem(
                    _("Stripe is half set up, so it is not offered."),
                    _("Set secret_key and webhook_secret of the section stripe."),
                )
            ]
        found = []
        if any(not secret.startswith("whsec_") for secret in settings.webhook_secrets):
            found.append(
                ProcessorProblem(
                    _("A webhook secret of Stripe does not begin with whsec_, so its webhooks may be refused."),
                    _("Copy the signing secret of the endpoint from Stripe's dashboard into webhook_secret."),
                    broken=False,
                )
            )
        if not offered:
            found.append(
                ProcessorProblem(
                    _("Stripe is set up, but is not among the payment methods."),
                    _("Add stripe to methods of the section payments, or empty the section stripe."),
                    broken=False,
                )
            )
        try:
            await self.client.probe(settings)
        except NotConfigured as refusal:
            found.append(ProcessorProblem(str(refusal), _("Put a valid secret key into secret_key.")))
        except (Unavailable, PaymentRefused) as refusal:
            found.append(ProcessorProblem(str(refusal), _("Check api_url and the connection to Stripe."), broken=False))
        return found

    async def accept(self, body: bytes, signature: str) -> None:
        """Take a webhook: verified, then kept together with what it causes. One that came before changes nothing."""
        settings = self._settings(current_store())
        if not settings.webhook_secrets:
            raise NotConfigured(_("Stripe is not set up in this shop: webhook_secret is missing."))
        rules.verify(settings.webhook_secrets, signature, body, self.app.now())
        event_id, kind, thing, live = _read(body)
        told: Sequence[Event] = ()
        if live in {None, settings.live}:
            told = await self._told(kind, thing)
        else:
            log.warning("stripe.other_mode", event_id=event_id, kind=kind, live=live)
        await self.app.get(Settlement).accept(METHOD, event_id, kind, id_of(thing.get("id")), told)

    # Within

    async def _refund(self, settings: StripeSettings, params: Mapping[str, Any], key: UUID) -> Mapping[str, Any]:
        """Refund with the first key that Stripe does not answer with an old fault of its own.

        It was looked for before, so that nothing was made with those.
        """
        for number in range(1, KEYS + 1):
            with suppress(KeySpent):
                return await self.client.refund(settings, params, str(key) if number == 1 else f"{key}-{number}")
        raise Unavailable(_("Stripe does not answer at the moment. Please try again in a few minutes."))

    async def _told(self, kind: str, thing: Mapping[str, Any]) -> list[Event]:
        """Return whom an event concerns: the attempt that it names, or the one whose money it speaks of."""
        if kind.startswith("checkout.session."):
            attempt = uuid_or_none(_attempt_of(thing))
            if attempt is None and (session := id_of(thing.get("id"))):
                known = await self.app.get(AttemptService).of_processor(METHOD, session)
                attempt = None if known is None else known.id
            return [] if attempt is None else [ProcessorTold(attempt)]
        intent = id_of(thing.get("id" if kind.startswith("payment_intent.") else "payment_intent"))
        if not intent:
            return []
        payment = await self.app.get(PaymentService).of_processor(METHOD, intent)
        if payment is None:
            attempt = uuid_or_none(metadata_of(thing).get("attempt"))
            return [] if attempt is None else [ProcessorTold(attempt)]
        told: list[Event] = [] if payment.attempt is None else [ProcessorTold(payment.attempt)]
        key = uuid_or_none(metadata_of(thing).get("refund"))
        if key is not None:
            told.append(PaymentRefundChanged(payment.order, payment.id, key))
        return told

    def _check(self, session: Mapping[str, Any], attempt: Attempt) -> None:
        expected = rules.to_stripe(attempt.amount, attempt.currency)
        if _attempt_of(session) not in {None, str(attempt.id)}:
            raise _nonsense()
        if (session.get("amount_total"), str(session.get("currency")).upper()) != (expected, attempt.currency):
            log.warning("stripe.other_amount", attempt=str(attempt.id), session=session["id"])

    def _settings(self, store: int) -> StripeSettings:
        return self.app.stores.settings(store, StripeSettings)

    def _configured(self) -> StripeSettings:
        settings = self._settings(current_store())
        if settings.secret_key is None:
            raise NotConfigured(_("Stripe is not set up in this shop. Ask the staff for another way to pay."))
        return settings


def _nonsense() -> Unavailable:
    return Unavailable(_("Stripe's answer makes no sense. Please try again in a few minutes."))


def _attempt_of(session: Mapping[str, Any]) -> object:
    """Return the attempt that a Checkout Session names, if it names one: it got it in two places."""
    return session.get("client_reference_id") or metadata_of(session).get("attempt")


def _read(body: bytes) -> tuple[str, str, Mapping[str, Any], bool | None]:
    """Return an event's ID, kind, what it speaks of, and whether it says to be of real money; refuse what is none."""
    try:
        sent = json.loads(body)
        event_id, kind, thing, live = sent["id"], sent["type"], sent["data"]["object"], sent.get("livemode")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid(_("This is no event of Stripe: id, type and data.object are needed.")) from None
    if not id_of(event_id) or not id_of(kind) or len(kind) > KIND_LENGTH or not isinstance(thing, Mapping):
        raise Invalid(_("This is no event of Stripe: its id or type is too long or no text."))
    return event_id, kind, thing, None if live is None else bool(live)
