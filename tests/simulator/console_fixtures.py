"""A bot at work in the simulator, and a real Chromium to look at it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from guildshop.simulator import Simulator

from .bare_bot import running
from .console_bot import ConsoleBot
from .console_page import ConsolePage, console


@pytest.fixture
async def console_bot(sim: Simulator) -> AsyncIterator[ConsoleBot]:
    """The bot, connected, its commands registered."""
    async with running(sim, ConsoleBot()) as started:
        assert isinstance(started, ConsoleBot)
        yield started


@pytest.fixture
async def page(chromium: Browser, sim: Simulator, console_bot: ConsoleBot) -> AsyncIterator[ConsolePage]:
    """The console in the shop channel, as the buyer."""
    async with console(chromium, sim.base_url) as opened:
        await opened.open_channel("shop")
        yield opened
