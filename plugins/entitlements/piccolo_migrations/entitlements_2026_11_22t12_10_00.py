"""Find what could not be taken back without reading all that ever ended."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Entitlements that could not be taken back"

STATEMENTS = ["CREATE INDEX entitlement_not_taken ON entitlement (store) WHERE status = 'REVOKED' AND problem <> ''"]


async def forwards() -> MigrationManager:
    """Create the index."""
    return create(ID, "entitlements", DESCRIPTION, STATEMENTS)
