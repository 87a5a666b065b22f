"""What needs no network: signatures, amounts, and what the states of an invoice mean."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from guildshop.i18n import _
from guildshop.money import precision
from guildshop.plugins.payments.api import (
    BadSignature,
    PaymentCode,
    RefundOutcome,
    RefundState,
    Standing,
    StandingState,
)

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")
_LABELS = {"CHAIN": "{name}", "LN": "{name} · Lightning"}
_CODE = re.compile(r"(bitcoin|lightning|litecoin|dogecoin|monero):[\x21-\x7e]{1,2000}")
"""What may be scanned or followed: no address that a browser would run or open."""
_NAMES = {"BTC": "Bitcoin", "LTC": "Litecoin"}


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(secrets: Sequence[str], header: str, body: bytes) -> None:
    """Refuse a body whose `BTCPay-Sig` (`sha256=…`) is missing or wrong; no time is signed."""
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        raise BadSignature(_("The header BTCPay-Sig must read sha256=<64 hexadecimal digits>."))
    matches = [hmac.compare_digest(sign(secret, body), found[1]) for secret in secrets]
    if not any(matches):
        raise BadSignature(_("The signature does not fit the body. Check the webhook secret of this store."))


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount of major units in minor units, to the nearest one."""
    return int(amount.scaleb(precision(currency)).to_integral_value(rounding=ROUND_HALF_UP))


def standing(invoice: Mapping[str, Any], methods: Sequence[Mapping[str, Any]]) -> Standing:
    """Return what an invoice says, `methods` being what was paid by each way; KeyError for what is none."""
    currency, status, more = str(invoice["currency"]), invoice["status"], invoice.get("additionalStatus", "None")
    due = to_minor(Decimal(str(invoice["amount"])), currency)
    settled = to_minor(_paid(methods, {"Settled"}), currency)
    coming = any(payment["status"] == "Processing" for payment in _payments(methods))
    if status == "Settled":
        # Marked by hand, the money came some other way; else it is there, however it was rounded.
        taken = due if more in {"None", "Marked"} else max(settled, due)
        state = StandingState.PAID
    elif status == "New":
        state, taken = StandingState.OPEN, 0
    elif status == "Processing" or coming:
        state, taken = StandingState.PROCESSING, 0
    else:
        state, taken = StandingState.ENDED, settled
    return Standing(state, str(invoice["id"]), taken, currency, detail=f"{status} {more}")


def has_payments(methods: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether anything was paid, confirmed or not."""
    return any(payment["status"] != "Invalid" for payment in _payments(methods))


def _paid(methods: Iterable[Mapping[str, Any]], states: set[str]) -> Decimal:
    return sum(
        (
            Decimal(str(payment["value"])) * Decimal(str(method["rate"]))
            for method in methods
            for payment in method["payments"]
            if payment["status"] in states
        ),
        Decimal(0),
    )


def _payments(methods: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [payment for method in methods for payment in method["payments"]]


def codes(methods: Iterable[Mapping[str, Any]]) -> tuple[PaymentCode, ...]:
    """Return what can be scanned: the on-chain address and the Lightning invoice, with the amount."""
    found = []
    for method in methods:
        currency, _dash, kind = str(method["paymentMethodId"]).partition("-")
        uri, text = str(method.get("paymentLink") or ""), str(method.get("destination") or "")
        label = _LABELS.get(kind)
        if label is None or not text or not _CODE.fullmatch(uri):
            continue
        amount = f"{Decimal(str(method['due'])).normalize():f} {currency}"
        found.append(PaymentCode(label.format(name=_NAMES.get(currency, currency)), uri, text, amount))
    return tuple(found)


def refund_outcome(pull: Mapping[str, Any], payouts: Sequence[Mapping[str, Any]]) -> RefundOutcome:
    """Return what a pull payment says: it is done once the payer has claimed it and the money is sent."""
    reference, url = str(pull["id"]), str(pull.get("viewLink") or "")
    sent = sum((Decimal(str(one["originalAmount"])) for one in payouts if one["state"] == "Completed"), Decimal(0))
    if sent >= Decimal(str(pull["amount"])):
        return RefundOutcome(RefundState.SUCCEEDED, reference, url=url)
    under_way = any(one["state"] in {"AwaitingApproval", "AwaitingPayment", "InProgress"} for one in payouts)
    if pull.get("archived") and not under_way:
        reason = _("It was taken back in BTCPay before all of it was claimed.")
        return RefundOutcome(RefundState.FAILED, reference, reason, given=to_minor(sent, str(pull["currency"])))
    return RefundOutcome(RefundState.PENDING, reference, url=url)
