"""What the tables, columns and choices of entitlements are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "entitlement": lazy("Entitlements"),
    },
    columns={
        "product_name": lazy("Product name"),
        "granted_at": lazy("Given at"),
        "revoked_at": lazy("Taken away at"),
        "checked_at": lazy("Checked at"),
        "good": lazy("ID of the key or file"),
        "days": lazy("Days"),
        "starts_at": lazy("Starts"),
        "expires_at": lazy("Expires"),
        "ended": lazy("Why it ended"),
    },
    choices={
        "entitlement.kind": {
            "ROLE": lazy("Role"),
            "CHANNEL": lazy("Channel"),
            "KEY": lazy("Licence key"),
            "FILE": lazy("File"),
        },
        "entitlement.status": {
            "PENDING": lazy("Waiting"),
            "GRANTED": lazy("Given"),
            "FAILED": lazy("Failed"),
            "REVOKED": lazy("Taken away"),
        },
    },
)
