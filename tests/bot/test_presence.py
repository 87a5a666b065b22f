"""Servers that come and go: stores sleep and wake with them, and one without a store is told how to get one, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog.testing

from guildshop.loading import Plugins
from guildshop.simulator import DEMO_GUILD_ID, SECOND_GUILD_ID, demo_world
from guildshop.simulator.gateway_payloads import ready
from guildshop.simulator.permissions import VIEW_CHANNEL
from guildshop.simulator.state import State
from guildshop.simulator.worlds import overwrite
from guildshop.testing import Shop, ShopFactory
from tests.bot.probe import Probe

HINT = f"guildshop store create --guild {SECOND_GUILD_ID}"


@asynccontextmanager
async def offline(shop: Shop) -> AsyncIterator[None]:
    """Let something happen while the bot is away."""
    await shop.app.stop_discord()
    yield
    await shop.app.start_discord()
    await shop.settle()


async def test_a_store_sleeps_and_wakes_with_its_server_also_while_the_bot_was_away(probe: Shop) -> None:
    app, sim = probe.app, probe.sim
    async with offline(probe):
        sim.remove_bot("demo")
    assert not probe.store.active
    async with offline(probe):
        sim.add_bot("demo")
    assert probe.store.active
    assert (await probe.buyer.slash("whoami")).text.startswith("Sample store")  # its commands are offered anew

    sim.remove_bot("demo")
    await probe.settle()
    assert not probe.store.active
    sim.add_bot("demo")
    await probe.settle()
    assert probe.store.active
    rows = await app.database.fetch(
        "SELECT action FROM audit_entry WHERE store = :store AND action LIKE 'store.%' ORDER BY id",
        store=probe.store.id,
    )
    assert [row["action"] for row in rows][-4:] == ["store.sleep", "store.wake"] * 2

    # A session that was lost begins anew with a READY of its own; an outage is in it. (discord.py waits for seconds
    # before it connects again, so it is handed in here.)
    state = probe.bot._connection
    state.parse_ready(ready(sim.state, "anew", [DEMO_GUILD_ID], [0, 1], sim.gateway_url))
    await probe.settle()
    assert probe.store.active
    state.parse_ready(ready(sim.state, "anew", [], [0, 1], sim.gateway_url))
    await probe.settle()
    assert not probe.store.active


async def test_servers_of_shards_that_are_elsewhere_are_left_alone(probe: Shop) -> None:
    shard = (int(DEMO_GUILD_ID) >> 22) % 2
    await probe.app.stop_discord()
    probe.sim.remove_bot("demo")
    await probe.app.start_discord(shard_ids=[1 - shard], shard_count=2)
    await probe.settle()
    assert probe.store.active
    await probe.app.stop_discord()
    await probe.app.start_discord(shard_ids=[shard], shard_count=2)
    await probe.settle()
    assert not probe.store.active


def hints(shop: Shop) -> list[str]:
    """Return what stands in the second server's channels."""
    channels = [key for key in shop.sim.state.keys if key.startswith("second/channel:")]
    found = [shown.text for key in channels for shown in shop.sim.messages(key.replace("channel:", ""))]
    return [text for text in found if HINT in text]


async def test_a_server_without_a_store_is_told_once_how_to_get_one(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=Plugins([Probe()]), world=demo_world(second_guild=True))
    (told,) = hints(shop)
    assert "This server has no shop yet" in told
    await shop.restart()
    assert len(hints(shop)) == 1
    for _again in range(2):
        shop.sim.remove_bot("second")
        await shop.settle()
        shop.sim.add_bot("second")
        await shop.settle()
    assert len(hints(shop)) == 3
    await shop.app.stores.create(int(SECOND_GUILD_ID), "Second")
    shop.sim.remove_bot("second")
    await shop.settle()
    shop.sim.add_bot("second")
    await shop.settle()
    assert len(hints(shop)) == 3


def closed_world(state: State) -> None:
    """Build the two servers; in the second one the bot sees no channel."""
    demo_world(second_guild=True)(state)
    for channel in state.channels.values():
        if channel["guild_id"] == SECOND_GUILD_ID:
            channel["permission_overwrites"] = [overwrite(SECOND_GUILD_ID, deny=VIEW_CHANNEL)]


async def test_where_the_bot_may_write_nowhere_the_owner_is_told_else_the_log(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=Plugins([Probe()]), world=closed_world)
    owner = shop.sim.member("owner_b")
    (told,) = await owner.dms()
    assert told.content.startswith("**Second Shop**: This server has no shop yet")
    assert HINT in told.content
    assert hints(shop) == []

    owner.close_dms()
    shop.sim.remove_bot("second")
    await shop.settle()
    with structlog.testing.capture_logs() as lines:
        shop.sim.add_bot("second")
        await shop.settle()
    (line,) = [found for found in lines if found["event"] == "server.without_store"]
    assert (line["guild"], line["told"]) == (int(SECOND_GUILD_ID), "nobody")
    assert HINT in line["sentence"]
    assert len(await owner.dms()) == 1
