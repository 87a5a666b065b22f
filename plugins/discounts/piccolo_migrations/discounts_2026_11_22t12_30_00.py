"""Let discounts be for the customers of a discount group."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create
from guildshop.database.rebuild import rebuild

ID = "2026-11-22T12:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Discounts for discount groups"

_SCOPES = "scope IN ('ALL', 'PRODUCTS', 'CATEGORIES', 'ROLES', 'TAGS', 'GROUPS', 'CUSTOMERS')"
DISCOUNT = f"""CREATE TABLE discount (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    name VARCHAR(80) NOT NULL,
    kind VARCHAR(8) NOT NULL CHECK (kind IN ('PERCENT', 'FIXED')),
    percent INTEGER CHECK (percent BETWEEN 1 AND 100),
    amount BIGINT CHECK (amount > 0),
    currency VARCHAR(3) NOT NULL,
    code VARCHAR(40) NOT NULL DEFAULT '',
    code_key VARCHAR(40),
    scope VARCHAR(12) NOT NULL CHECK ({_SCOPES}),
    targets JSON NOT NULL,
    starts TIMESTAMPTZ NOT NULL,
    ends TIMESTAMPTZ,
    limit_total INTEGER CHECK (limit_total > 0),
    limit_per_customer INTEGER CHECK (limit_per_customer > 0),
    minimum BIGINT NOT NULL DEFAULT 0 CHECK (minimum >= 0),
    active BOOLEAN NOT NULL DEFAULT TRUE,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    created TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (store, id),
    UNIQUE (store, code_key),
    CHECK ((kind = 'PERCENT' AND percent IS NOT NULL AND amount IS NULL)
        OR (kind = 'FIXED' AND amount IS NOT NULL AND percent IS NULL)),
    CHECK (ends IS NULL OR starts < ends)
)"""


async def forwards() -> MigrationManager:
    """Take another scope."""
    return create(
        ID,
        "discounts",
        DESCRIPTION,
        [],
        sqlite=[rebuild("discount", DISCOUNT)],
        postgres=[
            "ALTER TABLE discount DROP CONSTRAINT discount_scope_check",
            f"ALTER TABLE discount ADD CONSTRAINT discount_scope_check CHECK ({_SCOPES})",
        ],
    )
