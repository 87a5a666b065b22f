"""What the tables, columns and choices of the organization are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.organization.rules import KIND_LABELS

LABELS = AdminLabels(
    tables={
        "organization_unit": lazy("Branches and departments"),
        "discount_group": lazy("Discount groups"),
        "customer_organization": lazy("Customers by branch and group"),
        "discount_group_price": lazy("Prices of discount groups"),
        "organization_product": lazy("Products of branches and departments"),
    },
    columns={
        "role": lazy("Discord role"),
        "blocks": lazy("Blocked functions"),
        "branch": lazy("Branch"),
        "department": lazy("Department"),
        "discount_group": lazy("Discount group"),
        "by_role": lazy("By Discord role"),
        "unit": lazy("Branch or department"),
    },
    choices={
        "organization_unit.kind": KIND_LABELS,
        "organization_product.kind": KIND_LABELS,
    },
)
