"""Customers and their addresses."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Customers and their addresses"

STATEMENTS = [
    """
    CREATE TABLE customer (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        discord_id BIGINT,
        username VARCHAR(64) NOT NULL DEFAULT '',
        display_name VARCHAR(100) NOT NULL DEFAULT '',
        display_name_by_staff BOOLEAN NOT NULL DEFAULT FALSE,
        first_name VARCHAR(100) NOT NULL DEFAULT '',
        last_name VARCHAR(100) NOT NULL DEFAULT '',
        email VARCHAR(254) NOT NULL DEFAULT '',
        email_key VARCHAR(254),
        email_confirmed BOOLEAN NOT NULL DEFAULT FALSE,
        phone VARCHAR(20) NOT NULL DEFAULT '',
        account_number VARCHAR(32),
        source VARCHAR(10) NOT NULL,
        notes TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '',
        tags_key TEXT NOT NULL DEFAULT '',
        active BOOLEAN NOT NULL DEFAULT TRUE,
        blocked BOOLEAN NOT NULL DEFAULT FALSE,
        dm_preferences JSON NOT NULL,
        search TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        last_seen TIMESTAMPTZ,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, discord_id),
        UNIQUE (store, email_key),
        UNIQUE (store, account_number),
        CHECK (source IN ('DISCORD', 'EMAIL', 'MANUAL')),
        CHECK (discord_id > 0),
        CHECK (email_key <> '')
    )
    """,
    "CREATE INDEX customer_created ON customer (store, created, id)",
    """
    CREATE TABLE address (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        customer UUID NOT NULL,
        recipient VARCHAR(100) NOT NULL,
        company VARCHAR(100) NOT NULL DEFAULT '',
        street VARCHAR(200) NOT NULL,
        street2 VARCHAR(200) NOT NULL DEFAULT '',
        city VARCHAR(100) NOT NULL,
        region VARCHAR(100) NOT NULL DEFAULT '',
        postal_code VARCHAR(20) NOT NULL DEFAULT '',
        country VARCHAR(2) NOT NULL,
        phone VARCHAR(20) NOT NULL DEFAULT '',
        is_default BOOLEAN NOT NULL DEFAULT FALSE,
        is_billing BOOLEAN NOT NULL DEFAULT FALSE,
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT,
        CHECK (length(country) = 2)
    )
    """,
    "CREATE INDEX address_customer ON address (store, customer, created)",
    "CREATE UNIQUE INDEX address_default ON address (store, customer) WHERE is_default",
    "CREATE UNIQUE INDEX address_billing ON address (store, customer) WHERE is_billing",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "customers", DESCRIPTION, STATEMENTS)
