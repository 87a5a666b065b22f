"""Piccolo's SQLite engine on our kept connections."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any, NoReturn

from piccolo.engine.sqlite import SQLiteEngine
from piccolo.querystring import QueryString

from guildshop.database.guard import check_piccolo
from guildshop.database.values import too_large
from guildshop.errors import DatabaseError

if TYPE_CHECKING:
    from guildshop.database.sqlite import SqliteDatabase

_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_READS = re.compile(r"\s*(SELECT|WITH|PRAGMA|EXPLAIN|VALUES)\b", re.IGNORECASE)

NO_TRANSACTION = "Piccolo's own transactions are not used here: gather the writes in a Work (app.work(actor))."


class KeptSQLiteEngine(SQLiteEngine):
    """Sends Piccolo's queries to the readers and the writer of a `SqliteDatabase`."""

    __slots__ = ("_database",)

    def __init__(self, database: SqliteDatabase) -> None:
        """Serve the tables of that database."""
        super().__init__(path=str(database.path))
        self._database = database

    async def check_version(self) -> None:
        """Do nothing: the version is that of Python's own SQLite."""

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:
        """Run a query: a reading one on a reader, any other in the writer's thread."""
        text, arguments = querystring.compile_string(engine_type="sqlite")
        check_piccolo("sqlite", text, arguments)
        return await self._run(text, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:
        """Run a schema statement in the writer's thread, a PRAGMA on a reader."""
        return await self._run(ddl, [])

    async def get_connection(self) -> NoReturn:
        """Refuse: connections are ours."""
        raise DatabaseError(NO_TRANSACTION)

    def transaction(self, *_arguments: Any, **_named: Any) -> NoReturn:
        """Refuse: a unit is a Work."""
        raise DatabaseError(NO_TRANSACTION)

    def atomic(self, *_arguments: Any, **_named: Any) -> NoReturn:
        """Refuse: a unit is a Work."""
        raise DatabaseError(NO_TRANSACTION)

    def get_version_sync(self) -> float:
        """Return SQLite's version in the form that Piccolo compares."""
        major, minor, _patch = sqlite3.sqlite_version_info
        return float(f"{major}.{minor}")

    async def _run(self, text: str, arguments: list[Any]) -> list[dict[str, Any]]:
        try:
            return await self._send(text, arguments)
        except OverflowError as error:
            raise too_large() from error

    async def _send(self, text: str, arguments: list[Any]) -> list[dict[str, Any]]:
        if _READS.match(text) and not (text.lstrip()[:4].upper() == "WITH" and _WRITES.search(text)):
            return await self._database.read(text, arguments)
        return await self._database.write(text, arguments)
