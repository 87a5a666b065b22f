"""What staff do to a customer's credit, and lists of what the store owes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import FieldError, Invalid, Stale
from guildshop.i18n import _
from guildshop.money import MAXIMUM, format_money, to_decimal
from guildshop.paging import Slice, number_and_id, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import (
    CREDIT_READ,
    CREDIT_UPDATE,
    REASON_LENGTH,
    CreditAccount,
    CreditAction,
    CreditOff,
    CreditShort,
    EntryKind,
)
from guildshop.plugins.store_credit.service.ledger import ACCOUNT, CreditLedger, account_of
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    pass

ATTEMPTS = 6
PAGE_LIMIT = 200


class CreditChanges(CreditLedger):
    """Top Up, Reduce, and the view of what is owed."""

    async def adjust(
        self,
        actor: Actor,
        customer: UUID,
        action: CreditAction,
        amount: int,
        reason: str,
        *,
        currency: str = "",
        key: UUID | None = None,
    ) -> CreditAccount:
        """Add to a customer's credit, or take from it, in the store's currency; return the account after that.

        The same `key` again does nothing more. Credit left from before the store changed its currency can be reduced.
        """
        actor.require(CREDIT_UPDATE)
        reason = self._check(actor, action, amount, reason, currency)
        currency = currency or self.app.stores.get(actor.store).currency
        for left in reversed(range(ATTEMPTS)):
            try:
                return await self._adjust(actor, customer, action, amount, reason, currency, key)
            except Stale:
                if not left:
                    raise
        raise AssertionError(ATTEMPTS)

    async def open_account(self, actor: Actor, customer: UUID, currency: str) -> CreditAccount:
        """Return the customer's account in that currency, made now if there is none."""
        found = await self.account(customer, currency)
        if found is None:
            async with self.app.work(actor) as work:
                self.open(work, new_id(), customer, currency)
            found = await self.account(customer, currency)
        if found is None:
            raise AssertionError(customer)
        return found

    async def list_accounts(self, actor: Actor, *, cursor: str = "", limit: int = 50) -> Slice[CreditAccount]:
        """Return the accounts on which something is owed, the largest first."""
        actor.require(CREDIT_READ)
        where, values = "", {}
        if cursor:
            balance, after = number_and_id(cursor)
            values = {"seen": balance, "after": after}
            where = " AND (a.balance, a.id) < (:seen, :after)"
        size = min(max(limit, 1), PAGE_LIMIT)
        rows = await self.app.database.fetch(
            f"{ACCOUNT} AND a.balance > 0{where} ORDER BY a.balance DESC, a.id DESC LIMIT :size",
            store=current_store(),
            size=size + 1,
            **values,
        )
        found = [account_of(row) for row in rows[:size]]
        return Slice(found, to_cursor([str(found[-1].balance), str(found[-1].id)]) if len(rows) > size else "")

    async def export_owed(self, actor: Actor) -> AsyncIterator[Mapping[str, str]]:
        """Yield a row for every account on which something is owed, and one for the sum of each currency."""
        actor.require(CREDIT_READ)
        cursor = ""
        while True:
            page = await self.list_accounts(actor, cursor=cursor, limit=PAGE_LIMIT)
            for account in page.items:
                customer = await self.app.get(CustomerService).get(account.customer)
                yield {
                    "account_number": customer.account_number,
                    "customer": account.customer_name,
                    "email": customer.email,
                    "credit": str(to_decimal(account.balance, account.currency)),
                    "currency": account.currency,
                }
            cursor = page.cursor
            if not cursor:
                break
        for owed in await self.owed():
            yield {
                "account_number": "",
                "customer": _("Total owed"),
                "email": "",
                "credit": str(to_decimal(owed.amount, owed.currency)),
                "currency": owed.currency,
            }

    # Within

    def _check(self, actor: Actor, action: CreditAction, amount: int, reason: str, currency: str) -> str:
        """Refuse what cannot be at once, all of it; return the reason as it is kept."""
        own = self.app.stores.get(actor.store).currency
        errors = []
        if not 0 < amount <= MAXIMUM:
            errors.append(
                FieldError(
                    "amount",
                    _("The amount must be more than 0 and at most {most}.").format(most=format_money(MAXIMUM, own)),
                )
            )
        reason = " ".join(reason.split())
        if not reason:
            errors.append(FieldError("reason", _("Give a reason: it is kept with the change.")))
        elif len(reason) > REASON_LENGTH:
            errors.append(
                FieldError(
                    "reason",
                    _("The reason has {count} characters; it may have {limit}.").format(
                        count=len(reason), limit=REASON_LENGTH
                    ),
                )
            )
        if currency and currency != own and action is CreditAction.TOP_UP:
            errors.append(
                FieldError(
                    "currency",
                    _("Credit of this shop is in {currency}; {given} cannot be topped up.").format(
                        currency=own, given=currency[:8]
                    ),
                )
            )
        if errors:
            raise Invalid(" ".join(error.message for error in errors), errors=errors)
        if action is CreditAction.TOP_UP and not self.active(actor.store):
            raise CreditOff(_("Store credit is off in this shop. Switch it on in the settings, then top up."))
        return reason

    async def _adjust(
        self,
        actor: Actor,
        customer: UUID,
        action: CreditAction,
        amount: int,
        reason: str,
        currency: str,
        key: UUID | None,
    ) -> CreditAccount:
        person = await self.app.get(CustomerService).get(customer)
        self.app.get(CustomerService).ensure_present(person)
        account = await self.account(customer, currency)
        if key is not None and account is not None and await self._done(key):
            return account
        adds = action is CreditAction.TOP_UP
        if account is None and adds:
            account = await self.open_account(actor, customer, currency)
        balance = 0 if account is None else account.balance
        if not adds and (account is None or balance < amount):
            raise CreditShort(
                _("{name} has {balance} of credit: {amount} cannot be taken from it.").format(
                    name=person.name, balance=format_money(balance, currency), amount=format_money(amount, currency)
                )
            )
        if account is None or balance + (amount if adds else 0) > MAXIMUM:
            raise Invalid.field(
                "amount", _("That would be more than {most}.").format(most=format_money(MAXIMUM, currency))
            )
        change = amount if adds else -amount
        async with self.app.work(actor) as work:
            self.app.get(CustomerService).require_present(work, customer)
            self.book(
                work,
                account.id,
                EntryKind.TOP_UP if adds else EntryKind.REDUCE,
                change,
                gone=Stale(_("Somebody else changed this credit at the same moment. Try again.")),
                reason=reason,
                source=key,
                seen=account.version,
            )
            work.audit(
                "credit.top_up" if adds else "credit.reduce",
                subject="customer",
                subject_id=customer,
                before={"credit": balance, "currency": currency},
                after={"credit": balance + change, "currency": currency},
                note=reason,
            )
        return CreditAccount(
            account.id,
            account.store,
            customer,
            account.customer_name,
            currency,
            balance + change,
            account.created,
            account.version + 1,
        )

    async def _done(self, key: UUID) -> bool:
        row = await self.app.database.fetch_one(
            "SELECT id FROM credit_entry WHERE store = :store AND source = :key", store=current_store(), key=key
        )
        return row is not None
