"""Reading what was counted, and what needs no counting: customers, and what is owed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.permissions import Actor
from guildshop.plugins.loyalty.api import LOYALTY_READ
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.reports import rules
from guildshop.plugins.reports.api import (
    BuyerFigures,
    DayFigures,
    Figures,
    Owed,
    Period,
    ProductFigures,
)
from guildshop.plugins.store_credit.api import CREDIT_READ
from guildshop.plugins.store_credit.service import CreditService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

_COUNTS = ("placed", "converted", "paid", "revenue", "refunds", "refunded")
_NET = (
    "CASE WHEN status <> 'CANCELLED' THEN total - written_off - refunded"
    " WHEN due - written_off > refunded THEN due - written_off - refunded ELSE 0 END"
)


class ReportReading:
    """Queries within the store in scope. They check no permission."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    def today(self) -> date:
        """Return the day that it is in the store."""
        return rules.today(self.app.now(), self._zone())

    async def currencies(self) -> Sequence[str]:
        """Return the currencies in which anything was counted, the store's own first."""
        own = self.app.stores.get(current_store()).currency
        rows = await self.app.database.fetch(
            "SELECT DISTINCT currency FROM report_figures WHERE store = :store", store=current_store()
        )
        return (own, *sorted({row["currency"] for row in rows} - {own}))

    async def days(self, period: Period, currency: str) -> Sequence[DayFigures]:
        """Return each day of a period as it was counted."""
        rows = await self.app.database.fetch(
            f"SELECT day, {', '.join(_COUNTS)}, statuses FROM report_figures"
            " WHERE store = :store AND currency = :currency AND day >= :first AND day <= :last",
            store=current_store(),
            currency=currency,
            first=period.first.isoformat(),
            last=period.last.isoformat(),
        )
        known = {row["day"]: row for row in rows}
        found = (period.first + timedelta(days=number) for number in range(period.days))
        return [_day(day, known.get(day.isoformat())) for day in found]

    async def products(self, period: Period, currency: str, limit: int) -> Sequence[ProductFigures]:
        """Return the products that sold best in a period, by amount."""
        rows = await self.app.database.fetch(
            "SELECT sku, MAX(name) AS name, SUM(pieces) AS pieces, SUM(amount) AS amount FROM report_product"
            " WHERE store = :store AND currency = :currency AND day >= :first AND day <= :last"
            " GROUP BY sku ORDER BY SUM(amount) DESC, SUM(pieces) DESC, sku LIMIT :limit",
            store=current_store(),
            currency=currency,
            first=period.first.isoformat(),
            last=period.last.isoformat(),
            limit=limit,
        )
        return [ProductFigures(row["sku"], row["name"], int(row["pieces"]), int(row["amount"])) for row in rows]

    async def buyers(self, period: Period, currency: str, limit: int, *, named: bool) -> Sequence[BuyerFigures]:
        """Return the customers whose orders, paid in a period, brought most; by account number unless `named`."""
        zone = self._zone()
        # Read from an index in its order: nothing is sorted but the sums.
        rows = await self.app.database.fetch(
            f"SELECT t.customer, t.orders, t.amount, {_PERSON} FROM (SELECT customer, COUNT(*) AS orders,"
            f" SUM({_NET}) AS amount FROM orders WHERE store = :store AND currency = :currency"
            " AND paid_at >= :begin AND paid_at < :end GROUP BY customer"
            f" ORDER BY SUM({_NET}) DESC, customer LIMIT :limit) AS t"
            " JOIN customer AS c ON c.store = :store AND c.id = t.customer ORDER BY t.amount DESC, t.customer",
            store=current_store(),
            currency=currency,
            begin=rules.beginning(period.first, zone),
            end=rules.bounds(period.last, zone)[1],
            limit=limit,
        )
        return [
            BuyerFigures(_key(row["customer"]), _name(row, named=named), int(row["orders"]), int(row["amount"]))
            for row in rows
        ]

    async def owed(self, actor: Actor) -> Owed:
        """Return what the store owes its customers, as far as the actor may see it.

        What is switched off shows as long as something is owed.
        """
        credit: Sequence[tuple[str, int, int]] | None = None
        if self._shown(actor, "store_credit", CREDIT_READ):
            book = self.app.get(CreditService)
            found = await book.owed()
            if found or book.active(actor.store):
                credit = [(one.currency, one.amount, one.customers) for one in found]
        points, worth, members = None, 0, 0
        if self._shown(actor, "loyalty", LOYALTY_READ):
            service = self.app.get(LoyaltyService)
            held = await service.owed()
            if held.points or service.active(actor.store):
                points, members = held.points, held.customers
                worth = held.points * service.program(actor.store).point_value
        return Owed(credit, points, worth, members)

    def _shown(self, actor: Actor, plugin: str, permission: str) -> bool:
        return actor.may(permission) and self.app.stores.enabled(actor.store, plugin)

    def _zone(self) -> str:
        return self.app.stores.get(current_store()).time_zone


_PERSON = "c.display_name, c.first_name, c.last_name, c.username, c.account_number"


def _name(row: dict[str, Any], *, named: bool) -> str:
    full = f"{row['first_name']} {row['last_name']}".strip()
    name = row["display_name"] or full or row["username"] if named else ""
    return str(name or row["account_number"])


def _key(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _day(day: date, row: dict[str, Any] | None) -> DayFigures:
    if row is None:
        return DayFigures(day, Figures(), {})
    statuses = row["statuses"]
    known = json.loads(statuses) if isinstance(statuses, str) else statuses
    return DayFigures(day, Figures(**{name: int(row[name]) for name in _COUNTS}), known)
