"""Migrations: forward, all or none, refused when newer, and tables of SQLite rebuilt."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from piccolo.conf.apps import AppConfig

from guildshop.database import Database, open_database
from guildshop.database.migrations import built_in_apps
from guildshop.errors import DatabaseError
from guildshop.piccolo_app import APP_CONFIG as KERNEL

FIRST = """
from guildshop.database.migrations import create
ID = "2030-01-01T00:00:00:000000"
async def forwards():
    return create(ID, "garden", "Beds", [
        "CREATE TABLE bed (id BIGINT PRIMARY KEY, name TEXT NOT NULL)",
        "CREATE TABLE plant (id BIGINT PRIMARY KEY, bed BIGINT NOT NULL REFERENCES bed (id) ON DELETE CASCADE)",
        "CREATE INDEX bed_name ON bed (name)",
        "INSERT INTO bed (id, name) VALUES (1, '7'), (2, '8')",
        "INSERT INTO plant (id, bed) VALUES (10, 1)",
    ])
"""

SECOND = """
from guildshop.database.migrations import apply, create
from guildshop.database.rebuild import rebuild
ID = "2030-01-02T00:00:00:000000"
async def count(session):
    rows = await session.execute("SELECT count(*) AS n FROM bed WHERE id > :id", id=0)
    await apply("INSERT INTO bed (id, size, name) VALUES (:id, 3, 'counted')", id=100 + rows[0]["n"])
async def forwards():
    return create(ID, "garden", "Sizes", [],
        sqlite=[rebuild("bed", "CREATE TABLE bed (id BIGINT PRIMARY KEY, size INTEGER NOT NULL CHECK (size > 0),"
            " name TEXT NOT NULL UNIQUE)", {"size": "CAST(name AS INTEGER)"}), count],
        postgres=["ALTER TABLE bed ADD COLUMN size INTEGER CHECK (size > 0)",
            "UPDATE bed SET size = name::integer", "ALTER TABLE bed ALTER COLUMN size SET NOT NULL",
            "ALTER TABLE bed ADD UNIQUE (name)", count])
"""

BROKEN = """
from guildshop.database.migrations import create
ID = "2030-01-03T00:00:00:000000"
async def forwards():
    return create(ID, "garden", "Broken", ["CREATE TABLE shed (id BIGINT)", "CREATE TABLE bed (id BIGINT)"])
"""

ORPHANS = """
from guildshop.database.migrations import create
ID = "2030-01-03T00:00:00:000000"
async def forwards():
    return create(ID, "garden", "Orphans", ["CREATE TABLE shed (id BIGINT)", "DELETE FROM bed WHERE id = 1",
        "INSERT INTO plant (id, bed) VALUES (11, 1)"])
"""


def _garden(folder: Path, *files: str) -> AppConfig:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(files):
        (folder / f"garden_{number}.py").write_text(text)
    return AppConfig(app_name="garden", migrations_folder_path=str(folder), table_classes=[])


async def _reopen(url: str, garden: AppConfig, **options: Any) -> Database:
    return await open_database(url, apps=[*built_in_apps(), garden], **options)


async def test_all_migrations_are_applied_once(database: Database) -> None:
    assert await database.pending_migrations() == []
    assert await database.migrate() == []
    rows = await database.fetch("SELECT app_name, name FROM migration ORDER BY name")
    assert rows[0] == {"app_name": "kernel", "name": "2026-11-22T00:00:00:000000"}
    assert len({(row["app_name"], row["name"]) for row in rows}) == len(rows)


async def test_later_migration_finds_the_rows_of_the_first(database_url: str, tmp_path: Path) -> None:
    first = await _reopen(database_url, _garden(tmp_path / "garden", FIRST))
    await first.close()
    unmigrated = await _reopen(database_url, _garden(tmp_path / "garden", FIRST, SECOND), migrate=False)
    assert await unmigrated.pending_migrations() == ["2030-01-02T00:00:00:000000"]
    await unmigrated.close()
    database = await _reopen(database_url, _garden(tmp_path / "garden", FIRST, SECOND))
    try:
        beds = await database.fetch("SELECT id, size, name FROM bed ORDER BY id")
        assert [(row["id"], row["size"], row["name"]) for row in beds] == [
            (1, 7, "7"),
            (2, 8, "8"),
            (102, 3, "counted"),
        ]
        # Rebuilding dropped the old table: that must not have cascaded.
        assert await database.fetch("SELECT id, bed FROM plant") == [{"id": 10, "bed": 1}]
        await database.execute("DELETE FROM bed WHERE id = 1")
        assert await database.fetch("SELECT id FROM plant") == []
        with pytest.raises(DatabaseError):
            await database.execute("INSERT INTO bed (id, size, name) VALUES (5, 0, 'small')")
        with pytest.raises(DatabaseError):
            await database.execute("INSERT INTO bed (id, size, name) VALUES (5, 5, '8')")
        catalogue = "sqlite_master" if database.dialect == "sqlite" else "pg_indexes"
        column = "name" if database.dialect == "sqlite" else "indexname"
        assert await database.fetch(f"SELECT 1 FROM {catalogue} WHERE {column} = 'bed_name'")
    finally:
        await database.close()


async def test_failing_migration_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    first = await _reopen(database_url, _garden(tmp_path / "garden", FIRST))
    await first.close()
    with pytest.raises(Exception, match="bed"):
        await _reopen(database_url, _garden(tmp_path / "garden", FIRST, BROKEN))
    await _assert_untouched(database_url, _garden(tmp_path / "garden", FIRST, BROKEN))


async def test_migration_that_leaves_orphans_is_undone(database_url: str, tmp_path: Path) -> None:
    first = await _reopen(database_url, _garden(tmp_path / "garden", FIRST))
    await first.close()
    with pytest.raises(Exception, match=r"(?i)foreign key|point at"):
        await _reopen(database_url, _garden(tmp_path / "garden", FIRST, ORPHANS))
    await _assert_untouched(database_url, _garden(tmp_path / "garden", FIRST, ORPHANS))


async def _assert_untouched(url: str, garden: AppConfig) -> None:
    database = await _reopen(url, garden, migrate=False)
    try:
        assert await database.pending_migrations() == ["2030-01-03T00:00:00:000000"]
        assert [row["id"] for row in await database.fetch("SELECT id FROM bed ORDER BY id")] == [1, 2]
        with pytest.raises(Exception, match="shed"):
            await database.fetch("SELECT * FROM shed")
    finally:
        await database.close()


@pytest.mark.parametrize("migrate", [True, False])
async def test_database_of_a_newer_version_is_refused(database_url: str, migrate: bool) -> None:
    database = await open_database(database_url)
    await database.execute("INSERT INTO migration (app_name, name) VALUES ('kernel', '2031-01-01T00:00:00:000000')")
    await database.close()
    with pytest.raises(DatabaseError, match=r"newer Guildshop.*2031-01-01"):
        await open_database(database_url, migrate=migrate)


async def test_migrations_of_a_plugin_that_is_gone_are_no_newer_version(database_url: str, tmp_path: Path) -> None:
    first = await _reopen(database_url, _garden(tmp_path / "garden", FIRST))
    await first.close()
    database = await open_database(database_url)
    assert await database.fetch("SELECT id FROM bed WHERE id = 1") == [{"id": 1}]
    await database.close()


async def test_two_processes_migrate_one_postgres_once(database_url: str, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process at a time")
    garden = _garden(tmp_path / "garden", FIRST, SECOND)
    opened = await asyncio.gather(*(_reopen(database_url, garden) for _number in range(4)))
    assert len(await opened[0].fetch("SELECT 1 FROM migration WHERE app_name = 'garden'")) == 2
    for database in opened:
        await database.close()


async def test_generated_migrations_are_refused(database_url: str, tmp_path: Path) -> None:
    text = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
ID = "2030-01-01T00:00:00:000000"
async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="garden", description="")
    manager.add_table(class_name="Bed", tablename="bed")
    return manager
"""
    with pytest.raises(DatabaseError, match="generated by Piccolo"):
        await _reopen(database_url, _garden(tmp_path / "garden", text))


async def test_kernel_alone_opens(database_url: str) -> None:
    database = await open_database(database_url, apps=[KERNEL])
    await database.close()
