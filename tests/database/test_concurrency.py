"""Many units at once: guards hold, failing and cancelled units leave the others alone."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

from guildshop.database import Database, Work
from guildshop.errors import DatabaseError, Refusal
from tests.database.little_shop import (
    Item,
    Part,
    add,
    do,
    stock_of,
    take,
)


async def test_hundred_want_the_last_ten(shop: Database) -> None:
    key = await add(shop, stock=10)

    async def buy() -> bool:
        try:
            await do(
                shop, lambda work: take(work, key, refusal=Refusal("none")), lambda work: work.insert(Part, item=key)
            )
        except Refusal:
            return False
        return True

    sold = await asyncio.gather(*(buy() for _number in range(100)))
    assert sum(sold) == 10
    assert await stock_of(shop, key) == 0
    assert await Part.count() == 10


async def test_orders_of_the_same_items_in_any_order(shop: Database) -> None:
    one, two = await add(shop, stock=60), await add(shop, stock=60)

    async def buy(first: UUID, second: UUID) -> None:
        await do(shop, lambda work: take(work, first), lambda work: take(work, second))

    pairs = [(one, two), (two, one)] * 30
    await asyncio.gather(*(buy(*pair) for pair in pairs))
    assert await stock_of(shop, one) == await stock_of(shop, two) == 0


async def test_deadlocks_are_tried_again(shop: Database) -> None:
    one, two = await add(shop, stock=20), await add(shop, stock=20)

    async def buy(first: UUID, second: UUID) -> None:
        # A subquery keeps the two from being one statement, so that the locks come in this order.
        def fill(work: Work) -> None:
            take(work, first)
            work.guard(
                Item,
                set="stock = stock - (SELECT min(1) FROM store)",
                where="id = :id",
                id=second,
            )

        await do(shop, fill)

    await asyncio.gather(*(buy(*pair) for pair in [(one, two), (two, one)] * 4))
    assert await stock_of(shop, one) == await stock_of(shop, two) == 12


async def test_failing_units_leave_their_neighbours_alone(shop: Database) -> None:
    key = await add(shop, stock=1000)

    async def buy(number: int) -> bool:
        def fill(work: Work) -> None:
            work.insert(Part, item=key)
            take(work, key)
            if number % 3 == 0:
                take(work, uuid4(), refusal=Refusal("none"))
            elif number % 7 == 0:
                work.insert(Item, id=key, name="Again")

        try:
            await do(shop, fill)
        except (Refusal, DatabaseError):
            return False
        return True

    done = await asyncio.gather(*(buy(number) for number in range(200)))
    assert [number for number, happened in enumerate(done) if not happened] == [
        number for number in range(200) if number % 3 == 0 or number % 7 == 0
    ]
    assert await Part.count() == sum(done)
    assert await stock_of(shop, key) == 1000 - sum(done)


async def test_cancelled_units_happen_whole_or_not_at_all(shop: Database) -> None:
    key = await add(shop, stock=1000)

    async def buy() -> None:
        await do(shop, lambda work: take(work, key), lambda work: work.insert(Part, item=key))

    for turns in range(40):
        tasks = [asyncio.create_task(buy()) for _number in range(4)]
        for _turn in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await stock_of(shop, key) == 1000 - await Part.count()
    # Nothing was lost on the way: neither a connection nor the writer.
    await asyncio.gather(*(buy() for _number in range(50)))
    assert await stock_of(shop, key) == 1000 - await Part.count()


async def test_acknowledged_before_cancellation_is_kept(shop: Database) -> None:
    key = await add(shop, stock=100)
    acknowledged = 0

    async def buy() -> None:
        nonlocal acknowledged
        while True:
            await do(shop, lambda work: take(work, key))
            acknowledged += 1

    task = asyncio.create_task(buy())
    while acknowledged < 20:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 100 - await stock_of(shop, key) in {acknowledged, acknowledged + 1}
