"""Reasons that the shop gives by itself: kept as they stand in the code, and read by everybody in their language."""

from __future__ import annotations

from guildshop.i18n import _, lazy

CANCELLED_BY_CUSTOMER = lazy("Cancelled by the customer.")
CANCELLED_BY_SHOP = lazy("Cancelled by the shop.")
NOT_PAID_IN_TIME = lazy("It was not paid in time.")
NOTHING_DUE = lazy("Nothing was due.")
REFUNDED_BY_SHOP = lazy("Admin-initiated refund")
_OURS = frozenset({CANCELLED_BY_CUSTOMER, CANCELLED_BY_SHOP, NOT_PAID_IN_TIME, NOTHING_DUE, REFUNDED_BY_SHOP})


def reason_text(reason: str) -> str:
    """Return a reason as the current reader reads it: one of the shop's own in their language, any other as typed."""
    return _(reason) if reason in _OURS else reason
