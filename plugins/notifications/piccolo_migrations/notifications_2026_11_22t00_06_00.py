"""Create the table of messages sent."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages and whether they arrived"

STATEMENTS = [
    """CREATE TABLE message_delivery (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        event UUID NOT NULL,
        purpose VARCHAR(32) NOT NULL,
        order_id UUID NOT NULL,
        customer UUID,
        discord_id BIGINT,
        state VARCHAR(16) NOT NULL CHECK (state IN ('DELIVERED', 'FALLBACK', 'UNDELIVERABLE', 'SUPPRESSED')),
        problem VARCHAR(32) NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        remedy TEXT NOT NULL DEFAULT '',
        channel_id BIGINT,
        message_id BIGINT,
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, event, purpose),
        FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE,
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX message_delivery_order ON message_delivery (store, order_id)",
    "CREATE INDEX message_delivery_customer ON message_delivery (store, customer)",
]


async def forwards() -> MigrationManager:
    """Create the table."""
    return create(ID, "notifications", DESCRIPTION, STATEMENTS)
