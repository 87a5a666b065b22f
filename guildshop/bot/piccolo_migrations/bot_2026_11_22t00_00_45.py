"""Create the table of synced commands."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:00:45:000000"

STATEMENTS = [
    """CREATE TABLE synced_commands (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL UNIQUE REFERENCES store (id) ON DELETE RESTRICT,
        guild_id BIGINT NOT NULL,
        fingerprint VARCHAR(64) NOT NULL,
        command_ids JSON NOT NULL,
        synced TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id)
    )""",
]


async def forwards() -> MigrationManager:
    """Create the table."""
    return create(ID, "bot", "Synced commands", STATEMENTS)
