"""The figures above the list equal a slow recount of all orders, after any history."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from guildshop.app import App
from guildshop.errors import Refusal
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.customers.api import CustomerFilter, CustomerSort
from guildshop.plugins.customers.rules import Metrics, month_start, trend
from guildshop.plugins.customers.service import CustomerMetrics, CustomerService
from guildshop.plugins.orders.api import OrderRefund, RefundMode
from guildshop.plugins.orders.service import OrderDeletion
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Clock
from tests.plugins.orders.conftest import Bench, bench

__all__ = ["bench"]
HISTORIES, STEPS = 6, 40


def test_what_nobody_bought_is_undefined() -> None:
    assert (Metrics(registered=3).average, Metrics(registered=3).retention) == (None, None)
    some = Metrics(buyers=3, repeaters=1, revenue=1001)
    assert (some.average, some.retention) == (334, Decimal("33.3"))
    assert Metrics(buyers=2, revenue=-3).average == -2


def test_the_month_begins_in_the_stores_time_zone() -> None:
    now = datetime(2026, 12, 1, 4, tzinfo=UTC)
    assert month_start(now, ZoneInfo("America/New_York")) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert month_start(now, ZoneInfo("Asia/Tokyo")) == datetime(2026, 11, 30, 15, tzinfo=UTC)


@given(st.lists(st.one_of(st.none(), st.integers(-(10**15), 10**15)), max_size=8))
def test_a_trend_stays_within_its_picture(values: list[int | None]) -> None:
    points = trend([(date(2026, 1, 1) + timedelta(days=at), value) for at, value in enumerate(values)])
    assert bool(points) == (sum(value is not None for value in values) >= 2)
    for point in points.split():
        across, down = map(float, point.split(","))
        assert 0 <= across <= 120
        assert 0 <= down <= 32


async def test_figures_equal_a_slow_recount(bench: Bench, app: App, store: Store, clock: Clock) -> None:
    products = [await bench.product(sku, quantity=10_000) for sku in ("MUG", "HAT")]
    products += [await bench.product("FREE", price=0, quantity=10_000)]
    await bench.set(max_unpaid_per_member=100)
    for seed in range(HISTORIES):
        chance = random.Random(seed)
        for _step in range(STEPS):
            try:
                await _step_of(bench, chance, products, clock)
            except Refusal:
                continue
        await _recounted(bench, app, store)
    orders = await bench.rows("orders")
    assert any(row["merged_into"] for row in await bench.rows("customer"))
    assert any(0 < row["refunded"] < row["total"] for row in orders)
    assert any(row["status"] == "CANCELLED" and row["refunded"] for row in orders)


async def _step_of(bench: Bench, chance: random.Random, products: list[Any], clock: Clock) -> None:
    buyer = bench.buyer(chance.randint(1, 6))
    rows = await bench.rows("orders")
    match chance.choice(
        ["order", "order", "order", "pay", "pay", "pay", "cancel", "refund", "refund", "delete", "wait", "merge"]
    ):
        case "order":
            await bench.order(buyer, (chance.choice(products), chance.randint(1, 3)))
        case "merge":
            people = [row for row in await bench.rows("customer") if row["merged_into"] is None]
            gone, kept = chance.choice(people), chance.choice(people)  # sometimes the same: refused
            await bench.app.get(CustomerService).merge(bench.boss, gone["id"], kept["id"], member=kept["discord_id"])
        case "wait":
            clock.advance(days=chance.choice([0, 1, 20]))
        case _ if not rows:
            return
        case "pay":
            unpaid = [row for row in rows if row["status"] == "PENDING_PAYMENT"] or rows
            await bench.orders.confirm_payment(bench.boss, chance.choice(unpaid)["id"])
        case "cancel":
            paid = [row for row in rows if row["status"] == "PAID" and row["total"]]
            await bench.orders.cancel(bench.boss, chance.choice(paid or rows)["id"], "")
        case "refund":
            paid = [row for row in rows if row["paid_at"] is not None and row["total"]] or rows
            order = await bench.orders.get(chance.choice(paid)["id"])
            amount = chance.choice([order.refundable, max(order.refundable // 2, 0)])
            async with bench.app.work(bench.boss) as work:
                bench.orders.apply_refund(work, order, OrderRefund(uuid4(), RefundMode.AMOUNT, amount, (), ""))
        case "delete":
            order = await bench.orders.get(chance.choice(rows)["id"])
            await bench.app.get(OrderDeletion).delete(bench.boss, order.id, order.number)


async def _recounted(bench: Bench, app: App, store: Store) -> None:
    """Count everything again from the orders themselves."""
    orders = await bench.rows("orders")
    people = [row for row in await bench.rows("customer") if row["merged_into"] is None]
    assert {one["customer"] for one in orders} <= {person["id"] for person in people}
    month = month_start(app.now(), ZoneInfo(store.time_zone))
    active = 0
    for person in people:
        paid = [one for one in orders if one["customer"] == person["id"] and one["paid_at"] is not None]
        assert person["paid_orders"] == len(paid)
        assert person["revenue"] == sum(_kept(one) for one in paid)
        placed = [one["created"] for one in orders if one["customer"] == person["id"]]
        assert not placed or person["last_order"] >= max(placed)
        used = person["last_seen"] is not None and person["last_seen"] >= month
        active += used or (person["last_paid"] is not None and person["last_paid"] >= month)
        if paid:
            assert person["last_paid"] >= max(one["paid_at"] for one in paid)
    counts = [person["paid_orders"] for person in people]
    assert await app.get(CustomerMetrics).now(bench.boss) == Metrics(
        registered=len(people),
        active=active,
        buyers=sum(count >= 1 for count in counts),
        repeaters=sum(count >= 2 for count in counts),
        revenue=sum(_kept(one) for one in orders if one["paid_at"] is not None),
        currency="USD",
    )
    everybody = [await app.get(CustomerService).get(person["id"]) for person in people]
    for person in everybody:
        (_title, purchases), *_elsewhere = await app.get(CustomerService).figures(bench.boss, person)
        assert (purchases.revenue[0].amount, purchases.orders) == (person.revenue, person.paid_orders)
    await _sorted(app, bench.boss, CustomerSort.SPEND, [one.revenue for one in everybody])


async def _sorted(app: App, boss: Actor, sort: CustomerSort, values: list[int]) -> None:
    """Pages of two make the whole list, the most first, each once."""
    service, cursor, found = app.get(CustomerService), "", []
    while True:
        part = await service.list_customers(boss, CustomerFilter(), cursor=cursor, limit=2, sort=sort)
        found += part.items
        cursor = part.cursor
        if not cursor:
            break
    assert [one.revenue for one in found] == sorted(values, reverse=True)
    assert len({one.id for one in found}) == len(values)


def _kept(order: dict[str, Any]) -> int:
    if order["status"] == "CANCELLED":
        return max(order["due"] - order["refunded"], 0)
    return int(order["total"] - order["refunded"])


async def test_those_who_never_ordered_come_last(customers: CustomerService, bench: Bench, clock: Clock) -> None:
    mug = await bench.product()
    for number in (1, 2, 3, 4, 5):
        who = bench.buyer(number)
        await customers.register(who, who.name, who.name)
    for number in (4, 2):
        clock.advance(minutes=1)
        await bench.order(bench.buyer(number), (mug, 1))
    names: list[str] = []
    cursor = ""
    for _page in range(5):
        part = await customers.list_customers(bench.boss, cursor=cursor, limit=1, sort=CustomerSort.LAST_ORDER)
        names += [one.username for one in part.items]
        cursor = part.cursor
    assert cursor == ""
    assert names == ["buyer2", "buyer4", "buyer5", "buyer3", "buyer1"]


async def test_each_day_is_remembered_once(app: App, store: Store, clock: Clock) -> None:
    figures = app.get(CustomerMetrics)
    boss = Actor(ActorKind.MEMBER, "1", "boss", store.id, frozenset({"customer.read"}))
    with scope(store.id):
        for registered in (1, 2):
            await figures.remember(store.id, Metrics(registered=registered, currency="USD"))
        clock.advance(days=1)
        await figures.remember(store.id, Metrics(registered=5, currency="USD"))
        assert [then.registered for _day, then in await figures.history(boss)] == [2, 5]


async def test_each_day_is_remembered_by_itself(bench: Bench, app: App, store: Store, clock: Clock) -> None:
    metrics = app.get(CustomerMetrics)
    timers = {timer.name: timer for _plugin, found in app.hooks("register_timers") for timer in found}
    await bench.order(bench.buyer(), (await bench.product("MUG"), 1))
    for _day in range(3):
        for _time in range(2):
            await timers["customers.figures"].handler(store.id)
        clock.advance(days=1)
    days = [(day.isoformat(), figures.registered) for day, figures in await metrics.history(bench.boss)]
    assert days == [("2026-11-22", 1), ("2026-11-23", 1), ("2026-11-24", 1)]


async def test_a_large_store_is_counted_once_a_minute(
    customers: CustomerService, bench: Bench, app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, seen = app.get(CustomerMetrics), []
    for number in (1, 2, 3, 4):
        if number == 2:
            monkeypatch.setattr("guildshop.plugins.customers.service.metrics.LARGE", 2)
        if number == 4:
            clock.advance(minutes=1)
        await customers.register(bench.buyer(number), f"buyer{number}", f"buyer{number}")
        seen.append((await metrics.recent(bench.boss)).registered)
    assert seen == [1, 2, 2, 4]
    assert [figures.registered for _day, figures in await metrics.history(bench.boss)] == [4]
