"""A store with a million orders: how long its reports take, and how long counting all of their days takes once."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from benchmarks.customers import GUILD, drop, fill, median, opened_browser
from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.database import new_id
from guildshop.permissions import Actor
from guildshop.plugins import BUILT_IN
from guildshop.plugins.reports.service import ReportService
from guildshop.stores import Store
from guildshop.tenancy import scope

CUSTOMERS, PRODUCTS, DAYS, CHUNK = 5_000, 1000, 365, 50_000
ORDER = (
    "id", "store", "number", "customer", "channel", "status", "currency", "subtotal", "discount", "loyalty", "shipping",
    "tax", "total", "credit", "due", "refunded", "imported", "created", "updated", "paid_at",
)  # fmt: skip
LINE = ("id", "store", "order_id", "position", "sku", "name", "kind", "quantity", "unit_price", "total")


async def measure(url: str, orders: int, rounds: int) -> Sequence[tuple[str, float]]:
    """Return milliseconds: of counting everything once, and the median of each report of a year."""
    structlog.configure(processors=[drop])
    async with await App.open(Settings(), plugins=list(BUILT_IN), database_url=url) as app, opened_browser(app) as http:
        store = app.stores.by_guild(GUILD)
        if store is None:
            raise AssertionError(GUILD)
        await fill(app, store, CUSTOMERS)
        with scope(store.id):
            rows = await app.database.fetch("SELECT id FROM customer WHERE store = :store", store=store.id)
            await _write(url, _orders(store, [row["id"] for row in rows], orders, app.now()))
            begin = time.perf_counter()
            # No event told of these orders.
            await app.get(ReportService).begin_anew(Actor.system(store.id, "bench"))
            await app.get(ReportService).catch_up(date.min, date.max, 3600)
            counting = (time.perf_counter() - begin) * 1000
        pages = (
            ("page of a year", "/admin/reports?period=year"),
            ("page of 7 days", "/admin/reports?period=7d"),
            ("days of a year, CSV", "/admin/reports/days.csv?period=year"),
            ("products of a year, CSV", "/admin/reports/products.csv?period=year"),
            ("customers of a year, CSV", "/admin/reports/customers.csv?period=year"),
            ("start page", "/admin/dashboard"),
        )
        return [("all days counted, once", counting), *[(name, await median(http, at, rounds)) for name, at in pages]]


Rows = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def _orders(store: Store, customers: Sequence[UUID], count: int, now: datetime) -> Iterator[Rows]:
    """Yield orders of a year and their lines, some thousands at a time."""
    dice = random.Random(11)
    orders: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    for number in range(count):
        at = now - timedelta(seconds=dice.randrange(DAYS * 86_400))
        key, total = new_id(), 0
        for position in range(dice.choice((1, 2, 2, 3))):
            sku, many, price = dice.randrange(PRODUCTS), dice.choice((1, 1, 2)), dice.randrange(100, 9000)
            name = f"Product {sku}"
            lines.append((new_id(), store.id, key, position, f"SKU-{sku}", name, "DIGITAL", many, price, many * price))
            total += many * price
        status = dice.choices(("COMPLETE", "PENDING_PAYMENT", "CANCELLED", "REFUNDED"), (85, 3, 7, 5))[0]
        paid = at if status in {"COMPLETE", "REFUNDED"} else None
        refunded = total if status == "REFUNDED" else 0
        orders.append(
            (
                *(key, store.id, f"B{number:09}", dice.choice(customers), "DISCORD", status, "USD"),
                *(total, 0, 0, 0, 0, total, 0, total, refunded, True, at, at, paid),
            )
        )
        if len(orders) == CHUNK or number == count - 1:
            yield orders, lines
            orders, lines = [], []


async def _write(url: str, chunks: Iterator[Rows]) -> None:
    """Write rows by the driver alone: what is measured is reading them."""
    tables = (("orders", ORDER), ("order_line", LINE))
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as file:
            for chunk in chunks:
                file.execute("BEGIN IMMEDIATE")
                for (table, columns), rows in zip(tables, chunk, strict=True):
                    marks = ", ".join("?" * len(columns))
                    plain = [[_plain(value) for value in row] for row in rows]
                    file.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", plain)
                file.execute("COMMIT")
        return
    connection = await asyncpg.connect(url)
    for chunk in chunks:
        for (table, columns), rows in zip(tables, chunk, strict=True):
            await connection.copy_records_to_table(table, records=rows, columns=columns)
    # As its own housekeeping does before long.
    await connection.execute("VACUUM ANALYZE orders")
    await connection.execute("VACUUM ANALYZE order_line")
    await connection.close()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return str(value.astimezone(UTC))
    return str(value) if isinstance(value, UUID) else value
