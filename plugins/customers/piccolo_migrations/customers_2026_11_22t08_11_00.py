"""Let customers choose what they get by email, and confirm their address by a link."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Email preferences and confirmed addresses"

STATEMENTS = [
    "ALTER TABLE customer ADD COLUMN email_preferences JSON NOT NULL DEFAULT '{}'",
    """CREATE TABLE email_confirmation (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        customer UUID NOT NULL,
        email VARCHAR(254) NOT NULL,
        token_hash VARCHAR(64) NOT NULL UNIQUE,
        created TIMESTAMPTZ NOT NULL,
        expires TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id),
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX email_confirmation_customer ON email_confirmation (store, customer)",
]


async def forwards() -> MigrationManager:
    """Add the column and the table."""
    return create(ID, "customers", DESCRIPTION, STATEMENTS)
