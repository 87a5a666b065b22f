"""Keep the processor's own ID of a payment, and the states of money that does not fit its order."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create
from guildshop.database.rebuild import rebuild

ID = "2026-11-22T00:04:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "Payments through processors"

STATES = """state IN ('PENDING', 'REPORTED', 'CONFIRMED', 'REJECTED', 'UNDERPAID', 'OVERPAID', 'LATE')"""

PAYMENT = f"""CREATE TABLE payment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    method VARCHAR(32) NOT NULL,
    processor_id VARCHAR(200),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK ({STATES}),
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

ONCE = "CREATE UNIQUE INDEX payment_processor ON payment (store, method, processor_id) WHERE processor_id IS NOT NULL"

REPORTED_ONCE = "CREATE UNIQUE INDEX payment_reported ON payment (store, order_id) WHERE state = 'REPORTED'"


async def forwards() -> MigrationManager:
    """Widen the table."""
    return create(
        ID,
        "payments",
        DESCRIPTION,
        [],
        sqlite=[rebuild("payment", PAYMENT), ONCE, REPORTED_ONCE],
        postgres=[
            "ALTER TABLE payment ADD COLUMN processor_id VARCHAR(200)",
            "ALTER TABLE payment DROP CONSTRAINT payment_state_check",
            f"ALTER TABLE payment ADD CONSTRAINT payment_state_check CHECK ({STATES})",
            ONCE,
            REPORTED_ONCE,
        ],
    )
