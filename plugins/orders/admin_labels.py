"""What the tables, columns and choices of orders are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.orders.api.labels import CHANNEL_LABELS, SHIPPING_LABELS, STATUS_LABELS

LABELS = AdminLabels(
    tables={
        "orders": lazy("Orders"),
        "order_line": lazy("Line items"),
        "shipment": lazy("Shipments"),
        "order_note": lazy("Order notes"),
        "order_adjustment": lazy("Adjustments of orders"),
        "order_history": lazy("Order history"),
        "shipment_line": lazy("Items of shipments"),
        "order_invoice": lazy("Invoices"),
        "order_credit_note": lazy("Credit notes"),
    },
    columns={
        "recipient_discord_id": lazy("Discord ID of the recipient"),
        "shipping_status": lazy("Shipping status"),
        "carrier": lazy("Carrier"),
        "tracking_number": lazy("Tracking number"),
        "subtotal": lazy("Subtotal"),
        "discount": lazy("Discount"),
        "loyalty": lazy("Loyalty discount"),
        "shipping": lazy("Shipping"),
        "tax": lazy("Tax"),
        "credit": lazy("Store credit"),
        "orders.due": lazy("Amount due"),
        "refund_held": lazy("Held for refunds"),
        "written_off": lazy("Written off"),
        "payment_method": lazy("Payment method"),
        "shipping_type": lazy("Shipping type"),
        "address": lazy("Address"),
        "tax_place": lazy("Place of the tax"),
        "accepted": lazy("Accepted terms"),
        "imported": lazy("Imported"),
        "reserved_until": lazy("Reserved until"),
        "paid_at": lazy("Paid at"),
        "cancelled_at": lazy("Cancelled at"),
        "completed_at": lazy("Completed at"),
        "cancel_reason": lazy("Reason for cancelling"),
        "returned": lazy("Returned"),
        "return_held": lazy("Held for returns"),
        "unsent": lazy("Not shipped yet"),
        "shipped_at": lazy("Shipped at"),
        "delivered_at": lazy("Delivered at"),
        "public": lazy("Public"),
        "phase": lazy("Step"),
        "plugin": lazy("Plugin"),
        "label": lazy("Label"),
        "included": lazy("Included in the price"),
        "shares": lazy("Shares of the items"),
        "shipment": lazy("Shipment"),
        "line": lazy("Line item"),
        "prefix": lazy("Prefix"),
        "issued": lazy("Issued"),
        "content": lazy("Content"),
    },
    choices={
        "orders.channel": CHANNEL_LABELS,
        "orders.status": STATUS_LABELS,
        "orders.shipping_status": SHIPPING_LABELS,
        "shipment.status": SHIPPING_LABELS,
        "order_line.kind": {
            "DIGITAL": lazy("Digital"),
            "SHIPPED": lazy("Shipped"),
        },
    },
)
