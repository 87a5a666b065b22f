"""Timed roles, licence keys and files."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create
from guildshop.database.rebuild import rebuild

ID = "2026-11-22T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Timed roles, licence keys and files"

ENTITLEMENT = """CREATE TABLE entitlement (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    order_id UUID NOT NULL,
    product UUID NOT NULL,
    product_name VARCHAR(100) NOT NULL,
    discord_id BIGINT,
    kind VARCHAR(10) NOT NULL CHECK (kind IN ('ROLE', 'CHANNEL', 'KEY', 'FILE')),
    target BIGINT NOT NULL,
    status VARCHAR(10) NOT NULL CHECK (status IN ('PENDING', 'GRANTED', 'FAILED', 'REVOKED')),
    problem VARCHAR(32) NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    remedy TEXT NOT NULL DEFAULT '',
    created TIMESTAMPTZ NOT NULL,
    granted_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    checked_at TIMESTAMPTZ,
    good UUID,
    days INTEGER NOT NULL DEFAULT 0 CHECK (days >= 0),
    starts_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    ended VARCHAR(12) NOT NULL DEFAULT '',
    UNIQUE (store, id),
    UNIQUE (store, order_id, product, kind, target),
    UNIQUE (store, order_id, good),
    CHECK ((status = 'REVOKED') = (revoked_at IS NOT NULL)),
    CHECK ((starts_at IS NULL) = (expires_at IS NULL)),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, id) ON DELETE CASCADE,
    FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
)"""

COLUMNS = [
    "ALTER TABLE entitlement DROP CONSTRAINT entitlement_kind_check",
    "ALTER TABLE entitlement ADD CHECK (kind IN ('ROLE', 'CHANNEL', 'KEY', 'FILE'))",
    "ALTER TABLE entitlement ADD COLUMN good UUID",
    "ALTER TABLE entitlement ADD COLUMN days INTEGER NOT NULL DEFAULT 0 CHECK (days >= 0)",
    "ALTER TABLE entitlement ADD COLUMN starts_at TIMESTAMPTZ",
    "ALTER TABLE entitlement ADD COLUMN expires_at TIMESTAMPTZ",
    "ALTER TABLE entitlement ADD COLUMN ended VARCHAR(12) NOT NULL DEFAULT ''",
    "ALTER TABLE entitlement ADD UNIQUE (store, order_id, good)",
    "ALTER TABLE entitlement ADD CHECK ((starts_at IS NULL) = (expires_at IS NULL))",
]

STATEMENTS = [
    """CREATE TABLE product_terms (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        days INTEGER NOT NULL DEFAULT 0 CHECK (days BETWEEN 0 AND 3650),
        gives_key BOOLEAN NOT NULL DEFAULT FALSE,
        UNIQUE (store, product),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
    )""",
    """CREATE TABLE licence_key (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        sealed BYTEA NOT NULL,
        digest VARCHAR(64) NOT NULL,
        hint VARCHAR(8) NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        taken_at TIMESTAMPTZ,
        order_id UUID,
        UNIQUE (store, id),
        UNIQUE (store, product, digest),
        CHECK ((taken_at IS NULL) = (order_id IS NULL)),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX licence_key_free ON licence_key (store, product, id) WHERE order_id IS NULL",
    """CREATE TABLE product_file (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        product UUID NOT NULL,
        name VARCHAR(100) NOT NULL,
        size INTEGER NOT NULL CHECK (size BETWEEN 1 AND 8388608),
        content BYTEA NOT NULL,
        offered BOOLEAN NOT NULL DEFAULT TRUE,
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id),
        FOREIGN KEY (store, product) REFERENCES product (store, id) ON DELETE RESTRICT
    )""",
    "CREATE INDEX product_file_product ON product_file (store, product)",
]


async def forwards() -> MigrationManager:
    """Widen the table of entitlements, and create those of what products give."""
    return create(
        ID, "entitlements", DESCRIPTION, STATEMENTS, sqlite=[rebuild("entitlement", ENTITLEMENT)], postgres=COLUMNS
    )
