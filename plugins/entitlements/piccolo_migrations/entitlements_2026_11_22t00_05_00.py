"""Create the table of entitlements."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Entitlements"

STATEMENTS = [
    """CREATE TABLE entitlement (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        order_id UUID NOT NULL,
        product UUID NOT NULL,
        product_name VARCHAR(100) NOT NULL,
        discord_id BIGINT,
        kind VARCHAR(10) NOT NULL CHECK (kind IN ('ROLE', 'CHANNEL')),
        target BIGINT NOT NULL,
        status VARCHAR(10) NOT NULL CHECK (status IN ('PENDING', 'GRANTED', 'FAILED', 'REVOKED')),
        problem VARCHAR(32) NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        remedy TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        granted_at TIMESTAMPTZ,
        revoked_at TIMESTAMPTZ,
        checked_at TIMESTAMPTZ,
        UNIQUE (store, id),
        UNIQUE (store, order_id, product, kind, target),
        CHECK ((status = 'REVOKED') = (revoked_at IS NOT NULL)),
        FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE,
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX entitlement_member ON entitlement (store, discord_id, target)",
    "CREATE INDEX entitlement_status ON entitlement (store, status, checked_at)",
]


async def forwards() -> MigrationManager:
    """Create the table."""
    return create(ID, "entitlements", DESCRIPTION, STATEMENTS)
