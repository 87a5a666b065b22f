"""Let Discord members sign in by their roles, and users by a second factor."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:06:30:000000"

STATEMENTS = [
    "ALTER TABLE user_account ADD COLUMN discord_id BIGINT",
    "CREATE UNIQUE INDEX user_account_discord_id ON user_account (discord_id)",
    "ALTER TABLE user_account ADD COLUMN mfa_secret TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE user_account ADD COLUMN mfa_on BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE user_account ADD COLUMN mfa_step BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE",
    """CREATE TABLE recovery_code (
        id UUID PRIMARY KEY,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        code_hash VARCHAR(64) NOT NULL,
        UNIQUE (user_account, code_hash)
    )""",
    """CREATE TABLE discord_access (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        roles TEXT NOT NULL,
        administrator BOOLEAN NOT NULL,
        checked TIMESTAMPTZ NOT NULL,
        UNIQUE (store, user_account)
    )""",
    "CREATE INDEX discord_access_user_account ON discord_access (user_account)",
]


async def forwards() -> MigrationManager:
    """Add the columns and tables."""
    return create(ID, "web", "Members of Discord servers as users, and a second factor", STATEMENTS)
