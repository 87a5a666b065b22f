"""Keep what was accepted, which place the tax depends on, and how amounts fall on the lines."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Accepted terms, the place of the tax, shares of adjustments"

TEXTS = """CREATE TABLE terms_text (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('terms', 'refund_policy')),
    version VARCHAR(16) NOT NULL,
    text TEXT NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, kind, version)
)"""

STATEMENTS = [
    "ALTER TABLE orders ADD COLUMN tax_place JSON",
    "ALTER TABLE orders ADD COLUMN accepted JSON",
    "ALTER TABLE order_adjustment ADD COLUMN shares JSON",
    TEXTS,
]


async def forwards() -> MigrationManager:
    """Add the columns and the table."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
