"""Create the kernel's tables."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Stores, settings, events, deliveries, timers, audit and credentials"

STATEMENTS = [
    """CREATE TABLE store (
        id BIGINT PRIMARY KEY,
        guild_id BIGINT UNIQUE,
        name VARCHAR(100) NOT NULL,
        currency VARCHAR(3) NOT NULL,
        language VARCHAR(16) NOT NULL DEFAULT 'en-US',
        time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC',
        logo TEXT NOT NULL DEFAULT '',
        active BOOLEAN NOT NULL DEFAULT TRUE,
        created TIMESTAMPTZ NOT NULL,
        CHECK (id > 0)
    )""",
    """CREATE TABLE store_setting (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        section VARCHAR(64) NOT NULL,
        value JSON NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        UNIQUE (store, section)
    )""",
    """CREATE TABLE event (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        name VARCHAR(100) NOT NULL,
        key VARCHAR(200) NOT NULL DEFAULT '',
        payload TEXT NOT NULL,
        occurred_at TIMESTAMPTZ NOT NULL,
        UNIQUE (store, id)
    )""",
    "CREATE INDEX event_recent ON event (store, occurred_at)",
    """CREATE TABLE delivery (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        event UUID NOT NULL,
        listener VARCHAR(100) NOT NULL,
        key VARCHAR(200) NOT NULL DEFAULT '',
        due TIMESTAMPTZ NOT NULL,
        next_attempt TIMESTAMPTZ NOT NULL,
        status VARCHAR(10) NOT NULL DEFAULT 'PENDING',
        attempts INTEGER NOT NULL DEFAULT 0,
        claimed_by VARCHAR(200),
        claimed_until TIMESTAMPTZ,
        last_error TEXT,
        done_at TIMESTAMPTZ,
        UNIQUE (event, listener),
        FOREIGN KEY (store, event) REFERENCES event (store, id) ON DELETE RESTRICT,
        CHECK (status IN ('PENDING', 'DONE', 'FAILED', 'DROPPED'))
    )""",
    # The claim looks for what is due, oldest first, and then whether an earlier one of the same key is still open.
    "CREATE INDEX delivery_due ON delivery (next_attempt, id) WHERE status = 'PENDING'",
    "CREATE INDEX delivery_order ON delivery (store, listener, key, due, id) WHERE status = 'PENDING'",
    "CREATE INDEX delivery_failed ON delivery (store, id) WHERE status = 'FAILED'",
    """CREATE TABLE audit_entry (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        at TIMESTAMPTZ NOT NULL,
        actor_kind VARCHAR(16) NOT NULL,
        actor_id VARCHAR(100) NOT NULL,
        actor_name VARCHAR(200) NOT NULL,
        origin VARCHAR(16) NOT NULL,
        action VARCHAR(100) NOT NULL,
        subject VARCHAR(64) NOT NULL,
        subject_id TEXT NOT NULL DEFAULT '',
        before JSON,
        after JSON,
        note TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX audit_entry_recent ON audit_entry (store, at, id)",
    "CREATE INDEX audit_entry_subject ON audit_entry (store, subject, subject_id, at)",
    """CREATE TABLE credential (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        name VARCHAR(100) NOT NULL,
        ciphertext BYTEA NOT NULL,
        UNIQUE (store, name)
    )""",
]

# Raises with the number of the first operation that touched another number of rows than it must.
GUARD_FUNCTION = """CREATE FUNCTION guildshop_guard(operations INTEGER[], expected BIGINT[], counted BIGINT[])
    RETURNS VOID LANGUAGE plpgsql AS $$
    DECLARE
        failed INTEGER;
    BEGIN
        FOR i IN 1 .. cardinality(operations) LOOP
            IF expected[i] <> counted[i] AND (failed IS NULL OR operations[i] < failed) THEN
                failed = operations[i];
            END IF;
        END LOOP;
        IF failed IS NOT NULL THEN
            RAISE EXCEPTION '%', failed USING ERRCODE = 'GS001';
        END IF;
    END $$"""


async def forwards() -> MigrationManager:
    """Create the tables, and on PostgreSQL the function that checks a unit's guards."""
    return create(ID, "kernel", DESCRIPTION, STATEMENTS, postgres=[GUARD_FUNCTION])
