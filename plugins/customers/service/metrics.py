"""The figures of a store's customers: counted when somebody looks, and remembered for each day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.permissions import Actor, Origin
from guildshop.plugins.customers import tables
from guildshop.plugins.customers.api import CUSTOMER_READ
from guildshop.plugins.customers.rules import Metrics, month_start
from guildshop.plugins.customers.service.reading import REGISTERED

if TYPE_CHECKING:
    from guildshop.app import App

TREND_DAYS = 90
LARGE = 10_000
"""Registered customers from which on counting takes longer than the rest of a page."""
KEPT = timedelta(minutes=1)
_COLUMNS = ("registered", "active", "buyers", "repeaters", "revenue", "currency")


class CustomerMetrics:
    """Counts over an index that holds everything that is counted."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app
        self._counted: dict[int, tuple[datetime, Metrics]] = {}

    async def recent(self, actor: Actor) -> Metrics:
        """Return the figures as today's are remembered: of this moment, in a large store up to a minute old."""
        actor.require(CUSTOMER_READ)
        counted, found = self._counted.get(actor.store, (None, None))
        currency = self._app.stores.get(actor.store).currency
        if found is None or counted is None or found.currency != currency or self._app.now() - counted >= KEPT:
            counted, found = self._app.now(), await self.now(actor)
            await self.remember(actor.store, found)
            if found.registered >= LARGE:
                self._counted[actor.store] = counted, found
        return found

    async def now(self, actor: Actor) -> Metrics:
        """Return the figures of this moment."""
        actor.require(CUSTOMER_READ)
        store = self._app.stores.get(actor.store)
        month = month_start(self._app.now(), ZoneInfo(store.time_zone))
        row = await self._app.database.fetch_one(
            f"SELECT COUNT(CASE WHEN {REGISTERED} THEN 1 END) AS registered,"
            " COUNT(CASE WHEN last_paid >= :paid OR last_seen >= :seen THEN 1 END) AS active,"
            " COUNT(CASE WHEN paid_orders >= 1 THEN 1 END) AS buyers,"
            " COUNT(CASE WHEN paid_orders >= 2 THEN 1 END) AS repeaters,"
            " COALESCE(SUM(CASE WHEN revenue_currency = :currency THEN revenue ELSE 0 END), 0) AS revenue"
            " FROM customer WHERE store = :store",
            store=store.id,
            currency=store.currency,
            paid=month,
            seen=month,
        )
        counts = {} if row is None else {name: int(value) for name, value in row.items()}
        return Metrics(**counts, currency=store.currency)

    async def remember_today(self, store_id: int) -> None:
        """Keep the figures of a store as they are now, so that its trends have every day, also those unlooked at."""
        await self.remember(store_id, await self.now(Actor.system(store_id, "customers.figures")))

    async def remember(self, store_id: int, metrics: Metrics) -> None:
        """Keep the figures as those of today in the store's time zone."""
        day = self._today(store_id).isoformat()
        values = {name: getattr(metrics, name) for name in _COLUMNS}
        known = await self._app.database.fetch_one(
            f"SELECT id, {', '.join(_COLUMNS)} FROM customer_snapshot WHERE store = :store AND day = :day",
            store=store_id,
            day=day,
        )
        if known is not None and all(known[name] == value for name, value in values.items()):
            return
        lost = Refusal("somebody else was faster")
        try:
            async with self._app.work(Actor.system(store_id, "customers.metrics", origin=Origin.WEB)) as work:
                if known is None:
                    work.insert(tables.CustomerSnapshot, conflict=lost, id=new_id(), day=day, **values)
                else:
                    work.update(tables.CustomerSnapshot, known["id"], **values)
        except Refusal as refusal:
            if refusal is not lost:
                raise

    async def history(self, actor: Actor) -> list[tuple[date, Metrics]]:
        """Return the remembered days of the last three months in the store's currency, oldest first."""
        actor.require(CUSTOMER_READ)
        rows = await self._app.database.fetch(
            f"SELECT day, {', '.join(_COLUMNS)} FROM customer_snapshot"
            " WHERE store = :store AND day >= :first AND currency = :currency ORDER BY day",
            store=actor.store,
            first=(self._today(actor.store) - timedelta(days=TREND_DAYS)).isoformat(),
            currency=self._app.stores.get(actor.store).currency,
        )
        return [(date.fromisoformat(row["day"]), Metrics(**{name: row[name] for name in _COLUMNS})) for row in rows]

    def _today(self, store_id: int) -> date:
        return self._app.now().astimezone(ZoneInfo(self._app.stores.get(store_id).time_zone)).date()
