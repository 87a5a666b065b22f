"""The checkout is open: a stranger's plugin asks, adds amounts, claims, and adds a way to pay and a page section."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import hookimpl
from guildshop.loading import Plugin, Plugins, load_plugins
from guildshop.permissions import Actor
from guildshop.plugins.catalog.tables import Product
from guildshop.plugins.orders.api import (
    Adjustment,
    Choice,
    Draft,
    Order,
    OrderSection,
    OrderStatus,
    PaymentMethod,
    PaymentMethods,
    Phase,
    Question,
    Quote,
    Stage,
    Totals,
)
from guildshop.testing import Clock


class Wrapping:
    """Asks for wrapping, gives 10 percent off, and insists that the shop has paper when the order is placed."""

    name = "wrapping"
    phase = Phase.DISCOUNT
    position = 5

    async def ask(self, draft: Draft) -> Question | None:
        if draft.answer(self.name):
            return None
        return Question(self.name, "paper", "Paper", "Which paper?", [Choice("red", "Red")], skip="No paper")

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        if values.get("value", "red") != "red":
            raise Invalid.field("paper", "There is only red paper.")
        return {"paper": values.get("value", "none")}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        return [Adjustment(Phase.DISCOUNT, "wrapping", "ten", "Ten off", totals.subtotal // 10)]

    def claim(self, quote: Quote, order: UUID, work: Any) -> None:
        work.require(Product, where="sku = 'PAPER' AND active", refusal=Refusal("The paper is used up. Try later."))


class WrappingPlugin(Plugin):
    """A plugin as a stranger writes it."""

    name = "wrapping"
    title = "Wrapping"
    requires = ("orders",)

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[Any]:
        return [Wrapping()]

    @hookimpl
    def register_payment_methods(self, app: App) -> list[PaymentMethods]:
        return [lambda _store: [PaymentMethod("robot", "Robot", True, lambda order: f"Wait, {order.number}.")]]

    @hookimpl
    def register_order_sections(self, app: App) -> list[OrderSection]:
        async def rows(order: Order) -> Sequence[Sequence[str]]:
            return [(one.label,) for one in order.adjustments]

        return [OrderSection("Wrapping", ("What",), rows)]


@pytest.fixture
async def app(database_url: str, clock: Clock) -> AsyncIterator[App]:
    plugins = Plugins([*load_plugins(("customers", "catalog", "orders", "payments")), WrappingPlugin()])
    async with await App.open(Settings(), plugins=plugins, database_url=database_url) as opened:
        opened.clock = clock
        yield opened


async def test_a_step_asks_adjusts_and_claims(bench, refused) -> None:
    mug, paper = await bench.product("MUG"), await bench.product("PAPER")
    who = bench.buyer()
    screen = await bench.begin(who, (mug, 2))
    assert screen.question.text == "Which paper?"
    await refused(Invalid, bench.checkout.answer(who, (), screen.draft.id, "paper", {"value": "blue"}))
    screen = await bench.checkout.answer(who, (), screen.draft.id, "paper", {})
    assert [method.code for method in screen.methods][-1] == "robot"
    screen = await bench.checkout.choose_payment(who, (), screen.draft.id, "robot")
    assert screen.stage is Stage.SUMMARY
    assert (screen.quote.totals.discount, screen.quote.totals.due) == (300, 2700)
    await bench.catalog.deactivate_product(bench.boss, paper.id)
    draft = await bench.rows("order_draft")
    assert "used up" in await refused(Refusal, bench.checkout.confirm(who, (), screen.draft.id))
    assert await bench.rows("order_draft") == draft


async def test_what_only_a_processor_knows_is_not_confirmed_by_hand(bench, refused) -> None:
    mug, _paper = await bench.product("MUG"), await bench.product("PAPER")
    order = await bench.order(bench.buyer(), (mug, 1), method="robot")
    assert [(one.plugin, one.amount) for one in order.adjustments] == [("wrapping", 150)]
    assert (order.discount, order.due) == (150, 1350)
    assert "Robot" in await refused(Refusal, bench.orders.confirm_payment(bench.boss, order.id))


async def test_a_plugin_that_is_off_adds_nothing_but_its_order_still_adds_up(bench) -> None:
    mug, _paper = await bench.product("MUG"), await bench.product("PAPER")
    before = await bench.order(bench.buyer(1), (mug, 1))
    await bench.app.stores.switch(bench.boss, "wrapping", False)
    after = await bench.order(bench.buyer(2), (mug, 1))
    assert (before.due, after.due) == (1350, 1500)
    assert after.adjustments == ()
    paid = await bench.orders.confirm_payment(bench.boss, before.id)
    assert (paid.status, paid.due) == (OrderStatus.PAID, 1350)
    await bench.check_stock()
