"""Remember who was erased, and find what was merged into a customer."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Erased and merged customers"

STATEMENTS = [
    "ALTER TABLE customer ADD COLUMN erased BOOLEAN NOT NULL DEFAULT FALSE",
    "UPDATE customer SET erased = TRUE WHERE display_name = 'Erased customer' AND NOT active AND discord_id IS NULL"
    " AND email = '' AND first_name = '' AND last_name = '' AND username = ''",
    "CREATE INDEX customer_merged ON customer (store, merged_into) WHERE merged_into IS NOT NULL",
]


async def forwards() -> MigrationManager:
    """Add the column and the index."""
    return create(ID, "customers", DESCRIPTION, STATEMENTS)
