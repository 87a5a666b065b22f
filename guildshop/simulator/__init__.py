"""Discord over the wire, on this machine: for trying the shop without an account, and for tests."""

from guildshop.simulator.driver import Choice, Person, SimulatorError
from guildshop.simulator.server import DEFAULT_TOKEN, Simulator
from guildshop.simulator.worlds import DEMO_GUILD_ID, SECOND_GUILD_ID, demo_world

__all__ = [
    "DEFAULT_TOKEN",
    "DEMO_GUILD_ID",
    "SECOND_GUILD_ID",
    "Choice",
    "Person",
    "Simulator",
    "SimulatorError",
    "demo_world",
]
