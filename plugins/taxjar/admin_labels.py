"""What the tables, columns and choices of the sales tax are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "taxjar_order": lazy("Taxed orders"),
        "taxjar_report": lazy("Reports to TaxJar"),
        "taxjar_product": lazy("Tax codes of products"),
        "taxjar_customer": lazy("Exempt customers"),
    },
    columns={
        "reviewed_by": lazy("Reviewed by"),
        "reviewed_at": lazy("Reviewed at"),
        "transaction_id": lazy("Transaction ID"),
        "shipping": lazy("Shipping"),
        "sales_tax": lazy("Sales tax"),
        "exemption": lazy("Exemption"),
    },
    choices={
        "taxjar_order.state": {
            "CALCULATED": lazy("Worked out by TaxJar"),
            "FLAGGED": lazy("No tax charged: to be reviewed"),
            "REVIEWED": lazy("No tax charged: reviewed"),
        },
        "taxjar_report.kind": {
            "ORDER": lazy("Order reported to TaxJar"),
            "REFUND": lazy("Refund reported to TaxJar"),
        },
        "taxjar_customer.exemption": {
            "wholesale": lazy("Wholesale"),
            "government": lazy("Government"),
            "other": lazy("Other"),
        },
    },
)
