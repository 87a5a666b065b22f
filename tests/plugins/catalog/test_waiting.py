"""The waiting list: order, holds, their use and their end."""

from dataclasses import dataclass

import pytest

from guildshop.app import App
from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.catalog.api import OutOfStock, Product, ProductChange, ProductInput, VariantInput, WaitingState
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import Clock


@dataclass
class Bench:
    app: App
    store: Store
    catalog: CatalogService
    clock: Clock

    @property
    def boss(self) -> Actor:
        return Actor.system(self.store.id, "boss")

    def member(self, number: int) -> Actor:
        return Actor(ActorKind.MEMBER, str(number), f"m{number}", self.store.id)

    async def sold_out(self, sku: str = "key", **given: object) -> Product:
        values = {"name": sku.title(), "price": 100, "tracked": True, **given}
        return await self.catalog.create_product(self.boss, ProductInput(sku=sku, **values))

    async def wait(self, number: int, product: Product) -> None:
        await self.catalog.wait_for(self.member(number), (), product.sku)

    async def states(self, product: Product) -> dict[int, str]:
        rows = await self.app.database.fetch(
            "SELECT member, state FROM waitlist WHERE store = :store AND product = :product ORDER BY place",
            store=self.store.id,
            product=product.id,
        )
        return {int(row["member"]): row["state"] for row in rows}

    async def counters(self, product: Product) -> tuple[int, int, int]:
        found = await self.catalog.get(product.id)
        sums = await self.app.database.fetch_one(
            "SELECT COALESCE(SUM(available_change), 0) AS a, COALESCE(SUM(reserved_change), 0) AS r"
            " FROM stock_movement WHERE store = :store AND product = :product",
            store=self.store.id,
            product=product.id,
        )
        assert sums is not None
        assert (int(sums["a"]), int(sums["r"])) == (found.available, found.reserved)
        return found.available, found.reserved, found.waiting

    async def buy(self, number: int | None, product: Product, quantity: int = 1) -> None:
        held = await self.catalog.holds(number) if number is not None else {}
        async with self.app.work(self.boss) as work:
            self.catalog.reserve(work, product.id, quantity, new_id(), hold=held.get(product.id))

    async def pass_time(self, hours: float) -> None:
        self.clock.advance(hours=hours)
        await self.app.dispatcher.drain()


@pytest.fixture
def bench(app: App, store: Store, catalog: CatalogService, clock: Clock) -> Bench:
    return Bench(app, store, catalog, clock)


async def test_holds_are_made_in_order_of_waiting(bench: Bench) -> None:
    key = await bench.sold_out()
    for number in (3, 1, 2):
        await bench.wait(number, key)
    await bench.catalog.restock(bench.boss, key.id, 2)
    assert await bench.states(key) == {3: "HELD", 1: "HELD", 2: "WAITING"}
    assert await bench.counters(key) == (0, 2, 1)
    with pytest.raises(OutOfStock):
        await bench.buy(None, key)
    with pytest.raises(OutOfStock):
        await bench.buy(2, key)
    await bench.buy(3, key)
    assert await bench.states(key) == {3: "USED", 1: "HELD", 2: "WAITING"}
    assert await bench.counters(key) == (0, 2, 1)


async def test_a_hold_that_ends_goes_to_the_next(bench: Bench) -> None:
    key = await bench.sold_out()
    for number in (1, 2):
        await bench.wait(number, key)
    await bench.catalog.restock(bench.boss, key.id, 1)
    await bench.pass_time(23)
    assert await bench.states(key) == {1: "HELD", 2: "WAITING"}
    await bench.pass_time(2)
    assert await bench.states(key) == {1: "EXPIRED", 2: "HELD"}
    with pytest.raises(OutOfStock):
        await bench.buy(1, key)
    await bench.buy(2, key)
    assert await bench.counters(key) == (0, 1, 0)


async def test_what_comes_back_waits_for_the_list_at_once(bench: Bench) -> None:
    key = await bench.sold_out(quantity=1)
    order = new_id()
    async with bench.app.work(bench.boss) as work:
        bench.catalog.reserve(work, key.id, 1, order)
    await bench.wait(1, key)
    async with bench.app.work(bench.boss) as work:
        bench.catalog.release(work, key.id, 1, order)
    # No hold is made yet, and still nobody else can have it.
    assert await bench.counters(key) == (1, 0, 1)
    with pytest.raises(OutOfStock):
        await bench.buy(None, key)
    seen = (await bench.catalog.visible(())).items[0]
    assert (seen.available, seen.in_stock) == (0, False)
    await bench.catalog.watch_stock(bench.store.id)
    assert await bench.states(key) == {1: "HELD"}
    mine = await bench.catalog.find("key", (), member=1)
    assert (mine.available, mine.held) == (1, 1)
    assert not (await bench.catalog.find("key", (), member=2)).in_stock


async def test_more_than_the_hold_needs_free_stock(bench: Bench) -> None:
    key = await bench.sold_out()
    for number in (1, 2):
        await bench.wait(number, key)
    await bench.catalog.restock(bench.boss, key.id, 1)
    with pytest.raises(OutOfStock):
        await bench.buy(1, key, 2)
    assert await bench.states(key) == {1: "HELD", 2: "WAITING"}
    await bench.catalog.restock(bench.boss, key.id, 4)
    await bench.buy(1, key, 4)
    assert await bench.counters(key) == (0, 5, 0)


async def test_leaving_gives_the_place_or_the_piece_on(bench: Bench) -> None:
    key = await bench.sold_out()
    for number in (1, 2, 3):
        await bench.wait(number, key)
    first, second = [await bench.catalog.waiting_for(number, key.id) for number in (1, 2)]
    assert first is not None
    assert second is not None
    assert (first.ahead, second.ahead) == (0, 1)
    with pytest.raises(Forbidden):
        await bench.catalog.leave_list(bench.member(2), first.id)
    await bench.catalog.leave_list(bench.member(2), second.id)
    await bench.catalog.leave_list(bench.member(2), second.id)
    await bench.catalog.restock(bench.boss, key.id, 1)
    await bench.catalog.leave_list(bench.member(1), first.id)
    assert await bench.states(key) == {1: "LEFT", 2: "LEFT", 3: "HELD"}
    assert await bench.counters(key) == (0, 1, 0)


async def test_who_is_on_the_list_stays_at_their_place(bench: Bench) -> None:
    key = await bench.sold_out()
    for number in (1, 2, 1):
        await bench.wait(number, key)
    assert await bench.states(key) == {1: "WAITING", 2: "WAITING"}
    assert await bench.counters(key) == (0, 0, 2)


async def test_waiting_is_refused_while_there_is_stock(bench: Bench) -> None:
    key = await bench.sold_out(quantity=1)
    with pytest.raises(Refusal, match="Key is in stock: order it now"):
        await bench.wait(1, key)
    song = await bench.catalog.create_product(bench.boss, ProductInput(sku="song", name="Song", price=1))
    with pytest.raises(Refusal, match="in stock"):
        await bench.wait(1, song)
    secret = await bench.sold_out("secret", required_roles=(5,))
    with pytest.raises(Refusal, match="There is no product"):
        await bench.wait(1, secret)
    assert await bench.states(key) == {}
    assert await bench.counters(key) == (1, 0, 0)


async def test_nothing_is_held_of_a_product_that_is_not_sold(bench: Bench) -> None:
    key = await bench.sold_out()
    await bench.wait(1, key)
    await bench.catalog.change_product(bench.boss, key.id, ProductChange(published=False))
    await bench.catalog.restock(bench.boss, key.id, 1)
    assert await bench.states(key) == {1: "WAITING"}
    await bench.catalog.change_product(bench.boss, key.id, ProductChange(description="A key."))
    await bench.catalog.publish(bench.boss, key.id)
    await bench.catalog.watch_stock(bench.store.id)
    assert await bench.states(key) == {1: "HELD"}


async def test_the_first_variant_ends_waiting_for_the_product_itself(bench: Bench) -> None:
    key = await bench.sold_out()
    await bench.wait(1, key)
    await bench.catalog.add_variant(bench.boss, key.id, VariantInput(sku="key-l", options=(("Size", "L"),)))
    assert await bench.states(key) == {1: WaitingState.LEFT}
    assert (await bench.catalog.get(key.id)).waiting == 0


async def test_who_may_not_order_waits_for_nothing(bench: Bench) -> None:
    key, customers = await bench.sold_out(), bench.app.get(CustomerService)
    known = {number: await customers.register(bench.member(number), f"m{number}", "") for number in (1, 2, 3)}
    await customers.block(bench.boss, known[1].id)
    with pytest.raises(Refusal, match="You are blocked in this shop"):
        await bench.wait(1, key)
    assert await bench.states(key) == {}
    assert await bench.counters(key) == (0, 0, 0)
    # Blocked while they wait: the piece goes to the next.
    await bench.wait(2, key)
    await bench.wait(3, key)
    await customers.block(bench.boss, known[2].id)
    await bench.catalog.restock(bench.boss, key.id, 1)
    assert await bench.states(key) == {2: "LEFT", 3: "HELD"}
    assert await bench.counters(key) == (0, 1, 0)
    # Blocked while one is held for them: within a minute it is for whoever waits next, or for everybody.
    await bench.wait(4, key)
    await customers.block(bench.boss, known[3].id)
    await bench.catalog.watch_stock(bench.store.id)
    assert await bench.states(key) == {2: "LEFT", 3: "LEFT", 4: "HELD"}
    assert await bench.counters(key) == (0, 1, 0)
