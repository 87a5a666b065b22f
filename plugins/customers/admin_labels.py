"""What the tables, columns and choices of customers and addresses are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "customer": lazy("Customers"),
        "address": lazy("Addresses"),
    },
    columns={
        "display_name": lazy("Display name"),
        "first_name": lazy("First name"),
        "last_name": lazy("Last name"),
        "email_confirmed": lazy("Email confirmed"),
        "phone": lazy("Phone"),
        "account_number": lazy("Account number"),
        "tags": lazy("Tags"),
        "blocked": lazy("Blocked"),
        "dm_preferences": lazy("DM preferences"),
        "email_preferences": lazy("Email preferences"),
        "last_seen": lazy("Last seen"),
        "revenue": lazy("Revenue"),
        "revenue_currency": lazy("Currency of the revenue"),
        "paid_orders": lazy("Paid orders"),
        "last_order": lazy("Last order"),
        "last_paid": lazy("Last paid order"),
        "user_account": lazy("User account"),
        "merged_into": lazy("Merged into"),
        "erased": lazy("Erased"),
        "recipient": lazy("Recipient"),
        "company": lazy("Company"),
        "street": lazy("Street"),
        "street2": lazy("Street, second line"),
        "city": lazy("City"),
        "region": lazy("State or region"),
        "postal_code": lazy("Postal code"),
        "country": lazy("Country"),
        "is_default": lazy("Shipping address"),
        "is_billing": lazy("Billing address"),
    },
    choices={
        "customer.source": {
            "DISCORD": lazy("Discord"),
            "EMAIL": lazy("Email"),
            "MANUAL": lazy("Manual"),
        },
    },
)
