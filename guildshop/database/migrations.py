"""Migrations: forward only, all apps together in the order of their IDs, in one transaction."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.conf.apps import AppConfig

from guildshop.database.errors import MigrationFailed
from guildshop.database.url import Dialect
from guildshop.errors import DatabaseError


class Session(Protocol):
    """One open transaction in which the schema changes."""

    dialect: Dialect

    async def execute(self, text: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement with `:name` parameters and return its rows."""
        ...


Step = str | Callable[[Session], Awaitable[None]]

_session: ContextVar[Session | None] = ContextVar("guildshop_migration", default=None)

_TABLE = {
    "sqlite": """CREATE TABLE IF NOT EXISTS migration (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(200) NOT NULL, app_name VARCHAR(200) NOT NULL,
        ran_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE (app_name, name))""",
    "postgres": """CREATE TABLE IF NOT EXISTS migration (
        id SERIAL PRIMARY KEY, name VARCHAR(200) NOT NULL, app_name VARCHAR(200) NOT NULL,
        ran_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE (app_name, name))""",
}


def create(
    migration_id: str,
    app: str,
    description: str,
    steps: Sequence[Step],
    *,
    sqlite: Sequence[Step] = (),
    postgres: Sequence[Step] = (),
) -> MigrationManager:
    """Return a migration of these steps; after them come the steps of `sqlite` or `postgres`, whichever it is.

    A step is one SQL statement, or a function that is given the session (such as `rebuild`, or one that moves data).
    """
    manager = MigrationManager(migration_id=migration_id, app_name=app, description=description)

    async def run() -> None:
        session = current_session()
        for step in (*steps, *(sqlite if session.dialect == "sqlite" else postgres)):
            if isinstance(step, str):
                await session.execute(step)
            else:
                await step(session)

    manager.add_raw(run)
    return manager


def current_session() -> Session:
    """Return the transaction of the migration that is running; DatabaseError when none is."""
    session = _session.get()
    if session is None:
        message = "A migration can only be run by `guildshop migrate` or when Guildshop starts."
        raise DatabaseError(message)
    return session


async def apply(text: str, **values: Any) -> list[dict[str, Any]]:
    """Run a statement in the running migration's transaction and return its rows."""
    return await current_session().execute(text, **values)


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file of an app."""

    id: str
    app: str
    module: ModuleType


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The migrations that a database still lacks, in order."""

    pending: Sequence[Migration]

    @classmethod
    async def load(cls, session: Session, apps: Sequence[AppConfig]) -> MigrationPlan:
        """Compare what was applied with what there is; DatabaseError when more was applied than we know."""
        await session.execute(_TABLE[session.dialect])
        rows = await session.execute("SELECT app_name, name FROM migration")
        applied = {(row["app_name"], row["name"]) for row in rows}
        known = [migration for app in apps for migration in _migrations_of(app)]
        unknown = _unknown(applied, known, {app.app_name for app in apps})
        if unknown:
            message = (
                f"This database was migrated by a newer Guildshop: it has the migration {unknown[0][1]} of "
                f"{unknown[0][0]}, which this version does not know. Install that version again, or restore the backup "
                "made before the upgrade."
            )
            raise MigrationFailed(message, unknown[0][0])
        pending = [migration for migration in known if (migration.app, migration.id) not in applied]
        return cls(sorted(pending, key=lambda migration: (migration.id, migration.app)))

    async def apply(self, session: Session) -> None:
        """Run what is pending, and write it down."""
        token = _session.set(session)
        try:
            for migration in self.pending:
                try:
                    await _run(migration)
                except DatabaseError:
                    raise
                except Exception as error:
                    message = (
                        f"The migration {migration.id} of {migration.app} failed, and nothing was changed:"
                        f" {type(error).__name__}: {error}"
                    )
                    raise MigrationFailed(message, migration.app) from error
                await session.execute(
                    "INSERT INTO migration (app_name, name) VALUES (:app, :id)", app=migration.app, id=migration.id
                )
        finally:
            _session.reset(token)


def _unknown(applied: set[tuple[str, str]], known: Sequence[Migration], apps: set[str]) -> Sequence[tuple[str, str]]:
    # The migrations of a plugin that is gone are no sign of a newer version: its tables stay.
    ours = {(migration.app, migration.id) for migration in known}
    return sorted(row for row in applied if row[0] in apps and row not in ours)


async def _run(migration: Migration) -> None:
    manager = await migration.module.forwards()
    schema_changes = (
        manager.add_tables,
        manager.drop_tables,
        manager.rename_tables,
        manager.add_columns.add_columns,
        manager.drop_columns.drop_columns,
        manager.rename_columns.rename_columns,
        manager.alter_columns.alter_columns,
    )
    if any(schema_changes):
        message = (
            f"The migration {migration.id} of {migration.app} was generated by Piccolo. Write it with "
            "guildshop.database.migrations.create(): generated ones do not run on SQLite."
        )
        raise MigrationFailed(message, migration.app)
    for step in manager.raw:
        result = step()
        if result is not None:
            await result


def _migrations_of(app: AppConfig) -> list[Migration]:
    folder = Path(app.resolved_migrations_folder_path)
    migrations = []
    for path in sorted(folder.glob("*.py")):
        if path.name == "__init__.py":
            continue
        try:
            module = _read(path, path.stat().st_mtime_ns)
        except Exception as error:
            message = (
                f"The migration file {path.name} of {app.app_name} cannot be read: {type(error).__name__}: {error}"
            )
            raise MigrationFailed(message, app.app_name) from error
        migration_id = getattr(module, "ID", None)
        if migration_id is not None:
            migrations.append(Migration(str(migration_id), app.app_name, module))
    return migrations


@lru_cache(maxsize=1000)
def _read(path: Path, _changed: int) -> ModuleType:
    """Return the module of a migration file, read anew when the file changed."""
    spec = importlib.util.spec_from_file_location(f"_guildshop_migrations.{path.stem}", path)
    if spec is None or spec.loader is None:
        message = "it is no Python file"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def built_in_apps() -> list[AppConfig]:
    """Return the Piccolo apps of the kernel, the web and the built-in plugins."""
    names = importlib.import_module("guildshop.plugins").BUILT_IN
    modules = ["guildshop.piccolo_app", "guildshop.web.piccolo_app", "guildshop.bot.piccolo_app"]
    modules += [f"guildshop.plugins.{name}.piccolo_app" for name in names]
    # A plugin without tables has no such module.
    return [importlib.import_module(name).APP_CONFIG for name in modules if importlib.util.find_spec(name)]
