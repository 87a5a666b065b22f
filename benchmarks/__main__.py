"""Measure orders per second beside the driver alone, pages of many customers, and reports over many orders."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import contenders, customers, reports
from benchmarks.server import postgres_url

IN_FLIGHT = (16, 64)


async def measure(place: contenders.PlaceOrder, in_flight: int, orders: int) -> float:
    """Return orders per second with that many in flight."""
    left = iter(range(orders))

    async def buyer() -> None:
        for _number in left:
            await place()

    begin = time.perf_counter()
    await asyncio.gather(*(buyer() for _number in range(in_flight)))
    return orders / (time.perf_counter() - begin)


async def compare(
    pair: tuple[contenders.PlaceOrder, contenders.PlaceOrder], in_flight: int, orders: int, rounds: int
) -> tuple[float, float]:
    """Return the medians of interleaved rounds; the first round warms up and does not count."""
    figures: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for place, results in zip(pair, figures, strict=True):
            figure = await measure(place, in_flight, orders)
            if number:
                results.append(figure)
    return statistics.median(figures[0]), statistics.median(figures[1])


async def run(orders: int, rounds: int) -> list[tuple[str, int, float, str, float]]:
    """Return the rows of the table."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="guildshop-bench-") as folder, postgres_url() as dsn:
        file = Path(folder) / "bench.db"
        async with AsyncExitStack() as stack:
            # SQLite belongs to one process, but within it another driver may open the file too.
            sqlite_work = await stack.enter_async_context(contenders.work(f"sqlite:///{file}"))
            sqlite_hand = await stack.enter_async_context(contenders.raw_aiosqlite(file))
            postgres_work = await stack.enter_async_context(contenders.work(dsn))
            postgres_hand = await stack.enter_async_context(contenders.raw_asyncpg(dsn))
            pairs = (
                ("Work on SQLite", (sqlite_work, sqlite_hand), "raw aiosqlite, WAL, FULL"),
                ("Work on PostgreSQL", (postgres_work, postgres_hand), "asyncpg pool, plain statements"),
            )
            for name, pair, peer in pairs:
                for in_flight in IN_FLIGHT:
                    ours, theirs = await compare(pair, in_flight, orders, rounds)
                    rows.append((name, in_flight, ours, peer, theirs))
    return rows


async def open_pages(number: int, rounds: int) -> list[tuple[str, float, float]]:
    """Return the pages of many customers with their medians in milliseconds on both databases."""
    with tempfile.TemporaryDirectory(prefix="guildshop-bench-") as folder, postgres_url() as dsn:
        sqlite = await customers.measure(f"sqlite:///{Path(folder) / 'pages.db'}", number, rounds)
        postgres = dict(await customers.measure(dsn, number, rounds))
    return [(name, figure, postgres[name]) for name, figure in sqlite]


async def read_reports(number: int, rounds: int) -> list[tuple[str, float, float]]:
    """Return the reports over many orders with their medians in milliseconds on both databases."""
    with tempfile.TemporaryDirectory(prefix="guildshop-bench-") as folder, postgres_url() as dsn:
        sqlite = await reports.measure(f"sqlite:///{Path(folder) / 'reports.db'}", number, rounds)
        postgres = dict(await reports.measure(dsn, number, rounds))
    return [(name, figure, postgres[name]) for name, figure in sqlite]


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="orders a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the table shows the median")
    parser.add_argument("--customers", type=int, default=100_000, help="customers of the store whose pages are opened")
    parser.add_argument("--reported", type=int, default=1_000_000, help="orders that reports are made of")
    options = parser.parse_args()
    rows = asyncio.run(run(options.orders, options.rounds))
    print(f"{'ours':<20}{'in flight':>10}{'orders/s':>10}   {'peer':<32}{'orders/s':>10}{'ratio':>8}")
    for name, in_flight, ours, peer, theirs in rows:
        print(f"{name:<20}{in_flight:>10}{ours:>10,.0f}   {peer:<32}{theirs:>10,.0f}{ours / theirs:>8.2f}")
    print()
    print(f"{f'{options.customers:,} customers':<28}{'SQLite ms':>12}{'PostgreSQL ms':>16}")
    for name, sqlite, postgres in asyncio.run(open_pages(options.customers, options.rounds)):
        print(f"{name:<28}{sqlite:>12,.1f}{postgres:>16,.1f}")
    print()
    print(f"{f'{options.reported:,} orders':<28}{'SQLite ms':>12}{'PostgreSQL ms':>16}")
    for name, sqlite, postgres in asyncio.run(read_reports(options.reported, options.rounds)):
        print(f"{name:<28}{sqlite:>12,.1f}{postgres:>16,.1f}")


if __name__ == "__main__":
    main()
