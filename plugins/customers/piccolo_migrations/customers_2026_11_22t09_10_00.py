"""Keep what customers bought beside them, link them to users, and remember the shop's figures of each day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T09:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What customers bought, users they are linked to, figures of each day"

STATEMENTS = [
    "ALTER TABLE customer ADD COLUMN revenue BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE customer ADD COLUMN revenue_currency VARCHAR(3) NOT NULL DEFAULT ''",
    "ALTER TABLE customer ADD COLUMN paid_orders INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE customer ADD COLUMN last_order TIMESTAMPTZ",
    "ALTER TABLE customer ADD COLUMN last_paid TIMESTAMPTZ",
    "ALTER TABLE customer ADD COLUMN user_account UUID",
    "ALTER TABLE customer ADD COLUMN merged_into UUID",
    "CREATE UNIQUE INDEX customer_user ON customer (store, user_account)",
    "CREATE INDEX customer_revenue ON customer (store, revenue, id)",
    "CREATE INDEX customer_last_order ON customer (store, last_order, id)",
    # Holds all that the cards above the list count, so that they never read the rows themselves.
    "CREATE INDEX customer_figures ON customer"
    " (store, paid_orders, revenue, revenue_currency, last_paid, last_seen, discord_id, user_account)",
    """CREATE TABLE customer_snapshot (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        day VARCHAR(10) NOT NULL,
        registered INTEGER NOT NULL,
        active INTEGER NOT NULL,
        buyers INTEGER NOT NULL,
        repeaters INTEGER NOT NULL,
        revenue BIGINT NOT NULL,
        currency VARCHAR(3) NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, day)
    )""",
]


async def forwards() -> MigrationManager:
    """Add the columns and the table."""
    return create(ID, "customers", DESCRIPTION, STATEMENTS)
