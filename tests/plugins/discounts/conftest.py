"""A shop with discounts."""

from __future__ import annotations

from typing import Any

import pytest

from guildshop.permissions import Actor
from guildshop.plugins.discounts.api import Discount, DiscountInput
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.orders.api import Order, Screen, Stage
from tests.plugins.orders.conftest import Bench, bench

__all__ = ["Deals", "bench", "deals"]


class Deals:
    """Short ways to discounts and to orders that use them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.service = bench.app.get(DiscountService)

    async def make(self, name: str = "Sale", **given: Any) -> Discount:
        values = {"percent": 10, **given} if "amount" not in given else given
        return await self.service.create(self.bench.boss, DiscountInput(name=name, **values))

    async def enter(self, who: Actor, screen: Screen, code: str, roles: tuple[int, ...] = ()) -> Screen:
        """Type a code in at the summary."""
        assert screen.stage is Stage.SUMMARY
        return await self.bench.checkout.answer(who, roles, screen.draft.id, "discount_code", {"code": code})

    async def counters(self) -> dict[str, list[int]]:
        """Every counter, beside the uses that it must equal."""
        uses = [row for row in await self.bench.rows("discount_use") if row["given_back"] is None]
        found: dict[str, list[int]] = {}
        for table, column in (("discount", "discount"), ("discount_assignment", "assignment")):
            rows = await self.bench.rows(table)
            found[table] = sorted(row["used"] for row in rows)
            for row in rows:
                assert row["used"] == sum(use[column] == row["id"] for use in uses), (table, row)
        for row in await self.bench.rows("discount_customer"):
            mine = [use for use in uses if (use["discount"], use["customer"]) == (row["discount"], row["customer"])]
            assert row["used"] == len(mine)
        assert len({use["order_id"] for use in uses}) == len(uses)
        return found

    async def settle(self) -> None:
        await self.bench.app.dispatcher.drain()

    def code(self, order: Order) -> str:
        return next((one.code for one in order.adjustments if one.plugin == "discounts"), "")


@pytest.fixture
def deals(bench: Bench) -> Deals:
    return Deals(bench)
