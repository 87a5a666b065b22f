"""Work: all of a unit or nothing, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from piccolo.columns import JSON, BigInt, Boolean, Date, Numeric, Text, Timestamptz, Varchar, column_types

from guildshop.database import ConstraintViolation, Database, UniqueViolation, Work, new_id
from guildshop.database.tables import DeliveryRow, StoreRow
from guildshop.errors import DatabaseError, NotFound, Refusal, ScopeError
from guildshop.events import AlreadyDelivered, Event
from guildshop.permissions import Actor
from guildshop.tenancy import StoreTable, every_store, scope

STORE, OTHER = 1, 2
ACTOR = Actor.system(STORE, "tests")


class Item(StoreTable, tablename="item"):
    """Something with a counter."""

    id = column_types.UUID(primary_key=True)
    name = Varchar(100)
    stock = BigInt(default=0)
    flag = Boolean(default=False)
    data = JSON(default="{}")
    made = Timestamptz()
    day = Date(null=True, default=None)
    amount = Numeric(digits=(20, 6), null=True, default=None)
    note = Text(default="")


class Part(StoreTable, tablename="part"):
    """A part of an item."""

    id = column_types.UUID(primary_key=True)
    item = column_types.UUID()


DDL = (
    """CREATE TABLE item (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), name VARCHAR(100) NOT NULL,
        stock BIGINT NOT NULL CHECK (stock >= 0), flag BOOLEAN NOT NULL, data JSON NOT NULL, made TIMESTAMPTZ NOT NULL,
        day DATE, amount NUMERIC(20, 6), note TEXT NOT NULL, UNIQUE (store, id), UNIQUE (store, name))""",
    """CREATE TABLE part (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id), item UUID NOT NULL,
        FOREIGN KEY (store, item) REFERENCES item (store, id) ON DELETE CASCADE)""",
)


@dataclass(frozen=True, slots=True)
class ItemSold(Event):
    """An item was sold."""

    item: UUID

    @property
    def key(self) -> str:
        """The item's key."""
        return str(self.item)


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Database]:
    """A database with two stores and the tables of this file, in the scope of the first store."""
    await database.execute_ddl(*DDL)
    database.bind(Item, Part)
    database.listeners_of = lambda event: ("first", "second") if isinstance(event, ItemSold) else ()
    for store in (STORE, OTHER):
        async with database.work(Actor.system(store, "tests")) as work:
            work.insert(StoreRow, id=store, guild_id=1000 + store, name=f"Store {store}")
    with scope(STORE):
        yield database


async def _do(database: Database, *fills: Callable[[Work], object]) -> None:
    async with database.work(ACTOR) as work:
        for fill in fills:
            fill(work)


async def _add(database: Database, stock: int = 0, **columns: Any) -> UUID:
    key = new_id()
    values = {"name": f"Item {key}", "stock": stock, **columns}
    await _do(database, lambda work: work.insert(Item, id=key, **values))
    return key


async def _stock(database: Database, key: UUID) -> int:
    row = await database.fetch_one("SELECT stock FROM item WHERE store = :store AND id = :id", store=STORE, id=key)
    assert row is not None
    return int(row["stock"])


async def _state(database: Database) -> list[list[dict[str, Any]]]:
    tables = ("item", "part", "event", "delivery", "audit_entry")
    with every_store():
        return [await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables]


def _take(work: Work, key: UUID, quantity: int = 1, refusal: Exception | None = None) -> None:
    work.guard(
        Item,
        set="stock = stock - :quantity",
        where="id = :id AND stock >= :quantity",
        refusal=refusal,
        id=key,
        quantity=quantity,
    )


# What a unit does


async def test_unit_happens_as_a_whole(shop: Database) -> None:
    key = await _add(shop, stock=5)
    part = new_id()
    async with shop.work(ACTOR) as work:
        _take(work, key, 2)
        work.insert(Part, id=part, item=key)
        event = work.record(ItemSold(key))
        work.audit("item.sell", subject="item", subject_id=key, before={"stock": 5}, after={"stock": 3}, note="n")
    assert await _stock(shop, key) == 3
    assert await Part.select(Part.id, Part.item) == [{"id": part, "item": key}]
    (stored,) = await shop.fetch("SELECT id, name, key, payload FROM event WHERE store = :store", store=STORE)
    assert stored == {"id": event, "name": "ItemSold", "key": str(key), "payload": f'{{"item":"{key}"}}'}
    deliveries = await shop.fetch(
        "SELECT event, listener, key, status, due FROM delivery WHERE store = :store ORDER BY listener", store=STORE
    )
    assert [(row["event"], row["listener"], row["status"]) for row in deliveries] == [
        (event, "first", "PENDING"),
        (event, "second", "PENDING"),
    ]
    (entry,) = await shop.fetch("SELECT action, subject_id, before, after FROM audit_entry WHERE store = 1")
    assert entry == {"action": "item.sell", "subject_id": str(key), "before": '{"stock":5}', "after": '{"stock":3}'}


def _fails_at(position: int, key: UUID) -> Callable[[Work], None]:
    def fill(work: Work) -> None:
        steps: list[Callable[[], object]] = [
            lambda: _take(work, key),
            lambda: work.insert(Item, name="New", stock=1),
            lambda: work.record(ItemSold(key)),
            lambda: work.audit("item.sell", subject="item"),
            lambda: work.update(Item, key, note="changed"),
            lambda: work.delete(Part, where="item = :item", item=key),
        ]
        steps.insert(position, lambda: _take(work, uuid4(), refusal=Refusal("There is none left.")))
        for step in steps:
            step()

    return fill


async def test_refused_unit_changes_nothing_wherever_it_fails(shop: Database) -> None:
    key = await _add(shop, stock=5)
    await _do(shop, lambda work: work.insert(Part, item=key))
    before = await _state(shop)
    for position in range(7):
        with pytest.raises(Refusal, match="none left"):
            await _do(shop, _fails_at(position, key))
        assert await _state(shop) == before


async def test_exception_in_the_block_does_nothing(shop: Database) -> None:
    before = await _state(shop)

    async def fail() -> None:
        async with shop.work(ACTOR) as work:
            work.insert(Item, name="New")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await _state(shop) == before


async def test_statement_sees_what_was_done_before(shop: Database) -> None:
    key = new_id()
    async with shop.work(ACTOR) as work:
        work.insert(Item, id=key, name="New", stock=3)
        _take(work, key, 1)
        _take(work, key, 2)
        work.require(Item, where="id = :id AND stock = 0", id=key)
        work.update(Item, key, note="sold out")
        work.insert(Part, item=key)
        work.delete(Item, where="id = :id", id=key)
        work.guard(Part, set="item = item", where="item = :item", rows=0, item=key)
        work.insert(Item, id=key, name="New", stock=9)
    assert await _stock(shop, key) == 9


async def test_subquery_sees_what_was_done_before(shop: Database) -> None:
    key = await _add(shop, stock=2)
    async with shop.work(ACTOR) as work:
        work.insert(Part, item=key)
        work.guard(
            Item,
            set="stock = (SELECT count(*) FROM part p WHERE p.store = :store AND p.item = item.id)",
            where="id = :id",
            id=key,
        )
    assert await _stock(shop, key) == 1


async def test_first_refusal_counts(shop: Database) -> None:
    with pytest.raises(Refusal, match="first"):
        await _do(
            shop,
            lambda work: _take(work, uuid4(), refusal=Refusal("the first")),
            lambda work: _take(work, UUID(int=0), refusal=Refusal("the second")),
        )


async def test_conflict_before_a_guard_is_what_is_told(shop: Database) -> None:
    await _add(shop, name="Taken")
    before = await _state(shop)
    with pytest.raises(Refusal, match="placed already"):
        await _do(
            shop,
            lambda work: work.insert(Item, name="Taken", conflict=Refusal("It was placed already.")),
            lambda work: _take(work, uuid4(), refusal=Refusal("There is none left.")),
        )
    with pytest.raises(Refusal, match="none left"):
        await _do(
            shop,
            lambda work: _take(work, uuid4(), refusal=Refusal("There is none left.")),
            lambda work: work.insert(Item, name="Taken", conflict=Refusal("It was placed already.")),
        )
    assert await _state(shop) == before


async def test_each_insert_has_its_own_conflict(shop: Database) -> None:
    await _add(shop, name="B")
    with pytest.raises(Refusal, match="B is there"):
        await _do(
            shop,
            lambda work: work.insert(Item, name="A", conflict=Refusal("A is there")),
            lambda work: work.insert(Item, name="B", conflict=Refusal("B is there")),
            lambda work: work.insert(Item, name="C", conflict=Refusal("C is there")),
        )
    assert await Item.count() == 1


async def test_update_conflict_and_missing_row(shop: Database) -> None:
    await _add(shop, name="A")
    key = await _add(shop, name="B")
    before = await _state(shop)
    with pytest.raises(Refusal, match="taken"):
        await _do(shop, lambda work: work.update(Item, key, name="A", conflict=Refusal("The name is taken.")))
    with pytest.raises(NotFound):
        await _do(shop, lambda work: work.update(Item, uuid4(), name="C"))
    with pytest.raises(UniqueViolation):
        await _do(shop, lambda work: work.update(Item, key, name="A"))
    assert await _state(shop) == before


async def test_broken_constraints_are_faults(shop: Database) -> None:
    key = await _add(shop, stock=1)
    before = await _state(shop)
    for fill in (
        lambda work: work.guard(Item, set="stock = -1", where="id = :id", id=key),
        lambda work: work.insert(Part, item=uuid4()),
        lambda work: work.insert(Item, id=key, name="Again"),
        lambda work: work.insert(Item, name=None),
    ):
        with pytest.raises(ConstraintViolation):
            await _do(shop, fill)
    assert await _state(shop) == before


async def test_rows_tells_how_many(shop: Database) -> None:
    for _number in range(3):
        await _add(shop, stock=1)
    await _do(shop, lambda work: work.guard(Item, set="stock = 2", where="stock = 1", rows=3))
    with pytest.raises(Refusal, match="two"):
        await _do(shop, lambda work: work.delete(Item, where="stock = 2", rows=2, refusal=Refusal("not two")))
    assert await Item.count() == 3
    await _do(shop, lambda work: work.guard(Item, set="stock = 9", where="stock = 77", rows=None))
    await _do(shop, lambda work: work.delete(Item, where="stock IN :stocks", rows=3, stocks=[2, 5]))
    assert await Item.count() == 0


async def test_require_refuses(shop: Database) -> None:
    key = await _add(shop, stock=1)
    await _do(shop, lambda work: work.require(Item, where="id = :id", id=key))
    with pytest.raises(Refusal, match="closed"):
        await _do(
            shop,
            lambda work: work.insert(Item, name="New"),
            lambda work: work.require(Item, where="id = :id AND stock > 1", id=key, refusal=Refusal("It is closed.")),
        )
    assert await Item.count() == 1


async def test_insert_many(shop: Database) -> None:
    rows = [{"id": new_id(), "name": f"Many {number}", "stock": number} for number in range(500)]
    await _do(shop, lambda work: work.insert_many(Item, rows))
    assert await Item.count() == 500
    with pytest.raises(Refusal, match="there"):
        await _do(shop, lambda work: work.insert_many(Item, rows[:2], conflict=Refusal("They are there.")))
    await _do(shop, lambda work: work.insert_many(Item, []))
    await _do(shop, lambda work: work.insert_many(Item, [{"name": "x", "stock": 1}, {"stock": 2, "name": "y"}]))
    row = await shop.fetch_one("SELECT stock FROM item WHERE store = 1 AND name = 'y'")
    assert row == {"stock": 2}


async def test_mistakes_are_told_at_once(shop: Database) -> None:
    work = shop.work(ACTOR)
    with pytest.raises(ValueError, match="no column colour"):
        work.insert(Item, colour="red")
    with pytest.raises(ValueError, match="no column colour"):
        work.update(Item, uuid4(), colour="red")
    with pytest.raises(ValueError, match="no column"):
        work.update(Item, uuid4())
    with pytest.raises(TypeError, match=":quantity"):
        work.guard(Item, set="stock = :quantity", where="id = :id", id=uuid4())
    with pytest.raises(TypeError, match="no parameter :other"):
        work.guard(Item, set="stock = 1", where="id = :id", id=uuid4(), other=1)
    with pytest.raises(ValueError, match="no time zone"):
        work.insert(Item, made=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake
    with pytest.raises(ValueError, match="same columns"):
        work.insert_many(Item, [{"name": "a"}, {"name": "b", "stock": 1}])
    with pytest.raises(ScopeError):
        shop.work(Actor.system(OTHER, "tests")).insert(Item, name="x")
    async with shop.work(ACTOR) as ended:
        pass
    with pytest.raises(RuntimeError, match="ended"):
        ended.insert(Item, name="late")


# Events


async def test_delivery_is_marked_once(shop: Database) -> None:
    key = await _add(shop, stock=5)
    await _do(shop, lambda work: work.record(ItemSold(key)))
    (delivery, _second) = await DeliveryRow.objects().order_by(DeliveryRow.listener)

    async def effect() -> None:
        async with shop.work(ACTOR, delivery=delivery) as work:
            _take(work, key)

    await effect()
    with pytest.raises(AlreadyDelivered):
        await effect()
    assert await _stock(shop, key) == 4
    assert await DeliveryRow.select(DeliveryRow.status).order_by(DeliveryRow.listener).output(as_list=True) == [
        "DONE",
        "PENDING",
    ]


async def test_promise_is_due_later(shop: Database) -> None:
    due = datetime(2027, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
    await _do(shop, lambda work: work.record(ItemSold(uuid4()), due=due))
    assert await DeliveryRow.select(DeliveryRow.due, DeliveryRow.next_attempt).first() == {
        "due": due,
        "next_attempt": due,
    }


async def test_dispatcher_is_woken_after_the_commit(shop: Database) -> None:
    woken: list[int] = []
    heard = asyncio.Event()

    async def count() -> None:
        woken.append(len(await shop.fetch("SELECT id FROM delivery WHERE store = 1")))
        heard.set()

    def broken() -> None:
        raise RuntimeError

    shop.on_commit(broken)
    shop.on_commit(count)
    await _do(shop, lambda work: work.audit("nothing.due", subject="item"))
    assert woken == []
    await _do(shop, lambda work: work.record(ItemSold(uuid4())))
    async with asyncio.timeout(10):
        await heard.wait()
    assert woken == [2]


# Many at once


async def test_hundred_want_the_last_ten(shop: Database) -> None:
    key = await _add(shop, stock=10)

    async def buy() -> bool:
        try:
            await _do(
                shop, lambda work: _take(work, key, refusal=Refusal("none")), lambda work: work.insert(Part, item=key)
            )
        except Refusal:
            return False
        return True

    sold = await asyncio.gather(*(buy() for _number in range(100)))
    assert sum(sold) == 10
    assert await _stock(shop, key) == 0
    assert await Part.count() == 10


async def test_orders_of_the_same_items_in_any_order(shop: Database) -> None:
    one, two = await _add(shop, stock=60), await _add(shop, stock=60)

    async def buy(first: UUID, second: UUID) -> None:
        await _do(shop, lambda work: _take(work, first), lambda work: _take(work, second))

    pairs = [(one, two), (two, one)] * 30
    await asyncio.gather(*(buy(*pair) for pair in pairs))
    assert await _stock(shop, one) == await _stock(shop, two) == 0


async def test_deadlocks_are_tried_again(shop: Database) -> None:
    one, two = await _add(shop, stock=20), await _add(shop, stock=20)

    async def buy(first: UUID, second: UUID) -> None:
        # A subquery keeps the two from being one statement, so that the locks come in this order.
        def fill(work: Work) -> None:
            _take(work, first)
            work.guard(
                Item,
                set="stock = stock - (SELECT min(1) FROM store)",
                where="id = :id",
                id=second,
            )

        await _do(shop, fill)

    await asyncio.gather(*(buy(*pair) for pair in [(one, two), (two, one)] * 4))
    assert await _stock(shop, one) == await _stock(shop, two) == 12


async def test_failing_units_leave_their_neighbours_alone(shop: Database) -> None:
    key = await _add(shop, stock=1000)

    async def buy(number: int) -> bool:
        def fill(work: Work) -> None:
            work.insert(Part, item=key)
            _take(work, key)
            if number % 3 == 0:
                _take(work, uuid4(), refusal=Refusal("none"))
            elif number % 7 == 0:
                work.insert(Item, id=key, name="Again")

        try:
            await _do(shop, fill)
        except (Refusal, DatabaseError):
            return False
        return True

    done = await asyncio.gather(*(buy(number) for number in range(200)))
    assert [number for number, happened in enumerate(done) if not happened] == [
        number for number in range(200) if number % 3 == 0 or number % 7 == 0
    ]
    assert await Part.count() == sum(done)
    assert await _stock(shop, key) == 1000 - sum(done)


async def test_cancelled_units_happen_whole_or_not_at_all(shop: Database) -> None:
    key = await _add(shop, stock=1000)

    async def buy() -> None:
        await _do(shop, lambda work: _take(work, key), lambda work: work.insert(Part, item=key))

    for turns in range(40):
        tasks = [asyncio.create_task(buy()) for _number in range(4)]
        for _turn in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await _stock(shop, key) == 1000 - await Part.count()
    # Nothing was lost on the way: neither a connection nor the writer.
    await asyncio.gather(*(buy() for _number in range(50)))
    assert await _stock(shop, key) == 1000 - await Part.count()


async def test_acknowledged_before_cancellation_is_kept(shop: Database) -> None:
    key = await _add(shop, stock=100)
    acknowledged = 0

    async def buy() -> None:
        nonlocal acknowledged
        while True:
            await _do(shop, lambda work: _take(work, key))
            acknowledged += 1

    task = asyncio.create_task(buy())
    while acknowledged < 20:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 100 - await _stock(shop, key) in {acknowledged, acknowledged + 1}


# Values

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)
TIMES = (datetime(1970, 1, 1), datetime(2199, 1, 1))  # noqa: DTZ001 - hypothesis adds the zones
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    await _do(shop, lambda work: work.insert(Item, id=key, **values))
    row = await Item.objects().output(load_json=True).get(Item.id == key)
    assert row is not None
    assert {name: getattr(row, name) for name in values} == values
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
        await _add(shop, made=time)
    rows = await shop.fetch("SELECT made FROM item WHERE store = 1 ORDER BY made")
    assert [row["made"] for row in rows] == times
    (last,) = await shop.fetch('SELECT MAX(made) AS "last [TIMESTAMPTZ]" FROM item WHERE store = 1')
    assert last == {"last": times[-1]}


async def test_lists_behind_in(shop: Database) -> None:
    keys = [await _add(shop) for _number in range(3)]
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
