"""The web storey is tried with a plugin of its own, so that it does not depend on the built-in ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.loading import Plugins
from guildshop.testing import Clock
from tests.web.bookshop.plugin import Bookshop


@pytest.fixture
async def app(database_url: str, clock: Clock) -> AsyncIterator[App]:
    """An opened application with a plugin of its own, made for trying the web storey."""
    async with await App.open(Settings(), plugins=Plugins([Bookshop()]), database_url=database_url) as opened:
        opened.clock = clock
        yield opened
