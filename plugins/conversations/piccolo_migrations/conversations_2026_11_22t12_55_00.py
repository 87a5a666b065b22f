"""Create the tables of conversations."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T12:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Conversations with customers and their messages"

STATEMENTS = [
    """CREATE TABLE conversation (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        customer UUID NOT NULL,
        state VARCHAR(8) NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
        waiting BOOLEAN NOT NULL DEFAULT FALSE,
        claimed_by VARCHAR(64) NOT NULL DEFAULT '',
        claimed_name VARCHAR(100) NOT NULL DEFAULT '',
        preview VARCHAR(200) NOT NULL DEFAULT '',
        locale VARCHAR(16) NOT NULL DEFAULT '',
        last_at TIMESTAMPTZ NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        closed_at TIMESTAMPTZ,
        window_start TIMESTAMPTZ NOT NULL,
        window_count INTEGER NOT NULL DEFAULT 0,
        notice_channel BIGINT,
        notice_message BIGINT,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, id),
        FOREIGN KEY (store, customer) REFERENCES customer (store, id) ON DELETE RESTRICT
    )""",
    "CREATE UNIQUE INDEX conversation_open ON conversation (store, customer) WHERE state = 'OPEN'",
    "CREATE INDEX conversation_state ON conversation (store, state, last_at, id)",
    "CREATE INDEX conversation_customer ON conversation (store, customer, last_at)",
    """CREATE TABLE conversation_message (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        conversation UUID NOT NULL,
        kind VARCHAR(8) NOT NULL CHECK (kind IN ('CUSTOMER', 'ANSWER', 'NOTE')),
        body TEXT NOT NULL,
        search TEXT NOT NULL,
        attachments TEXT NOT NULL DEFAULT '[]',
        author_id VARCHAR(64) NOT NULL DEFAULT '',
        author VARCHAR(100) NOT NULL DEFAULT '',
        way VARCHAR(8) NOT NULL CHECK (way IN ('COMMAND', 'DM', 'BUTTON', 'WEB')),
        state VARCHAR(8) NOT NULL CHECK (state IN ('RECEIVED', 'KEPT', 'QUEUED', 'SENT', 'FALLBACK', 'FAILED')),
        reason TEXT NOT NULL DEFAULT '',
        remedy TEXT NOT NULL DEFAULT '',
        attempt INTEGER NOT NULL DEFAULT 1,
        channel_id BIGINT,
        message_id BIGINT,
        source VARCHAR(64),
        created TIMESTAMPTZ NOT NULL,
        settled TIMESTAMPTZ,
        UNIQUE (store, id),
        UNIQUE (store, source),
        FOREIGN KEY (store, conversation) REFERENCES conversation (store, id) ON DELETE CASCADE
    )""",
    "CREATE INDEX conversation_message_order ON conversation_message (store, conversation, id)",
    "CREATE INDEX conversation_message_place ON conversation_message (store, message_id)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "conversations", DESCRIPTION, STATEMENTS)
