"""A shop that gives credit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.plugins.refunds.conftest import Bank, Till, with_bank


class Purse(Till):
    """A till with store credit."""

    @property
    def credit(self) -> CreditService:
        return self.app.get(CreditService)

    async def customer(self, number: int = 1) -> UUID:
        who = self.buyer(number)
        return (await self.app.get(CustomerService).register(who, who.name, who.name.title())).id

    async def top_up(self, amount: int, number: int = 1, **given: Any) -> UUID:
        customer = await self.customer(number)
        await self.credit.adjust(self.boss, customer, CreditAction.TOP_UP, amount, "A present", **given)
        return customer

    async def reduce(self, amount: int, number: int = 1, **given: Any) -> None:
        customer = await self.customer(number)
        await self.credit.adjust(self.boss, customer, CreditAction.REDUCE, amount, "Taken back", **given)

    async def balance(self, number: int = 1, currency: str = "USD") -> int:
        account = await self.credit.account(await self.customer(number), currency)
        return 0 if account is None else account.balance

    async def kinds(self) -> list[tuple[str, int]]:
        rows = sorted(await self.rows("credit_entry"), key=lambda row: str(row["id"]))
        return [(row["kind"], row["amount"]) for row in rows]

    async def enable(self, on: bool = True) -> None:
        await self.app.stores.change(self.boss, "store_credit", {"enabled": on})

    async def check_credit(self) -> None:
        """Every balance is the sum of its entries, never below zero, and orders hold what they say."""
        entries, uses = await self.rows("credit_entry"), await self.rows("credit_use")
        for account in await self.rows("credit_account"):
            mine = [entry for entry in entries if entry["account"] == account["id"]]
            assert account["balance"] == sum(entry["amount"] for entry in mine) >= 0
        held = {use["order_id"]: use["held"] for use in uses}
        for row in await self.rows("orders"):
            if row["status"] == "PENDING_PAYMENT" or row["paid_at"] is not None:
                assert held.get(row["id"], 0) == row["credit"], row["number"]
            else:
                assert not held.get(row["id"], 0), row["number"]
        assert await self.credit.check_balances(self.store.id) == []


@pytest.fixture
async def purse(app: App, store: Store, staff: Callable[..., Actor]) -> AsyncIterator[Purse]:
    """The shop, with its store in scope, a bank, and credit switched on."""
    bank = Bank()
    with_bank(app, bank)
    with scope(store.id):
        made = Purse(app, store, staff(store), bank)
        await made.enable()
        yield made
