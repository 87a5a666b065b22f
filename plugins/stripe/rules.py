"""What needs no network: amounts as Stripe writes them, signatures, and what its answers mean."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from guildshop.i18n import _
from guildshop.money import precision
from guildshop.plugins.payments.api import BadSignature, RefundOutcome, RefundState, Standing, StandingState

WITHOUT_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
WITH_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
"""Stripe counts these in thousandths, and takes no amount that does not end in 0."""
WHOLE_ONLY = frozenset({"ISK", "UGX"})
"""Stripe counts these in hundredths, and takes whole amounts only."""
MOST = 99_999_999
"""The largest amount that Stripe takes, in its own units."""

TOLERANCE = timedelta(minutes=5)
"""How far the time of a signature may be from ours, before or after."""

_TIME = re.compile(r"t=([0-9]{1,12})")
_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")


def to_stripe(amount: int, currency: str) -> int | None:
    """Return our minor units as Stripe counts them; None for an amount that it does not take."""
    digits, ours = _digits(currency), precision(currency)
    scaled, rest = divmod(amount * _power(digits), _power(ours))
    if rest or scaled > MOST or (currency in WITH_THREE and scaled % 10) or (currency in WHOLE_ONLY and scaled % 100):
        return None
    return scaled


def from_stripe(amount: int, currency: str) -> int:
    """Return an amount of Stripe in our minor units; what is less than one of them is left out."""
    return amount * _power(precision(currency)) // _power(_digits(currency))


def _power(digits: int) -> int:
    return int(10**digits)


def _digits(currency: str) -> int:
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE else 2


def sign(secret: str, at: int, body: bytes) -> str:
    """Return the signature of a body sent at that Unix time."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def verify(secrets: Sequence[str], header: str, body: bytes, now: datetime) -> None:
    """Refuse a body whose `Stripe-Signature` (`t=…,v1=…`) is missing, wrong, too old or from the future."""
    parts = [part.strip() for part in header.split(",")[:20]]
    times = [found[1] for part in parts if (found := _TIME.fullmatch(part))]
    given = [found[1] for part in parts if (found := _SIGNATURE.fullmatch(part))]
    if len(times) != 1 or not given:
        raise BadSignature(_("The header Stripe-Signature must hold t=<Unix time> and v1=<64 hexadecimal digits>."))
    at = int(times[0])
    matches = [hmac.compare_digest(sign(secret, at, body), one) for secret in secrets for one in given]
    if not any(matches):
        raise BadSignature(_("The signature does not fit the body. Check the webhook secret of this store."))
    apart = now.timestamp() - at
    if abs(apart) > TOLERANCE.total_seconds():
        raise BadSignature(
            _("The signature is {seconds} seconds away from our time; at most {most} are taken.").format(
                seconds=int(apart), most=int(TOLERANCE.total_seconds())
            )
        )


def standing(session: Mapping[str, Any], *, live: bool) -> Standing:
    """Return what a Checkout Session, with its payment intent and charge, says; KeyError for what is none."""
    currency = str(session["currency"]).upper()
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, Mapping) else {"id": intent}
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    paid = session["payment_status"] == "paid"
    taken = int(intent.get("amount_received") or session["amount_total"]) if paid else 0
    return Standing(
        state=_state(session, intent, paid=paid),
        money_id=str(intent.get("id") or ""),
        taken=from_stripe(taken, currency),
        currency=currency,
        refunded=from_stripe(int(charge.get("amount_refunded") or 0), currency),
        live=bool(session.get("livemode", live)) is live,
        disputed=bool(charge.get("disputed")),
        detail=str(session["id"]),
    )


def _state(session: Mapping[str, Any], intent: Mapping[str, Any], *, paid: bool) -> StandingState:
    if paid:
        return StandingState.PAID
    status = session.get("status", "open")
    if status == "open":
        return StandingState.OPEN
    failed = intent.get("status") in {"canceled", "requires_payment_method"}
    return StandingState.PROCESSING if status == "complete" and not failed else StandingState.ENDED


def refund_outcome(refund: Mapping[str, Any]) -> RefundOutcome:
    """Return what a refund of Stripe says."""
    states = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}
    state = states.get(str(refund["status"]), RefundState.PENDING)
    reason = _why(str(refund.get("failure_reason") or "")) if state is RefundState.FAILED else ""
    return RefundOutcome(state, str(refund["id"]), reason)


def _why(code: str) -> str:
    """Return why a refund failed as a sentence; what Stripe calls it where that is not known."""
    known = {
        "expired_or_canceled_card": _("The customer's card has expired or was cancelled."),
        "lost_or_stolen_card": _("The customer's card was lost or stolen."),
        "insufficient_funds": _("There is not enough money in the Stripe account."),
        "declined": _("The customer's bank declined it."),
        "merchant_request": _("It was cancelled in Stripe."),
        "charge_for_pending_refund_disputed": _("The customer disputes the payment."),
    }
    return known.get(code, code)
