"""Create the tables of loyalty."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T09:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Loyalty: accounts, their ledger, and what orders redeem and earn"

ACCOUNT = """CREATE TABLE loyalty_account (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    customer UUID NOT NULL,
    balance BIGINT NOT NULL DEFAULT 0 CHECK (balance >= 0),
    lifetime BIGINT NOT NULL DEFAULT 0 CHECK (lifetime >= 0),
    day VARCHAR(10) NOT NULL DEFAULT '',
    day_earned BIGINT NOT NULL DEFAULT 0 CHECK (day_earned >= 0),
    created TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, customer),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

ENTRY = """CREATE TABLE loyalty_entry (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    account UUID NOT NULL,
    kind VARCHAR(8) NOT NULL
        CHECK (kind IN ('EARN', 'REVERSE', 'REDEEM', 'RETURN', 'ADD', 'DEDUCT', 'EXPIRE')),
    points BIGINT NOT NULL,
    short BIGINT NOT NULL DEFAULT 0 CHECK (short >= 0),
    reason VARCHAR(300) NOT NULL DEFAULT '',
    order_id UUID,
    order_number VARCHAR(16) NOT NULL DEFAULT '',
    source UUID,
    expires TIMESTAMPTZ,
    made_by VARCHAR(100) NOT NULL DEFAULT '',
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, source),
    CHECK ((kind IN ('EARN', 'RETURN', 'ADD') AND points > 0)
        OR (kind IN ('REDEEM', 'DEDUCT', 'EXPIRE') AND points < 0)
        OR (kind = 'REVERSE' AND points <= 0 AND short - points > 0)),
    FOREIGN KEY (store, account) REFERENCES loyalty_account (store, id) ON DELETE RESTRICT
)"""

ORDER = """CREATE TABLE loyalty_order (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    account UUID NOT NULL,
    redeemed BIGINT NOT NULL DEFAULT 0,
    returned BIGINT NOT NULL DEFAULT 0,
    value BIGINT NOT NULL DEFAULT 0,
    base BIGINT,
    earned BIGINT NOT NULL DEFAULT 0 CHECK (earned >= 0),
    created TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, order_id),
    CHECK (returned BETWEEN 0 AND redeemed),
    FOREIGN KEY (store, account) REFERENCES loyalty_account (store, id) ON DELETE RESTRICT
)"""


async def forwards() -> MigrationManager:
    """Create the tables; a balance below zero is impossible in the database itself."""
    return create(
        ID,
        "loyalty",
        DESCRIPTION,
        [
            ACCOUNT,
            ENTRY,
            ORDER,
            "CREATE INDEX loyalty_account_balance ON loyalty_account (store, balance, id)",
            "CREATE INDEX loyalty_entry_of ON loyalty_entry (store, account, created, id)",
            "CREATE INDEX loyalty_entry_order ON loyalty_entry (store, order_id)",
        ],
    )
