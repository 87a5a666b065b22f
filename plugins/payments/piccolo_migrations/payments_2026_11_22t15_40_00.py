"""Find payments by what their processor or their payer calls them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T15:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for the search in the header"


async def forwards() -> MigrationManager:
    """Create the indexes."""
    return create(
        ID,
        "payments",
        DESCRIPTION,
        [
            "CREATE INDEX payment_known_as ON payment (store, processor_id) WHERE processor_id IS NOT NULL",
            "CREATE INDEX payment_reference ON payment (store, reference) WHERE reference <> ''",
        ],
    )
