"""Create the table of books."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import create

ID = "2026-11-22T00:09:00:000000"


async def forwards() -> MigrationManager:
    """Create the table."""
    return create(
        ID,
        "bookshop",
        "Books",
        [
            """CREATE TABLE book (
                id UUID PRIMARY KEY,
                store BIGINT NOT NULL REFERENCES store (id) ON DELETE RESTRICT,
                title VARCHAR(100) NOT NULL,
                notes TEXT NOT NULL,
                author BIGINT NOT NULL,
                copies INTEGER NOT NULL,
                secret_shelf VARCHAR(20) NOT NULL DEFAULT '',
                active BOOLEAN NOT NULL,
                tags JSON NOT NULL,
                printed TIMESTAMPTZ,
                created TIMESTAMPTZ NOT NULL,
                version INTEGER NOT NULL,
                UNIQUE (store, id),
                UNIQUE (store, title)
            )""",
        ],
    )
