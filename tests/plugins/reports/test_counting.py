"""What reports say equals a slow recount of the orders, whatever happened to these, however it was told."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.orders.service import OrderDeletion, OrderFiles
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.reports.api import Period, Report, Share
from guildshop.plugins.reports.service import ReportService
from guildshop.plugins.reports.service.counting import PAID_OF_A_DAY, SOLD_ON_A_DAY
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.plugins.refunds.conftest import Till

ZONE = "America/New_York"
START = datetime(2026, 10, 28, 3, 30, tzinfo=UTC)
WHOLE = Period(date(2026, 10, 1), date(2026, 11, 30))
"""With the day of 25 hours in it."""


@pytest.fixture
async def reports(till: Till, clock: Any) -> ReportService:
    clock.now = START
    await till.app.stores.change(till.boss, "store", {"time_zone": ZONE})
    return till.app.get(ReportService)


async def test_reports_equal_a_slow_recount(till: Till, reports: ReportService, clock: Any) -> None:
    chance = random.Random(2026)
    products = [await till.product(f"P{n}", price=price, quantity=900) for n, price in enumerate((1500, 999, 5))]
    money: dict[str, Counter[str]] = defaultdict(Counter)
    """What went back, by currency and day, as it happened."""
    for step in range(45):
        clock.advance(hours=chance.choice((0, 1, 5, 13)))
        if step in {15, 30}:
            currency = "EUR" if step == 15 else "USD"
            await till.app.stores.change(till.boss, "store", {"currency": currency})
            products = [
                await till.product(f"{currency}{n}", price=price, currency=currency, quantity=900)
                for n, price in enumerate((2500, 70))
            ]
        await _something(till, chance, products, clock.now, money)
        if chance.random() < 0.4:
            await till.settle()
        if chance.random() < 0.2:
            await reports.report(till.boss, WHOLE)
    await till.settle()
    today = reports.today()
    period = Period(WHOLE.first, today)
    before = [await _check(till, reports, period, currency, money) for currency in ("USD", "EUR")]
    assert all(report.total.revenue and report.total.refunds for report in before), "the history was too tame"
    # Deleting takes an order out of its days; counting all of them anew comes to the same.
    deletable = [row for row in await till.rows("orders") if row["status"] == "CANCELLED" and row["paid_at"] is None]
    assert deletable
    await till.app.get(OrderDeletion).delete(till.boss, deletable[0]["id"], deletable[0]["number"])
    again = [await _check(till, reports, period, currency, money) for currency in ("USD", "EUR")]
    assert again != before
    await reports.recount(till.boss)
    assert [await reports.report(till.boss, period, currency) for currency in ("USD", "EUR")] == again
    # Another time zone is another set of days.
    await till.app.stores.change(till.boss, "store", {"time_zone": "Asia/Tokyo"})
    moved = await reports.report(till.boss, Period(WHOLE.first, reports.today()), "USD")
    assert [day.figures for day in moved.days] != [day.figures for day in again[0].days]
    assert moved.total == again[0].total


async def test_imported_orders_and_lost_or_repeated_news(till: Till, reports: ReportService, clock: Any) -> None:
    await till.product("MUG", quantity=5)
    sold = await till.sold(((await till.product("CUP")), 2))
    report = await reports.report(till.boss, WHOLE)
    assert (report.total.paid, report.total.revenue) == (1, 3000)
    for event in ("reports.moved", "reports.placed"):
        await _tell_again(till, event)
    assert await reports.report(till.boss, WHOLE) == report
    clock.advance(days=3)
    await till.refund(sold, "amount", 500)
    await till.settle()
    await _tell_again(till, "reports.refunded")
    later = await reports.report(till.boss, WHOLE)
    assert [day.figures.refunds for day in later.days if day.figures.refunds] == [500]
    assert next(day.day for day in later.days if day.figures.refunds) == reports.today()
    assert (later.total.net, later.total.refund_rate) == (2500, 500 / 3000)
    row = {
        "number": "ABCD2345", "customer": str(sold.customer_discord_id), "placed_days_ago": "10", "status": "REFUNDED",
        "payment_method": "venmo", "lines": "MUG:2", "shipping": "0", "tracking": "", "carrier": "", "note": "",
        "channel": "WEB",
    }  # fmt: skip
    done = await till.app.get(OrderFiles).import_orders(till.boss, [row], False, lambda _done, _total, _bad=0: None)
    assert done.written == 1, done
    await till.settle()
    imported = await reports.report(till.boss, WHOLE)
    assert (imported.total.revenue, imported.total.refunds, imported.total.paid) == (6000, 3500, 2)


async def test_news_that_come_while_days_are_counted(
    till: Till, reports: ReportService, monkeypatch: pytest.MonkeyPatch
) -> None:
    mug = await till.product("MUG", quantity=90)
    find, count = reports._days_of_store, reports._figures_of

    async def sell_meanwhile(zone: str) -> Any:
        found = await find(zone)
        monkeypatch.undo()
        await till.sold((mug, 1))
        await till.settle()
        return found

    async def tell_meanwhile(*of: Any) -> Any:
        found = await count(*of)
        await _tell_again(till, "reports.placed")
        return found

    monkeypatch.setattr(reports, "_days_of_store", sell_meanwhile)
    assert (await reports.report(till.boss, WHOLE)).total.revenue == 1500, "the first days ever were being found"
    await till.sold((mug, 1))
    await till.settle()
    monkeypatch.setattr(reports, "_figures_of", tell_meanwhile)
    assert (await reports.report(till.boss, WHOLE)).total.revenue == 3000, "the day was being counted"
    monkeypatch.undo()
    await till.sold((mug, 1))
    await till.settle()
    report = await reports.report(till.boss, WHOLE)
    assert (report.total.revenue, report.total.paid, report.uncounted) == (4500, 3, 0)


async def test_a_link_outlives_the_currency_of_its_report(till: Till, reports: ReportService, clock: Any) -> None:
    share = Share(UUID(int=1), till.store.id, WHOLE, "USD", "Olga", clock.now, clock.now, False)
    await till.app.stores.change(till.boss, "store", {"currency": "EUR"})
    shared = await reports.shared(share)
    assert (shared.currency, shared.empty) == ("USD", True)
    with pytest.raises(Invalid):
        await reports.report(till.boss, WHOLE, "USD")


async def test_who_may_see_what(till: Till, reports: ReportService, other_store: Store, staff: Any) -> None:
    await till.sold((await till.product("MUG"), 1))
    reader, curious = staff(till.store, "report.read"), staff(till.store, "report.read", "customer.read")
    with pytest.raises(Forbidden):
        await reports.report(staff(till.store, "order.read"), WHOLE)
    assert await reports.top_buyers(reader, WHOLE, "USD") is None
    (hidden,) = await reports.top_buyers(curious, WHOLE, "USD") or ()
    assert (hidden.orders, hidden.amount) == (1, 1500)
    assert "Buyer" not in hidden.name
    await till.app.stores.change(till.boss, "store", {"show_pii": True})
    (named,) = await reports.top_buyers(curious, WHOLE, "USD") or ()
    assert named.name == "Buyer1"
    with pytest.raises(Forbidden):
        await reports.share(reader, WHOLE, "USD")
    with pytest.raises(Forbidden):
        await reports.recount(reader)
    assert await till.rows("report_share") == []
    with pytest.raises(Invalid):
        await reports.report(reader, WHOLE, "XXX")
    assert (await reports.debts(till.boss)).credit is None
    assert (await reports.debts(till.boss)).points is None
    for plugin in ("store_credit", "loyalty"):
        await till.app.stores.change(till.boss, plugin, {"enabled": True})
    owed = await reports.debts(till.boss)
    assert (owed.credit, owed.points) == ([], 0)
    assert (await reports.debts(reader)).points is None
    with scope(other_store.id):
        theirs = await reports.report(staff(other_store), WHOLE)
        assert theirs.empty
        assert not theirs.products
        assert await reports.top_buyers(staff(other_store), WHOLE, "USD") == []


async def _something(till: Till, chance: random.Random, products: Any, now: datetime, money: Any) -> None:
    """Place, pay, refund or cancel; what is refused does not matter here."""
    day = now.astimezone(ZoneInfo(ZONE)).date().isoformat()
    rows = sorted(await till.rows("orders"), key=lambda row: str(row["id"]))
    what = chance.choice(("place", "place", "pay", "pay", "refund", "items", "cancel"))
    try:
        if what == "place" or not rows:
            chosen = chance.sample(products, chance.randint(1, len(products)))
            items = [(product, chance.randint(1, 3)) for product in chosen]
            await till.order(till.buyer(chance.randint(1, 4)), *items)
            return
        order = await till.orders.get(chance.choice(rows)["id"])
        if what == "pay":
            await till.app.get(PaymentService).confirm(till.boss, order.id, "TX")
        elif what == "refund":
            await till.refund(order, "amount", chance.randint(1, max(order.refundable, 1)))
        elif what == "items" and order.lines:
            await till.refund(order, "items", items=f"{order.lines[0].sku}:1")
        else:
            await till.orders.cancel(till.boss, order.id, "Not wanted")
    except Refusal:
        return
    # A cancelled order pays itself back when its event is delivered.
    await till.settle()
    given = sum(row["refunded"] for row in await till.rows("orders") if row["currency"] == order.currency)
    money[order.currency][day] += given - sum(money[order.currency].values())


async def _check(till: Till, reports: ReportService, period: Period, currency: str, money: Any) -> Report:
    report = await reports.report(till.boss, period, currency)
    assert report.uncounted == 0
    zone = ZoneInfo(ZONE)
    orders = [row for row in await till.rows("orders") if row["currency"] == currency]
    expected: dict[date, Counter[str]] = defaultdict(Counter)
    sold: dict[str, Counter[str]] = defaultdict(Counter)
    buyers: dict[Any, int] = Counter()
    for row in orders:
        placed = row["created"].astimezone(zone).date()
        expected[placed]["placed"] += 1
        expected[placed][f"status {row['status']}"] += 1
        if row["paid_at"] is None:
            continue
        expected[placed]["converted"] += 1
        paid = row["paid_at"].astimezone(zone).date()
        expected[paid]["paid"] += 1
        expected[paid]["revenue"] += row["total"] - row["written_off"]
        buyers[row["customer"]] += row["total"] - row["written_off"] - row["refunded"]
        for line in await till.rows("order_line"):
            if line["order_id"] == row["id"] and row["status"] != "CANCELLED":
                left = line["quantity"] - line["returned"]
                sold[line["sku"]]["pieces"] += left
                sold[line["sku"]]["amount"] += left * line["unit_price"]
    for day in report.days:
        figures = day.figures
        for name in ("placed", "converted", "paid", "revenue"):
            assert getattr(figures, name) == expected[day.day][name], (day.day, name)
        assert figures.refunds == money[currency][day.day.isoformat()], day.day
        assert day.statuses == {
            status.value: expected[day.day][f"status {status.value}"]
            for status in OrderStatus
            if expected[day.day][f"status {status.value}"]
        }
    assert {one.sku: (one.pieces, one.amount) for one in report.products} == {
        sku: (counts["pieces"], counts["amount"]) for sku, counts in sold.items() if counts["pieces"]
    }
    top = await reports.top_buyers(till.boss, period, currency)
    assert {one.customer: one.amount for one in top or ()} == dict(buyers)
    return report


async def _tell_again(till: Till, listener: str) -> None:
    """Have deliveries of a listener come a second time."""
    async with till.app.work(Actor.system(till.store.id, "test")) as work:
        from guildshop.database.tables import DeliveryRow

        work.guard(
            DeliveryRow,
            set="status = 'PENDING', done_at = NULL, next_attempt = :now",
            where="listener = :listener",
            rows=None,
            listener=listener,
        )
    await till.settle()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", [PAID_OF_A_DAY, SOLD_ON_A_DAY], ids=["paid", "sold"])
async def test_counting_a_day_reads_that_day_alone(app: App, query: str) -> None:
    # PostgreSQL keeps statistics by itself; SQLite has none here, as in a store that has just been filled.
    plan = await app.database.fetch(f"EXPLAIN QUERY PLAN {query}", store=1, begin=START, end=START)
    (orders,) = [row["detail"] for row in plan if row["detail"].startswith("SEARCH o ")]
    assert orders.endswith("USING INDEX report_orders_paid (store=? AND paid_at>? AND paid_at<?)")
