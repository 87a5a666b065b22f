"""A shop with reviews."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest_plugins = ["guildshop.testing"]


@pytest.fixture
def plugin_names() -> Sequence[str]:
    return ("reviews",)
