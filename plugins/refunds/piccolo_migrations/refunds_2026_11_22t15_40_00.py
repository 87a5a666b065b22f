"""Find refunds and returns by the number of their order, and refunds by what a processor calls them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T15:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for the search in the header"


async def forwards() -> MigrationManager:
    """Create the indexes."""
    return create(
        ID,
        "refunds",
        DESCRIPTION,
        [
            "CREATE INDEX refund_number ON refund (store, order_number)",
            "CREATE INDEX return_number ON return_request (store, order_number)",
            "CREATE INDEX refund_part_reference ON refund_part (store, reference) WHERE reference <> ''",
        ],
    )
