"""Create the tables of store credit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T09:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Store credit: accounts, their ledger, and what orders hold of them"

ACCOUNT = """CREATE TABLE credit_account (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    customer UUID NOT NULL,
    currency VARCHAR(3) NOT NULL,
    balance BIGINT NOT NULL DEFAULT 0 CHECK (balance >= 0),
    created TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, customer, currency),
    FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
)"""

ENTRY = """CREATE TABLE credit_entry (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    account UUID NOT NULL,
    kind VARCHAR(8) NOT NULL CHECK (kind IN ('TOP_UP', 'REDUCE', 'ORDER', 'RETURN', 'REFUND')),
    amount BIGINT NOT NULL,
    reason VARCHAR(300) NOT NULL DEFAULT '',
    order_id UUID,
    order_number VARCHAR(16) NOT NULL DEFAULT '',
    source UUID,
    made_by VARCHAR(100) NOT NULL DEFAULT '',
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, source),
    CHECK ((kind IN ('TOP_UP', 'RETURN', 'REFUND') AND amount > 0) OR (kind IN ('REDUCE', 'ORDER') AND amount < 0)),
    FOREIGN KEY (store, account) REFERENCES credit_account (store, id) ON DELETE RESTRICT
)"""

USE = """CREATE TABLE credit_use (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    account UUID NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    created TIMESTAMPTZ NOT NULL,
    UNIQUE (store, order_id),
    FOREIGN KEY (store, account) REFERENCES credit_account (store, id) ON DELETE RESTRICT
)"""


async def forwards() -> MigrationManager:
    """Create the tables; a balance below zero is impossible in the database itself."""
    return create(
        ID,
        "store_credit",
        DESCRIPTION,
        [
            ACCOUNT,
            ENTRY,
            USE,
            "CREATE INDEX credit_account_owed ON credit_account (store, balance, id)",
            "CREATE INDEX credit_entry_of ON credit_entry (store, account, created, id)",
            "CREATE INDEX credit_entry_order ON credit_entry (store, order_id)",
        ],
    )
