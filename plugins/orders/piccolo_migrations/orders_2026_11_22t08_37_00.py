"""Keep what was answered at the checkout, so that an unpaid order can be quoted anew; number invoices."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:37:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Answers of orders, and invoices with a sequence of their own"

STATEMENTS = [
    "ALTER TABLE orders ADD COLUMN answers JSON",
    """CREATE TABLE invoice_sequence (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        last INTEGER NOT NULL CHECK (last >= 1),
        UNIQUE (store, id),
        UNIQUE (store)
    )""",
    # No foreign key to the order: an invoice outlives it, since its sequence has no gaps.
    """CREATE TABLE order_invoice (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        number INTEGER NOT NULL CHECK (number >= 1),
        prefix VARCHAR(16) NOT NULL DEFAULT '',
        order_id UUID NOT NULL,
        order_number VARCHAR(16) NOT NULL,
        issued TIMESTAMPTZ NOT NULL,
        content JSON NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, number),
        UNIQUE (store, order_id)
    )""",
    """CREATE TABLE order_filter (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        owner VARCHAR(120) NOT NULL,
        name VARCHAR(60) NOT NULL,
        query VARCHAR(1000) NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, owner, name)
    )""",
]


async def forwards() -> MigrationManager:
    """Add the column and the tables."""
    return create(ID, "orders", DESCRIPTION, STATEMENTS)
