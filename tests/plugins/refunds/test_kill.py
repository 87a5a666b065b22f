"""kill -9 at every step of a refund: nothing is lost, nothing is given back twice."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.tenancy import scope

from .killed_refund import PLUGINS

# On PostgreSQL in the long run only: each life takes a second, and tests/chaos kills a shop on both.
DATABASES = ["sqlite", "postgres"] if "GUILDSHOP_TEST_KILLS" in os.environ else ["sqlite"]

pytestmark = [
    pytest.mark.slow,
    # Half a minute alone; three and more where others use the machine too.
    pytest.mark.timeout(900),
    pytest.mark.parametrize("database_url", DATABASES, indirect=True),
]

GUILD = 100000000000000001
ROOT = Path(__file__).parents[3]


async def test_a_refund_survives_a_death_at_any_step(database_url: str, tmp_path: Path) -> None:
    async with await App.open(Settings(), plugins=PLUGINS, database_url=database_url) as app:
        store = await app.stores.create(GUILD, "Chaos")
        boss = Actor.system(store.id, "chaos")
        with scope(store.id):
            mug = ProductInput(sku="MUG", name="Mug", price=500, tracked=True, quantity=500)
            await app.get(CatalogService).create_product(boss, mug)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.plugins.refunds.killed_refund",
        database_url,
        str(GUILD),
        str(tmp_path / "ledger"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    # Its log may stand before.
    assert int(out.split()[-1]) >= 8, "the refund had hardly any step to die at"
