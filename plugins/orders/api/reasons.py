"""Reasons that the shop gives by itself: kept as they stand in the code, and read by everybody in their language."""

from __future__ import annotations

from guildshop.i18n import _, lazy

CANCELLED_BY_CUSTOMER = lazy("Cancelled by the customer.")
CANCELLED_BY_SHOP = lazy("Cancelled by the shop.")
NOT_PAID_IN_TIME = lazy("It was not paid in time.")
NOTHING_DUE = lazy("Nothing was due.")
REFUNDED_BY_SHOP = lazy("Admin-initiated refund")
REFUNDED_AS_CANCELLED = lazy("The order was cancelled.")
_OURS = (
    CANCELLED_BY_CUSTOMER,
    CANCELLED_BY_SHOP,
    NOT_PAID_IN_TIME,
    NOTHING_DUE,
    REFUNDED_BY_SHOP,
    REFUNDED_AS_CANCELLED,
)


def reason_text(text: str) -> str:
    """Return a reason, alone or behind an amount, in the reader's language; what somebody typed stays as it is."""
    for reason in _OURS:
        if text == reason or text.endswith(f" {reason}"):
            return text.removesuffix(reason) + _(reason)
    return text
