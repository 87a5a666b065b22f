"""Create the tables of refunds and returns."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:56:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refunds, what was shown before them, and returns"

PROPOSAL = """CREATE TABLE refund_proposal (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    actor VARCHAR(120) NOT NULL,
    request JSON NOT NULL,
    shown JSON NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    return_id UUID,
    UNIQUE (store, id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

REFUND = """CREATE TABLE refund (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    order_number VARCHAR(16) NOT NULL,
    mode VARCHAR(8) NOT NULL CHECK (mode IN ('full', 'amount', 'items', 'both')),
    amount BIGINT NOT NULL CHECK (amount >= 0 AND amount <= asked),
    asked BIGINT NOT NULL CHECK (asked > 0),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    reason TEXT NOT NULL,
    note VARCHAR(200) NOT NULL DEFAULT '',
    made_by VARCHAR(100) NOT NULL,
    return_id UUID,
    surplus BOOLEAN NOT NULL DEFAULT FALSE,
    created TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id)
)"""

ITEM = """CREATE TABLE refund_item (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    refund UUID NOT NULL,
    position INTEGER NOT NULL,
    line UUID NOT NULL,
    product UUID,
    sku VARCHAR(64) NOT NULL,
    name VARCHAR(100) NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    UNIQUE (store, refund, line),
    FOREIGN KEY (store, refund) REFERENCES refund (store, id) ON DELETE RESTRICT
)"""

PART = """CREATE TABLE refund_part (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    refund UUID NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('PROCESSOR', 'MANUAL', 'CREDIT')),
    method VARCHAR(32) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    payment UUID,
    state VARCHAR(16) NOT NULL CHECK (state IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    key UUID NOT NULL,
    reference VARCHAR(200) NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    refused BOOLEAN NOT NULL DEFAULT FALSE,
    url TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt TIMESTAMPTZ,
    UNIQUE (store, id),
    UNIQUE (store, key),
    UNIQUE (store, refund, position),
    CHECK (kind <> 'PROCESSOR' OR payment IS NOT NULL),
    FOREIGN KEY (store, refund) REFERENCES refund (store, id) ON DELETE RESTRICT
)"""

RETURN = """CREATE TABLE return_request (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    order_number VARCHAR(16) NOT NULL,
    customer UUID NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('REQUESTED', 'APPROVED', 'RECEIVED', 'REFUNDED', 'DECLINED')),
    reason TEXT NOT NULL,
    decision TEXT NOT NULL DEFAULT '',
    refund UUID,
    channel_id BIGINT,
    message_id BIGINT,
    created TIMESTAMPTZ NOT NULL,
    updated TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

RETURN_ITEM = """CREATE TABLE return_item (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    return_id UUID NOT NULL,
    position INTEGER NOT NULL,
    line UUID NOT NULL,
    product UUID,
    sku VARCHAR(64) NOT NULL,
    name VARCHAR(100) NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    UNIQUE (store, return_id, line),
    FOREIGN KEY (store, return_id) REFERENCES return_request (store, id) ON DELETE RESTRICT
)"""

INDEXES = [
    "CREATE INDEX refund_proposal_actor ON refund_proposal (store, actor, created)",
    "CREATE INDEX refund_order ON refund (store, order_id, created)",
    "CREATE INDEX refund_created ON refund (store, created, id)",
    "CREATE INDEX refund_open ON refund (store, created) WHERE state = 'PENDING'",
    "CREATE INDEX refund_part_payment ON refund_part (store, payment)",
    # One return of an order at a time: two presses, or two members at once, make one.
    """CREATE UNIQUE INDEX return_open ON return_request (store, order_id)
        WHERE status IN ('REQUESTED', 'APPROVED', 'RECEIVED')""",
    "CREATE INDEX return_created ON return_request (store, created, id)",
]


async def forwards() -> MigrationManager:
    """Create the tables and their indexes."""
    return create(ID, "refunds", DESCRIPTION, [PROPOSAL, REFUND, ITEM, PART, RETURN, RETURN_ITEM, *INDEXES])
