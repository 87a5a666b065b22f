"""What the tables, columns and choices of payments are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.payments.api.payment import STATE_LABELS

LABELS = AdminLabels(
    tables={
        "payment": lazy("Payments"),
        "payment_attempt": lazy("Payment attempts"),
        "payment_webhook": lazy("Webhooks of payment processors"),
        "payment_difference": lazy("Differences"),
    },
    columns={
        "method": lazy("Payment method"),
        "processor_id": lazy("ID at the payment processor"),
        "picture": lazy("Picture"),
        "reported_at": lazy("Reported at"),
        "settled_by": lazy("Settled by"),
        "processing": lazy("Being processed"),
        "next_ask": lazy("Asked again at"),
        "processor": lazy("Payment processor"),
        "event_id": lazy("Event ID"),
        "ours": lazy("With us"),
        "theirs": lazy("There"),
        "detail": lazy("Details"),
        "found": lazy("Found"),
        "seen": lazy("Last seen"),
    },
    choices={
        "payment.state": STATE_LABELS,
        "payment_attempt.state": {
            "NEW": lazy("New"),
            "OPEN": lazy("Open"),
            "PAID": lazy("Paid"),
            "ENDED": lazy("Ended"),
        },
    },
)
