"""Let people set a forgotten password anew by an emailed link."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T08:08:00:000000"

STATEMENTS = [
    """CREATE TABLE password_reset_request (
        id UUID PRIMARY KEY,
        sealed TEXT NOT NULL,
        created TIMESTAMPTZ NOT NULL
    )""",
    """CREATE TABLE password_reset (
        id UUID PRIMARY KEY,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        token_hash VARCHAR(64) NOT NULL UNIQUE,
        created TIMESTAMPTZ NOT NULL,
        expires TIMESTAMPTZ NOT NULL
    )""",
    "CREATE INDEX password_reset_user_account ON password_reset (user_account)",
    "CREATE INDEX user_account_email ON user_account (LOWER(email))",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "web", "Passwords set anew by an emailed link", STATEMENTS)
