"""Accounts and their ledger: reading them, and the one write that changes a balance together with its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.i18n import _
from guildshop.plugins.customers.api import name_of
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty import rules, tables
from guildshop.plugins.loyalty.api import (
    EntryKind,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltySettings,
    OrderPoints,
    PointsOwed,
)
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

PLUGIN = "loyalty"
NAME_LIMIT = 100

ACCOUNT = (
    "SELECT a.id, a.store, a.customer, a.balance, a.lifetime, a.day, a.day_earned, a.created, a.version,"
    " c.display_name, c.first_name, c.last_name, c.username, c.email, c.account_number FROM loyalty_account AS a"
    " JOIN customer AS c ON c.store = a.store AND c.id = a.customer WHERE a.store = :store"
)
_LAPSED = "CASE WHEN e.points > 0 AND e.kind <> 'RETURN' AND e.expires <= :now THEN e.points ELSE 0 END"
_SPENT = "CASE WHEN e.points < 0 OR e.kind = 'RETURN' THEN e.points ELSE 0 END"


class PointsLedger:
    """What is known of points, and the rows that change them."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    def active(self, store: int) -> bool:
        """Tell whether the store has an active loyalty program."""
        return self.app.stores.enabled(store, PLUGIN) and self.program(store).enabled

    def program(self, store: int) -> LoyaltySettings:
        """Return the terms of the program."""
        return self.app.stores.settings(store, LoyaltySettings)

    async def account(self, customer: UUID) -> LoyaltyAccount | None:
        """Return the customer's account, if there is one."""
        row = await self.app.database.fetch_one(
            f"{ACCOUNT} AND a.customer = :customer", store=current_store(), customer=customer
        )
        return None if row is None else account_of(row)

    async def account_of_id(self, key: UUID) -> LoyaltyAccount:
        """Return an account that there is."""
        row = await self.app.database.fetch_one(f"{ACCOUNT} AND a.id = :id", store=current_store(), id=key)
        if row is None:
            raise AssertionError(key)
        return account_of(row)

    async def with_account(self, customers: Sequence[UUID]) -> set[UUID]:
        """Return which of these customers have an account."""
        if not customers:
            return set()
        rows = await self.app.database.fetch(
            "SELECT customer FROM loyalty_account WHERE store = :store AND customer IN :customers",
            store=current_store(),
            customers=customers,
        )
        return {row["customer"] for row in rows}

    async def entries(self, customer: UUID, limit: int = 100) -> Sequence[LoyaltyEntry]:
        """Return what changed the customer's points, newest first."""
        rows = await self.app.database.fetch(
            "SELECT e.id, a.customer, e.kind, e.points, e.short, e.reason, e.expires, e.made_by, e.created,"
            " COALESCE(o.number, e.order_number) AS order_number"
            " FROM loyalty_entry AS e JOIN loyalty_account AS a ON a.store = e.store AND a.id = e.account"
            " LEFT JOIN orders AS o ON o.store = e.store AND o.id = e.order_id"
            " WHERE e.store = :store AND a.customer = :customer ORDER BY e.created DESC, e.id DESC LIMIT :limit",
            store=current_store(),
            customer=customer,
            limit=limit,
        )
        same = ("id", "customer", "points", "short", "reason", "expires", "made_by", "created")
        return [
            LoyaltyEntry(
                **{name: row[name] for name in same},
                kind=EntryKind(row["kind"]),
                order_number=row["order_number"] or "",
            )
            for row in rows
        ]

    async def owed(self) -> PointsOwed:
        """Return how many points customers hold in all."""
        row = await self.app.database.fetch_one(
            "SELECT COALESCE(SUM(balance), 0) AS points, COUNT(*) AS customers FROM loyalty_account"
            " WHERE store = :store",
            store=current_store(),
        )
        return PointsOwed(int(row["points"]), int(row["customers"])) if row else PointsOwed(0, 0)

    async def of_order(self, order: UUID) -> OrderPoints | None:
        """Return what an order did to points, if anything."""
        row = await self.app.database.fetch_one(
            "SELECT id, account, redeemed, returned, value, base, earned, version FROM loyalty_order"
            " WHERE store = :store AND order_id = :order",
            store=current_store(),
            order=order,
        )
        return None if row is None else OrderPoints(**row)

    async def due_to_expire(self, account: UUID | None = None) -> Mapping[UUID, int]:
        """Return how many points of which customers expire now; of one account, or of all."""
        values: dict[str, Any] = {"store": current_store(), "now": self.app.now()}
        only = ""
        if account is not None:
            only, values["account"] = " AND e.account = :account", account
        rows = await self.app.database.fetch(
            f"SELECT a.customer, SUM({_LAPSED}) AS lapsed, SUM({_SPENT}) AS spent FROM loyalty_entry AS e"
            " JOIN loyalty_account AS a ON a.store = e.store AND a.id = e.account"
            f" WHERE e.store = :store{only} GROUP BY a.customer HAVING SUM({_LAPSED}) + SUM({_SPENT}) > 0",
            **values,
        )
        return {row["customer"]: rules.expiring(int(row["lapsed"]), int(row["spent"])) for row in rows}

    async def check_balances(self, store: int) -> Sequence[str]:
        """Return the accounts whose balance is not the sum of their entries, or that orders tell otherwise of."""
        rows = await self.app.database.fetch(
            "SELECT c.account_number FROM loyalty_account AS a"
            " JOIN customer AS c ON c.store = a.store AND c.id = a.customer WHERE a.store = :store AND ("
            " a.balance <> COALESCE((SELECT SUM(e.points) FROM loyalty_entry AS e"
            "   WHERE e.store = :store AND e.account = a.id), 0)"
            " OR a.lifetime <> COALESCE((SELECT SUM(o.earned) FROM loyalty_order AS o"
            "   WHERE o.store = :store AND o.account = a.id), 0)"
            # Order by order: what one took of an account may be another one's since two records were merged.
            " OR EXISTS (SELECT 1 FROM loyalty_order AS o WHERE o.store = :store AND o.account = a.id"
            "   AND o.redeemed - o.returned <> -COALESCE((SELECT SUM(e.points) FROM loyalty_entry AS e"
            "     WHERE e.store = :store AND e.order_id = o.order_id AND e.kind IN ('REDEEM', 'RETURN')), 0))"
            " OR EXISTS (SELECT 1 FROM loyalty_entry AS e WHERE e.store = :store AND e.account = a.id"
            "   AND e.kind IN ('REDEEM', 'RETURN') AND NOT EXISTS (SELECT 1 FROM loyalty_order AS o"
            "     WHERE o.store = :store AND o.order_id = e.order_id)))"
            " ORDER BY c.account_number",
            store=store,
        )
        return [str(row["account_number"]) for row in rows]

    # Joining a Work

    def open(self, work: Work, key: UUID, customer: UUID) -> None:
        """Open a customer's account."""
        self.app.get(CustomerService).require_present(work, customer)
        work.insert(
            tables.LoyaltyAccount,
            conflict=Stale(_("This account was opened at the same moment. Try again.")),
            id=key,
            customer=customer,
            balance=0,
            lifetime=0,
            day="",
            day_earned=0,
            created=work.now,
            version=1,
        )

    def change(
        self, work: Work, account: UUID, points: int, *, gone: Exception, seen: int | None = None, **counters: Any
    ) -> None:
        """Change a balance, and set counters beside it; `gone` where it is too little, or not the version `seen`."""
        where = "id = :id AND balance + :points >= 0"
        values: dict[str, Any] = {"id": account, "points": points, **counters}
        if seen is not None:
            where += " AND version = :seen"
            values["seen"] = seen
        extra = "".join(f", {name} = :{name}" for name in counters)
        work.guard(
            tables.LoyaltyAccount,
            set=f"balance = balance + :points, version = version + 1{extra}",
            where=where,
            refusal=gone,
            **values,
        )

    def enter(
        self,
        work: Work,
        account: UUID,
        kind: EntryKind,
        points: int,
        *,
        gone: Exception,
        short: int = 0,
        order: UUID | None = None,
        order_number: str = "",
        reason: str = "",
        source: UUID | None = None,
        expires: datetime | None = None,
    ) -> None:
        """Add the row that says why; the balance is changed beside it by `change`."""
        work.insert(
            tables.LoyaltyEntry,
            conflict=gone,
            id=new_id(),
            account=account,
            kind=kind.value,
            points=points,
            short=short,
            reason=reason,
            order_id=order,
            order_number=order_number,
            source=source,
            expires=expires,
            made_by=work.actor.name[:NAME_LIMIT],
            created=work.now,
        )

    def give_back(self, work: Work, order: UUID, seen: OrderPoints) -> None:
        """Give back all points that an unpaid order redeemed, as if it had never taken them."""
        gone = Stale(_("Somebody else changed these points at the same moment. Try again."))
        work.guard(
            tables.LoyaltyOrder,
            set="redeemed = 0, version = version + 1",
            where="id = :id AND version = :version",
            refusal=gone,
            id=seen.id,
            version=seen.version,
        )
        self.change(work, seen.account, seen.redeemed, gone=gone)
        self.enter(work, seen.account, EntryKind.RETURN, seen.redeemed, gone=gone, order=order)


def account_of(row: Mapping[str, Any]) -> LoyaltyAccount:
    """Return a row of an account with its customer as an account."""
    same = ("id", "store", "customer", "balance", "lifetime", "day", "day_earned", "created", "version")
    return LoyaltyAccount(**{column: row[column] for column in same}, customer_name=name_of(row))
