"""Give long work a row that survives whoever began it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T14:00:00:000000"

STATEMENTS = [
    """CREATE TABLE job (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
        kind VARCHAR(120) NOT NULL,
        state VARCHAR(10) NOT NULL,
        dry_run BOOLEAN NOT NULL,
        stopping BOOLEAN NOT NULL DEFAULT FALSE,
        file VARCHAR(200) NOT NULL DEFAULT '',
        digest VARCHAR(64) NOT NULL DEFAULT '',
        arguments TEXT NOT NULL DEFAULT '{}',
        total INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        bad INTEGER NOT NULL DEFAULT 0,
        written INTEGER,
        attempt INTEGER NOT NULL DEFAULT 0,
        message TEXT NOT NULL DEFAULT '',
        made_by VARCHAR(200) NOT NULL,
        made_by_kind VARCHAR(16) NOT NULL,
        made_by_id VARCHAR(100) NOT NULL,
        permissions TEXT NOT NULL DEFAULT '',
        language VARCHAR(16) NOT NULL,
        created TIMESTAMPTZ NOT NULL,
        started TIMESTAMPTZ,
        finished TIMESTAMPTZ,
        UNIQUE (store, id),
        CHECK (state IN ('WAITING', 'RUNNING', 'READY', 'DONE', 'REFUSED', 'FAILED', 'STOPPED'))
    )""",
    "CREATE INDEX job_recent ON job (store, created)",
    # One file is not read twice at the same moment.
    "CREATE UNIQUE INDEX job_same_file ON job (store, kind, digest)"
    " WHERE digest <> '' AND state IN ('WAITING', 'RUNNING')",
    """CREATE TABLE job_file (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL,
        job UUID NOT NULL UNIQUE,
        content BYTEA NOT NULL,
        FOREIGN KEY (store, job) REFERENCES job (store, id) ON DELETE RESTRICT
    )""",
    """CREATE TABLE job_row (
        id UUID PRIMARY KEY,
        store BIGINT NOT NULL,
        job UUID NOT NULL,
        number INTEGER NOT NULL,
        subject UUID,
        label VARCHAR(100) NOT NULL DEFAULT '',
        state VARCHAR(10) NOT NULL,
        message TEXT NOT NULL DEFAULT '',
        FOREIGN KEY (store, job) REFERENCES job (store, id) ON DELETE RESTRICT,
        CHECK (state IN ('WAITING', 'DONE', 'BAD'))
    )""",
    "CREATE INDEX job_row_next ON job_row (store, job, state, number)",
]


async def forwards() -> MigrationManager:
    """Create the tables."""
    return create(ID, "kernel", "Jobs, their files and their rows", STATEMENTS)
