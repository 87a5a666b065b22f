"""Let the best products of a period be read from an index, in its order."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "An index for the products of a period"

STATEMENTS = [
    "CREATE INDEX report_product_sold ON report_product (store, currency, sku, day, pieces, amount, name)",
]


async def forwards() -> MigrationManager:
    """Create the index."""
    return create(ID, "reports", DESCRIPTION, STATEMENTS)
