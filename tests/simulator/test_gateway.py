"""Sessions are resumed, sharded, filtered by intent and refused as Discord does."""

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import discord
import pytest
import zstandard

from guildshop.simulator import SECOND_GUILD_ID, Simulator

from .bare_bot import BareBot, running


async def test_a_dropped_connection_is_resumed_and_nothing_is_missed(sim: Simulator) -> None:
    async with running(sim) as bot:
        (session,) = sim.gateway.sessions.values()
        await sim.gateway.drop()
        sim.member("newcomer").join()
        reply = await sim.member("buyer").slash("ping")
        assert reply.content == "Pong"
        assert bot.joined == ["nia"]
        assert list(sim.gateway.sessions.values()) == [session]


async def test_a_lost_session_is_identified_afresh(sim: Simulator) -> None:
    async with running(sim):
        (old,) = sim.gateway.sessions
        await sim.gateway.drop(resumable=False)
        offline = await sim.member("buyer").slash("ping")
        assert offline.failed
        await sim.wait_for(lambda: sim.gateway.online)
        assert old not in sim.gateway.sessions
        reply = await sim.member("buyer").slash("ping")
    assert reply.content == "Pong"


async def test_each_guild_belongs_to_one_shard(sim: Simulator) -> None:
    async with running(sim, BareBot(shard_count=3)) as bot:
        await sim.wait_for(lambda: len(sim.gateway.sessions) == 3)
        shards = {session.shard_id: session for session in sim.gateway.sessions.values()}
        expected = (int(SECOND_GUILD_ID) >> 22) % 3
        assert [i for i, s in shards.items() if s.covers(SECOND_GUILD_ID)] == [expected]
        reply = await sim.member("buyer_b").slash("ping")
        assert reply.content == "Pong"
        guild = bot.get_guild(int(SECOND_GUILD_ID))
        assert guild is not None
        assert guild.shard_id == expected


@pytest.mark.parametrize("compress", ["zlib-stream", "zstd-stream", ""])
async def test_every_compression_is_one_stream(sim: Simulator, compress: str) -> None:
    inflate = zlib.decompressobj()
    decompress = zstandard.ZstdDecompressor().decompressobj()
    identify = {"op": 2, "d": {"token": sim.token, "intents": 1, "properties": {}}}
    query = {"v": "10", "encoding": "json", **({"compress": compress} if compress else {})}
    async with aiohttp.ClientSession() as session, session.ws_connect(sim.gateway_url, params=query) as socket:

        async def receive() -> Any:
            frame = await socket.receive(10)
            if not compress:
                return json.loads(frame.data)
            raw = inflate.decompress(frame.data) if compress == "zlib-stream" else decompress.decompress(frame.data)
            return json.loads(raw)

        assert (await receive())["op"] == 10
        await socket.send_json(identify)
        assert (await receive())["t"] == "READY"
        assert (await receive())["t"] == "GUILD_CREATE"
        await socket.send_json({"op": 1, "d": 2})
        assert (await receive())["t"] == "GUILD_CREATE"
        assert (await receive())["op"] == 11


async def test_a_wrong_token_is_refused(sim: Simulator) -> None:
    sim.token, sim.authorization = "another", "Bot another"
    bot = BareBot()
    discord.http.Route.BASE = sim.api_url
    with pytest.raises(discord.LoginFailure):
        await bot.login("wrong")
    await bot.close()


async def test_privileged_intents_must_be_granted(sim: Simulator) -> None:
    sim.privileged_intents = 0
    bot = BareBot()
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(sim, bot):
            pass


async def test_without_the_members_intent_joins_are_not_heard(sim: Simulator) -> None:
    bot = BareBot(intents=discord.Intents(guilds=True))
    async with running(sim, bot):
        sim.member("newcomer").join()
        assert (await sim.member("buyer").slash("ping")).content == "Pong"
        assert bot.joined == []
        guild = bot.guilds[0]
        assert [member.id for member in guild.members] == [bot.user.id if bot.user else 0]


async def test_members_are_chunked_on_request(sim: Simulator) -> None:
    async with running(sim) as bot:
        guild = bot.get_guild(int(sim.guild_id("demo")))
        assert guild is not None
        members = await guild.chunk(cache=False)
        assert {member.name for member in members} >= {"olivia", "bea", "guildshop"}


async def test_the_bot_sees_guilds_come_and_go(sim: Simulator) -> None:
    async with running(sim) as bot:
        gone: asyncio.Queue[int] = asyncio.Queue()

        @bot.event
        async def on_guild_remove(guild: discord.Guild) -> None:
            gone.put_nowait(guild.id)

        @bot.event
        async def on_guild_join(guild: discord.Guild) -> None:
            gone.put_nowait(-guild.id)

        sim.remove_bot("second")
        assert await asyncio.wait_for(gone.get(), 60) == int(SECOND_GUILD_ID)
        with pytest.raises(discord.Forbidden):
            await bot.http.get_guild_commands(bot.application_id or 0, int(SECOND_GUILD_ID))
        sim.add_bot("second")
        assert await asyncio.wait_for(gone.get(), 60) == -int(SECOND_GUILD_ID)
