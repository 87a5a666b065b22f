"""Keep until when a process asks about a part of a refund."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T11:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "One process at a time asks a processor for a refund"


async def forwards() -> MigrationManager:
    """Add the lease."""
    return create(ID, "refunds", DESCRIPTION, ["ALTER TABLE refund_part ADD COLUMN asked_until TIMESTAMPTZ"])
