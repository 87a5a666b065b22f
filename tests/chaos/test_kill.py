"""kill -9 at random moments, 25 times on each database: nothing acknowledged is lost, effects happen once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.deliveries import LEASE
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope

from .killed_shop import plugins
from .robot import FOLDER, Robot

KILLS = int(os.environ.get("GUILDSHOP_TEST_KILLS", "25"))
SEED = int(os.environ.get("GUILDSHOP_TEST_SEED", "20261122"))
GUILD = 100000000000000001

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 15 * KILLS)]


async def test_a_killed_shop_loses_nothing_and_does_nothing_twice(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "robot"
    folder.mkdir()
    monkeypatch.setenv(FOLDER, str(folder))
    store = await _open_shop(database_url)
    said = await _run_killed(database_url)
    assert {"placed", "paid", "cancelled", "charged"} <= said.keys(), "the shop never came to sell anything"
    async with await _open(database_url) as app:
        # What the dead held is free once their leases have run out.
        # Whatever the robot could not tell any more is asked for by then.
        app.clock = lambda: datetime.now(UTC) + 2 * LEASE + timedelta(minutes=20)
        with scope(store):
            await _check(app, store, said)


async def _open(url: str) -> App:
    return await App.open(Settings(), plugins=plugins(), database_url=url)


async def _open_shop(url: str) -> int:
    async with await _open(url) as app:
        store: Store = await app.stores.create(GUILD, "Chaos")
        boss = Actor.system(store.id, "chaos")
        await app.stores.change(boss, "orders", {"max_unpaid_per_member": 100})
        await app.stores.change(boss, "payments", {"methods": ["venmo", "robot"]})
        with scope(store.id):
            for number in range(3):
                await app.get(CatalogService).create_product(
                    boss,
                    ProductInput(sku=f"CHAOS-{number}", name=f"Chaos {number}", price=500, tracked=True, quantity=3000),
                )
        return store.id


async def _run_killed(url: str) -> dict[str, set[str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("killed_shop.py")),
        url,
        str(GUILD),
        str(KILLS),
        str(SEED),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    said: dict[str, set[str]] = {}
    for line in out.decode().splitlines():
        if line.endswith("]"):  # the last line of a life may be cut off
            fact, value = json.loads(line)
            said.setdefault(fact, set()).add(value)
    return said


async def _check(app: App, store: int, said: dict[str, set[str]]) -> None:
    rows = await app.database.fetch("SELECT * FROM orders WHERE store = :s", s=store)
    orders = {str(row["id"]): row for row in rows}
    assert said["placed"] <= orders.keys()
    assert {orders[one]["status"] for one in said["paid"]} <= {"PAID", "COMPLETE"}
    assert {orders[one]["status"] for one in said["cancelled"]} == {"CANCELLED"}
    drafts = Counter(row["draft"] for row in orders.values())
    assert set(drafts.values()) == {1}

    await app.dispatcher.ensure_timers()
    await app.dispatcher.drain()
    await _check_charges(app, store, said["charged"])
    left = await app.database.fetch(
        "SELECT listener, key, last_error FROM delivery WHERE store = :s AND status <> 'DONE' AND due <= :now",
        s=store,
        now=app.now(),
    )
    assert [row for row in left if row["key"] != "timer"] == []
    seen = Counter(
        (row["action"], row["subject_id"])
        for row in await app.database.fetch(
            "SELECT action, subject_id FROM audit_entry WHERE store = :s AND action LIKE 'witness.%'",
            s=store,
        )
    )
    cancelled = {("witness.cancelled", one) for one, row in orders.items() if row["status"] == "CANCELLED"}
    paid = {
        ("witness.paid", str(row["id"]))
        for row in await app.database.fetch("SELECT id FROM orders WHERE store = :s AND paid_at IS NOT NULL", s=store)
    }
    assert seen == Counter(paid | cancelled)
    await _check_stock(app, store, orders.keys())


async def _check_charges(app: App, store: int, charged: Collection[str]) -> None:
    """What the robot took is in the books, once, and pays its order."""
    takings = {one.attempt: one.amount for one in await Robot.processor.takings(datetime.now(UTC))}
    payments = await app.database.fetch("SELECT * FROM payment WHERE store = :s AND method = 'robot'", s=store)
    assert {row["attempt"]: row["amount"] for row in payments} == takings
    assert len(payments) == len(takings)
    assert {row["state"] for row in payments} == {"CONFIRMED"}
    assert charged <= {str(row["order_id"]) for row in payments}


async def _check_stock(app: App, store: int, orders: Collection[str]) -> None:
    lines = await app.database.fetch(
        "SELECT l.order_id, l.product, l.quantity, o.status FROM order_line l"
        " JOIN orders o ON o.id = l.order_id AND o.store = l.store WHERE l.store = :s AND o.store = :s",
        s=store,
    )
    moves = await app.database.fetch("SELECT * FROM stock_movement WHERE store = :s", s=store)
    for product in await app.database.fetch("SELECT * FROM product WHERE store = :s", s=store):
        mine = [row for row in moves if row["product"] == product["id"]]
        assert product["available"] == sum(row["available_change"] for row in mine) >= 0
        assert product["reserved"] == sum(row["reserved_change"] for row in mine) >= 0
        by_status: Counter[str] = Counter()
        for line in lines:
            if line["product"] == product["id"]:
                by_status[line["status"]] += line["quantity"]
        assert product["reserved"] == by_status["PENDING_PAYMENT"]
        sold = sum(by_status.values()) - by_status["PENDING_PAYMENT"] - by_status["CANCELLED"]
        assert product["available"] == 3000 - sold - product["reserved"]
    placed: set[UUID] = {line["order_id"] for line in lines}
    assert len(placed) == len(orders)
