"""A shop that is killed at one step of taking money after the other: run by `test_kill.py`, which forks each life.

Usage: killed_payment DATABASE_URL GUILD FOLDER. The folder is what the robot remembers: it outlives every death.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.loading import Plugins, load_plugins
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.payments.api import ProcessorTold
from guildshop.plugins.payments.service import AttemptService, Settlement
from guildshop.tenancy import scope
from tests.chaos.robot import FOLDER, Robot
from tests.plugins.orders.conftest import Bench
from tests.plugins.refunds.killed_refund import SURVIVED, Steps, live_and_die, step_at_writes

PLUGINS = ("customers", "catalog", "orders", "payments")
BETWEEN = timedelta(minutes=30)
"""How long the shop stays dead: what was told and lost is asked for by then, and leases have run out."""


async def live(url: str, guild: int, folder: Path, number: int, die_at: int) -> None:
    """Finish what the last life left and look at the books; then take money, and die at that step."""
    os.environ[FOLDER] = str(folder)
    folder.mkdir(exist_ok=True)
    steps = Steps()
    plugins = Plugins([*load_plugins(PLUGINS), Robot()])
    async with await App.open(Settings(), plugins=plugins, database_url=url, migrate=False) as app:
        store = app.stores.by_guild(guild)
        assert store is not None
        app.clock = lambda: datetime.now(UTC) + number * BETWEEN
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Boss", store.id, frozenset(app.permissions.permissions))
        bench = Bench(app, store, boss)
        with scope(store.id):
            await app.dispatcher.ensure_timers()
            await app.dispatcher.drain()
            await check(bench)
            if not die_at:
                return
            (product,) = await bench.rows("product")
            order = await bench.order(bench.buyer(number), (await bench.catalog.find(product["sku"]), 1))
            step_at_writes(app, steps)
            robot = stepping(steps)
            steps.left = die_at
            attempt = await app.get(AttemptService).begin(order, robot, "https://shop.example.org")
            assert robot.pay(attempt)
            steps.step()
            told = [ProcessorTold(attempt.id)]
            await app.get(Settlement).accept(robot.code, f"paid {attempt.id}", "paid", "", told)
            await app.dispatcher.drain()
            steps.left = 0
    os._exit(SURVIVED)


def stepping(steps: Steps) -> Any:
    """Return the robot, after each of whose answers a blow may fall."""
    robot: Any = Robot.processor
    for name in ("begin", "fetch"):
        setattr(robot, name, _stepped(getattr(robot, name), steps))
    return robot


def _stepped(ask: Any, steps: Steps) -> Any:
    async def asked(*given: Any) -> Any:
        answer = await ask(*given)
        steps.step()
        return answer

    return asked


async def check(bench: Bench) -> None:
    """What the robot took is in the books, once; an order is paid if it was charged, and was charged once."""
    taken = {one.attempt: one.amount for one in await Robot.processor.takings(bench.app.now())}
    payments = await bench.rows("payment")
    assert {row["attempt"]: row["amount"] for row in payments} == taken
    assert len(payments) == len(taken)
    attempts = {row["id"]: row for row in await bench.rows("payment_attempt")}
    charges = Counter(attempts[attempt]["order_id"] for attempt in taken if attempt is not None)
    assert set(charges.values()) <= {1}
    for row in await bench.rows("orders"):
        charged = row["id"] in charges
        assert row["status"] == (OrderStatus.PAID if charged else OrderStatus.PENDING_PAYMENT), row
    assert {row["state"] for row in attempts.values() if row["id"] not in taken} <= {"OPEN", "ENDED"}
    assert {row["state"] for row in attempts.values() if row["id"] in taken} <= {"PAID"}
    moved = [row["key"] for row in await bench.rows("event") if row["name"] == "OrderPaid"]
    assert sorted(moved) == sorted(str(order) for order in charges)


if __name__ == "__main__":
    load_plugins(PLUGINS)  # so that no life has to import them
    live_and_die(live)
