"""What the tables, columns and choices of discounts are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "discount": lazy("Discounts"),
        "discount_assignment": lazy("Assignments of discounts"),
        "discount_use": lazy("Uses of discounts"),
    },
    columns={
        "scope": lazy("For what"),
        "targets": lazy("Targets"),
        "starts": lazy("Starts"),
        "ends": lazy("Ends"),
        "limit_total": lazy("Limit for all together"),
        "minimum": lazy("Minimum of the order"),
        "discount": lazy("Discount"),
        "rule": lazy("How often"),
        "total_allowed": lazy("Uses allowed"),
        "assignment": lazy("Assignment"),
        "given_back": lazy("Given back"),
    },
    choices={
        "discount.kind": {
            "PERCENT": lazy("Percentage"),
            "FIXED": lazy("Amount"),
        },
        "discount.scope": {
            "ALL": lazy("Everything, for everybody"),
            "PRODUCTS": lazy("Products"),
            "CATEGORIES": lazy("Categories"),
            "ROLES": lazy("Discord roles"),
            "TAGS": lazy("Customers with a tag"),
            "GROUPS": lazy("Customers of a discount group"),
            "CUSTOMERS": lazy("Single customers"),
        },
        "discount_assignment.rule": {
            "one_time": lazy("Once"),
            "next_n": lazy("For the next orders"),
            "forever": lazy("For every order"),
        },
    },
)
