"""Find customers on SQLite by the three-letter pieces of what a search looks at, as PostgreSQL does."""

from __future__ import annotations

import sqlite3

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from guildshop.database.migrations import Session, create

ID = "2026-11-22T13:36:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "An index of pieces for the search of customers on SQLite"

PIECES = """
    CREATE VIRTUAL TABLE customer_pieces USING fts5(
        search, content='customer_text', content_rowid='number', tokenize='trigram case_sensitive 1',
        detail='none', columnsize=0
    )
"""
_FORGET = "INSERT INTO customer_pieces (customer_pieces, rowid, search) VALUES ('delete', OLD.number, OLD.search);"
_LEARN = "INSERT INTO customer_pieces (rowid, search) VALUES (NEW.number, NEW.search);"
STEPS = [
    # A number of its own: VACUUM may give the rows of `customer` other ones.
    "CREATE TABLE customer_text (number INTEGER PRIMARY KEY, customer UUID NOT NULL UNIQUE, search TEXT NOT NULL)",
    f"CREATE TRIGGER customer_text_insert AFTER INSERT ON customer_text BEGIN {_LEARN} END",
    f"CREATE TRIGGER customer_text_update AFTER UPDATE ON customer_text BEGIN {_FORGET} {_LEARN} END",
    f"CREATE TRIGGER customer_text_delete AFTER DELETE ON customer_text BEGIN {_FORGET} END",
    """CREATE TRIGGER customer_insert AFTER INSERT ON customer BEGIN
        INSERT INTO customer_text (customer, search) VALUES (NEW.id, NEW.search);
    END""",
    """CREATE TRIGGER customer_update AFTER UPDATE OF search ON customer WHEN NEW.search <> OLD.search BEGIN
        UPDATE customer_text SET search = NEW.search WHERE customer = NEW.id;
    END""",
    """CREATE TRIGGER customer_delete AFTER DELETE ON customer BEGIN
        DELETE FROM customer_text WHERE customer = OLD.id;
    END""",
    "INSERT INTO customer_text (customer, search) SELECT id, search FROM customer",
]


async def index(session: Session) -> None:
    """Add the index; a SQLite that was built without full-text search goes on reading everybody's text."""
    try:
        await session.execute(PIECES)
    except sqlite3.OperationalError:
        return
    for step in STEPS:
        await session.execute(step)


async def forwards() -> MigrationManager:
    """Add the index."""
    return create(ID, "customers", DESCRIPTION, [], sqlite=[index])
