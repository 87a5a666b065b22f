"""The demo's own doings: its data, its sign-in, its ports. The sale in it: tests/e2e."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from guildshop import demo as demo_module
from guildshop import serving
from guildshop.app import App
from guildshop.demo import Demo
from guildshop.errors import ConfigurationError, Forbidden, Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.orders.api import RefundMode
from guildshop.plugins.payments.service import AttemptService, PaymentService, Reconciliation
from guildshop.plugins.refunds.api import RefundRequest
from guildshop.plugins.refunds.service import RefundService
from guildshop.sample.play_stripe import PlayStripe
from guildshop.simulator.server import Simulator
from guildshop.simulator.worlds import DEMO_GUILD_ID, demo_world
from guildshop.tenancy import scope
from guildshop.web.users import UserService
from tests.plugins.orders.conftest import Bench
from tests.ports import free_port

Visit = Callable[[App], Coroutine[Any, Any, None]]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def demo(tmp_path: Path, said: list[str]) -> Demo:
    return Demo(
        tmp_path / "data/demo",
        web_port=free_port(),
        simulator_port=free_port(),
        database_url=None,
        say=said.append,
    )


async def visit(demo: Demo, monkeypatch: pytest.MonkeyPatch, look: Visit, *, reset: bool = False) -> None:
    """Run the demo until it says that it is up, look around, and stop it as Ctrl-C does."""

    async def until_stopped(app: App, stopping: serving.Stopping) -> None:
        await look(app)

    monkeypatch.setattr(serving, "_until_stopped", until_stopped)
    await demo.run(reset=reset)


async def count(app: App, table: str) -> int:
    row = await app.database.fetch_one(
        f"SELECT count(*) AS n FROM {table} WHERE store = :store", store=app.stores.all()[0].id
    )
    assert row is not None
    return int(row["n"])


async def test_a_second_run_keeps_the_data_and_a_reset_deletes_it(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    async def asked_once(app: App) -> bool:
        return await count(app, "conversation_message") == 1

    async def buy_out(app: App) -> None:
        await until(lambda: asked_once(app))
        assert (await count(app, "customer"), await count(app, "orders")) == (40, 200)
        await app.database.execute("DELETE FROM stock_movement WHERE store = :store", store=app.stores.all()[0].id)

    async def same(app: App) -> None:
        assert (await count(app, "customer"), await count(app, "orders")) == (40, 200)
        assert (await count(app, "stock_movement"), await count(app, "conversation")) == (0, 1)

    async def fresh(app: App) -> None:
        assert await count(app, "stock_movement") > 0

    await visit(demo, monkeypatch, buy_out)
    assert [line for line in said if line.startswith("Imported")] == [
        "Imported 71 products.",
        "Imported 40 customers.",
        "Imported 200 orders.",
        "Imported 5 discounts.",
    ]
    (signing_in,) = (line for line in said if line.startswith("  Sign in "))
    said.clear()
    await visit(demo, monkeypatch, same)
    assert signing_in in said
    assert not [line for line in said if line.startswith("Imported")]
    said.clear()
    await visit(demo, monkeypatch, fresh, reset=True)
    assert signing_in not in said


async def test_the_sign_in_works_and_is_kept_to_its_owner(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(app: App) -> None:
        file = demo.directory / "sign-in.json"
        assert file.stat().st_mode & 0o077 == 0
        kept = json.loads(file.read_text())
        user = await UserService(app).authenticate(kept["username"], kept["password"])
        assert user.superuser
        rows = await app.database.fetch("SELECT password FROM user_account")
        assert kept["password"] not in str(rows)

    async def without_the_file(app: App) -> None:
        await look(app)
        with pytest.raises(Forbidden):
            await UserService(app).authenticate("demo", former)

    await visit(demo, monkeypatch, look)
    former = json.loads((demo.directory / "sign-in.json").read_text())["password"]
    (demo.directory / "sign-in.json").unlink()
    await visit(demo, monkeypatch, without_the_file)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the running demo does by itself."""
    async with asyncio.timeout(60):
        while not await true():
            await asyncio.sleep(0.02)


async def _is_paid(bench: Bench, order: UUID) -> bool:
    return (await bench.orders.get(order)).paid_at is not None


async def _is_back(app: App, refund: UUID) -> bool:
    return (await app.get(RefundService).get(refund)).state == "SUCCEEDED"


async def test_an_order_is_paid_online_and_refunded(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    async def buy(app: App) -> None:
        store = app.stores.all()[0]
        boss = Actor(ActorKind.MEMBER, "1", "Sam", store.id, frozenset(app.permissions.permissions))
        bench = Bench(app, store, boss)
        with scope(store.id):
            product = await bench.product("DEMO-1", price=1234)
            bea = replace(bench.buyer(), id=str(int(DEMO_GUILD_ID) - 100 + 12))
            order = await bench.order(bea, (product, 1), method="stripe")
            stripe = app.get(PaymentService).processors.get("stripe")
            assert await stripe.examine(store.id) == []
            attempt = await app.get(AttemptService).begin(order, stripe, "http://127.0.0.1:1/back?returned=stripe")
            async with aiohttp.ClientSession() as http:
                page = await (await http.get(attempt.url)).text()
                assert ("Pay $12.34" in page, order.number in page) == (True, True)
                answer = await http.post(attempt.url, allow_redirects=False)
                assert (answer.status, answer.headers["Location"]) == (303, "http://127.0.0.1:1/back?returned=stripe")
                assert "is over" in await (await http.get(attempt.url)).text()
            await until(lambda: _is_paid(bench, order.id))
            refund = await app.get(RefundService).refund(boss, order.id, RefundRequest(RefundMode.AMOUNT, 1000))
            await until(lambda: _is_back(app, refund.id))
            await app.get(Reconciliation).compare(store.id)
            assert await app.database.fetch("SELECT * FROM payment_difference WHERE store = :s", s=store.id) == []

    await visit(demo, monkeypatch, buy)
    # What it knows outlives the demo.
    kept = PlayStripe(demo.directory / "stripe.json", "")
    kept.load()
    assert [(one["amount_total"], one["refunded"]) for one in kept.sessions.values()] == [(1234, 1000)]
    assert len(kept.refunds) == 1


async def test_a_port_in_use_names_the_option(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo.simulator_port, free = taken.getsockname()[1], demo.simulator_port
        with pytest.raises(ConfigurationError, match="--simulator-port"):
            await demo.run()
        demo.simulator_port, demo.web_port = free, taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="--web-port") as caught:
            await demo.run()
    assert "\n" not in str(caught.value)


async def test_only_the_demos_own_file_is_reset(demo: Demo) -> None:
    demo.directory.mkdir(parents=True)
    (demo.directory / "kept").touch()
    demo.database_url = "postgres://localhost/shop"
    with pytest.raises(Refusal, match="Empty that database yourself"):
        await demo.run(reset=True)
    assert (demo.directory / "kept").exists()


async def test_a_broken_sign_in_file_is_named(demo: Demo) -> None:
    demo.directory.mkdir(parents=True)
    (demo.directory / "sign-in.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"sign-in\.json cannot be read .* --reset"):
        await demo.run()


def test_the_demos_roles_and_channels_are_the_simulators() -> None:
    simulator = Simulator(world=demo_world())
    assert str(demo_module.STAFF_ROLE) == simulator.role_id("staff")
    assert str(demo_module.CLIENT_ROLE) == simulator.role_id("client")
    for kind, key in (("announcements", "announcements"), ("orders", "orders"), ("log", "bot-log")):
        assert str(demo_module.CHANNELS[kind]) == simulator.channel_id(key)


async def test_a_stuck_shutdown_is_ended_by_force(tmp_path: Path) -> None:
    script = tmp_path / "stuck.py"
    script.write_text(
        "import asyncio, os, signal, time\n"
        "from guildshop import serving\n"
        "serving.HARD_EXIT_SECONDS = 0.5\n"
        "async def stuck():\n"
        "    stopping = serving.Stopping()\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    await stopping.wait()\n"
        "    while True:\n"
        "        time.sleep(1)\n"
        "asyncio.run(stuck())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), env=dict(os.environ))
    assert await process.wait() == serving.KILLED
