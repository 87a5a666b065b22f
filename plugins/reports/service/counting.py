"""Counting days: what happened to orders is worked out from the orders themselves, a day at a time.

An event only says which days it touched. Such a day is counted anew before it is shown, so that events may come late,
twice or in another order, and a figure can never drift from the orders: counting is the one way that it comes about.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from guildshop.database import new_id
from guildshop.errors import NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import (
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPlaced,
    OrderRefunded,
    OrdersImported,
    OrderStatusChanged,
)
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.reports import rules, tables
from guildshop.plugins.reports.service.reading import ReportReading
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

OrderFact = OrderPlaced | OrderEdited | OrderStatusChanged | OrderRefunded | OrderCancelled
ATTEMPTS = 5
TIMER_SECONDS = 20.0
GIVEN_BACK = (
    "CASE WHEN o.status <> 'CANCELLED' THEN o.refunded WHEN o.due - o.written_off > o.refunded"
    " THEN o.total - o.due + o.refunded ELSE o.total - o.written_off END"
)
"""What went back of a paid order; what credit paid of a cancelled one goes back with the cancellation."""
PAID_OF_A_DAY = (
    "SELECT o.currency, COUNT(*) AS paid, SUM(o.total - o.written_off) AS revenue,"
    f" SUM({GIVEN_BACK} - COALESCE((SELECT SUM(r.amount) FROM report_refund AS r"
    "   WHERE r.store = :store AND r.order_id = o.id), 0)) AS unknown FROM orders AS o"
    " WHERE o.store = :store AND o.paid_at >= :begin AND o.paid_at < :end GROUP BY o.currency"
)
# By SKU first: where the currency comes first, SQLite without statistics takes the index that begins with it, and reads
# all orders of the store.
SOLD_ON_A_DAY = (
    "SELECT o.currency, l.sku, MAX(l.name) AS name, SUM(l.quantity - l.returned) AS pieces,"
    " SUM((l.quantity - l.returned) * l.unit_price) AS amount FROM orders AS o"
    " JOIN order_line AS l ON l.store = o.store AND l.order_id = o.id"
    " WHERE o.store = :store AND o.paid_at >= :begin AND o.paid_at < :end AND o.status <> 'CANCELLED'"
    " GROUP BY l.sku, o.currency HAVING SUM(l.quantity - l.returned) > 0"
)


class ReportCounting(ReportReading):
    """Hears of orders, and counts the days that they touched."""

    async def order_changed(self, event: OrderFact, delivery: Delivery) -> None:
        """Have the days counted anew that an order belongs to, and remember when money of it went back."""
        for attempt in range(ATTEMPTS):
            try:
                await self._follow(event, delivery)
            except Stale:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    async def orders_imported(self, event: OrdersImported, delivery: Delivery) -> None:
        """Have the days of imported orders counted anew."""
        zone = self._zone()
        days = _days_between(rules.today(event.first, zone), rules.today(event.last, zone))
        known = await self._known(days)
        async with delivery.work() as work:
            # Years of days: too many for one statement each.
            work.guard(
                tables.ReportDay,
                set="changes = changes + 1",
                where="day >= :first AND day <= :last",
                rows=None,
                first=days[0],
                last=days[-1],
            )
            self._add(work, days, known)

    async def check_deletion(self, order: Order) -> Callable[[Work], None] | None:
        """Return what has the days of an order counted without it."""
        days = await self._days_of(order)

        def join(work: Work) -> None:
            work.guard(tables.ReportDay, set="changes = changes + 1", where="day IN :days", rows=None, days=list(days))

        return join

    async def count_store(self, store: int) -> None:
        """Count whatever a store has to be counted, for a while; the timer's part."""
        await self.catch_up(date.min, date.max, TIMER_SECONDS)

    async def begin_anew(self, actor: Actor) -> int:
        """Forget all figures and have every day counted again; return how many days there are.

        Days themselves are not forgotten: an order may touch one at this very moment.
        """
        store, zone = actor.store, self._zone()
        state = await self.app.database.fetch_one("SELECT id, zone FROM report_state WHERE store = :store", store=store)
        days = await self._days_of_store(zone)
        known = await self._known(days)
        lost = Stale(_("Somebody else has just begun to count. Reload the page."))
        async with self.app.work(actor) as work:
            if state is None:
                work.insert(tables.ReportState, conflict=lost, id=new_id(), zone=zone)
            else:
                work.guard(
                    tables.ReportState,
                    set="zone = :zone",
                    where="id = :id AND zone = :before",
                    refusal=lost,
                    id=state["id"],
                    zone=zone,
                    before=state["zone"],
                )
            for table in (tables.ReportProduct, tables.ReportFigures):
                work.delete(table, where="day <> ''")
            work.guard(tables.ReportDay, set="changes = changes + 1", where="day <> ''", rows=None)
            self._add(work, days, known)
        return len(days)

    async def catch_up(self, first: date, last: date, seconds: float) -> int:
        """Count the days of a period that were touched since, the latest first; return how many are left after that."""
        await self._require_begun()
        stale = await self.app.database.fetch(
            "SELECT id, day, changes FROM report_day WHERE store = :store AND day >= :first AND day <= :last"
            " AND counted < changes ORDER BY day DESC",
            store=current_store(),
            first=first.isoformat(),
            last=last.isoformat(),
        )
        until = time.monotonic() + seconds
        for number, row in enumerate(stale):
            if number and time.monotonic() > until:
                return len(stale) - number
            try:
                await self._count(row)
            except Stale:
                # Another process has just counted it.
                continue
        return 0

    # Within

    async def _require_begun(self) -> None:
        for _attempt in range(ATTEMPTS):
            row = await self.app.database.fetch_one(
                "SELECT zone FROM report_state WHERE store = :store", store=current_store()
            )
            if row is not None and row["zone"] == self._zone():
                return
            with suppress(Stale):
                await self.begin_anew(Actor.system(current_store(), "reports.count"))

    async def _days_of_store(self, zone: str) -> Sequence[str]:
        row = await self.app.database.fetch_one(
            'SELECT MIN(created) AS "first [TIMESTAMPTZ]" FROM orders WHERE store = :store', store=current_store()
        )
        if row is None or row["first"] is None:
            return ()
        return _days_between(rules.today(row["first"], zone), rules.today(self.app.now(), zone))

    async def _follow(self, event: OrderFact, delivery: Delivery) -> None:
        try:
            order = await self.app.get(OrderService).get(event.order)
        except NotFound:
            return
        back = await self._newly_given_back(event, order)
        days = await self._days_of(order)
        if back is not None:
            days.add(rules.today(delivery.occurred_at, self._zone()).isoformat())
        known = await self._known(days)
        async with delivery.work() as work:
            if back is not None:
                amount, total = back
                work.insert(
                    tables.ReportRefund,
                    conflict=_again(),
                    id=new_id(),
                    order_id=order.id,
                    currency=order.currency,
                    amount=amount,
                    total=total,
                    at=delivery.occurred_at,
                )
            self._touch(work, days, known)

    async def _newly_given_back(self, event: OrderFact, order: Order) -> tuple[int, int] | None:
        """Return what an event gave back that is not remembered yet, and what that makes in all."""
        if order.paid_at is None or not isinstance(event, OrderRefunded | OrderCancelled):
            return None
        row = await self.app.database.fetch_one(
            f"SELECT {GIVEN_BACK} AS given, COALESCE((SELECT SUM(r.amount) FROM report_refund AS r"
            " WHERE r.store = :store AND r.order_id = o.id), 0) AS known"
            " FROM orders AS o WHERE o.store = :store AND o.id = :id",
            store=order.store,
            id=order.id,
        )
        given, known = (int(row["given"]), int(row["known"])) if row else (0, 0)
        amount = given - known
        if isinstance(event, OrderRefunded):
            amount = min(amount, event.amount)
        return (amount, known + amount) if amount > 0 else None

    async def _days_of(self, order: Order) -> set[str]:
        found = await self.app.database.fetch(
            "SELECT at FROM report_refund WHERE store = :store AND order_id = :id", store=order.store, id=order.id
        )
        moments: list[datetime | None] = [order.created, order.paid_at, *(row["at"] for row in found)]
        return {rules.today(moment, self._zone()).isoformat() for moment in moments if moment is not None}

    async def _known(self, days: Collection[str]) -> set[str]:
        rows = await self.app.database.fetch(
            "SELECT day FROM report_day WHERE store = :store AND day IN :days", store=current_store(), days=list(days)
        )
        return {str(row["day"]) for row in rows}

    def _touch(self, work: Work, days: Collection[str], known: Collection[str]) -> None:
        for day in sorted(day for day in days if day in known):
            # In order, so that two deliveries wait for one another rather than each for the other.
            work.guard(tables.ReportDay, set="changes = changes + 1", where="day = :day", refusal=_again(), day=day)
        self._add(work, days, known)

    def _add(self, work: Work, days: Collection[str], known: Collection[str]) -> None:
        new = sorted(day for day in days if day not in known)
        work.insert_many(tables.ReportDay, [{"id": new_id(), "day": day} for day in new], _again())

    async def _count(self, row: Mapping[str, Any]) -> None:
        """Count a day as it is now; what touches it meanwhile has it counted once more."""
        day = str(row["day"])
        figures = await self._figures_of(date.fromisoformat(day))
        products = await self._products_of(date.fromisoformat(day))
        async with self.app.work(Actor.system(current_store(), "reports.count")) as work:
            work.guard(
                tables.ReportDay,
                set="counted = :seen",
                where="id = :id AND counted < :seen",
                refusal=_again(),
                id=row["id"],
                seen=row["changes"],
            )
            for table, rows in ((tables.ReportFigures, figures), (tables.ReportProduct, products)):
                work.delete(table, where="day = :day", day=day)
                work.insert_many(table, [{"id": new_id(), "day": day, **one} for one in rows], _again())

    async def _figures_of(self, day: date) -> list[dict[str, Any]]:
        begin, end = rules.bounds(day, self._zone())
        found: dict[str, dict[str, Any]] = {}

        def of(currency: str) -> dict[str, Any]:
            empty = {"placed": 0, "converted": 0, "paid": 0, "revenue": 0, "refunds": 0, "refunded": 0}
            return found.setdefault(currency, {"currency": currency, **empty, "statuses": {}})

        for row in await self._within(
            "SELECT o.currency, o.status, COUNT(*) AS placed, COUNT(o.paid_at) AS converted FROM orders AS o"
            " WHERE o.store = :store AND o.created >= :begin AND o.created < :end GROUP BY o.currency, o.status",
            begin,
            end,
        ):
            mine = of(row["currency"])
            mine["placed"] += int(row["placed"])
            mine["converted"] += int(row["converted"])
            mine["statuses"][row["status"]] = int(row["placed"])
        for row in await self._within(PAID_OF_A_DAY, begin, end):
            mine = of(row["currency"])
            mine["paid"], mine["revenue"] = int(row["paid"]), int(row["revenue"])
            # Of imported orders nobody knows when their money went back: it counts on the day on which it came.
            mine["refunds"] += int(row["unknown"])
        for row in await self._within(
            "SELECT r.currency, SUM(r.amount) AS refunds, COUNT(DISTINCT r.order_id) AS refunded"
            " FROM report_refund AS r WHERE r.store = :store AND r.at >= :begin AND r.at < :end GROUP BY r.currency",
            begin,
            end,
        ):
            mine = of(row["currency"])
            mine["refunds"] += int(row["refunds"])
            mine["refunded"] += int(row["refunded"])
        return list(found.values())

    async def _products_of(self, day: date) -> list[dict[str, Any]]:
        begin, end = rules.bounds(day, self._zone())
        rows = await self._within(SOLD_ON_A_DAY, begin, end)
        whole = ("pieces", "amount")
        return [{**row, **{name: int(row[name]) for name in whole}} for row in rows]

    async def _within(self, text: str, begin: datetime, end: datetime) -> list[dict[str, Any]]:
        return await self.app.database.fetch(text, store=current_store(), begin=begin, end=end)


def _days_between(first: date, last: date) -> list[str]:
    return [(first + timedelta(days=number)).isoformat() for number in range(max((last - first).days, 0) + 1)]


def _again() -> Stale:
    return Stale(_("Somebody else counted this day at the same moment. Try again."))
