"""An unmodified discord.py bot runs against the simulator."""

from guildshop.simulator import Simulator

from .bare_bot import running


async def test_slash_command_is_answered(sim: Simulator) -> None:
    async with running(sim):
        reply = await sim.member("buyer").slash("ping")
    assert reply.content == "Pong"
    assert not reply.ephemeral
