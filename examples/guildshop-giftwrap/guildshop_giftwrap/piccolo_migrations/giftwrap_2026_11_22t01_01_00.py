"""Create the tables of gift wrap."""

from guildshop.database.migrations import create
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T01:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Wraps of a day, and the orders that took them"

DAY = """CREATE TABLE giftwrap_day (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    day DATE NOT NULL,
    taken INTEGER NOT NULL CHECK (taken >= 0),
    UNIQUE (store, day)
)"""

WRAP = """CREATE TABLE giftwrap (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    day DATE NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    returned BOOLEAN NOT NULL,
    UNIQUE (store, order_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "giftwrap", DESCRIPTION, [DAY, WRAP])
