"""Opening accounts, what staff do to points, expiry, and the list of who holds points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.i18n import _, grouped, ngettext
from guildshop.paging import Slice, number_and_id, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty import rules
from guildshop.plugins.loyalty.api import (
    LOYALTY_READ,
    LOYALTY_UPDATE,
    MOST_POINTS,
    EntryKind,
    LoyaltyAccount,
    NoLoyaltyAccount,
    PointsAction,
    PointsAdjusted,
    PointsShort,
    ProgramOff,
)
from guildshop.plugins.loyalty.service.ledger import ACCOUNT, PLUGIN, PointsLedger, account_of
from guildshop.tenancy import current_store

log = structlog.get_logger(__name__)

ATTEMPTS = 6
PAGE_LIMIT = 200
Result = TypeVar("Result")


class PointsChanges(PointsLedger):
    """Accounts, adjustments and expiry."""

    async def join(self, actor: Actor, username: str, display_name: str) -> LoyaltyAccount:
        """Open the acting member's account; again, return it."""
        self._require_active(actor)
        customers = self.app.get(CustomerService)
        customer = await customers.register(actor, username, display_name)
        customers.ensure_can_order(customer)
        return await self.open_account(actor, customer.id)

    async def open_account(self, actor: Actor, customer: UUID) -> LoyaltyAccount:
        """Return the customer's account, made now if there is none."""

        async def attempt() -> LoyaltyAccount:
            found = await self.account(customer)
            if found is not None:
                return found
            made = new_id()
            async with self.app.work(actor) as work:
                self.open(work, made, customer)
                work.audit("loyalty.open", subject="customer", subject_id=customer)
            found = await self.account(customer)
            if found is None:
                raise AssertionError(made)
            return found

        return await self.again(attempt)

    async def adjust(
        self,
        actor: Actor,
        customer: Customer | None,
        action: PointsAction,
        points: int,
        reason: str,
        *,
        key: UUID | None = None,
    ) -> PointsAdjusted:
        """Add points to a customer's account, or deduct them; the same `key` again does nothing more.

        A member who is no customer (None) has no account.
        """
        actor.require(LOYALTY_UPDATE)
        self._require_active(actor)
        rules.check_points(points)
        reason = rules.check_reason(reason)
        if customer is None:
            raise NoLoyaltyAccount.of_customer()
        self.app.get(CustomerService).ensure_present(customer)
        return await self.again(lambda: self._adjust(actor, customer, action, points, reason, key))

    async def expire(self, customer: UUID) -> None:
        """Take the points that lapsed off the customer's balance."""

        async def attempt() -> None:
            account = await self.account(customer)
            due = {} if account is None else await self.due_to_expire(account.id)
            if account is None or not due.get(customer):
                return
            async with self.app.work(Actor.system(account.store, PLUGIN)) as work:
                self.change(work, account.id, -due[customer], gone=changed(), seen=account.version)
                self.enter(work, account.id, EntryKind.EXPIRE, -due[customer], gone=changed())

        await self.again(attempt)

    async def expire_all(self, store: int) -> None:
        """Expire what lapsed in a store, and log balances that differ from their entries."""
        for customer in await self.due_to_expire():
            await self.expire(customer)
        for account in await self.check_balances(store):
            log.error("loyalty.balance_differs", store=store, account=account)

    def lapse(self, store: int, now: datetime) -> datetime | None:
        """Return when points that come in now expire."""
        days = self.program(store).expire_days
        return now + timedelta(days=days) if days else None

    async def list_accounts(self, actor: Actor, *, cursor: str = "", limit: int = 50) -> Slice[LoyaltyAccount]:
        """Return the accounts, those with the most points first."""
        actor.require(LOYALTY_READ)
        where, values = "", {}
        if cursor:
            balance, after = number_and_id(cursor)
            values = {"seen": balance, "after": after}
            where = " AND (a.balance, a.id) < (:seen, :after)"
        size = min(max(limit, 1), PAGE_LIMIT)
        rows = await self.app.database.fetch(
            f"{ACCOUNT}{where} ORDER BY a.balance DESC, a.id DESC LIMIT :size",
            store=current_store(),
            size=size + 1,
            **values,
        )
        found = [account_of(row) for row in rows[:size]]
        return Slice(found, to_cursor([str(found[-1].balance), str(found[-1].id)]) if len(rows) > size else "")

    async def again(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Read, decide and write; when somebody else was faster, read and decide anew."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return await attempt()
            except Stale:
                if not left:
                    raise
        raise AssertionError(ATTEMPTS)

    # Within

    def _require_active(self, actor: Actor) -> None:
        if not self.active(actor.store):
            raise ProgramOff(_("The loyalty program of this shop is not active. Switch it on in the settings."))

    async def _adjust(
        self, actor: Actor, customer: Customer, action: PointsAction, points: int, reason: str, key: UUID | None
    ) -> PointsAdjusted:
        account = await self.account(customer.id)
        if account is None:
            raise NoLoyaltyAccount.of_customer()
        if key is not None and await self._done(key):
            return PointsAdjusted(action, points, account.balance)
        adds = action is PointsAction.ADD
        if not adds and account.balance < points:
            raise PointsShort(
                ngettext(
                    "{name} has {balance} point: {points} cannot be deducted.",
                    "{name} has {balance} points: {points} cannot be deducted.",
                    account.balance,
                ).format(name=customer.name, balance=grouped(account.balance), points=grouped(points))
            )
        if adds and account.balance + points > MOST_POINTS:
            raise Invalid.field(
                "points", _("An account holds at most {most} points.").format(most=grouped(MOST_POINTS))
            )
        change = points if adds else -points
        kind = EntryKind.ADD if adds else EntryKind.DEDUCT
        async with self.app.work(actor) as work:
            self.app.get(CustomerService).require_present(work, customer.id)
            self.change(work, account.id, change, gone=changed(), seen=account.version)
            self.enter(
                work,
                account.id,
                kind,
                change,
                gone=changed(),
                reason=reason,
                source=key,
                expires=self.lapse(actor.store, work.now) if adds else None,
            )
            work.audit(
                f"loyalty.{action.value}",
                subject="customer",
                subject_id=customer.id,
                before={"points": account.balance},
                after={"points": account.balance + change},
                note=reason,
            )
        return PointsAdjusted(action, points, account.balance + change)

    async def _done(self, key: UUID) -> bool:
        row = await self.app.database.fetch_one(
            "SELECT id FROM loyalty_entry WHERE store = :store AND source = :key", store=current_store(), key=key
        )
        return row is not None


def changed() -> Stale:
    """Return the refusal of who was too late."""
    return Stale(_("Somebody else changed these points at the same moment. Try again."))
