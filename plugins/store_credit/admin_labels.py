"""What the tables, columns and choices of store credit are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "credit_account": lazy("Credit accounts"),
        "credit_entry": lazy("Credit ledger"),
        "credit_use": lazy("Credit used for orders"),
    },
    columns={
        "account": lazy("Account"),
        "held": lazy("Held"),
    },
    choices={
        "credit_entry.kind": {
            "TOP_UP": lazy("Top Up"),
            "REDUCE": lazy("Reduce"),
            "ORDER": lazy("Used for an order"),
            "RETURN": lazy("Given back"),
            "REFUND": lazy("Refund"),
        },
    },
)
