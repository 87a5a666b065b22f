"""Piccolo's PostgreSQL engine on our pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from guildshop.database.guard import check_piccolo
from guildshop.database.sqlite_engine import NO_TRANSACTION
from guildshop.errors import DatabaseError

if TYPE_CHECKING:
    from guildshop.database.postgres import PostgresDatabase


class PooledPostgresEngine(PostgresEngine):
    """Sends Piccolo's queries through the pool of a `PostgresDatabase`."""

    __slots__ = ("_database",)

    def __init__(self, database: PostgresDatabase) -> None:
        """Serve the tables of that database."""
        super().__init__(config={"dsn": database.url.dsn})
        self._database = database

    async def check_version(self) -> None:
        """Do nothing: nothing is connected yet."""

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run a query through the pool."""
        text, arguments = querystring.compile_string(engine_type="postgres")
        check_piccolo("postgres", text, arguments)
        run = self._database.read if text.lstrip()[:6].upper() == "SELECT" else self._database.write
        return await run(text, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run a schema statement through the pool."""
        return await self._database.write(ddl, [])

    async def get_new_connection(self) -> NoReturn:
        """Refuse: connections are the pool's."""
        raise DatabaseError(NO_TRANSACTION)

    def transaction(self, allow_nested: bool = True) -> NoReturn:
        """Refuse: a unit is a Work."""
        raise DatabaseError(NO_TRANSACTION)

    def atomic(self) -> NoReturn:
        """Refuse: a unit is a Work."""
        raise DatabaseError(NO_TRANSACTION)
