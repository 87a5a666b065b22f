"""Connecting: shards given or not, wrong token, nobody there, gateway dropped, rate limits, stopping."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.app import App
from guildshop.bot.sending import Message
from guildshop.bot.testing import PATIENCE
from guildshop.errors import ConfigurationError
from guildshop.loading import Plugins
from guildshop.simulator import Simulator
from guildshop.simulator.faults import RateLimit
from guildshop.testing import Shop, ShopFactory
from tests.bot.probe import Log, Probe


async def test_shards_may_be_given(probe: Shop) -> None:
    await probe.app.stop_discord()
    await probe.app.start_discord(shard_ids=[0], shard_count=1)
    assert (await probe.buyer.slash("whoami")).text.startswith("Sample store")


async def test_of_several_shards_the_one_with_the_server_answers(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=Plugins([Probe()]))
    shard = (int(shop.sim.guild_id("demo")) >> 22) % 2
    await shop.app.stop_discord()
    await shop.app.start_discord(shard_ids=[shard], shard_count=2)
    assert (await shop.buyer.slash("whoami")).text.startswith("Sample store")


async def test_a_wrong_token_is_said_in_one_sentence(make_shop: ShopFactory) -> None:
    with pytest.raises(ConfigurationError, match="refuses the bot's token"):
        await make_shop(
            plugins=Plugins([Probe()]), settings={"discord": {"token": "wrong", "api_url": await _elsewhere()}}
        )


async def _elsewhere() -> str:
    sim = Simulator()
    await sim.start()
    _servers.append(sim)
    return sim.api_url


_servers: list[Simulator] = []


@pytest.fixture(autouse=True)
async def _stop_servers() -> object:
    yield
    while _servers:
        await _servers.pop().stop()


async def test_nobody_there_is_said_in_one_sentence(make_shop: ShopFactory) -> None:
    url = "http://127.0.0.1:9/api/v10"
    with pytest.raises(ConfigurationError, match=r"cannot be reached at http://127\.0\.0\.1:9"):
        await make_shop(plugins=Plugins([Probe()]), settings={"discord": {"token": "x", "api_url": url}})


@pytest.mark.parametrize("fault", ["resume", "lose_session"])
async def test_a_dropped_gateway_is_taken_up_again(probe: Shop, fault: str) -> None:
    sessions = set(probe.sim.gateway.sessions)
    await probe.sim.gateway.drop(resumable=fault == "resume")
    await probe.sim.wait_for(
        lambda: probe.sim.gateway.online and (fault == "resume") == (set(probe.sim.gateway.sessions) == sessions)
    )
    assert (await probe.buyer.slash("whoami")).text.startswith("Sample store")


async def test_a_rate_limit_is_waited_for(probe: Shop) -> None:
    probe.sim.faults.rate_limit = RateLimit(1, 0.05, "*/messages")
    outcome = await probe.app.messenger.dm(probe.store, int(probe.buyer.id), Message("patient"))
    assert outcome.delivered
    assert [message.content for message in await probe.buyer.dms()] == ["patient"]


async def test_stopping_lets_what_runs_finish_and_takes_nothing_new(
    probe: Shop, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guildshop.bot.client.FINISH_SECONDS", PATIENCE)
    using = asyncio.create_task(probe.buyer.slash("slow"))
    await probe.sim.wait_for(lambda: any("callback" in request.path for request in probe.sim.requests))
    bot = probe.bot
    stopping = asyncio.create_task(probe.app.stop_discord())
    while not bot.stopping:
        await asyncio.sleep(0)
    refused = await probe.buyer.slash("whoami")
    assert "restarting" in refused.text
    log.gate.set()
    assert (await using).text == "done at last"
    await stopping
    assert isinstance(probe.app, App)
    assert probe.app.bot is None
