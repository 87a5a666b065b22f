"""A shop with an account at the double of TaxJar."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from tests.plugins.orders.conftest import Bench, bench
from tests.plugins.taxjar.double import API_KEY, TaxJarDouble

__all__ = ["SHOP", "bench", "set_up", "taxjar"]

SHOP = {"country": "US", "state": "CA", "postal_code": "94111", "city": "San Francisco", "street": "1 Market St"}
SetUp = Callable[..., Awaitable[None]]


@pytest.fixture
async def taxjar() -> AsyncIterator[TaxJarDouble]:
    double = TaxJarDouble()
    server = TestServer(double.application())
    await server.start_server()
    double.url = str(server.make_url("")).rstrip("/")
    yield double
    await server.close()


@pytest.fixture
async def set_up(bench: Bench, taxjar: TaxJarDouble) -> SetUp:
    """Give the store its account."""

    async def change(**given: Any) -> None:
        values = {"api_key": API_KEY, "api_url": taxjar.url, "from_address": SHOP, **given}
        await bench.app.stores.change(bench.boss, "taxjar", values)

    await change()
    return change
