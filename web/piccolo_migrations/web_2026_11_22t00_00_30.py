"""Create the tables of users, sessions, memberships, tokens, sign-in limits and idempotency keys."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:00:30:000000"

STATEMENTS = [
    """CREATE TABLE user_account (
        id UUID PRIMARY KEY,
        username VARCHAR(100) NOT NULL,
        username_key VARCHAR(200) NOT NULL UNIQUE,
        password VARCHAR(255) NOT NULL,
        email VARCHAR(254) NOT NULL DEFAULT '',
        active BOOLEAN NOT NULL DEFAULT TRUE,
        superuser BOOLEAN NOT NULL DEFAULT FALSE,
        created TIMESTAMPTZ NOT NULL,
        last_login TIMESTAMPTZ
    )""",
    """CREATE TABLE session (
        id UUID PRIMARY KEY,
        token_hash VARCHAR(64) NOT NULL UNIQUE,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        chosen_store BIGINT REFERENCES store (id) ON DELETE SET NULL,
        user_agent VARCHAR(300) NOT NULL DEFAULT '',
        address VARCHAR(64) NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        seen TIMESTAMPTZ NOT NULL,
        expires TIMESTAMPTZ NOT NULL
    )""",
    "CREATE INDEX session_user_account ON session (user_account)",
    "CREATE INDEX session_expires ON session (expires)",
    """CREATE TABLE membership (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        role VARCHAR(40) NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, user_account)
    )""",
    "CREATE INDEX membership_user_account ON membership (user_account)",
    """CREATE TABLE api_token (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        user_account UUID NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
        name VARCHAR(100) NOT NULL,
        token_hash VARCHAR(64) NOT NULL UNIQUE,
        created TIMESTAMPTZ NOT NULL,
        last_used TIMESTAMPTZ
    )""",
    "CREATE INDEX api_token_user_account ON api_token (user_account)",
    """CREATE TABLE sign_in_limit (
        subject VARCHAR(64) PRIMARY KEY,
        failures INTEGER NOT NULL,
        window_start TIMESTAMPTZ NOT NULL
    )""",
    """CREATE TABLE idempotency_key (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        owner VARCHAR(80) NOT NULL,
        key VARCHAR(255) NOT NULL,
        fingerprint VARCHAR(64) NOT NULL,
        status INTEGER,
        media_type VARCHAR(100) NOT NULL DEFAULT '',
        body TEXT NOT NULL DEFAULT '',
        created TIMESTAMPTZ NOT NULL,
        UNIQUE (store, owner, key)
    )""",
    "CREATE INDEX idempotency_key_created ON idempotency_key (created)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "web", "Users, sessions, memberships, tokens, sign-in limits, idempotency keys", STATEMENTS)
