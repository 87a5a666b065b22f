"""Categories, products and the stock ledger."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Categories, products and the stock ledger"

STATEMENTS = [
    """
    CREATE TABLE category (
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
    CREATE TABLE product (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        sku VARCHAR(64) NOT NULL,
        sku_key VARCHAR(64) NOT NULL,
        name VARCHAR(100) NOT NULL,
        description TEXT NOT NULL DEFAULT '',
        price BIGINT NOT NULL,
        cost BIGINT,
        currency VARCHAR(3) NOT NULL,
        image_url TEXT NOT NULL DEFAULT '',
        category UUID,
        kind VARCHAR(10) NOT NULL,
        active BOOLEAN NOT NULL DEFAULT TRUE,
        published BOOLEAN NOT NULL DEFAULT TRUE,
        tracked BOOLEAN NOT NULL DEFAULT FALSE,
        available BIGINT NOT NULL DEFAULT 0,
        reserved BIGINT NOT NULL DEFAULT 0,
        visibility VARCHAR(10) NOT NULL DEFAULT 'INHERIT',
        required_roles TEXT NOT NULL DEFAULT '',
        granted_roles TEXT NOT NULL DEFAULT '',
        granted_channels TEXT NOT NULL DEFAULT '',
        limit_per_customer INTEGER,
        position INTEGER NOT NULL DEFAULT 0,
        low_stock_at INTEGER,
        stock_state VARCHAR(4) NOT NULL DEFAULT 'OK',
        search TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        UNIQUE (store, sku_key),
        FOREIGN KEY (store, category) REFERENCES category (store, id) ON DELETE RESTRICT,
        CHECK (price >= 0),
        CHECK (cost >= 0),
        CHECK (available >= 0 OR NOT tracked),
        CHECK (reserved >= 0),
        CHECK (kind IN ('DIGITAL', 'SHIPPED')),
        CHECK (visibility IN ('INHERIT', 'PUBLIC', 'PRIVATE')),
        CHECK (limit_per_customer > 0),
        CHECK (low_stock_at >= 0),
        CHECK (stock_state IN ('OK', 'LOW', 'OUT'))
    )
    """,
    "CREATE INDEX product_shelf ON product (store, position, search, id)",
    "CREATE INDEX product_roles ON product (store, required_roles)",
    "CREATE INDEX product_category ON product (store, category)",
    """
    CREATE TABLE stock_movement (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        kind VARCHAR(10) NOT NULL,
        available_change BIGINT NOT NULL,
        reserved_change BIGINT NOT NULL,
        order_id UUID,
        actor VARCHAR(120) NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT,
        CHECK (
            (kind = 'RESERVE' AND reserved_change > 0 AND available_change = -reserved_change)
            OR (kind = 'RELEASE' AND reserved_change < 0 AND available_change = -reserved_change)
            OR (kind = 'SALE' AND reserved_change < 0 AND available_change = 0)
            OR (kind IN ('RESTOCK', 'RETURN') AND available_change > 0 AND reserved_change = 0)
            OR (kind = 'ADJUSTMENT' AND available_change <> 0 AND reserved_change = 0)
        )
    )
    """,
    "CREATE INDEX stock_movement_product ON stock_movement (store, product, created)",
    "CREATE INDEX stock_movement_order ON stock_movement (store, order_id)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "catalog", DESCRIPTION, STATEMENTS)
