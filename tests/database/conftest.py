"""What the tests of the database share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from guildshop.database import Database
from guildshop.tenancy import scope
from tests.database.little_shop import STORE, open_shop


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Database]:
    """A database with two stores and the tables of the little shop, in the scope of the first store."""
    await open_shop(database)
    with scope(STORE):
        yield database
