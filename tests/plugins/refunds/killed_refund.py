"""A shop that is killed at one step of a refund after the other: run by `test_kill.py`, which forks each life.

Usage: killed_refund DATABASE_URL GUILD LEDGER. The ledger is what the bank remembers: it outlives every death.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.deliveries import LEASE
from guildshop.loading import load_plugins
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.payments.api import Payment, RefundOutcome, RefundState
from guildshop.plugins.refunds.api import ItemRequest, RefundMode, RefundRequest
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.plugins.refunds.conftest import Bank, Till, with_bank

PLUGINS = ("customers", "catalog", "orders", "payments", "refunds")
MOST_STEPS = 40
SURVIVED = 7
"""The exit status of a life whose refund was done before its step came."""


class Steps:
    """Counts steps, and dies at the one that is asked for."""

    def __init__(self) -> None:
        self.left = 0

    def step(self) -> None:
        if self.left == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= self.left > 0


class KeptBank(Bank):
    """A bank whose memory is a file."""

    def __init__(self, ledger: Path, steps: Steps) -> None:
        super().__init__()
        self.ledger, self.steps = ledger, steps
        for line in ledger.read_text().splitlines() if ledger.exists() else ():
            key, payment, amount = json.loads(line)
            self.done[UUID(key)] = (UUID(payment), amount, RefundState.SUCCEEDED)

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        known = key in self.done
        outcome = await super().refund(payment, amount, key)
        if not known:
            with self.ledger.open("a") as file:
                file.write(json.dumps([str(key), str(payment.id), amount]) + "\n")
        self.steps.step()
        return outcome


def step_at_writes(app: App, steps: Steps) -> None:
    """Count the moments after everything that is written: before the next one nothing lasting happens."""
    units, statements = app.database.run_unit, app.database.execute

    async def run_unit(unit: Any) -> None:
        await units(unit)
        steps.step()

    async def execute(sql: str, **values: Any) -> Any:
        found = await statements(sql, **values)
        if found or not sql.lstrip().startswith("UPDATE delivery SET claimed_by"):
            steps.step()
        return found

    app.database.run_unit = run_unit  # type: ignore[method-assign]
    app.database.execute = execute  # type: ignore[method-assign]


async def live(url: str, guild: int, ledger: Path, number: int, die_at: int) -> None:
    """Finish what the last life left and look at the books; then refund, and die at that step."""
    steps = Steps()
    bank = KeptBank(ledger, steps)
    async with await App.open(Settings(), plugins=PLUGINS, database_url=url, migrate=False) as app:
        with_bank(app, bank)
        store: Store | None = app.stores.by_guild(guild)
        assert store is not None
        # What the dead held is free once their leases have run out.
        app.clock = lambda: datetime.now(UTC) + number * (LEASE + timedelta(minutes=2))
        allowed = frozenset(app.permissions.permissions)
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Boss", store.id, allowed)
        till = Till(app, store, boss, bank)
        with scope(store.id):
            await till.settle()
            await till.check()
            parts = await till.rows("refund_part")
            assert all(part["state"] == "SUCCEEDED" for part in parts), parts
            assert sum(part["amount"] for part in parts) == bank.given_back()
            if not die_at:
                return
            product = await app.database.fetch("SELECT sku FROM product WHERE store = :s", s=store.id)
            mug = await till.catalog.find(product[0]["sku"])
            sold = await till.sold((mug, 2), by_bank=True, number=number)
            step_at_writes(app, steps)
            steps.left = die_at
            wanted = RefundRequest(RefundMode.ITEMS, items=(ItemRequest(mug.sku),))
            shown = await till.refunds.propose(boss, sold.id, wanted)
            await till.refunds.confirm(boss, shown.id)
            await till.settle()
            steps.left = 0
    os._exit(SURVIVED)


Live = Callable[[str, int, Path, int, int], Coroutine[Any, Any, None]]


def one_life(life: Live, url: str, guild: int, ledger: Path, number: int, die_at: int) -> int:
    """Fork a life and return how it ended: the signal's number, negative, or its exit status."""
    child = os.fork()
    if not child:
        try:
            asyncio.run(life(url, guild, ledger, number, die_at))
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def live_and_die(life: Live) -> None:
    """Live and die at every step until one survives, then look once more; say how often it died."""
    url, guild, ledger = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    deaths = 0
    for number in range(1, MOST_STEPS):
        ended = one_life(life, url, guild, ledger, number, number)
        if ended == -signal.SIGKILL:
            deaths += 1
            continue
        assert ended == SURVIVED, f"life {number} ended with {ended}"
        break
    last = one_life(life, url, guild, ledger, MOST_STEPS, 0)
    assert last == 0, f"the last look ended with {last}"
    sys.stdout.write(f"{deaths}\n")


if __name__ == "__main__":
    load_plugins(PLUGINS)  # so that no life has to import them
    live_and_die(live)
