"""Find links by email."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T15:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "An index for the search in the header"


async def forwards() -> MigrationManager:
    """Create the index."""
    return create(
        ID, "shopify_link", DESCRIPTION, ["CREATE INDEX shopify_link_email ON shopify_link (store, LOWER(email))"]
    )
