"""Work: all of a unit or nothing, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from guildshop.database import Database
from guildshop.database.tables import StoreRow, StoreSetting
from guildshop.errors import NotFound, Refusal
from guildshop.permissions import Actor
from guildshop.tenancy import scope

STORE = 1


async def _create_store(database: Database, store: int = STORE) -> Actor:
    actor = Actor.system(store, "tests")
    async with database.work(actor) as work:
        work.insert(StoreRow, id=store, guild_id=1000 + store, name=f"Store {store}")
    return actor


async def test_unit_happens_as_a_whole(database: Database) -> None:
    actor = await _create_store(database)
    async with database.work(actor) as work:
        work.insert(StoreSetting, section="orders", value={"limit": 3})
        work.audit("settings.update", subject="section", subject_id="orders", after={"limit": 3})
    row = await database.fetch_one("SELECT * FROM store_setting WHERE store = :store", store=STORE)
    assert row is not None
    assert row["section"] == "orders"
    with scope(STORE):
        assert await StoreSetting.count() == 1


async def test_refused_unit_changes_nothing(database: Database) -> None:
    actor = await _create_store(database)
    with pytest.raises(NotFound):
        async with database.work(actor) as work:
            work.insert(StoreSetting, section="orders", value={})
            work.update(StoreRow, 77, name="Nobody's")
    assert await database.fetch("SELECT * FROM store_setting WHERE store = :store", store=STORE) == []


async def test_conflict_raises_the_refusal_given(database: Database) -> None:
    actor = await _create_store(database)
    taken = Refusal("There is one already.")
    with pytest.raises(Refusal, match="one already"):
        async with database.work(actor) as work:
            work.insert(StoreSetting, section="orders", value={}, conflict=taken)
            work.insert(StoreSetting, section="orders", value={}, conflict=taken)
    assert await database.fetch("SELECT * FROM store_setting WHERE store = :store", store=STORE) == []
