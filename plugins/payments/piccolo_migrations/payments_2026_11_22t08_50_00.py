"""Keep attempts to pay through processors, what these told us, and where their books differ from ours."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create
from guildshop.database.rebuild import rebuild

ID = "2026-11-22T08:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Attempts to pay, webhooks and differences; payments outlive a deleted order"

PAYMENT = """CREATE TABLE payment (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    order_number VARCHAR(16) NOT NULL DEFAULT '',
    method VARCHAR(32) NOT NULL,
    processor_id VARCHAR(200),
    attempt UUID,
    position INTEGER,
    amount BIGINT NOT NULL CHECK (amount > 0),
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (
        state IN ('PENDING', 'REPORTED', 'CONFIRMED', 'REJECTED', 'UNDERPAID', 'OVERPAID', 'LATE')),
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
    UNIQUE (store, idempotency_key)
)"""

NUMBER = "(SELECT o.number FROM orders o WHERE o.store = payment.store AND o.id = payment.order_id)"

ATTEMPT = """CREATE TABLE payment_attempt (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    order_number VARCHAR(16) NOT NULL,
    method VARCHAR(32) NOT NULL,
    processor_id VARCHAR(200),
    url TEXT NOT NULL DEFAULT '',
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(8) NOT NULL CHECK (state IN ('NEW', 'OPEN', 'PAID', 'ENDED')),
    processing BOOLEAN NOT NULL DEFAULT FALSE,
    codes JSON,
    created TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ,
    next_ask TIMESTAMPTZ,
    UNIQUE (store, id),
    UNIQUE (store, method, processor_id)
)"""

WEBHOOK = """CREATE TABLE payment_webhook (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    processor VARCHAR(32) NOT NULL,
    event_id VARCHAR(200) NOT NULL,
    kind VARCHAR(100) NOT NULL,
    subject VARCHAR(200) NOT NULL DEFAULT '',
    received TIMESTAMPTZ NOT NULL,
    UNIQUE (store, processor, event_id)
)"""

DIFFERENCE = """CREATE TABLE payment_difference (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('MISSING', 'REFUNDED', 'UNKNOWN', 'TEST_MODE', 'DISPUTED')),
    processor VARCHAR(32) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    order_id UUID,
    order_number VARCHAR(16) NOT NULL DEFAULT '',
    ours BIGINT NOT NULL,
    theirs BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    found TIMESTAMPTZ NOT NULL,
    seen TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    settled_by VARCHAR(100) NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (store, id)
)"""

INDEXES = [
    "CREATE UNIQUE INDEX payment_position ON payment (store, order_id, position) WHERE position IS NOT NULL",
    "CREATE INDEX payment_attempt_ledger ON payment (store, attempt) WHERE attempt IS NOT NULL",
    "CREATE UNIQUE INDEX payment_attempt_open ON payment_attempt (store, order_id) WHERE state IN ('NEW', 'OPEN')",
    "CREATE INDEX payment_attempt_order ON payment_attempt (store, order_id, created)",
    "CREATE INDEX payment_attempt_ask ON payment_attempt (store, next_ask) WHERE next_ask IS NOT NULL",
    "CREATE UNIQUE INDEX payment_difference_open ON payment_difference (store, processor, kind, subject)"
    " WHERE settled_at IS NULL",
]


async def forwards() -> MigrationManager:
    """Widen the table of payments, create the others."""
    return create(
        ID,
        "payments",
        DESCRIPTION,
        [],
        sqlite=[rebuild("payment", PAYMENT, {"order_number": NUMBER}), ATTEMPT, WEBHOOK, DIFFERENCE, *INDEXES],
        postgres=[
            "ALTER TABLE payment ADD COLUMN order_number VARCHAR(16) NOT NULL DEFAULT ''",
            "ALTER TABLE payment ADD COLUMN attempt UUID",
            "ALTER TABLE payment ADD COLUMN position INTEGER",
            "ALTER TABLE payment ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0"
            " CHECK (refunded >= 0 AND refunded <= amount)",
            f"UPDATE payment SET order_number = {NUMBER}",
            "ALTER TABLE payment DROP CONSTRAINT payment_store_order_id_fkey",
            ATTEMPT,
            WEBHOOK,
            DIFFERENCE,
            *INDEXES,
        ],
    )
