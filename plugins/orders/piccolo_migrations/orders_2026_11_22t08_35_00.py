"""Count what is refunded and returned."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:35:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What a refund under way holds of an order, and how many pieces of a line came back"

STATEMENTS = [
    """ALTER TABLE orders ADD COLUMN refund_held BIGINT NOT NULL DEFAULT 0
        CHECK (refund_held >= 0 AND refunded + refund_held <= total)""",
    "ALTER TABLE order_line ADD COLUMN returned INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0)",
    """ALTER TABLE order_line ADD COLUMN return_held INTEGER NOT NULL DEFAULT 0
        CHECK (return_held >= 0 AND returned + return_held <= quantity)""",
]


async def forwards() -> MigrationManager:
    """Add the counters."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
