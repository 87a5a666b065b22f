"""The database: one URL, SQLite or PostgreSQL, read by queries and written by `Work` alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from piccolo.conf.apps import AppConfig

from guildshop.database.base import Database
from guildshop.database.errors import ConstraintViolation, OutcomeUnknown, UniqueViolation
from guildshop.database.keys import new_id
from guildshop.database.migrations import built_in_apps
from guildshop.database.url import parse_url
from guildshop.database.work import Work
from guildshop.errors import DatabaseError
from guildshop.events import Event

__all__ = [
    "ConstraintViolation",
    "Database",
    "OutcomeUnknown",
    "UniqueViolation",
    "Work",
    "new_id",
    "open_database",
]


async def open_database(
    url: str,
    *,
    apps: Sequence[AppConfig] | None = None,
    migrate: bool = True,
    listeners_of: Callable[[Event], Sequence[str]] | None = None,
    encode: Callable[[Event], str] | None = None,
    beside: bool = False,
) -> Database:
    """Open the database of a URL, migrated unless told otherwise, with the tables of `apps` bound to it.

    Without `apps` it has the tables of the kernel, the web and the built-in plugins. `listeners_of` and `encode` tell
    a Work who hears an event, and how it is kept. With `beside`, for what is short, a SQLite file may be in use by the
    process that serves the shop. Raises DatabaseError with a sentence.
    """
    address = parse_url(url)
    chosen = built_in_apps() if apps is None else list(apps)
    database: Database
    if address.dialect == "sqlite":
        from guildshop.database.sqlite import SqliteDatabase

        database = SqliteDatabase(address, chosen, listeners_of, encode, may_be_guest=beside)
    else:
        from guildshop.database.postgres import PostgresDatabase

        database = PostgresDatabase(address, chosen, listeners_of, encode)
    await database.open()
    try:
        if database.guest:
            await _refuse_another_version(database)
        elif migrate:
            await database.migrate()
        else:
            await database.pending_migrations()
    except BaseException:
        await database.close()
        raise
    database.bind(*(table for app in chosen for table in app.table_classes))
    return database


async def _refuse_another_version(database: Database) -> None:
    pending = await database.pending_migrations()
    if pending:
        message = (
            f"{database.url.shown} is in use by another version of Guildshop, which lacks {pending[0]}: stop that one, "
            "and start it anew with this version."
        )
        raise DatabaseError(message)
