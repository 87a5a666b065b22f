"""The SQLite file: one process, backups while it is in use, settings that money wants."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from guildshop.database import Database, open_database
from guildshop.database.backup import restore_backup
from guildshop.database.sqlite import FileLock
from guildshop.database.tables import StoreRow
from guildshop.errors import DatabaseError
from guildshop.permissions import Actor
from guildshop.piccolo_app import APP_CONFIG as KERNEL

ACTOR = Actor.system(1, "tests")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a new SQLite file."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


async def _open(url: str) -> Database:
    return await open_database(url, apps=[KERNEL])


async def _add_store(database: Database, number: int) -> None:
    async with database.work(Actor.system(number, "tests")) as work:
        work.insert(StoreRow, id=number, guild_id=number, name=f"Store {number}")


async def test_second_opening_is_refused_in_one_sentence(url: str) -> None:
    database = await _open(url)
    with pytest.raises(DatabaseError, match=r"in use by another Guildshop \(process \d+\): stop that one first"):
        await _open(url)
    await _add_store(database, 1)
    await database.close()
    again = await _open(url)
    assert len(await again.fetch("SELECT id FROM store")) == 1
    await again.close()


async def test_second_process_is_refused(url: str) -> None:
    database = await _open(url)
    script = f"""
import asyncio
from guildshop.database import open_database
from guildshop.errors import DatabaseError
try:
    asyncio.run(open_database({url!r}))
except DatabaseError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "in use by another Guildshop" in ran.stdout
    await database.close()


async def test_a_guest_writes_beside_the_owner_who_hears_of_it(url: str) -> None:
    owner = await _open(url)
    woken = asyncio.Event()
    owner.on_commit(woken.set)
    await owner.listen()
    await asyncio.wait_for(woken.wait(), 30)  # it looks once at the start
    woken.clear()
    guest = await open_database(url, apps=[KERNEL], beside=True)
    assert (owner.guest, guest.guest) == (False, True)
    await _add_store(guest, 1)
    await asyncio.wait_for(woken.wait(), 30)
    await _add_store(owner, 2)
    assert await guest.fetch("SELECT id FROM store ORDER BY id") == [{"id": 1}, {"id": 2}]
    await guest.close()
    await owner.close()


async def test_nobody_is_a_guest_where_nobody_serves(url: str) -> None:
    alone = await open_database(url, apps=[KERNEL], beside=True)
    assert not alone.guest
    with pytest.raises(DatabaseError, match="in use by another Guildshop"):
        await _open(url)
    await alone.close()


async def test_nothing_is_replaced_under_a_guest(url: str, tmp_path: Path) -> None:
    owner = await _open(url)
    await owner.backup(tmp_path / "one.db")
    guest = await open_database(url, apps=[KERNEL], beside=True)
    await owner.close()
    with pytest.raises(DatabaseError, match=r"A command is at work in the database file .* \(process \d+\)"):
        restore_backup(url, tmp_path / "one.db")
    # Nor are its tables: a process of a newer version waits.
    await guest.execute("DELETE FROM migration WHERE id = (SELECT MAX(id) FROM migration)")
    with pytest.raises(DatabaseError, match="A command is at work"):
        await _open(url)
    await _add_store(guest, 1)
    await guest.close()
    assert restore_backup(url, tmp_path / "one.db") is not None


async def test_a_guest_of_another_version_is_refused(url: str) -> None:
    owner = await _open(url)
    await owner.execute("DELETE FROM migration WHERE id = (SELECT MAX(id) FROM migration)")
    with pytest.raises(DatabaseError, match=r"in use by another version of Guildshop, which lacks .*: stop that one"):
        await open_database(url, apps=[KERNEL], beside=True)
    # The one that was refused is gone: the owner's file can be had again.
    await owner.close()
    await (await open_database(url, apps=[KERNEL], migrate=False)).close()


async def test_a_guest_waits_while_the_file_is_brought_up_to_date(url: str, tmp_path: Path) -> None:
    owner = await _open(url)
    alone = FileLock.without_guests(tmp_path / "shop.db")
    with pytest.raises(DatabaseError, match="is being brought up to date or replaced"):
        await open_database(url, apps=[KERNEL], beside=True)
    alone.release()
    await (await open_database(url, apps=[KERNEL], beside=True)).close()
    await owner.close()


async def test_connections_have_the_settings_that_money_wants(url: str) -> None:
    database = await _open(url)
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        row = await database.fetch_one(f"PRAGMA {pragma}")
        assert row == {pragma: value}
    await database.close()


async def test_readers_cannot_write(url: str) -> None:
    database = await _open(url)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.fetch("INSERT INTO store (id, name, currency, created) VALUES (1, 'A', 'USD', '2026-01-01')")
    assert await database.fetch("SELECT id FROM store") == []
    await database.close()


async def test_closing_clears_the_log(url: str, tmp_path: Path) -> None:
    database = await _open(url)
    await _add_store(database, 1)
    await database.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["shop.db", "shop.db.guests", "shop.db.lock"]
    with pytest.raises(DatabaseError, match="closed"):
        await database.fetch("SELECT id FROM store")
    with pytest.raises(DatabaseError, match="closed"):
        await _add_store(database, 2)


async def test_backup_while_in_use_and_restore(url: str, tmp_path: Path) -> None:
    database = await _open(url)
    await _add_store(database, 1)
    await database.backup(tmp_path / "backups" / "one.db")
    await _add_store(database, 2)
    with pytest.raises(DatabaseError, match="in use"):
        restore_backup(url, tmp_path / "backups" / "one.db")
    await database.close()
    restore_backup(url, tmp_path / "backups" / "one.db")
    restored = await _open(url)
    assert await restored.fetch("SELECT id FROM store") == [{"id": 1}]
    await restored.close()


async def test_broken_backup_changes_nothing(url: str, tmp_path: Path) -> None:
    database = await _open(url)
    await _add_store(database, 1)
    await database.close()
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 1000)
    for file in ("broken.db", "missing.db"):
        with pytest.raises(DatabaseError, match=r"no SQLite database|no file"):
            restore_backup(url, tmp_path / file)
    database = await _open(url)
    assert await database.fetch("SELECT id FROM store") == [{"id": 1}]
    await database.close()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/name", "guildshop.db"]
)
async def test_unusable_url_is_explained(url: str) -> None:
    with pytest.raises(DatabaseError, match="cannot be used: write sqlite:///"):
        await open_database(url)


async def test_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseError, match="cannot be reached") as caught:
        await open_database("postgres://owner:hunter2@127.0.0.1:1/shop")
    assert "hunter2" not in str(caught.value)


async def test_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be opened"):
        await open_database(f"sqlite:///{tmp_path}/file/shop.db")
