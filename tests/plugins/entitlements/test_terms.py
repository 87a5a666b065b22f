"""Timed roles begin when given, add up, remind of their end, and end; no paid day is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from guildshop.errors import Refusal
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.entitlements.api import ENDING
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


class Time:
    """A clock of the shop that is moved by days."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.now = shop, shop.app.now()
        shop.app.clock = lambda: self.now

    async def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)
        await self.shop.settle()


async def timed(sale: Sale, days: int, sku: str = "GOLD", role: str = "gold") -> Product:
    product = await sale.product(sku, roles=(role,))
    with scope(sale.shop.store.id):
        await sale.shop.app.get(GoodsService).set_terms(sale.shop.actor(), product.id, days, gives_key=False)
    return product


async def ends(sale: Sale) -> list[datetime]:
    return [row["expires_at"] for row in await sale.rows("entitlement") if row["status"] != "REVOKED"]


async def test_a_timed_role_reminds_ends_and_is_added_to(shop: Shop, sale: Sale) -> None:
    time = Time(shop)
    gold = await timed(sale, 30)
    began = time.now
    await sale.paid(gold)
    assert await ends(sale) == [began + timedelta(days=30)]
    await time.pass_days(10)
    await sale.paid(gold)
    assert await ends(sale) == [began + timedelta(days=30), began + timedelta(days=60)]
    # Covered by the second purchase: no reminder of the first one's end, and the role stays beyond it.
    before = len(await shop.buyer.dms())
    await time.pass_days(17.5)
    assert len(await shop.buyer.dms()) == before
    await time.pass_days(3)
    assert shop.buyer.roles() == ["Gold"]
    assert len(await ends(sale)) == 1
    # Through a restart: what is due is a row.
    await shop.restart()
    shop.app.clock = lambda: time.now
    await time.pass_days(27)
    (reminder,) = (await shop.buyer.dms())[before:]
    assert "ends on" in reminder["embeds"][0]["description"]
    assert "/order" in reminder["embeds"][0]["description"]
    await time.pass_days(3)
    assert shop.buyer.roles() == []
    assert {row["ended"] for row in await sale.rows("entitlement")} == {"expired"}
    assert shop.sim.messages("bot-log") == []


async def test_no_reminder_for_who_wants_none(shop: Shop, sale: Sale) -> None:
    time = Time(shop)
    await sale.paid(await timed(sale, 30))
    with scope(shop.store.id):
        await shop.app.get(CustomerService).set_dm_preference(shop.actor(person=shop.buyer), ENDING, wanted=False)
    with scope(shop.store.id), pytest.raises(Refusal, match="still runs until"):
        await shop.app.get(CustomerService).forget(shop.actor(person=shop.buyer), "FORGET ME")
    before = len(await shop.buyer.dms())
    await time.pass_days(28)
    assert len(await shop.buyer.dms()) == before
    await time.pass_days(2)
    assert shop.buyer.roles() == []


async def test_what_is_taken_back_early_moves_what_was_bought_on_top(shop: Shop, sale: Sale) -> None:
    time = Time(shop)
    gold = await timed(sale, 30)
    began = time.now
    first = await sale.paid(gold)
    await sale.paid(gold)
    await sale.paid(gold)
    await time.pass_days(5)
    with scope(shop.store.id):
        await shop.app.get(EntitlementService).revoke(shop.actor(), first.id)
    await shop.settle()
    assert await ends(sale) == [began + timedelta(days=35), began + timedelta(days=65)]
    await time.pass_days(26)  # the first one's own end would have been yesterday
    assert shop.buyer.roles() == ["Gold"]
    await time.pass_days(35)
    assert shop.buyer.roles() == []


async def test_a_role_for_ever_outlasts_one_for_days(shop: Shop, sale: Sale) -> None:
    time = Time(shop)
    await sale.paid(await timed(sale, 7))
    await sale.paid(await sale.product("LIFE", roles=("gold",)))
    await time.pass_days(8)
    assert shop.buyer.roles() == ["Gold"]
    assert sorted(row["status"] for row in await sale.rows("entitlement")) == ["GRANTED", "REVOKED"]


async def test_days_begin_when_a_member_who_left_comes_back(shop: Shop, sale: Sale) -> None:
    time = Time(shop)
    order = await sale.order(await timed(sale, 7))
    shop.buyer.leave()
    await shop.settle()
    await sale.confirm(order)
    assert await ends(sale) == [None]
    time.now += timedelta(days=20)
    shop.buyer.join()
    await shop.settle()
    assert await ends(sale) == [time.now + timedelta(days=7)]
