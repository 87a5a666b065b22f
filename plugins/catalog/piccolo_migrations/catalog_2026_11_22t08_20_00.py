"""Variants, images, product lists, the waiting list and panels."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Variants, images, product lists, the waiting list and panels"

STATEMENTS = [
    "ALTER TABLE product ADD COLUMN parent UUID REFERENCES product (id)",
    "ALTER TABLE product ADD COLUMN options TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE product ADD COLUMN variants INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE product ADD COLUMN images TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE product ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0 CHECK (waiting >= 0)",
    "CREATE INDEX product_parent ON product (store, parent)",
    "CREATE INDEX product_waiting ON product (store, waiting)",
    """
    CREATE TABLE product_list (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        name VARCHAR(80) NOT NULL,
        name_key VARCHAR(80) NOT NULL,
        position INTEGER NOT NULL DEFAULT 0,
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, name_key)
    )
    """,
    """
    CREATE TABLE product_list_item (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product_list UUID NOT NULL,
        product UUID NOT NULL,
        position INTEGER NOT NULL,
        UNIQUE (store, id),
        UNIQUE (store, product_list, product),
        FOREIGN KEY (store, product_list) REFERENCES product_list (store, id) ON DELETE CASCADE,
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX product_list_item_product ON product_list_item (store, product)",
    """
    CREATE TABLE waitlist (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        member BIGINT NOT NULL,
        state VARCHAR(10) NOT NULL,
        place BIGINT NOT NULL,
        locale VARCHAR(20) NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        held_until TIMESTAMPTZ,
        order_id UUID,
        UNIQUE (store, id),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT,
        CHECK (state IN ('WAITING', 'HELD', 'USED', 'EXPIRED', 'LEFT')),
        CHECK (state <> 'HELD' OR held_until IS NOT NULL)
    )
    """,
    "CREATE UNIQUE INDEX waitlist_once ON waitlist (store, product, member) WHERE state IN ('WAITING', 'HELD')",
    "CREATE INDEX waitlist_place ON waitlist (store, product, state, place)",
    "CREATE INDEX waitlist_member ON waitlist (store, member, state)",
    """
    CREATE TABLE panel (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        channel_id BIGINT NOT NULL,
        product_list UUID,
        shelf VARCHAR(36) NOT NULL,
        message_id BIGINT,
        shown VARCHAR(64) NOT NULL DEFAULT '',
        problem TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, channel_id, shelf),
        FOREIGN KEY (store, product_list) REFERENCES product_list (store, id) ON DELETE CASCADE
    )
    """,
]


async def forwards() -> MigrationManager:
    """Add the columns and create the tables."""
    return create(ID, "catalog", DESCRIPTION, STATEMENTS)
