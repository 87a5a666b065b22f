"""A shop whose only plugin is the probe."""

from __future__ import annotations

import pytest

from guildshop.loading import Plugins
from guildshop.testing import Shop, ShopFactory
from tests.bot.probe import Log, Other, Probe


@pytest.fixture
async def probe(make_shop: ShopFactory) -> Shop:
    return await make_shop(plugins=Plugins([Probe(), Other()]))


@pytest.fixture
def log(probe: Shop) -> Log:
    return probe.app.get(Log)
