"""Let a token be good for part of what its user may do."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T13:45:00:000000"

STATEMENTS = ["ALTER TABLE api_token ADD COLUMN scopes TEXT NOT NULL DEFAULT ''"]


async def forwards() -> MigrationManager:
    """Add the column; tokens that there are stay good for everything that their users may do."""
    return create(ID, "web", "Scopes of API tokens", STATEMENTS)
