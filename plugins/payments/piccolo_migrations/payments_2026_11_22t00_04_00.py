"""Create the table of payments."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Payments of orders"

PAYMENT = """CREATE TABLE payment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    method VARCHAR(32) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('PENDING', 'REPORTED', 'CONFIRMED', 'REJECTED')),
    reference VARCHAR(200) NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    picture TEXT NOT NULL DEFAULT '',
    idempotency_key UUID NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    reported_at TIMESTAMPTZ,
    settled_at TIMESTAMPTZ,
    settled_by VARCHAR(100) NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, idempotency_key),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE RESTRICT
)"""


async def forwards() -> MigrationManager:
    """Create the table and its index."""
    return create(
        ID,
        "payments",
        DESCRIPTION,
        [PAYMENT, "CREATE INDEX payment_order ON payment (store, order_id, created)"],
    )
