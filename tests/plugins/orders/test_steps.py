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
    FormField,
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


class Voucher:
    """Offers a code and a donation at the summary, works the tax out by place, and can be changed."""

    name = "wrapping.voucher"
    phase = Phase.TAX
    position = 0
    change_label = "Voucher"
    taxes = False

    async def ask(self, draft: Draft) -> Question | None:
        return None

    def decides_tax(self, store: int) -> bool:
        return self.taxes

    async def summary_actions(self, draft: Draft, quote: Quote) -> Sequence[Question]:
        known = draft.answer(self.name)
        if "code" in known:
            off = Choice("off", f"Remove {known['code']}")
            return [Question(self.name, "voucher_off", "Voucher", "", buttons=(off,))]
        form = (FormField("code", "Code"),)
        return [Question(self.name, "voucher", "Voucher", "", form=form, form_label="Enter a voucher")]

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        if question == "voucher_off":
            return {}
        if values["code"] != "TEN":
            raise Invalid.field("code", "There is no such voucher.")
        return {"code": "TEN"}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        place = draft.tax_place
        found = [Adjustment(Phase.TAX, "wrapping", "tax", f"Tax of {place.region}", 77)] if self.taxes and place else []
        return found + (
            [Adjustment(Phase.CREDIT, "wrapping", "ten", "Voucher", min(10, totals.total))]
            if draft.answer(self.name)
            else []
        )

    def claim(self, quote: Quote, order: UUID, work: Any) -> None:
        pass


class WrappingPlugin(Plugin):
    """A plugin as a stranger writes it."""

    name = "wrapping"
    title = "Wrapping"
    requires = ("orders",)

    @hookimpl
    def register_checkout_steps(self, app: App) -> list[Any]:
        return [Wrapping(), Voucher()]

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


async def skip_to_summary(bench: Any, who: Actor, screen: Any) -> Any:
    screen = await bench.checkout.answer(who, (), screen.draft.id, "paper", {})
    return await bench.checkout.choose_payment(who, (), screen.draft.id, "venmo")


async def test_a_step_offers_something_at_the_summary_and_only_there(bench, refused) -> None:
    mug, who = await bench.product("MUG"), bench.buyer()
    await bench.product("PAPER")
    screen = await bench.begin(who, (mug, 1))
    draft, act = screen.draft.id, bench.checkout.answer
    early = await act(who, (), draft, "voucher", {"code": "TEN"})
    assert (early.stage, early.draft.answers) == (Stage.QUESTION, {})
    screen = await skip_to_summary(bench, who, screen)
    assert [one.form_label for one in screen.actions] == ["Enter a voucher"]
    assert "no such" in await refused(Invalid, act(who, (), draft, "voucher", {"code": "ELEVEN"}))
    screen = await act(who, (), draft, "voucher", {"code": "TEN"})
    assert (screen.stage, screen.quote.totals.credit, screen.quote.totals.due) == (Stage.SUMMARY, 10, 1340)
    assert [button.label for button in screen.actions[0].buttons] == ["Remove TEN"]
    assert "Voucher" in [choice.label for choice in screen.changes]
    screen = await bench.checkout.revise(who, (), draft, "wrapping.voucher")
    assert screen.quote.totals.credit == 0
    screen = await act(who, (), draft, "voucher", {"code": "TEN"})
    screen = await act(who, (), draft, "voucher_off", {"value": "off"})
    assert screen.quote.totals.credit == 0
    await act(who, (), draft, "voucher", {"code": "TEN"})
    order = await bench.checkout.confirm(who, (), draft)
    assert (order.total, order.credit, order.due) == (1350, 10, 1340)


async def test_what_is_paid_by_credit_alone_needs_no_payment_method(bench) -> None:
    button, who = await bench.product("BUTTON", price=10), bench.buyer()
    await bench.product("PAPER")
    screen = await bench.begin(who, (button, 1))
    screen = await skip_to_summary(bench, who, screen)
    screen = await bench.checkout.answer(who, (), screen.draft.id, "voucher", {"code": "TEN"})
    assert (screen.quote.totals.due, screen.payment_label, screen.quote.payment_method) == (0, "", "")
    assert [choice.value for choice in screen.changes] == ["items", "wrapping.voucher"]
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    assert (order.status, order.total, order.credit, order.payment_method) == (OrderStatus.PAID, 9, 9, "")


async def test_digital_goods_are_asked_for_their_place_where_a_step_decides_the_tax(
    bench, refused, monkeypatch
) -> None:
    mug, who = await bench.product("MUG"), bench.buyer()
    await bench.product("PAPER")
    await bench.set(tax_rate="50")
    screen = await bench.begin(who, (mug, 1))
    screen = await skip_to_summary(bench, who, screen)
    assert screen.quote.totals.tax == 675
    monkeypatch.setattr(Voucher, "taxes", True)
    assert "asks something new" in await refused(Refusal, bench.checkout.confirm(who, (), screen.draft.id))
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    asked = screen.question
    assert ([field.name for field in asked.form], asked.choices) == (["country", "region", "postal_code"], [])
    wrong = {"country": "usa", "region": "Texas", "postal_code": "94111"}
    screen = await bench.checkout.answer(who, (), screen.draft.id, asked.name, wrong)
    assert "“usa” is no country" in screen.question.text
    screen = await bench.checkout.answer(who, (), screen.draft.id, asked.name, {**wrong, "country": "us"})
    assert "The postal code “94111” is not used in" in screen.question.text
    assert [field.value for field in screen.question.form] == ["us", "Texas", "94111"]
    right = {"country": "United States", "region": "california", "postal_code": "94111"}
    screen = await bench.checkout.answer(who, (), screen.draft.id, asked.name, right)
    assert [(one.label, one.amount) for one in screen.quote.adjustments if one.phase is Phase.TAX] == [
        ("Tax of CA", 77)
    ]
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    place = order.tax_place
    assert (place.country, place.region, place.postal_code, place.street, order.address) == (
        "US",
        "CA",
        "94111",
        "",
        None,
    )
    screen = await bench.begin(who, (mug, 1))
    screen = await bench.checkout.answer(who, (), screen.draft.id, "paper", {})
    assert [choice.label for choice in screen.question.choices] == ["CA 94111, United States"]
    screen = await bench.checkout.answer(who, (), screen.draft.id, asked.name, {"value": "last"})
    assert screen.draft.tax_place == place
