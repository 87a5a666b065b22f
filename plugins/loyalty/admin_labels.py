"""What the tables, columns and choices of the loyalty program are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "loyalty_account": lazy("Loyalty accounts"),
        "loyalty_entry": lazy("Loyalty ledger"),
        "loyalty_order": lazy("Points of orders"),
    },
    columns={
        "lifetime": lazy("Points ever earned"),
        "day": lazy("Day"),
        "day_earned": lazy("Earned on that day"),
        "account": lazy("Account"),
        "points": lazy("Points"),
        "short": lazy("Points missing"),
        "redeemed": lazy("Redeemed"),
        "returned": lazy("Given back"),
        "value": lazy("Value"),
        "base": lazy("Earned at first"),
        "earned": lazy("Earned"),
    },
    choices={
        "loyalty_entry.kind": {
            "EARN": lazy("Earned"),
            "REVERSE": lazy("Taken back after a refund"),
            "REDEEM": lazy("Redeemed"),
            "RETURN": lazy("Given back"),
            "ADD": lazy("Added by staff"),
            "DEDUCT": lazy("Deducted by staff"),
            "EXPIRE": lazy("Expired"),
        },
    },
)
