"""Each fault reaches an unmodified discord.py as Discord's own trouble would."""

import discord
import pytest

from guildshop.simulator import Simulator
from guildshop.simulator.faults import Failure, RateLimit

from .bare_bot import running


async def test_rate_limits_are_waited_for(sim: Simulator) -> None:
    async with running(sim) as bot:
        channel = await bot.fetch_channel(int(sim.channel_id("shop")))
        assert isinstance(channel, discord.TextChannel)
        sim.faults.rate_limit = RateLimit(count=2, retry_after=0.05, path_pattern="/channels/*/messages")
        await channel.send("at last")
    statuses = [r.status for r in sim.requests if r.route == "/channels/{channel_id}/messages"]
    assert statuses == [429, 429, 200]
    assert [m.content for m in sim.messages("shop")] == ["at last"]
    assert sim.faults.rate_limit is None


async def test_503_is_an_error_at_once(sim: Simulator) -> None:
    async with running(sim) as bot:
        channel = await bot.fetch_channel(int(sim.channel_id("shop")))
        assert isinstance(channel, discord.TextChannel)
        sim.faults.fail_next = Failure(503, 1)
        with pytest.raises(discord.DiscordServerError):
            await channel.send("lost")
        await channel.send("kept")
    assert [m.content for m in sim.messages("shop")] == ["kept"]


async def test_500_is_tried_again(sim: Simulator) -> None:
    async with running(sim) as bot:
        channel = await bot.fetch_channel(int(sim.channel_id("shop")))
        assert isinstance(channel, discord.TextChannel)
        await sim.set_faults({"fail_next": {"status": 500, "count": 1, "path_pattern": "/channels/*"}})
        await channel.send("kept")
    assert sim.counts["POST /channels/{channel_id}/messages"] == 2
    assert [m.content for m in sim.messages("shop")] == ["kept"]


async def test_a_late_answer_is_unknown(sim: Simulator) -> None:
    sim.acknowledge_seconds = 0.3
    async with running(sim) as bot:
        await sim.set_faults({"late_answer": True})
        reply = await sim.member("buyer").slash("ping")
        assert reply.failed == "The application did not respond"
        await sim.wait_for(lambda: bot.failures)
        failure = bot.failures[0]
    assert isinstance(failure, discord.NotFound)
    assert failure.code == 10062
    assert sim.messages("shop") == []


async def test_slow_answers_still_arrive(sim: Simulator) -> None:
    async with running(sim):
        await sim.set_faults({"slow_ms": 50})
        assert (await sim.member("buyer").slash("ping")).content == "Pong"


async def test_the_bots_role_moves_below_all_and_back(sim: Simulator) -> None:
    async with running(sim):
        owner, buyer = sim.member("owner"), sim.member("buyer")
        await sim.set_faults({"role_too_high": True})
        assert (await owner.slash("give", member=buyer, role="client")).content == "Refused: 50013"
        assert buyer.roles() == []
        await sim.set_faults({"role_too_high": False})
        assert (await owner.slash("give", member=buyer, role="client")).content == "Given"
    assert buyer.roles() == ["Client"]


async def test_members_go_between_two_steps(sim: Simulator) -> None:
    async with running(sim) as bot:
        guild = bot.get_guild(int(sim.guild_id("demo")))
        assert guild is not None
        sim.member("buyer").leave()
        with pytest.raises(discord.NotFound) as refusal:
            await guild.fetch_member(int(sim.member("buyer").id))
        assert refusal.value.code == 10007


async def test_foreign_and_unknown_components_reach_the_bot(sim: Simulator) -> None:
    sim.acknowledge_seconds = 0.3
    async with running(sim):
        buyer = sim.member("buyer")
        reply = await buyer.slash("count")
        foreign = await sim.press_raw(sim.member("buyer2"), reply.id, "counter:0")
        assert foreign.content == "Counted to 1"
        unknown = await sim.press_raw(buyer, reply.id, "nobody-knows-this")
    assert unknown.failed == "The application did not respond"
    assert reply.buttons == ["Count 1"]
