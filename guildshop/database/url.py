"""The one URL that names the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from guildshop.errors import DatabaseError

Dialect = Literal["sqlite", "postgres"]


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Which kind of database, and its file or the server's address."""

    dialect: Dialect
    path: Path | None = None
    dsn: str = ""

    @property
    def shown(self) -> str:
        """The address without its password, for messages."""
        if self.path is not None:
            return str(self.path)
        parts = urlsplit(self.dsn)
        if parts.password is None:
            return self.dsn
        return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":…@")))


def parse_url(url: str) -> DatabaseUrl:
    """Read `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgres://user:password@host/name`.

    Raises DatabaseError when it is none of these.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        path = rest[1:].partition("?")[0]
        if path and path != ":memory:":
            return DatabaseUrl("sqlite", path=Path(path).expanduser())
    if separator and scheme in {"postgres", "postgresql"} and rest:
        return DatabaseUrl("postgres", dsn=f"postgresql://{rest}")
    message = (
        f"The database URL {url!r} cannot be used: write sqlite:///data/guildshop.db for a file, "
        "or postgres://user:password@host/name for a PostgreSQL server."
    )
    raise DatabaseError(message)
