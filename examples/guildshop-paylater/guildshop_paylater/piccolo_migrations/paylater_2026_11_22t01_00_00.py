"""Create the tables of PayLater."""

from guildshop.database.migrations import create
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Sessions with PayLater and its webhooks"

SESSION = """CREATE TABLE paylater_session (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    provider_id VARCHAR(100),
    url TEXT NOT NULL DEFAULT '',
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(8) NOT NULL CHECK (state IN ('NEW', 'OPEN', 'PAID', 'ENDED')),
    created TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ,
    UNIQUE (store, id),
    UNIQUE (store, provider_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE
)"""

WEBHOOK = """CREATE TABLE paylater_webhook (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    event_id VARCHAR(100) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    body TEXT NOT NULL,
    received TIMESTAMPTZ NOT NULL,
    UNIQUE (store, event_id)
)"""


async def forwards() -> MigrationManager:
    """Create the tables, and let an order have one session at a time."""
    return create(
        ID,
        "paylater",
        DESCRIPTION,
        [
            SESSION,
            WEBHOOK,
            "CREATE UNIQUE INDEX paylater_session_open ON paylater_session (store, order_id)"
            " WHERE state IN ('NEW', 'OPEN')",
        ],
    )
