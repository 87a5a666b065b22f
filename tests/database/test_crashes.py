"""Crashes: what was acknowledged stays, and nothing is half done, whoever dies."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from guildshop.database import Database, OutcomeUnknown, new_id, open_database
from guildshop.database.postgres import PostgresDatabase
from guildshop.database.tables import EventRow, StoreRow, StoreSetting
from guildshop.errors import DatabaseError, Refusal
from guildshop.events import Event
from guildshop.permissions import Actor
from guildshop.tenancy import every_store
from tests.database.lossy_proxy import LossyProxy

MAKER = Path(__file__).with_name("unit_maker.py")
ROOT = MAKER.parents[2]
ACTOR = Actor.system(1, "tests")
KILLS = 3


class Nothing(Event):
    """An event that says nothing."""


@pytest.fixture
def postgres(database: Database) -> PostgresDatabase:
    """The database, where it is PostgreSQL."""
    if not isinstance(database, PostgresDatabase):
        pytest.skip("about PostgreSQL's connections")
    return database


async def _create_store(database: Database) -> None:
    async with database.work(ACTOR) as work:
        work.insert(StoreRow, id=1, guild_id=1, name="Store")


async def _run_until_killed(url: str, units: int) -> set[str]:
    """Let a child make units and kill it without warning; return the keys that it acknowledged."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(MAKER),
        url,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    lines: list[bytes] = []
    try:
        while len(lines) < units:
            line = await child.stdout.readline()
            assert line, "the child ended by itself"
            lines.append(line)
    finally:
        child.send_signal(signal.SIGKILL)
    rest = await child.stdout.read()
    await child.wait()
    lines += rest.splitlines(keepends=True)
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


async def _keys(database: Database) -> list[set[str]]:
    """Return the keys of events, settings and entries, of one moment: a dead one's unit may just be ending."""
    with every_store():
        rows = await database.fetch(
            "SELECT 0 AS kind, key FROM event UNION ALL SELECT 1, section FROM store_setting"
            " UNION ALL SELECT 2, subject_id FROM audit_entry WHERE action = 'unit.make'"
        )
    return [{str(row["key"]) for row in rows if row["kind"] == kind} for kind in range(3)]


async def test_killed_process_loses_nothing_and_halves_nothing(database_url: str) -> None:
    database = await open_database(database_url)
    await _create_store(database)
    await database.close()
    acknowledged: set[str] = set()
    for _number in range(KILLS):
        acknowledged |= await _run_until_killed(database_url, random.randint(5, 120))
        database = await open_database(database_url)
        events, settings, entries = await _keys(database)
        await database.close()
        assert events == settings == entries
        assert acknowledged <= events


def _fill(work: Any, key: UUID) -> None:
    work.insert(EventRow, id=key, name="Made", key=str(key), payload="{}", occurred_at=work.now)
    work.insert(StoreSetting, section=str(key), value={})
    work.audit("unit.make", subject="unit", subject_id=key)


async def _terminate_all(url: str, *, how: str = "pg_terminate_backend") -> int:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            f"SELECT {how}(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(rows)
    finally:
        await connection.close()


async def test_terminated_backends_lose_no_unit(postgres: PostgresDatabase) -> None:
    await _create_store(postgres)
    acknowledged: set[str] = set()
    stop = asyncio.Event()

    async def maker() -> None:
        while not stop.is_set():
            key = new_id()
            async with postgres.work(ACTOR) as work:
                _fill(work, key)
            acknowledged.add(str(key))

    makers = [asyncio.create_task(maker()) for _number in range(8)]
    for _number in range(5):
        seen = len(acknowledged)
        while len(acknowledged) < seen + 20:
            await asyncio.sleep(0)
            assert not any(task.done() for task in makers)
        assert await _terminate_all(postgres.url.dsn) > 0
    stop.set()
    # A unit whose answer was lost is looked for before it is done again: neither lost nor told as an error.
    await asyncio.gather(*makers)
    events, settings, entries = await _keys(postgres)
    assert events == settings == entries == acknowledged


async def test_reads_survive_terminated_backends(postgres: PostgresDatabase) -> None:
    await _create_store(postgres)
    for _number in range(3):
        await asyncio.gather(*(postgres.fetch("SELECT id FROM store") for _reader in range(10)))
        await _terminate_all(postgres.url.dsn)
        found = await asyncio.gather(*(postgres.fetch("SELECT id FROM store") for _reader in range(10)))
        assert found == [[{"id": 1}]] * 10


async def test_guards_hold_while_backends_are_terminated(postgres: PostgresDatabase) -> None:
    await _create_store(postgres)
    async with postgres.work(ACTOR) as work:
        work.insert(StoreSetting, section="stock", value={}, version=40)

    async def buy() -> bool:
        key = new_id()
        try:
            async with postgres.work(ACTOR) as work:
                work.guard(
                    StoreSetting,
                    set="version = version - 1",
                    where="section = 'stock' AND version > 0",
                    refusal=Refusal("There is none left."),
                )
                _fill(work, key)
        except Refusal:
            return False
        return True

    async def disturb() -> None:
        for _number in range(5):
            await _terminate_all(postgres.url.dsn)

    results = await asyncio.gather(disturb(), *(buy() for _number in range(80)))
    (row,) = await postgres.fetch("SELECT version FROM store_setting WHERE store = 1 AND section = 'stock'")
    assert row == {"version": 0}
    assert sum(result is True for result in results) == 40


async def _lose_the_answer(direct: PostgresDatabase, *, witness: bool) -> None:
    """Take one from the stock through a proxy that swallows the answer once the server has committed."""
    async with LossyProxy(direct.url.dsn).running() as proxy:
        database = await open_database(proxy.dsn)
        try:
            # The first unit prepares the statements.
            for lossy in (False, True):
                proxy.armed = lossy
                unit = asyncio.create_task(_take_one(database, witness=witness))
                if lossy:
                    async with asyncio.timeout(60):
                        await proxy.swallowed.wait()
                        while await _version(direct) != 8:
                            await asyncio.sleep(0)
                    proxy.hang_up.set()
                await unit
        finally:
            await database.close()


async def _take_one(database: Database, *, witness: bool) -> None:
    async with database.work(ACTOR) as work:
        work.guard(
            StoreSetting,
            set="version = version - 1",
            where="section = 'stock' AND version > 8",
            refusal=Refusal("There is none left."),
        )
        if witness:
            work.audit("stock.take", subject="stock")


async def _version(database: Database) -> int:
    (row,) = await database.fetch("SELECT version FROM store_setting WHERE store = 1 AND section = 'stock'")
    return int(row["version"])


async def _stock_up(database: Database) -> None:
    await _create_store(database)
    async with database.work(ACTOR) as work:
        work.insert(StoreSetting, section="stock", value={}, version=10)


async def test_unit_whose_answer_is_lost_is_not_done_twice(postgres: PostgresDatabase) -> None:
    await _stock_up(postgres)
    await _lose_the_answer(postgres, witness=True)
    assert await _version(postgres) == 8
    (row,) = await postgres.fetch("SELECT count(*) AS n FROM audit_entry WHERE store = 1 AND action = 'stock.take'")
    assert row == {"n": 2}


async def test_unit_that_leaves_no_trace_says_that_it_is_unknown(postgres: PostgresDatabase) -> None:
    await _stock_up(postgres)
    with pytest.raises(OutcomeUnknown, match="Look again"):
        await _lose_the_answer(postgres, witness=False)
    assert await _version(postgres) == 8


async def test_commits_of_another_process_wake_this_one(postgres: PostgresDatabase) -> None:
    await _create_store(postgres)
    other = await open_database(postgres.url.dsn)
    assert isinstance(other, PostgresDatabase)
    other.listeners_of = lambda _event: ("listener",)
    woken = asyncio.Event()
    postgres.on_commit(woken.set)
    try:
        await postgres.listen()
        await asyncio.wait_for(woken.wait(), 60)
        for _number in range(2):
            woken.clear()
            async with other.work(ACTOR) as work:
                work.record(Nothing())
            await asyncio.wait_for(woken.wait(), 60)
            # The listening connection is made again when it is lost.
            woken.clear()
            await _terminate_all(postgres.url.dsn)
            await asyncio.wait_for(woken.wait(), 60)
    finally:
        await other.close()


async def test_closed_database_says_so(database: Database) -> None:
    await database.close()
    with pytest.raises(DatabaseError, match="closed"):
        await database.fetch("SELECT id FROM store")
    with pytest.raises(DatabaseError, match="closed"):
        await _create_store(database)
