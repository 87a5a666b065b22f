"""Number the credit notes of invoices whose orders were refunded."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Credit notes with a sequence of their own"

STATEMENTS = [
    """CREATE TABLE credit_note_sequence (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        last INTEGER NOT NULL CHECK (last >= 1),
        UNIQUE (store, id),
        UNIQUE (store)
    )""",
    # No foreign key to the order, as with invoices: it outlives the order.
    """CREATE TABLE order_credit_note (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        number INTEGER NOT NULL CHECK (number >= 1),
        prefix VARCHAR(16) NOT NULL DEFAULT '',
        order_id UUID NOT NULL,
        order_number VARCHAR(16) NOT NULL,
        amount BIGINT NOT NULL CHECK (amount > 0),
        issued TIMESTAMPTZ NOT NULL,
        content JSON NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, number)
    )""",
    "CREATE INDEX order_credit_note_order ON order_credit_note (store, order_id)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
