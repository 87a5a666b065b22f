"""Work: all of a unit or nothing, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from guildshop.database import ConstraintViolation, Database, UniqueViolation, Work, new_id
from guildshop.database.tables import DeliveryRow
from guildshop.errors import NotFound, Refusal, ScopeError
from guildshop.events import AlreadyDelivered
from guildshop.permissions import Actor
from tests.database.little_shop import (
    ACTOR,
    OTHER,
    STORE,
    Item,
    ItemSold,
    Part,
    add,
    do,
    state,
    stock_of,
    take,
)


async def test_unit_happens_as_a_whole(shop: Database) -> None:
    key = await add(shop, stock=5)
    part = new_id()
    async with shop.work(ACTOR) as work:
        take(work, key, 2)
        work.insert(Part, id=part, item=key)
        event = work.record(ItemSold(key))
        work.audit("item.sell", subject="item", subject_id=key, before={"stock": 5}, after={"stock": 3}, note="n")
    assert await stock_of(shop, key) == 3
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
            lambda: take(work, key),
            lambda: work.insert(Item, name="New", stock=1),
            lambda: work.record(ItemSold(key)),
            lambda: work.audit("item.sell", subject="item"),
            lambda: work.update(Item, key, note="changed"),
            lambda: work.delete(Part, where="item = :item", item=key),
        ]
        steps.insert(position, lambda: take(work, uuid4(), refusal=Refusal("There is none left.")))
        for step in steps:
            step()

    return fill


async def test_refused_unit_changes_nothing_wherever_it_fails(shop: Database) -> None:
    key = await add(shop, stock=5)
    await do(shop, lambda work: work.insert(Part, item=key))
    before = await state(shop)
    for position in range(7):
        with pytest.raises(Refusal, match="none left"):
            await do(shop, _fails_at(position, key))
        assert await state(shop) == before


async def test_exception_in_the_block_does_nothing(shop: Database) -> None:
    before = await state(shop)

    async def fail() -> None:
        async with shop.work(ACTOR) as work:
            work.insert(Item, name="New")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await state(shop) == before


async def test_statement_sees_what_was_done_before(shop: Database) -> None:
    key = new_id()
    async with shop.work(ACTOR) as work:
        work.insert(Item, id=key, name="New", stock=3)
        take(work, key, 1)
        take(work, key, 2)
        work.require(Item, where="id = :id AND stock = 0", id=key)
        work.update(Item, key, note="sold out")
        work.insert(Part, item=key)
        work.delete(Item, where="id = :id", id=key)
        work.guard(Part, set="item = item", where="item = :item", rows=0, item=key)
        work.insert(Item, id=key, name="New", stock=9)
    assert await stock_of(shop, key) == 9


async def test_subquery_sees_what_was_done_before(shop: Database) -> None:
    key = await add(shop, stock=2)
    async with shop.work(ACTOR) as work:
        work.insert(Part, item=key)
        work.guard(
            Item,
            set="stock = (SELECT count(*) FROM part p WHERE p.store = :store AND p.item = item.id)",
            where="id = :id",
            id=key,
        )
    assert await stock_of(shop, key) == 1


async def test_first_refusal_counts(shop: Database) -> None:
    with pytest.raises(Refusal, match="first"):
        await do(
            shop,
            lambda work: take(work, uuid4(), refusal=Refusal("the first")),
            lambda work: take(work, UUID(int=0), refusal=Refusal("the second")),
        )


async def test_conflict_before_a_guard_is_what_is_told(shop: Database) -> None:
    await add(shop, name="Taken")
    before = await state(shop)
    with pytest.raises(Refusal, match="placed already"):
        await do(
            shop,
            lambda work: work.insert(Item, name="Taken", conflict=Refusal("It was placed already.")),
            lambda work: take(work, uuid4(), refusal=Refusal("There is none left.")),
        )
    with pytest.raises(Refusal, match="none left"):
        await do(
            shop,
            lambda work: take(work, uuid4(), refusal=Refusal("There is none left.")),
            lambda work: work.insert(Item, name="Taken", conflict=Refusal("It was placed already.")),
        )
    assert await state(shop) == before


async def test_each_insert_has_its_own_conflict(shop: Database) -> None:
    await add(shop, name="B")
    with pytest.raises(Refusal, match="B is there"):
        await do(
            shop,
            lambda work: work.insert(Item, name="A", conflict=Refusal("A is there")),
            lambda work: work.insert(Item, name="B", conflict=Refusal("B is there")),
            lambda work: work.insert(Item, name="C", conflict=Refusal("C is there")),
        )
    assert await Item.count() == 1


async def test_update_conflict_and_missing_row(shop: Database) -> None:
    await add(shop, name="A")
    key = await add(shop, name="B")
    before = await state(shop)
    with pytest.raises(Refusal, match="taken"):
        await do(shop, lambda work: work.update(Item, key, name="A", conflict=Refusal("The name is taken.")))
    with pytest.raises(NotFound):
        await do(shop, lambda work: work.update(Item, uuid4(), name="C"))
    with pytest.raises(UniqueViolation):
        await do(shop, lambda work: work.update(Item, key, name="A"))
    assert await state(shop) == before


async def test_broken_constraints_are_faults(shop: Database) -> None:
    key = await add(shop, stock=1)
    before = await state(shop)
    for fill in (
        lambda work: work.guard(Item, set="stock = -1", where="id = :id", id=key),
        lambda work: work.insert(Part, item=uuid4()),
        lambda work: work.insert(Item, id=key, name="Again"),
        lambda work: work.insert(Item, name=None),
    ):
        with pytest.raises(ConstraintViolation):
            await do(shop, fill)
    assert await state(shop) == before


async def test_rows_tells_how_many(shop: Database) -> None:
    for _number in range(3):
        await add(shop, stock=1)
    await do(shop, lambda work: work.guard(Item, set="stock = 2", where="stock = 1", rows=3))
    with pytest.raises(Refusal, match="two"):
        await do(shop, lambda work: work.delete(Item, where="stock = 2", rows=2, refusal=Refusal("not two")))
    assert await Item.count() == 3
    await do(shop, lambda work: work.guard(Item, set="stock = 9", where="stock = 77", rows=None))
    await do(shop, lambda work: work.delete(Item, where="stock IN :stocks", rows=3, stocks=[2, 5]))
    assert await Item.count() == 0


async def test_require_refuses(shop: Database) -> None:
    key = await add(shop, stock=1)
    await do(shop, lambda work: work.require(Item, where="id = :id", id=key))
    with pytest.raises(Refusal, match="closed"):
        await do(
            shop,
            lambda work: work.insert(Item, name="New"),
            lambda work: work.require(Item, where="id = :id AND stock > 1", id=key, refusal=Refusal("It is closed.")),
        )
    assert await Item.count() == 1


async def test_insert_many(shop: Database) -> None:
    rows = [{"id": new_id(), "name": f"Many {number}", "stock": number} for number in range(500)]
    await do(shop, lambda work: work.insert_many(Item, rows))
    assert await Item.count() == 500
    with pytest.raises(Refusal, match="there"):
        await do(shop, lambda work: work.insert_many(Item, rows[:2], conflict=Refusal("They are there.")))
    await do(shop, lambda work: work.insert_many(Item, []))
    await do(shop, lambda work: work.insert_many(Item, [{"name": "x", "stock": 1}, {"stock": 2, "name": "y"}]))
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


async def test_delivery_is_marked_once(shop: Database) -> None:
    key = await add(shop, stock=5)
    await do(shop, lambda work: work.record(ItemSold(key)))
    (delivery, _second) = await DeliveryRow.objects().order_by(DeliveryRow.listener)

    async def effect() -> None:
        async with shop.work(ACTOR, delivery=delivery) as work:
            take(work, key)

    await effect()
    with pytest.raises(AlreadyDelivered):
        await effect()
    assert await stock_of(shop, key) == 4
    assert await DeliveryRow.select(DeliveryRow.status).order_by(DeliveryRow.listener).output(as_list=True) == [
        "DONE",
        "PENDING",
    ]


async def test_promise_is_due_later(shop: Database) -> None:
    due = datetime(2027, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
    await do(shop, lambda work: work.record(ItemSold(uuid4()), due=due))
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
    await do(shop, lambda work: work.audit("nothing.due", subject="item"))
    assert woken == []
    await do(shop, lambda work: work.record(ItemSold(uuid4())))
    async with asyncio.timeout(60):
        await heard.wait()
    assert woken == [2]
