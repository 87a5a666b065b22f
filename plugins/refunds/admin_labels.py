"""What the tables, columns and choices of refunds and returns are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.refunds.labels import RETURNS, SHORT_MODES, STATES

LABELS = AdminLabels(
    tables={
        "refund": lazy("Refunds"),
        "refund_item": lazy("Refunded items"),
        "refund_part": lazy("Ways of refunds"),
        "return_request": lazy("Returns"),
        "return_item": lazy("Items of returns"),
    },
    columns={
        "mode": lazy("Mode"),
        "asked": lazy("Asked for"),
        "return_id": lazy("Return ID"),
        "surplus": lazy("Surplus"),
        "refund": lazy("Refund"),
        "line": lazy("Line item"),
        "payment": lazy("Payment"),
        "refused": lazy("Refused"),
        "url": lazy("Address"),
        "asked_until": lazy("Asked until"),
        "decision": lazy("Decision"),
    },
    choices={
        "refund.mode": SHORT_MODES,
        "refund.state": STATES,
        "refund_part.kind": {
            "PROCESSOR": lazy("Payment processor"),
            "MANUAL": lazy("By hand"),
            "CREDIT": lazy("Store credit"),
        },
        "refund_part.state": STATES,
        "return_request.status": RETURNS,
    },
)
