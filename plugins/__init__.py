"""The built-in plugins, in the order in which they may need one another."""

BUILT_IN = (
    "customers",
    "catalog",
    "organization",
    "shopify_link",
    "orders",
    "discounts",
    "taxjar",
    "loyalty",
    "store_credit",
    "payments",
    "refunds",
    "stripe",
    "btcpay",
    "entitlements",
    "notifications",
    "conversations",
    "reports",
    "staff",
)
