"""A running simulator, checked against the official descriptions where they are at hand."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from guildshop.simulator import Simulator, demo_world

from .console_fixtures import console_bot, page

__all__ = ["console_bot", "page", "sim"]

SPECS = Path(os.environ.get("GUILDSHOP_SPECS") or Path(__file__).parents[3] / "shared" / "specs")


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    """A simulator with the demo guild and a second one; at the end nothing may have violated the descriptions."""
    validate = SPECS if (SPECS / "discord-openapi.json").exists() else None
    simulator = Simulator(world=demo_world(second_guild=True), validate=validate)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()
    assert simulator.violations == []
