"""The stock ledger: counters equal the sum of its rows, and never fall below zero."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.database import new_id
from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import MovementKind, OutOfStock, Product, ProductChange, ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory


@dataclass
class Bench:
    """A catalog with somebody of the staff."""

    app: App
    store: Store
    catalog: CatalogService
    sam: Actor

    async def product(self, quantity: int = 10, *, tracked: bool = True, **given: object) -> Product:
        values = {"sku": f"sku-{new_id()}", "name": "Key", "price": 500, **given}
        return await self.catalog.create_product(self.sam, ProductInput(**values, tracked=tracked, quantity=quantity))

    async def counters(self, product: UUID) -> tuple[int, int]:
        found = await self.catalog.get(product)
        return found.available, found.reserved

    async def ledger(self, product: UUID) -> tuple[int, int]:
        row = await self.app.database.fetch_one(
            "SELECT COALESCE(SUM(available_change), 0) AS available, COALESCE(SUM(reserved_change), 0) AS reserved"
            " FROM stock_movement WHERE store = :store AND product = :product",
            store=self.store.id,
            product=product,
        )
        assert row is not None
        return int(row["available"]), int(row["reserved"])

    async def check(self, product: UUID, expected: tuple[int, int]) -> None:
        assert await self.counters(product) == expected
        assert await self.ledger(product) == expected

    async def events(self) -> list[str]:
        rows = await self.app.database.fetch(
            "SELECT name FROM event WHERE store = :store AND name <> 'StoreChanged' ORDER BY id",
            store=self.store.id,
        )
        return [row["name"] for row in rows]


@pytest.fixture
def bench(app: App, store: Store, staff: ActorFactory):
    with scope(store.id):
        yield Bench(app, store, app.get(CatalogService), staff(store))


async def test_an_order_reserves_then_sells_then_returns(bench: Bench) -> None:
    key, order = await bench.product(10), new_id()
    async with bench.app.work(bench.sam) as work:
        bench.catalog.reserve(work, key.id, 4, order)
    await bench.check(key.id, (6, 4))
    async with bench.app.work(bench.sam) as work:
        bench.catalog.sell(work, key.id, 4, order)
    await bench.check(key.id, (6, 0))
    async with bench.app.work(bench.sam) as work:
        bench.catalog.return_stock(work, key.id, 1, order)
    await bench.check(key.id, (7, 0))
    rows = await bench.catalog.movements(bench.sam, key.id)
    assert [row.kind for row in rows] == [
        MovementKind.RETURN,
        MovementKind.SALE,
        MovementKind.RESERVE,
        MovementKind.ADJUSTMENT,
    ]
    assert {row.actor for row in rows} == {f"member:{bench.sam.id}"}
    assert [row.order for row in rows] == [order, order, order, None]


async def test_what_is_not_paid_is_released(bench: Bench) -> None:
    key, order = await bench.product(3), new_id()
    async with bench.app.work(bench.sam) as work:
        bench.catalog.reserve(work, key.id, 3, order)
        bench.catalog.release(work, key.id, 3, order, "expired")
    await bench.check(key.id, (3, 0))


async def test_over_stock_is_refused_with_what_is_available(bench: Bench) -> None:
    key = await bench.product(3)
    for quantity, words in (
        (4, "Only 3 of Key left; you asked for 4"),
        (0, "at least 1"),
        (-1, "is -1"),
        (10_001, "10000"),
    ):
        with pytest.raises(Refusal, match=words):
            bench.catalog.ensure_available(key, quantity)

    async def order() -> None:
        async with bench.app.work(bench.sam) as work:
            work.audit("order.place", subject="order")
            bench.catalog.reserve(work, key.id, 4, new_id())

    with pytest.raises(OutOfStock):
        await order()
    await bench.check(key.id, (3, 0))
    bench.catalog.ensure_available(key, 3)


async def test_sold_out_says_so(bench: Bench) -> None:
    key = await bench.product(0)
    with pytest.raises(OutOfStock, match="Key is out of stock"):
        bench.catalog.ensure_available(key, 1)


async def test_nothing_is_sold_or_released_that_was_not_reserved(bench: Bench) -> None:
    key, order = await bench.product(5), new_id()
    for step in (bench.catalog.sell, bench.catalog.release):
        with pytest.raises(Refusal, match="reserved"):
            async with bench.app.work(bench.sam) as work:
                step(work, key.id, 1, order)
    await bench.check(key.id, (5, 0))


async def test_many_at_once_never_oversell(bench: Bench) -> None:
    key = await bench.product(10)

    async def buy() -> bool:
        try:
            async with bench.app.work(bench.sam) as work:
                bench.catalog.reserve(work, key.id, 1, new_id())
        except OutOfStock:
            return False
        return True

    assert sum(await asyncio.gather(*(buy() for _ in range(40)))) == 10
    await bench.check(key.id, (0, 10))


async def test_what_is_not_tracked_never_runs_out_and_is_counted_all_the_same(bench: Bench) -> None:
    song, order = await bench.product(0, tracked=False), new_id()
    async with bench.app.work(bench.sam) as work:
        bench.catalog.reserve(work, song.id, 7, order)
        bench.catalog.sell(work, song.id, 7, order)
    await bench.check(song.id, (-7, 0))
    bench.catalog.ensure_available(song, 10_000)
    begun = await bench.catalog.change_product(bench.sam, song.id, ProductChange(tracked=True))
    assert (begun.available, begun.tracked) == (0, True)
    await bench.check(song.id, (0, 0))


async def test_restock_and_adjust(bench: Bench) -> None:
    key = await bench.product(1)
    assert (await bench.catalog.restock(bench.sam, key.id, 10_000)).available == 10_001
    assert (await bench.catalog.adjust(bench.sam, key.id, -9_999, "Counted")).available == 2
    await bench.check(key.id, (2, 0))


async def test_wrong_adjustments_are_refused_and_nothing_changes(bench: Bench, staff: ActorFactory) -> None:
    key = await bench.product(2)
    song = await bench.product(0, tracked=False)
    for change, reason, refusal, words in (
        (0, "x", Invalid, "changes nothing"),
        (-3, "x", OutOfStock, "2 pieces available, so 3"),
        (10_001, "x", Invalid, "10000"),
        (1, "  ", Invalid, "needs a reason"),
    ):
        with pytest.raises(refusal, match=words):
            await bench.catalog.adjust(bench.sam, key.id, change, reason)
    with pytest.raises(Refusal, match="not tracked"):
        await bench.catalog.restock(bench.sam, song.id, 1)
    with pytest.raises(Forbidden, match=r"product\.update"):
        await bench.catalog.restock(staff(bench.store, "product.read"), key.id, 1)
    await bench.check(key.id, (2, 0))


async def test_low_stock_and_its_return_are_announced_once(bench: Bench) -> None:
    key = await bench.product(5, low_stock_at=2)
    order = new_id()
    await bench.catalog.watch_stock(bench.store.id)
    assert await bench.events() == []
    async with bench.app.work(bench.sam) as work:
        bench.catalog.reserve(work, key.id, 3, order)
    for _ in range(2):
        await bench.catalog.watch_stock(bench.store.id)
    assert await bench.events() == ["StockLow"]
    async with bench.app.work(bench.sam) as work:
        bench.catalog.reserve(work, key.id, 2, order)
    await bench.catalog.watch_stock(bench.store.id)
    assert await bench.events() == ["StockLow", "StockLow"]
    await bench.catalog.restock(bench.sam, key.id, 10)
    assert await bench.events() == ["StockLow", "StockLow", "BackInStock"]


async def test_a_timer_watches_the_stock(bench: Bench) -> None:
    timers = [timer for _plugin, found in bench.app.hooks("register_timers") for timer in found]
    found = next(timer for timer in timers if timer.name == "catalog.stock")
    assert found.every == timedelta(minutes=1)
    assert found.handler == bench.catalog.watch_stock


async def test_an_order_for_what_left_the_shop_does_not_happen(bench: Bench) -> None:
    key, gone = await bench.product(5), Refusal("gone")

    async def place(price: int) -> None:
        async with bench.app.work(bench.sam) as work:
            bench.catalog.reserve(work, key.id, 1, new_id())
            bench.catalog.require_for_sale(work, key.id, price, "USD", gone)

    with pytest.raises(Refusal, match="gone"):
        await place(499)
    await bench.catalog.deactivate_product(bench.sam, key.id)
    with pytest.raises(Refusal, match="gone"):
        await place(500)
    await bench.check(key.id, (5, 0))
