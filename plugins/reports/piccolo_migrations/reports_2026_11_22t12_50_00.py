"""Create the tables of reports."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reports: figures by day and product, money given back, links to share"

_HEAD = """id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT"""

STATEMENTS = [
    f"""CREATE TABLE report_state (
    {_HEAD},
    zone VARCHAR(64) NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store)
)""",
    f"""CREATE TABLE report_day (
    {_HEAD},
    day VARCHAR(10) NOT NULL,
    changes BIGINT NOT NULL DEFAULT 1,
    counted BIGINT NOT NULL DEFAULT 0,
    UNIQUE (store, id),
    UNIQUE (store, day),
    CHECK (counted <= changes)
)""",
    f"""CREATE TABLE report_figures (
    {_HEAD},
    day VARCHAR(10) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    placed INTEGER NOT NULL DEFAULT 0,
    converted INTEGER NOT NULL DEFAULT 0,
    paid INTEGER NOT NULL DEFAULT 0,
    revenue BIGINT NOT NULL DEFAULT 0,
    refunds BIGINT NOT NULL DEFAULT 0,
    refunded INTEGER NOT NULL DEFAULT 0,
    statuses JSON NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, currency, day)
)""",
    f"""CREATE TABLE report_product (
    {_HEAD},
    day VARCHAR(10) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    sku VARCHAR(64) NOT NULL,
    name VARCHAR(100) NOT NULL,
    pieces BIGINT NOT NULL DEFAULT 0,
    amount BIGINT NOT NULL DEFAULT 0,
    UNIQUE (store, id),
    UNIQUE (store, day, currency, sku)
)""",
    f"""CREATE TABLE report_refund (
    {_HEAD},
    order_id UUID NOT NULL,
    currency VARCHAR(3) NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    total BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    UNIQUE (store, id),
    UNIQUE (store, order_id, total),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)""",
    f"""CREATE TABLE report_share (
    {_HEAD},
    first VARCHAR(10) NOT NULL,
    last VARCHAR(10) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    made_by VARCHAR(100) NOT NULL,
    created TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    revoked BOOLEAN NOT NULL,
    UNIQUE (store, id)
)""",
    "CREATE INDEX report_refund_at ON report_refund (store, at)",
    "CREATE INDEX report_share_made ON report_share (store, created, id)",
    # What the counting of a day and the list of the best customers read; the second holds all that is read.
    "CREATE INDEX report_orders_paid ON orders (store, paid_at)",
    """CREATE INDEX report_orders_buyer ON orders
    (store, currency, customer, paid_at, status, total, due, written_off, refunded)""",
]


async def forwards() -> MigrationManager:
    """Create the tables and indexes."""
    return create(ID, "reports", DESCRIPTION, STATEMENTS)
