"""A shop that wraps gifts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from guildshop.testing import Shop, ShopFactory

pytest_plugins = ["guildshop.testing"]


@pytest.fixture
def plugin_names() -> Sequence[str]:
    return ("giftwrap",)


@pytest.fixture
async def shop(make_shop: ShopFactory) -> Shop:
    return await make_shop(settings={"store": {"sections": {"giftwrap": {"price": 300, "capacity": 1}}}})
