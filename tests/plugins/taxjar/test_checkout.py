"""The tax from the question to the report, over real HTTP, and what happens while TaxJar does not answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from guildshop.events import Delivery
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product, ProductKind
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order, OrderPaid, OrderRefund, RefundedItem, RefundMode, Stage, WantedItem
from guildshop.plugins.orders.service import OrderEditing
from guildshop.plugins.taxjar import client as client_module
from guildshop.plugins.taxjar.api import Exemption, NotFlagged, TaxState
from guildshop.plugins.taxjar.checks import examination
from guildshop.plugins.taxjar.service import TaxService
from guildshop.stores import Store
from guildshop.testing import Clock
from tests.plugins.orders.conftest import ADDRESS, Bench
from tests.plugins.taxjar.conftest import SetUp
from tests.plugins.taxjar.double import TaxJarDouble

NEW_YORK = {**ADDRESS, "city": "New York, NY", "postal_code": "10001"}
STANDARD = [{"code": "standard", "label": "Standard", "cost": 499}]


async def summary(bench: Bench, who: Actor, *items: tuple[Product, int], address: dict[str, str] | None = None) -> Any:
    """Go as far as the summary, or to wherever the tax sends the member."""
    screen = await bench.begin(who, *items)
    for _step in range(8):
        draft = screen.draft.id
        if screen.stage is Stage.QUESTION and screen.question is not None:
            asked = screen.question
            given = {"country": "US", "region": "CA", "postal_code": "94111"} if asked.name == "tax_place" else None
            values = given or (address or ADDRESS if asked.form else {"value": asked.choices[0].value})
            screen = await bench.checkout.answer(who, (), draft, asked.name, values)
        elif screen.stage is Stage.PAYMENT:
            screen = await bench.checkout.choose_payment(who, (), draft, "venmo")
        else:
            break
    return screen


async def placed(bench: Bench, who: Actor, *items: tuple[Product, int], **given: Any) -> Order:
    screen = await summary(bench, who, *items, **given)
    assert screen.stage is Stage.SUMMARY, screen
    return await bench.checkout.confirm(who, (), screen.draft.id)


async def goods(bench: Bench) -> tuple[Product, Product]:
    await bench.set(shipping_types=STANDARD)
    mug = await bench.product("MUG", price=1033, kind=ProductKind.SHIPPED)
    return mug, await bench.product("SHIRT", price=777, kind=ProductKind.SHIPPED)


def tax_of(order: Order) -> Any:
    (one,) = [found for found in order.adjustments if found.plugin == "taxjar"]
    return one


async def test_the_tax_is_asked_once_charged_and_reported(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, shirt = await goods(bench)
    screen = await summary(bench, bench.buyer(), (mug, 1), (shirt, 3), address=NEW_YORK)
    assert screen.quote is not None
    asked = len(taxjar.questions)
    again = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert again.quote is not None
    assert again.quote.totals == screen.quote.totals
    taxjar.faults = ["500"] * 9
    order = await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)
    assert (asked, len(taxjar.questions)) == (1, 1)
    (question,) = taxjar.questions
    assert (question["to_state"], question["to_zip"], question["from_zip"]) == ("NY", "10001", "94111")
    assert (question["amount"], question["shipping"]) == (Decimal("33.64"), Decimal("4.99"))
    # 8.875 % of 38.63 is 3.43; line by line it would be 0.92 + 2.07 + 0.44.
    one = tax_of(order)
    assert (order.tax, one.amount, one.label, one.shares) == (343, 343, "Sales tax", (92, 207))
    assert order.total == 3364 + 499 + 343
    taxjar.faults = []
    assert taxjar.orders == {}
    await bench.orders.confirm_payment(bench.boss, order.id)
    await bench.app.dispatcher.drain()
    (told,) = taxjar.orders.values()
    assert (told["transaction_id"], told["amount"], told["sales_tax"]) == (
        str(order.id),
        Decimal("38.63"),
        Decimal("3.43"),
    )
    assert [line["sales_tax"] for line in told["line_items"]] == [Decimal("0.92"), Decimal("2.07")]
    assert [row["state"] for row in await bench.rows("taxjar_order")] == ["CALCULATED"]


async def test_nothing_is_asked_or_told_without_a_key(bench: Bench, taxjar: TaxJarDouble) -> None:
    mug, _shirt = await goods(bench)
    await bench.set(tax_rate="10")
    order = await placed(bench, bench.buyer(), (mug, 1))
    assert (order.tax, [one.plugin for one in order.adjustments]) == (153, ["orders", "orders"])
    await bench.orders.confirm_payment(bench.boss, order.id)
    await bench.app.dispatcher.drain()
    assert (taxjar.requests, await bench.rows("taxjar_order"), await bench.rows("taxjar_report")) == (0, [], [])


async def test_the_stores_own_rate_rests_while_taxjar_decides(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp
) -> None:
    await bench.set(tax_rate="10")
    pass_ = await bench.product("PASS", price=1000)
    order = await placed(bench, bench.buyer(), (pass_, 1))
    assert (order.tax, [one.plugin for one in order.adjustments]) == (86, ["taxjar"])
    assert (order.tax_place.postal_code if order.tax_place else None) == "94111"


async def test_reductions_codes_exemptions_and_nexus(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    from guildshop.plugins.discounts.api import DiscountInput, DiscountScope
    from guildshop.plugins.discounts.service import DiscountService

    mug, shirt = await goods(bench)
    service, boss = bench.app.get(TaxService), bench.boss
    half = DiscountInput(name="Half", percent=50, scope=DiscountScope.PRODUCTS, targets=(str(mug.id),))
    await bench.app.get(DiscountService).create(boss, half)
    await service.set_code(boss, shirt.id, "20010")
    order = await placed(bench, bench.buyer(1), (mug, 2), (shirt, 1), address=NEW_YORK)
    # In New York clothing is free of tax, shipping is not: 8.875 % of 10.33 + 4.99.
    assert (order.tax, tax_of(order).shares) == (136, (92, 0))
    lines = taxjar.questions[-1]["line_items"]
    assert [(line["discount"], line.get("product_tax_code")) for line in lines] == [
        (Decimal("10.33"), None),
        (Decimal(0), "20010"),
    ]
    customer = await bench.app.get(CustomerService).by_discord_id(int(bench.buyer(1).id))
    assert customer is not None
    await service.set_exemption(boss, customer.id, Exemption.WHOLESALE)
    assert (await placed(bench, bench.buyer(1), (mug, 2), address=NEW_YORK)).tax == 0
    assert taxjar.questions[-1]["exemption_type"] == "wholesale"
    await service.set_exemption(boss, customer.id, None)
    assert (await placed(bench, bench.buyer(1), (mug, 2), address=NEW_YORK)).tax == 136
    # Where the shop has no nexus, nothing is to be collected.
    await set_up(nexus=[{"country": "US", "state": "CA"}])
    order = await placed(bench, bench.buyer(2), (mug, 2), address=NEW_YORK)
    assert (order.tax, tax_of(order).code) == (0, "calculated")


async def test_an_address_that_cannot_be_is_asked_for_again(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, _shirt = await goods(bench)
    who = bench.buyer()
    screen = await bench.begin(who, (mug, 1))
    for _step in range(3):  # the address as it is written, kept as it is
        if screen.question is None or screen.question.name == "type":
            break
        asked = screen.question
        given = {**ADDRESS, "postal_code": "94105"} if asked.form else {"value": asked.choices[0].value}
        screen = await bench.checkout.answer(who, (), screen.draft.id, asked.name, given)
        if screen.notice:
            break
    assert "to_zip 94105 is not used within to_state CA. Correct the address." in screen.notice
    assert (screen.stage, screen.question.name if screen.question else "") == (Stage.QUESTION, "address")
    screen = await bench.checkout.answer(who, (), screen.draft.id, "address", ADDRESS)
    assert screen.stage in {Stage.PAYMENT, Stage.SUMMARY}
    assert await bench.rows("orders") == []


FAULTS = [
    "404",
    "500",
    "503",
    "429",
    "{",
    "[]",
    '{"tax": {}}',
    "NaN",
    "hang up",
    '{"tax":{"amount_to_collect":99,"has_nexus":true}}',
]


@pytest.mark.parametrize("way", ["block", "flag"])
async def test_while_taxjar_does_not_answer(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp, way: str, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    await set_up(when_unavailable=way)
    mug, _shirt = await goods(bench)
    who = bench.buyer()
    for fault in FAULTS:
        taxjar.faults = [fault] * 20
        screen = await summary(bench, who, (mug, 1))
        if way == "block":
            assert "cannot be worked out at the moment" in screen.notice, fault
            assert screen.stage is not Stage.SUMMARY
        else:
            assert screen.quote is not None
            assert [one.code for one in screen.quote.adjustments if one.plugin == "taxjar"] == ["flagged"], fault
    await set_up(when_unavailable=way, api_key="another-key-of-nobody")
    taxjar.faults = []
    screen = await summary(bench, who, (mug, 1))
    if way == "block":
        assert "cannot be worked out at the moment" in screen.notice
        assert await bench.rows("orders") == []
        return
    order = await bench.checkout.confirm(who, (), screen.draft.id)
    service = bench.app.get(TaxService)
    record = await service.record(order.id)
    assert record is not None
    assert (order.tax, record.state, record.reason) == (0, TaxState.FLAGGED, "TaxJar refuses the API key (401)")
    assert [one.order for one in await service.flagged(bench.boss)] == [order.id]
    findings = await examination(bench.app)(store.id)
    assert [finding.severity.value for finding in findings] == ["broken", "warning"]
    assert "1 order was charged no sales tax" in findings[1].message
    await service.review(bench.boss, order.id)
    with pytest.raises(NotFlagged):
        await service.review(bench.boss, order.id)
    assert await service.flagged(bench.boss) == []


async def test_an_answer_that_comes_too_late_is_none(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aiohttp

    service = bench.app.get(TaxService)
    http: Any = service.client._http
    monkeypatch.setattr(http, "_timeout", aiohttp.ClientTimeout(total=0.05))
    taxjar.faults = ["late"]
    mug, _shirt = await goods(bench)
    screen = await summary(bench, bench.buyer(), (mug, 1))
    assert "cannot be worked out at the moment" in screen.notice
    assert client_module.SECONDS > 1


async def test_one_failure_is_asked_again(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, _shirt = await goods(bench)
    taxjar.faults = ["503"]
    assert (await placed(bench, bench.buyer(), (mug, 1))).tax == 89
    assert (taxjar.requests, len(taxjar.questions)) == (2, 1)


async def test_an_answer_stands_for_the_life_of_a_quote(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp, clock: Clock
) -> None:
    mug, _shirt = await goods(bench)
    who = bench.buyer()
    screen = await summary(bench, who, (mug, 1))
    clock.advance(minutes=14)
    await bench.checkout.screen(who, (), screen.draft.id)
    assert len(taxjar.questions) == 1
    clock.advance(minutes=2)
    await bench.checkout.screen(who, (), screen.draft.id)
    assert len(taxjar.questions) == 2


async def test_refunds_are_reported_with_amounts_below_zero(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, shirt = await goods(bench)
    order = await placed(bench, bench.buyer(), (mug, 1), (shirt, 3), address=NEW_YORK)
    order = await bench.orders.confirm_payment(bench.boss, order.id)
    line = order.lines[1]
    parts = [
        (777, RefundMode.ITEMS, (RefundedItem(line.id, line.product, 1),)),
        (1000, RefundMode.AMOUNT, ()),
        (order.total - 1777, RefundMode.FULL, ()),
    ]
    for amount, mode, items in parts:
        current = await bench.orders.get(order.id)
        async with bench.app.work(bench.boss) as work:
            bench.orders.apply_refund(work, current, OrderRefund(uuid4(), mode, amount, items))
    # One of them fails at first, and nothing is told twice.
    taxjar.faults = ["", "500"]
    await bench.app.dispatcher.drain()
    await bench.app.dispatcher.drain(bench.app.now() + timedelta(minutes=2))
    (told,) = taxjar.orders.values()
    assert len(taxjar.refunds) == 3
    for name in ("amount", "shipping", "sales_tax"):
        assert sum(refund[name] for refund in taxjar.refunds.values()) == -told[name]
    assert {refund["transaction_reference_id"] for refund in taxjar.refunds.values()} == {str(order.id)}
    assert sorted(row["kind"] for row in await bench.rows("taxjar_report")) == ["ORDER", "REFUND", "REFUND", "REFUND"]


async def test_what_taxjar_has_already_counts_as_told(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, _shirt = await goods(bench)
    order = await placed(bench, bench.buyer(), (mug, 1))
    await bench.orders.confirm_payment(bench.boss, order.id)
    # The answer to the first report was lost.
    taxjar.orders[str(order.id)] = {"transaction_id": str(order.id)}
    await bench.app.dispatcher.drain()
    (report,) = await bench.rows("taxjar_report")
    assert (report["transaction_id"], report["amount"], report["sales_tax"]) == (str(order.id), 1532, 89)
    before = taxjar.requests
    service = bench.app.get(TaxService)
    delivery = Delivery(bench.app, uuid4(), uuid4(), bench.store.id, "taxjar.report_order", 2, bench.app.now())
    await service.report_order(OrderPaid(order.id), delivery)
    assert taxjar.requests == before


async def test_an_edited_order_keeps_one_record(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp) -> None:
    mug, _shirt = await goods(bench)
    screen = await summary(bench, bench.buyer(), (mug, 1))
    assert screen.quote is not None
    order = await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)
    step: Any = bench.checkout.checkout.step(bench.store.id, "taxjar")
    doubled = replace(screen.draft, lines=(replace(screen.draft.lines[0], quantity=2),), order=order.id)
    totals = replace(screen.quote.totals, nets=(2066,))
    adjustments = await step.quote(doubled, totals)
    async with bench.app.work(bench.boss) as work:
        step.release(order.id, work)
        step.claim(replace(screen.quote, adjustments=tuple(adjustments)), order.id, work)
    assert [row["amount"] for row in await bench.rows("taxjar_order")] == [178]


async def test_an_order_that_ships_no_more_is_taxed_where_it_was(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp
) -> None:
    mug, _shirt = await goods(bench)
    song = await bench.product("SONG", price=900)
    order = await placed(bench, bench.buyer(), (mug, 1), (song, 1), address=NEW_YORK)
    editing = bench.app.get(OrderEditing)
    edited = await editing.set_items(bench.boss, order.id, [WantedItem("SONG", 2)])
    assert (edited.address, edited.tax_place) == (order.address, order.tax_place)
    assert (taxjar.questions[-1]["to_zip"], edited.shipping_status, edited.shipping) == ("10001", None, 0)
    assert edited.total == 1800 + tax_of(edited).amount > 1800


async def test_the_doctor_tries_the_key(bench: Bench, taxjar: TaxJarDouble, set_up: SetUp, store: Store) -> None:
    async def found() -> tuple[str, str]:
        (finding,) = await examination(bench.app)(store.id)
        return finding.severity.value, finding.message

    assert await found() == ("fine", "TaxJar takes the key.")
    taxjar.nexus = set()
    assert (await found())[0] == "warning"
    taxjar.faults = ["500", "500"]
    assert await found() == ("warning", "TaxJar gives no usable answer: TaxJar answered 500.")
    await set_up(api_key="wrong-key-of-nobody")
    assert await found() == ("broken", "TaxJar refuses the API key (401).")
    await set_up(from_address=None)
    assert (await found())[0] == "broken"
    await set_up(api_key="env:NOT_SET_ANYWHERE")
    assert (await found())[0] == "broken"
    await set_up(api_key=None, from_address=None, api_url=None)
    assert await examination(bench.app)(store.id) == []


async def test_a_key_that_cannot_be_read_loses_no_tax_silently(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp
) -> None:
    await set_up(api_key="env:NOT_SET_ANYWHERE")
    mug, _shirt = await goods(bench)
    screen = await summary(bench, bench.buyer(), (mug, 1))
    assert "cannot be worked out at the moment" in screen.notice
    assert taxjar.requests == 0


async def test_codes_and_exemptions_are_for_the_stores_own_things(bench: Bench) -> None:
    service = bench.app.get(TaxService)
    mug = await bench.product("MUG")
    await service.set_code(bench.boss, mug.id, " 81100a0000a0000 ")
    assert await service.codes([mug.id]) == {mug.id: "81100A0000A0000"}
    for text in ("20-10", "x" * 21, "ü"):
        with pytest.raises(Exception, match="is no product tax code"):
            await service.set_code(bench.boss, mug.id, text)
    with pytest.raises(Exception, match=r"no such product|no product"):
        await service.set_code(bench.boss, UUID(int=1), "20010")
    await service.set_code(bench.boss, mug.id, "")
    assert await service.codes([mug.id]) == {}
