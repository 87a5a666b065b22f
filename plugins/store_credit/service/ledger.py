"""Accounts and their ledger: reading them, and the writes that join a Work. No balance ever changes without its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.i18n import _
from guildshop.plugins.customers.api import name_of
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit import tables
from guildshop.plugins.store_credit.api import (
    CreditAccount,
    CreditEntry,
    CreditGone,
    CreditOwed,
    EntryKind,
    StoreCreditSettings,
)
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

log = structlog.get_logger(__name__)

PLUGIN = "store_credit"
NAME_LIMIT = 100

ACCOUNT = (
    "SELECT a.id, a.store, a.customer, a.currency, a.balance, a.created, a.version, c.display_name, c.first_name,"
    " c.last_name, c.username, c.email, c.account_number FROM credit_account AS a"
    " JOIN customer AS c ON c.store = a.store AND c.id = a.customer WHERE a.store = :store"
)


class CreditLedger:
    """What is known of credit, and the rows that change it."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    def active(self, store: int) -> bool:
        """Tell whether the store gives credit and takes it at the checkout."""
        return self.app.stores.enabled(store, PLUGIN) and self.app.stores.settings(store, StoreCreditSettings).enabled

    async def account(self, customer: UUID, currency: str) -> CreditAccount | None:
        """Return the customer's account in that currency, if there is one."""
        row = await self.app.database.fetch_one(
            f"{ACCOUNT} AND a.customer = :customer AND a.currency = :currency",
            store=current_store(),
            customer=customer,
            currency=currency,
        )
        return None if row is None else account_of(row)

    async def accounts_of(self, customer: UUID) -> Sequence[CreditAccount]:
        """Return the customer's accounts: one, unless the store changed its currency."""
        rows = await self.app.database.fetch(
            f"{ACCOUNT} AND a.customer = :customer ORDER BY a.created, a.id", store=current_store(), customer=customer
        )
        return [account_of(row) for row in rows]

    async def entries(self, customer: UUID, limit: int = 100) -> Sequence[CreditEntry]:
        """Return what changed the customer's credit, newest first."""
        rows = await self.app.database.fetch(
            "SELECT e.id, a.customer, e.kind, e.amount, a.currency, e.reason, e.order_id, e.made_by, e.created,"
            " COALESCE(o.number, e.order_number) AS order_number"
            " FROM credit_entry AS e JOIN credit_account AS a ON a.store = e.store AND a.id = e.account"
            " LEFT JOIN orders AS o ON o.store = e.store AND o.id = e.order_id"
            " WHERE e.store = :store AND a.customer = :customer ORDER BY e.created DESC, e.id DESC LIMIT :limit",
            store=current_store(),
            customer=customer,
            limit=limit,
        )
        return [
            CreditEntry(
                id=row["id"],
                customer=row["customer"],
                kind=EntryKind(row["kind"]),
                amount=row["amount"],
                currency=row["currency"],
                reason=row["reason"],
                order=row["order_id"],
                order_number=row["order_number"] or "",
                made_by=row["made_by"],
                created=row["created"],
            )
            for row in rows
        ]

    async def owed(self) -> Sequence[CreditOwed]:
        """Return what the store owes in all, by currency."""
        rows = await self.app.database.fetch(
            "SELECT currency, SUM(balance) AS amount, COUNT(*) AS customers FROM credit_account"
            " WHERE store = :store AND balance > 0 GROUP BY currency ORDER BY currency",
            store=current_store(),
        )
        return [CreditOwed(row["currency"], int(row["amount"]), int(row["customers"])) for row in rows]

    async def check_balances(self, store: int) -> Sequence[str]:
        """Return the accounts whose balance is not the sum of their entries, or whose orders hold something else."""
        rows = await self.app.database.fetch(
            "SELECT c.account_number, a.currency FROM credit_account AS a"
            " JOIN customer AS c ON c.store = a.store AND c.id = a.customer WHERE a.store = :store AND ("
            " a.balance <> COALESCE((SELECT SUM(e.amount) FROM credit_entry AS e"
            "   WHERE e.store = :store AND e.account = a.id), 0)"
            # Order by order: what one took of an account, it may hold of another one since two records were merged.
            " OR EXISTS (SELECT 1 FROM credit_use AS u WHERE u.store = :store AND u.account = a.id AND u.held <>"
            "   -COALESCE((SELECT SUM(e.amount) FROM credit_entry AS e WHERE e.store = :store"
            "     AND e.order_id = u.order_id AND e.kind IN ('ORDER', 'RETURN')), 0))"
            " OR EXISTS (SELECT 1 FROM credit_entry AS e WHERE e.store = :store AND e.account = a.id"
            "   AND e.kind IN ('ORDER', 'RETURN') AND NOT EXISTS (SELECT 1 FROM credit_use AS u"
            "     WHERE u.store = :store AND u.order_id = e.order_id)))"
            " ORDER BY c.account_number",
            store=store,
        )
        return [f"{row['account_number']} ({row['currency']})" for row in rows]

    async def compare(self, store: int) -> None:
        """Log the accounts that `check_balances` finds; the doctor shows them too."""
        for account in await self.check_balances(store):
            log.error("store_credit.balance_differs", store=store, account=account)

    async def held(self, order: UUID) -> tuple[UUID, int] | None:
        """Return the account that an order took credit of, and what it still holds."""
        row = await self.app.database.fetch_one(
            "SELECT account, held FROM credit_use WHERE store = :store AND order_id = :order",
            store=current_store(),
            order=order,
        )
        return None if row is None else (row["account"], int(row["held"]))

    # Joining a Work

    def open(self, work: Work, key: UUID, customer: UUID, currency: str) -> None:
        """Open a customer's account in that currency."""
        self.app.get(CustomerService).require_present(work, customer)
        work.insert(
            tables.CreditAccount,
            conflict=Stale(_("This account was opened at the same moment. Try again.")),
            id=key,
            customer=customer,
            currency=currency,
            balance=0,
            created=work.now,
            version=1,
        )

    def book(
        self,
        work: Work,
        account: UUID,
        kind: EntryKind,
        amount: int,
        *,
        gone: Exception,
        order: UUID | None = None,
        order_number: str = "",
        reason: str = "",
        source: UUID | None = None,
        seen: int | None = None,
    ) -> None:
        """Add an entry and change the balance by it; `gone` where there is too little, or not the version `seen`."""
        where = "id = :id AND balance + :amount >= 0"
        values: dict[str, Any] = {"id": account, "amount": amount}
        if seen is not None:
            where += " AND version = :seen"
            values["seen"] = seen
        work.guard(
            tables.CreditAccount,
            set="balance = balance + :amount, version = version + 1",
            where=where,
            refusal=gone,
            **values,
        )
        work.insert(
            tables.CreditEntry,
            conflict=gone,
            id=new_id(),
            account=account,
            kind=kind.value,
            amount=amount,
            reason=reason,
            order_id=order,
            order_number=order_number,
            source=source,
            made_by=work.actor.name[:NAME_LIMIT],
            created=work.now,
        )

    def give_back(self, work: Work, order: UUID, account: UUID, held: int, kept: int) -> None:
        """Give back what an order holds beyond `kept`; nothing happens if it does not hold `held` any more."""
        gone = CreditGone(_("The credit of this order changed at the same moment. Try again."))
        work.guard(
            tables.CreditUse,
            set="held = :kept",
            where="order_id = :order AND account = :account AND held = :held",
            refusal=gone,
            order=order,
            account=account,
            held=held,
            kept=kept,
        )
        self.book(work, account, EntryKind.RETURN, held - kept, gone=gone, order=order)


def account_of(row: Mapping[str, Any]) -> CreditAccount:
    """Return a row of an account with its customer as an account."""
    same = ("id", "store", "customer", "currency", "balance", "created", "version")
    return CreditAccount(**{column: row[column] for column in same}, customer_name=name_of(row))
