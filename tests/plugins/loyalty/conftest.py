"""A shop with a loyalty program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.api import LoyaltyAccount, PointsAction
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.orders.api import Order, Screen, Stage
from guildshop.stores import Store
from guildshop.tenancy import scope
from tests.plugins.refunds.conftest import Bank, Till, with_bank


class Club(Till):
    """A till with a loyalty program."""

    @property
    def loyalty(self) -> LoyaltyService:
        return self.app.get(LoyaltyService)

    async def terms(self, **values: Any) -> None:
        await self.app.stores.change(self.boss, "loyalty", {"enabled": True, **values})

    async def customer(self, number: int = 1) -> Customer:
        who = self.buyer(number)
        return await self.app.get(CustomerService).register(who, who.name, who.name.title())

    async def join(self, number: int = 1, points: int = 0) -> LoyaltyAccount:
        who = self.buyer(number)
        account = await self.loyalty.join(who, who.name, who.name.title())
        if points:
            await self.adjust(points, number)
        return account

    async def adjust(self, points: int, number: int = 1, **given: Any) -> int:
        action = PointsAction.ADD if points > 0 else PointsAction.DEDUCT
        customer = await self.customer(number)
        return (await self.loyalty.adjust(self.boss, customer, action, abs(points), "A reason", **given)).balance

    async def balance(self, number: int = 1) -> int:
        account = await self.loyalty.account((await self.customer(number)).id)
        assert account is not None
        return account.balance

    async def kinds(self) -> list[tuple[str, int]]:
        rows = sorted(await self.rows("loyalty_entry"), key=lambda row: str(row["id"]))
        return [(row["kind"], row["points"]) for row in rows]

    async def redeem(self, screen: Screen, points: int | str, number: int = 1) -> Screen:
        """Redeem points at the summary."""
        assert screen.stage is Stage.SUMMARY
        values = {"points": str(points)}
        return await self.checkout.answer(self.buyer(number), (), screen.draft.id, "points_redeem", values)

    async def redeemed(self, points: int, *items: Any, number: int = 1) -> Order:
        """Place an order that points pay for."""
        who = self.buyer(number)
        screen = await self.redeem(await self.summary(who, *items), points, number)
        return await self.checkout.confirm(who, (), screen.draft.id)

    async def check_points(self) -> None:
        """Every balance is the sum of its entries, never below zero, and agrees with what orders did."""
        entries = await self.rows("loyalty_entry")
        for account in await self.rows("loyalty_account"):
            mine = [entry for entry in entries if entry["account"] == account["id"]]
            assert account["balance"] == sum(entry["points"] for entry in mine) >= 0
        assert await self.loyalty.check_balances(self.store.id) == []


@pytest.fixture
async def club(app: App, store: Store, staff: Callable[..., Actor]) -> AsyncIterator[Club]:
    """The shop, with its store in scope, a bank, and the program active."""
    bank = Bank()
    with_bank(app, bank)
    with scope(store.id):
        made = Club(app, store, staff(store), bank)
        await made.terms()
        yield made
