"""A shop that takes Stripe's double."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.plugins.payments.till import Till, open_till

PAID = ("PAID", ["CONFIRMED"], ["PAID"])
WAITING = ("PENDING_PAYMENT", [], ["OPEN"])


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with open_till(database_url) as opened:
        yield opened


def session(till: Till, at: int = -1) -> dict[str, Any]:
    """Return a session of the double, by default the last one."""
    return list(till.stripe.sessions.values())[at]
