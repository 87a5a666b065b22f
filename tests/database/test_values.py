"""Values and keys: they come back from both databases as they went."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildshop.app import App
from guildshop.database import Database, new_id
from guildshop.database.tables import DeliveryRow, StoreSetting
from guildshop.errors import DatabaseError, Invalid
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.database.little_shop import (
    STORE,
    Item,
    add,
    do,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)
TIMES = (datetime(1970, 1, 1), datetime(2199, 1, 1))  # noqa: DTZ001 - hypothesis adds the zones
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    name=TEXT,
    stock=st.integers(0, 2**63 - 1),
    flag=st.booleans(),
    data=st.dictionaries(TEXT, JSON_VALUES, max_size=4),
    made=st.datetimes(*TIMES, timezones=st.timezones()),
    day=st.none() | st.dates(date(1970, 1, 1), date(2199, 1, 1)),
    amount=st.none() | st.decimals(Decimal("-99999999"), Decimal("99999999"), places=6),
)
async def test_values_come_back_as_they_went(shop: Database, **values: Any) -> None:
    key = new_id()
    values["name"] = values["name"] + str(key)
    if len(values["name"]) > 100:
        values["name"] = values["name"][-100:]
    await do(shop, lambda work: work.insert(Item, id=key, **values))
    row = await Item.objects().output(load_json=True).get(Item.id == key)
    assert row is not None
    # Python calls times of two zones unequal in the hour that a clock shows twice.
    assert {name: getattr(row, name) for name in values} == {**values, "made": values["made"].astimezone(UTC)}
    assert row.made.utcoffset() == timedelta(0)
    found = await shop.fetch_one(
        "SELECT id FROM item WHERE store = :store AND name = :name AND stock = :stock AND flag = :flag"
        " AND made = :made",
        store=STORE,
        **{name: values[name] for name in ("name", "stock", "flag", "made")},
    )
    assert found == {"id": key}


async def test_times_sort_as_times(shop: Database) -> None:
    base = datetime(2026, 11, 22, tzinfo=UTC)
    times = [base + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000, 60_000_001)]
    for time in reversed(times):
        await add(shop, made=time)
    rows = await shop.fetch("SELECT made FROM item WHERE store = 1 ORDER BY made")
    assert [row["made"] for row in rows] == times
    (last,) = await shop.fetch('SELECT MAX(made) AS "last [TIMESTAMPTZ]" FROM item WHERE store = 1')
    assert last == {"last": times[-1]}


async def test_lists_behind_in(shop: Database) -> None:
    keys = [await add(shop) for _number in range(3)]
    text = "SELECT id FROM item WHERE store = :store AND id {} :ids ORDER BY id"

    async def ids(operator: str, chosen: list[UUID]) -> list[UUID]:
        return [row["id"] for row in await shop.fetch(text.format(operator), store=STORE, ids=chosen)]

    assert await ids("IN", keys[:2]) == keys[:2]
    assert await ids("NOT IN", keys[:2]) == keys[2:]
    assert await ids("IN", []) == []
    assert await ids("NOT IN", []) == keys


def test_keys_sort_in_the_order_they_were_made() -> None:
    keys = [new_id() for _number in range(5000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 5000
    assert {key.version for key in keys} == {7}
    assert {key.variant for key in keys} == {"specified in RFC 4122"}


async def test_piccolo_transactions_are_refused(shop: Database) -> None:
    with pytest.raises(DatabaseError, match="gather the writes in a Work"):
        shop.engine.transaction()


async def test_a_number_that_its_column_cannot_hold_is_refused_or_found_nowhere(app: App, store: Store) -> None:
    """INTEGER keeps 32 bits on PostgreSQL and 64 on SQLite: neither answers with an accident."""
    huge = 2**40
    query = "SELECT id FROM delivery WHERE store = :store AND attempts = :huge"
    with scope(store.id):
        if app.database.dialect == "postgres":
            with pytest.raises(Invalid, match="larger than any that can be kept"):
                await app.database.fetch(query, store=store.id, huge=huge)
            with pytest.raises(Invalid, match="larger than any that can be kept"):
                await DeliveryRow.select(DeliveryRow.id).where(DeliveryRow.attempts == huge)
            with pytest.raises(Invalid, match="larger than any that can be kept"):
                async with app.work(Actor.system(store.id, "test")) as work:
                    work.insert(StoreSetting, section="x", value="{}", version=huge)
            assert await app.database.fetch("SELECT * FROM store_setting WHERE store = :store", store=store.id) == []
        else:
            assert await app.database.fetch(query, store=store.id, huge=huge) == []
