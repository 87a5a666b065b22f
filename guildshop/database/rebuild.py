"""Rebuilding a SQLite table, which SQLite can hardly alter: a new table, a copy, and the old one's name."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from guildshop.database.migrations import Session
from guildshop.errors import DatabaseError

_CREATE = re.compile(r'\s*CREATE\s+TABLE\s+(?:"(?P<quoted>[^"]+)"|(?P<plain>\w+))', re.IGNORECASE)


def rebuild(table: str, new_ddl: str, copy: Mapping[str, str] | None = None) -> Callable[[Session], Awaitable[None]]:
    """Return a migration step that gives a SQLite table another definition, keeping its rows.

    `new_ddl` is the full CREATE TABLE. Columns of the same name are copied; `copy` maps other columns, or those to be
    converted, to an SQL expression over the old row. Indexes and triggers are made again, except those that speak of a
    column which is gone: these must be dropped before, by a step of their own. For PostgreSQL write ALTER TABLE.
    """

    async def step(session: Session) -> None:
        await _rebuild(session, table, new_ddl, copy or {})

    return step


async def _rebuild(session: Session, table: str, new_ddl: str, copy: Mapping[str, str]) -> None:
    if session.dialect != "sqlite":
        message = f"rebuild({table!r}) is a step for SQLite: write ALTER TABLE for PostgreSQL"
        raise DatabaseError(message)
    match = _CREATE.match(new_ddl)
    if match is None or (match["quoted"] or match["plain"]) != table:
        message = f"rebuild({table!r}) needs the CREATE TABLE {table} of the new definition"
        raise DatabaseError(message)
    attached = await session.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :table AND type IN ('index', 'trigger')"
        " AND sql IS NOT NULL ORDER BY type, name",
        table=table,
    )
    temporary = f"{table}__new"
    await session.execute(f'CREATE TABLE "{temporary}"' + new_ddl[match.end() :])
    old, new = await _columns(session, table), await _columns(session, temporary)
    unknown = copy.keys() - set(new)
    if unknown:
        message = f"rebuild({table!r}) copies into {', '.join(sorted(unknown))}, which the new definition lacks"
        raise DatabaseError(message)
    sources = {column: copy.get(column, f'"{column}"') for column in new if column in copy or column in old}
    targets = ", ".join(f'"{column}"' for column in sources)
    before = await _count(session, table)
    await session.execute(f'INSERT INTO "{temporary}" ({targets}) SELECT {", ".join(sources.values())} FROM "{table}"')
    if await _count(session, temporary) != before:
        message = f"rebuild({table!r}) lost rows: {before} before, {await _count(session, temporary)} after"
        raise DatabaseError(message)
    # With foreign keys off, dropping does not cascade; with legacy_alter_table on, renaming leaves the references of
    # other tables as they are written.
    await session.execute(f'DROP TABLE "{table}"')
    await session.execute("PRAGMA legacy_alter_table = ON")
    await session.execute(f'ALTER TABLE "{temporary}" RENAME TO "{table}"')
    await session.execute("PRAGMA legacy_alter_table = OFF")
    for thing in attached:
        await session.execute(str(thing["sql"]))


async def _columns(session: Session, table: str) -> list[str]:
    return [str(row["name"]) for row in await session.execute(f'PRAGMA table_info("{table}")')]


async def _count(session: Session, table: str) -> Any:
    return (await session.execute(f'SELECT count(*) AS n FROM "{table}"'))[0]["n"]
