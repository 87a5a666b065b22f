"""Who is measured: `Work` on both databases, and beside each the driver alone."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import aiosqlite
import asyncpg

from benchmarks import confirm
from guildshop.database import Database, open_database

PlaceOrder = Callable[[], Awaitable[None]]
HAND_POOL = 10


class SoldOut(Exception):
    """The guard of the hand-written order changed no row."""


def _two(products: list[UUID]) -> tuple[UUID, UUID]:
    first, second = random.sample(products, 2)
    return first, second


@asynccontextmanager
async def work(url: str) -> AsyncIterator[PlaceOrder]:
    """`Work` on the database of a URL."""
    database = await open_database(url, apps=confirm.apps(), listeners_of=confirm.listeners_of)
    try:
        products = await _products(database)

        async def place() -> None:
            await confirm.by_work(database, *_two(products))

        yield place
    finally:
        await database.close()


async def _products(database: Database) -> list[UUID]:
    if not await _is_prepared(database):
        return await confirm.prepare(database)
    database.bind(confirm.BenchProduct, confirm.BenchMovement, confirm.BenchOrder, confirm.BenchLine)
    return [row["id"] for row in await database.fetch("SELECT id FROM bench_product WHERE store = 1")]


async def _is_prepared(database: Database) -> bool:
    catalogue = "sqlite_master" if database.dialect == "sqlite" else "pg_tables"
    column = "name" if database.dialect == "sqlite" else "tablename"
    return bool(await database.fetch(f"SELECT 1 FROM {catalogue} WHERE {column} = 'bench_product'"))


@asynccontextmanager
async def raw_aiosqlite(file: Path) -> AsyncIterator[PlaceOrder]:
    """aiosqlite with WAL and FULL: one connection reads, one writes, an order at a time."""
    async with aiosqlite.connect(file, isolation_level=None) as writer, aiosqlite.connect(file) as reader:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            await writer.execute(f"PRAGMA {pragma}")
            await reader.execute(f"PRAGMA {pragma}")
        products = [UUID(row[0]) for row in await (await reader.execute("SELECT id FROM bench_product")).fetchall()]
        turn = asyncio.Lock()

        async def place() -> None:
            first, second = _two(products)
            async with reader.execute(_question_marks(confirm.READ), (1, str(first), str(second))) as cursor:
                rows = [(UUID(row[0]), int(row[2])) for row in await cursor.fetchall()]
            order = confirm.hand_written(rows)
            async with turn:
                await writer.execute("BEGIN IMMEDIATE")
                try:
                    for product, quantity in order.guards:
                        cursor = await writer.execute(
                            _question_marks(confirm.GUARD), (confirm.STORE, str(product), quantity)
                        )
                        if cursor.rowcount != 1:
                            raise SoldOut
                    for text, arguments in order.inserts:
                        await writer.execute(_question_marks(text), [_plain(value) for value in arguments])
                    await writer.execute("COMMIT")
                except BaseException:
                    await writer.execute("ROLLBACK")
                    raise

        yield place


@asynccontextmanager
async def raw_asyncpg(dsn: str) -> AsyncIterator[PlaceOrder]:
    """An asyncpg pool and plain statements in a transaction."""
    async with asyncpg.create_pool(dsn, min_size=HAND_POOL, max_size=HAND_POOL) as pool:
        products = [row["id"] for row in await pool.fetch("SELECT id FROM bench_product")]

        async def place() -> None:
            first, second = _two(products)
            read = await pool.fetch(confirm.READ, confirm.STORE, first, second)
            # Sorted, so that two orders of the same products do not deadlock.
            order = confirm.hand_written(sorted((row["id"], row["price"]) for row in read))
            async with pool.acquire() as connection, connection.transaction():
                for product, quantity in order.guards:
                    if await connection.execute(confirm.GUARD, confirm.STORE, product, quantity) != "UPDATE 1":
                        raise SoldOut
                for text, arguments in order.inserts:
                    await connection.execute(text, *arguments)

        yield place


_MARKS: dict[str, str] = {}


def _question_marks(text: str) -> str:
    compiled = _MARKS.get(text)
    if compiled is None:
        compiled = _MARKS[text] = re.sub(r"\$(\d+)", r"?\1", text)
    return compiled


def _plain(value: object) -> object:
    return value if isinstance(value, str | int) else str(value)
