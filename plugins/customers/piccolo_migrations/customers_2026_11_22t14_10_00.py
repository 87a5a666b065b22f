"""Keep the language of a customer's Discord, so that what is sent later speaks it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T14:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The language of a customer's Discord"


async def forwards() -> MigrationManager:
    """Add the column; whoever is known already is heard at their next interaction."""
    return create(
        ID, "customers", DESCRIPTION, ["ALTER TABLE customer ADD COLUMN locale VARCHAR(20) NOT NULL DEFAULT ''"]
    )
