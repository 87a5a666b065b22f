"""A shop that takes PayLater, and PayLater."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from guildshop.testing import Shop, ShopFactory
from provider import API_KEY, SECRET, Provider

pytest_plugins = ["guildshop.testing"]


@pytest.fixture
def plugin_names() -> Sequence[str]:
    return ("paylater",)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    double = Provider()
    runner = web.AppRunner(double.application(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    await runner.cleanup()


@pytest.fixture
async def shop(make_shop: ShopFactory, provider: Provider) -> Shop:
    section = {"api_url": provider.url, "api_key": API_KEY, "webhook_secret": SECRET}
    made = await make_shop(settings={"store": {"sections": {"paylater": section}}}, web=True)
    assert made.app.web is not None
    provider.webhook = f"{made.app.web.url}/webhooks/paylater/{made.store.id}"
    return made
