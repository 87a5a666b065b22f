"""Create the table of servers that were told how to get a store."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:05:30:000000"

STATEMENTS = [
    """CREATE TABLE greeted_server (
        guild_id BIGINT PRIMARY KEY,
        greeted TIMESTAMPTZ NOT NULL
    )""",
]


async def forwards() -> MigrationManager:
    """Create the table."""
    return create(ID, "bot", "Servers that were greeted", STATEMENTS)
