"""Staff make, change, assign and remove discounts; what a person has of them is theirs to see and to have forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from guildshop.errors import Forbidden, Invalid, Refusal, Stale
from guildshop.paging import to_cursor
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import AssignmentRule, CodeTaken, DiscountInput, DiscountKind, DiscountScope
from guildshop.testing import ActorFactory, Clock
from tests.plugins.discounts.conftest import Deals
from tests.plugins.orders.conftest import Bench


async def customer(bench: Bench, number: int = 1) -> Customer:
    who = bench.buyer(number)
    return await bench.app.get(CustomerService).register(who, who.name, who.name.title())


async def test_a_code_is_unique_in_a_store_whatever_its_case(bench: Bench, deals: Deals) -> None:
    await deals.make("One", code="SAVE")
    before = await bench.rows("discount")
    for again in ("save", " ＳＡＶＥ "):
        with pytest.raises(CodeTaken, match="SAVE"):
            await deals.make("Two", code=again)
    two = await deals.make("Two", code="OTHER")
    with pytest.raises(CodeTaken):
        await deals.service.change(bench.boss, two.id, replace(two.as_input, code="Save"))
    assert [row["code"] for row in before] == ["SAVE"]
    assert (await deals.service.get(two.id)).code == "OTHER"
    results = await asyncio.gather(*(deals.make("X", code="SAME") for _each in range(4)), return_exceptions=True)
    assert sum(isinstance(one, CodeTaken) for one in results) == 3


async def test_a_change_is_audited_and_not_made_over_anothers(bench: Bench, deals: Deals) -> None:
    made = await deals.make("Sale", percent=10)
    changed = await deals.service.change(bench.boss, made.id, replace(made.as_input, percent=20), version=1)
    assert (changed.percent, changed.version) == (20, 2)
    with pytest.raises(Stale, match="Sale"):
        await deals.service.change(bench.boss, made.id, replace(made.as_input, percent=30), version=1)
    same = await deals.service.change(bench.boss, made.id, changed.as_input)
    assert same.version == 2
    audited = [row for row in await bench.rows("audit_entry") if row["action"].startswith("discount.")]
    assert [row["action"] for row in audited] == ["discount.create", "discount.update"]
    assert ("percent" in str(audited[1]["before"]), "code" in str(audited[1]["before"])) == (True, False)


async def test_used_and_assigned_discounts_are_switched_off_others_deleted(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG")
    unused, used, assigned = [await deals.make(name, percent=value) for name, value in (("a", 1), ("b", 50), ("c", 2))]
    order = await bench.order(bench.buyer(), (mug, 1))
    await deals.service.assign(bench.boss, assigned.id, (await customer(bench)).id)
    assert [await deals.service.remove(bench.boss, one.id) for one in (unused, used, assigned)] == [True, False, False]
    assert sorted((row["name"], bool(row["active"])) for row in await bench.rows("discount")) == [
        ("b", False),
        ("c", False),
    ]
    await bench.orders.cancel(bench.boss, order.id)
    await deals.settle()
    assert not await deals.service.remove(bench.boss, used.id)
    await deals.counters()


async def test_an_assignment_is_an_idempotent_upsert(bench: Bench, deals: Deals, clock: Clock) -> None:
    made = await deals.make("VIP", scope=DiscountScope.CUSTOMERS)
    ada = await customer(bench)
    assign = deals.service.assign

    async def give(**how: Any) -> Any:
        return await assign(bench.boss, made.id, ada.id, **how)

    first = await give(rule=AssignmentRule.NEXT_N, total_allowed=2)
    assert await give(rule=AssignmentRule.NEXT_N, total_allowed=2) == first
    expires = clock.now + timedelta(days=3)
    second = await give(rule=AssignmentRule.ONE_TIME, total_allowed=1, expires=expires)
    assert (second.id, second.rule, second.expires) == (first.id, AssignmentRule.ONE_TIME, expires)
    results = await asyncio.gather(*(give(total_allowed=5) for _each in range(4)))
    assert {one.id for one in results} == {first.id}
    assert len(await bench.rows("discount_assignment")) == 1
    # What is over is followed by a new one, which begins at no use.
    clock.advance(days=1)
    mug = await bench.product("MUG", price=1000)
    await give(rule=AssignmentRule.ONE_TIME, total_allowed=1)
    assert (await bench.order(bench.buyer(), (mug, 1))).total == 900
    assert (await bench.order(bench.buyer(), (mug, 1))).total == 1000
    fourth = await give(rule=AssignmentRule.ONE_TIME, total_allowed=1)
    assert (fourth.used, fourth.id != first.id) == (0, True)
    assert (await bench.order(bench.buyer(), (mug, 1))).total == 900
    assert (await deals.counters())["discount_assignment"] == [1, 1]


async def test_a_revoked_assignment_is_over(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=1000)
    made = await deals.make("VIP", code="VIPONLY", scope=DiscountScope.CUSTOMERS)
    given = await deals.service.assign(bench.boss, made.id, (await customer(bench)).id)
    screen = await bench.summary(bench.buyer(), (mug, 1))
    assert screen.quote is not None
    assert screen.quote.totals.discount == 100  # without typing its code
    await deals.service.revoke(bench.boss, given.id)
    with pytest.raises(Stale, match="VIP"):
        await bench.checkout.confirm(bench.buyer(), (), screen.draft.id)
    assert await bench.rows("orders") == []
    assert not (await deals.service.revoke(bench.boss, given.id)).assignment.active
    again = await bench.checkout.screen(bench.buyer(), (), screen.draft.id)
    assert again.quote is not None
    assert again.quote.totals.discount == 0


async def test_permissions(bench: Bench, deals: Deals, staff: ActorFactory) -> None:
    made = await deals.make("Sale")
    ada = await customer(bench)
    given = await deals.service.assign(bench.boss, made.id, ada.id)
    reader = staff(bench.store, "discount.read")
    before = await bench.rows("discount"), await bench.rows("discount_assignment")
    for asked in (
        deals.service.create(reader, DiscountInput(name="x", percent=1)),
        deals.service.change(reader, made.id, made.as_input),
        deals.service.set_active(reader, made.id, False),
        deals.service.remove(reader, made.id),
        deals.service.assign(reader, made.id, ada.id),
        deals.service.revoke(reader, given.id),
        deals.service.list_discounts(staff(bench.store, "order.read")),
    ):
        with pytest.raises(Forbidden):
            await asked
    assert (await bench.rows("discount"), await bench.rows("discount_assignment")) == before
    assert [row.customer_name for row in await deals.service.assignments(reader, discount=made.id)] == ["Buyer1"]


async def test_my_data_and_forget_me(bench: Bench, deals: Deals) -> None:
    mug = await bench.product("MUG", price=1000)
    made = await deals.make("VIP", scope=DiscountScope.CUSTOMERS)
    ada = await customer(bench)
    await deals.service.assign(bench.boss, made.id, ada.id)
    order = await bench.order(bench.buyer(), (mug, 1))
    data: Any = await bench.app.get(CustomerService).my_data(bench.buyer())
    assert [row["rule"] for row in data["discounts"]["assigned"]] == ["forever"]
    assert [row["amount"] for row in data["discounts"]["used"]] == [100]
    await bench.orders.cancel(bench.boss, order.id)
    await deals.settle()
    await bench.app.get(CustomerService).forget(bench.buyer(), "FORGET ME")
    assert [bool(row["active"]) for row in await bench.rows("discount_assignment")] == [False]
    assert len(await bench.rows("discount_use")) == 1


async def test_a_file_of_discounts_there_and_back(bench: Bench, deals: Deals) -> None:
    await bench.catalog.create_product(bench.boss, ProductInput(sku="MUG", name="Mug", price=100))
    ada = await customer(bench)
    rows = [
        {"name": "Welcome", "code": "hello", "percent": "10", "limit_per_customer": "1", "ends": "2027-01-31"},
        {"name": "Mugs", "amount": "1.50", "scope": "products", "targets": "mug", "minimum": "20"},
        {"name": "Ada's", "percent": "5", "scope": "customers", "targets": ada.account_number, "active": "false"},
        {"name": "Tagged", "percent": "5", "scope": "tags", "targets": "VIP|Partner"},
    ]
    report = await deals.service.import_discounts(bench.boss, rows, False, lambda _done, _total, _bad=0: None)
    assert (report.written, report.problems) == (4, ())
    exported: list[Mapping[str, str]] = [row async for row in deals.service.export_discounts(bench.boss)]
    assert {(row["name"], row["code"], row["targets"], row["ends"]) for row in exported} == {
        ("Welcome", "HELLO", "", "2027-01-31"),
        ("Mugs", "", "MUG", ""),
        ("Ada's", "", ada.account_number, ""),
        ("Tagged", "", "VIP|Partner", ""),
    }
    again = await deals.service.import_discounts(bench.boss, exported, False, lambda _done, _total, _bad=0: None)
    assert (again.written, len(await bench.rows("discount"))) == (4, 4)
    bad = [{"name": "x", "percent": "101"}, {"name": "y", "percent": "5", "scope": "products", "targets": "NONE"}]
    bad += [{"name": "z", "percent": "5", "starts": "soon"}, {"name": "w", "percent": "5", "amount": "1"}]
    refused = await deals.service.import_discounts(bench.boss, [*rows, *bad], False, lambda _done, _total, _bad=0: None)
    assert ([number for number, _text in refused.problems], refused.written) == ([5, 6, 7, 8], 0)
    assert len(await bench.rows("discount")) == 4


async def test_a_file_of_discounts_loses_nothing(bench: Bench, deals: Deals, clock: Clock) -> None:
    """To the second, and two of one name each for itself."""
    await deals.make("Sale", percent=5, starts=clock.now, ends=clock.now + timedelta(hours=5, seconds=7))
    await deals.make("Sale", percent=20, ends=datetime(2026, 12, 1, 5, tzinfo=UTC))
    await deals.make("Code", percent=30, code="HELLO")
    before = {str(row["id"]): row for row in await bench.rows("discount")}
    exported = [dict(row) async for row in deals.service.export_discounts(bench.boss)]
    assert len(exported) == 3
    for row in exported:
        row["percent"] = "7"
    again = await deals.service.import_discounts(bench.boss, exported, False, lambda _done, _total, _bad=0: None)
    assert again.problems == ()
    after = {str(row["id"]): row for row in await bench.rows("discount")}
    assert after.keys() == before.keys()
    for key, row in after.items():
        assert row["percent"] == 7
        assert (row["starts"], row["ends"]) == (before[key]["starts"], before[key]["ends"])
    row = {"name": "Sale", "percent": "9"}
    unclear = await deals.service.import_discounts(bench.boss, [row], False, lambda _done, _total, _bad=0: None)
    assert "2 discounts here are called “Sale”" in unclear.problems[0][1]
    row = {"name": "Night", "percent": "9", "starts": "2026-12-24T22:30", "ends": "2026-12-25T06:00+01:00"}
    await deals.service.import_discounts(bench.boss, [row], False, lambda _done, _total, _bad=0: None)
    (night,) = [row for row in await bench.rows("discount") if row["name"] == "Night"]
    zone = ZoneInfo(bench.store.time_zone)
    assert night["starts"] == datetime(2026, 12, 24, 22, 30, tzinfo=zone)
    assert night["ends"] == datetime(2026, 12, 25, 5, 0, tzinfo=UTC)


async def test_strange_input_is_refused_with_a_sentence(bench: Bench, deals: Deals) -> None:
    for given in (
        DiscountInput(name="a\0b", percent=10),
        DiscountInput(name="x", percent=10**30),
        DiscountInput(name="x", kind=DiscountKind.FIXED, amount=10**30),
        DiscountInput(name="x", percent=10, limit_total=10**30),
        DiscountInput(name="x", percent=10, code="٣٤٥٦"),
    ):
        with pytest.raises(Refusal):
            await deals.service.create(bench.boss, given)
    assert await bench.rows("discount") == []
    name = "**Sale** @everyone 🎉 مرحبا"
    assert (await deals.make(name)).name == name
    with pytest.raises(Invalid, match="cursor"):
        await deals.service.list_discounts(bench.boss, cursor="nonsense")
    made_up = to_cursor(["2020-01-01T00:00:00", str(uuid4())])  # a time without its zone
    assert (await deals.service.list_discounts(bench.boss, cursor=made_up)).items == []
