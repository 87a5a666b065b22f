"""What modes, states and statuses are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.plugins.refunds.api import (
    PartKind,
    PlannedPart,
    Refund,
    RefundMode,
    RefundPart,
    RefundState,
    ReturnStatus,
)

MODES: Mapping[RefundMode, str] = MappingProxyType(
    {
        RefundMode.FULL: lazy("Full"),
        RefundMode.AMOUNT: lazy("Partial by amount"),
        RefundMode.ITEMS: lazy("Partial by items"),
        RefundMode.BOTH: lazy("Both: items for another amount"),
    }
)

SHORT_MODES: Mapping[RefundMode, str] = MappingProxyType(
    {
        RefundMode.FULL: lazy("Full"),
        RefundMode.AMOUNT: lazy("Amount"),
        RefundMode.ITEMS: lazy("Items"),
        RefundMode.BOTH: lazy("Both"),
    }
)

STATES: Mapping[RefundState, str] = MappingProxyType(
    {
        RefundState.PENDING: lazy("Pending"),
        RefundState.SUCCEEDED: lazy("Refunded"),
        RefundState.FAILED: lazy("Failed"),
    }
)

STATE_TONES: Mapping[RefundState, str] = MappingProxyType(
    {RefundState.PENDING: "warn", RefundState.SUCCEEDED: "good", RefundState.FAILED: "bad"}
)

RETURNS: Mapping[ReturnStatus, str] = MappingProxyType(
    {
        ReturnStatus.REQUESTED: lazy("Requested"),
        ReturnStatus.APPROVED: lazy("Approved"),
        ReturnStatus.RECEIVED: lazy("Received"),
        ReturnStatus.REFUNDED: lazy("Refunded"),
        ReturnStatus.DECLINED: lazy("Declined"),
    }
)

RETURN_TONES: Mapping[ReturnStatus, str] = MappingProxyType(
    {
        ReturnStatus.REQUESTED: "warn",
        ReturnStatus.APPROVED: "info",
        ReturnStatus.RECEIVED: "info",
        ReturnStatus.REFUNDED: "good",
        ReturnStatus.DECLINED: "bad",
    }
)


def mode_label(mode: RefundMode) -> str:
    """Return the mode as staff know it."""
    return _(MODES[mode])


def short_mode(mode: RefundMode) -> str:
    """Return the mode in one word, for tables."""
    return _(SHORT_MODES[mode])


def state_label(state: RefundState) -> str:
    """Return the state of a refund as staff know it."""
    return _(STATES[state])


def return_label(status: ReturnStatus) -> str:
    """Return the status of a return as everybody knows it."""
    return _(RETURNS[status])


def items_text(refund: Refund) -> str:
    """Return the pieces of a refund in one line."""
    return ", ".join(f"{item.quantity} × {item.name}" for item in refund.items)


def amount_text(refund: Refund) -> str:
    """Return what a refund gives back, or, when it failed, was to give back."""
    amount = refund.asked if refund.state is RefundState.FAILED else refund.amount
    return format_money(amount, refund.currency)


def made_by(refund: Refund) -> str:
    """Return who made a refund: a name, or that it came by itself, as with a cancelled order."""
    return refund.by or _("the shop itself")


def ways_text(refund: Refund) -> str:
    """Return which way the money of a refund goes, in one line."""
    return ", ".join(
        " ".join(
            text
            for text in (
                way_label(part),
                format_money(part.amount, refund.currency) if len(refund.parts) > 1 else "",
                part.reference,
            )
            if text
        )
        for part in refund.parts
    )


def way_label(part: PlannedPart | RefundPart) -> str:
    """Return what a way back is called."""
    return _("Store credit") if part.kind is PartKind.CREDIT else part.label or part.method or _("by hand")
