"""Keep what was written off of an order that was accepted although too little came."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What of an order's price is not asked for any more"

STATEMENTS = [
    """ALTER TABLE orders ADD COLUMN written_off BIGINT NOT NULL DEFAULT 0
        CHECK (written_off >= 0 AND written_off <= due AND refunded + refund_held + written_off <= total)""",
]


async def forwards() -> MigrationManager:
    """Add the column."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
