"""What the tables, columns and choices of links to Shopify are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "shopify_link": lazy("Links to Shopify"),
        "shopify_link_log": lazy("Log of links"),
        "shopify_verification": lazy("Email verifications"),
        "shopify_webhook": lazy("Webhooks of Shopify"),
        "shopify_bulk": lazy("Lists of links"),
        "shopify_bulk_row": lazy("Rows of lists of links"),
    },
    columns={
        "shopify_id": lazy("Shopify ID"),
        "orders": lazy("Orders"),
        "spent": lazy("Spent"),
        "method": lazy("How it was linked"),
        "linked_by": lazy("Linked by"),
        "refreshed": lazy("Last refreshed"),
        "role_id": lazy("Role ID"),
        "role_problem": lazy("Problem with the role"),
        "role_remedy": lazy("What to do about the role"),
        "metafields": lazy("Metafields"),
        "metafields_problem": lazy("Problem with metafields"),
        "type": lazy("Type"),
        "rejected": lazy("Rejected"),
        "webhook_id": lazy("Webhook ID"),
        "topic": lazy("Topic"),
        "other": lazy("Other ID"),
        "made_by_kind": lazy("Done as"),
        "made_by_id": lazy("ID of who did it"),
        "dry_run": lazy("Dry run"),
        "bulk": lazy("List"),
        "message": lazy("Message"),
    },
    choices={
        "shopify_link.method": {
            "STAFF": lazy("by staff"),
            "EMAIL": lazy("by email"),
            "IMPORT": lazy("by a list"),
        },
        "shopify_link.metafields": {
            "PENDING": lazy("Pending"),
            "WRITTEN": lazy("Written"),
            "FAILED": lazy("Failed"),
        },
        "shopify_link_log.action": {
            "link": lazy("Linked"),
            "unlink": lazy("Unlinked"),
            "data_request": lazy("Data requested"),
        },
        "shopify_bulk.state": {
            "RUNNING": lazy("Running"),
            "DONE": lazy("Done"),
        },
        "shopify_bulk_row.state": {
            "WAITING": lazy("Waiting"),
            "FINE": lazy("Can be linked"),
            "LINKED": lazy("Linked"),
            "ALREADY": lazy("Linked before"),
            "BAD": lazy("Not linked"),
        },
    },
)
