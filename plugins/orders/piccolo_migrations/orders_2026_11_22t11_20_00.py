"""Count which returned pieces were never sent."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T11:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Pieces refunded before they were sent"

# Of what came back so far, as many pieces were sent as are in parcels that left.
_SENT = """(SELECT COALESCE(SUM(i.quantity), 0) FROM shipment_line AS i
    JOIN shipment AS p ON p.store = i.store AND p.id = i.shipment
    WHERE i.store = order_line.store AND i.line = order_line.id AND p.status IN ('SHIPPED', 'DELIVERED'))"""

STATEMENTS = [
    "ALTER TABLE order_line ADD COLUMN unsent INTEGER NOT NULL DEFAULT 0 CHECK (unsent BETWEEN 0 AND returned)",
    f"UPDATE order_line SET unsent = returned - {_SENT} WHERE returned > {_SENT}",
]


async def forwards() -> MigrationManager:
    """Add the column and fill it in."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
