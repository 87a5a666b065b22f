"""What the pages call statuses, steps of the timeline, and how they colour them."""

from __future__ import annotations

from collections.abc import Mapping

from guildshop.i18n import _, lazy
from guildshop.plugins.orders.api import (
    HistoryKind,
    OrderStatus,
    ShippingStatus,
    shipping_label,
    status_label,
)

TONES: Mapping[OrderStatus, str] = {
    OrderStatus.PENDING_PAYMENT: "warn",
    OrderStatus.PAID: "info",
    OrderStatus.FULFILLING: "info",
    OrderStatus.SHIPPED: "info",
    OrderStatus.COMPLETE: "good",
    OrderStatus.CANCELLED: "bad",
    OrderStatus.PARTIALLY_REFUNDED: "warn",
    OrderStatus.REFUNDED: "bad",
}

PARCEL_TONES: Mapping[ShippingStatus, str] = {
    ShippingStatus.PENDING: "neutral",
    ShippingStatus.LABEL_CREATED: "neutral",
    ShippingStatus.SHIPPED: "info",
    ShippingStatus.DELIVERED: "good",
    ShippingStatus.FAILED: "bad",
}

_TITLES: Mapping[HistoryKind, str] = {
    HistoryKind.PLACED: lazy("Placed"),
    HistoryKind.STATUS: lazy("Status"),
    HistoryKind.SHIPPING: lazy("Parcel"),
    HistoryKind.PAYMENT: lazy("Payment"),
    HistoryKind.REFUND: lazy("Refund"),
    HistoryKind.NOTE: lazy("Notes changed"),
    HistoryKind.EDITED: lazy("Items changed"),
    HistoryKind.INVOICE: lazy("Invoice issued"),
    HistoryKind.CREDIT_NOTE: lazy("Credit note issued"),
    HistoryKind.IMPORTED: lazy("Imported"),
}

_PAYMENT_WORDS: Mapping[str, str] = {
    "REPORTED": lazy("Reported by the customer"),
    "CONFIRMED": lazy("Confirmed"),
    "REJECTED": lazy("Rejected"),
}
"""What the timeline calls the steps of a payment that payment plugins write into it."""


def titles() -> dict[HistoryKind, str]:
    """Return what each kind of row of the timeline is called."""
    return {kind: _(title) for kind, title in _TITLES.items()}


def words() -> dict[str, str]:
    """Return what statuses of orders, parcels and payments are called, by their codes."""
    return {
        **{word: _(label) for word, label in _PAYMENT_WORDS.items()},
        **{status.value: shipping_label(status) for status in ShippingStatus},
        **{status.value: status_label(status) for status in OrderStatus},
    }
