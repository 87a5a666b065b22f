"""Create the table of one-time links, and the index that the audit page reads by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "One-time links from Discord to the web"

SIGN_IN_LINK = """CREATE TABLE sign_in_link (
    id UUID PRIMARY KEY,
    store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
    discord_id BIGINT NOT NULL,
    name VARCHAR(100) NOT NULL,
    token_hash VARCHAR(64) NOT NULL UNIQUE,
    created TIMESTAMPTZ NOT NULL,
    expires TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    UNIQUE (store, id)
)"""


async def forwards() -> MigrationManager:
    """Create the table and the indexes."""
    return create(
        ID,
        "staff",
        DESCRIPTION,
        [
            SIGN_IN_LINK,
            "CREATE INDEX sign_in_link_expires ON sign_in_link (store, expires)",
            "CREATE INDEX audit_entry_page ON audit_entry (store, id)",
        ],
    )
