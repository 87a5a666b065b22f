"""Discount groups: what their customers pay, what they may not do themselves, and the roles that lead to them."""

from __future__ import annotations

import pytest

from guildshop.errors import Forbidden, Invalid, Stale
from guildshop.plugins.catalog.api import ProductChange, ProductKind
from guildshop.plugins.customers.api import AccountFunction, AddressInput, CustomerInput, FunctionBlocked
from guildshop.plugins.discounts.api import DiscountInput, DiscountScope
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.orders.api import PriceRose, WantedItem
from guildshop.plugins.orders.service import OrderEditing, StaffOrders
from guildshop.plugins.organization.api import GroupInput, InUse, NameTaken
from guildshop.testing import ActorFactory
from tests.plugins.orders.conftest import ADDRESS
from tests.plugins.organization.conftest import Firm, wanted_by

SIDE = AddressInput("Bob", "1 Side Street", "San Jose", "US", "95110", "CA")
HOME = AddressInput("Ada", "12 Main Street", "San Francisco", "US", "94111", "CA")


async def test_a_group_pays_its_own_prices_or_its_percentage(firm: Firm) -> None:
    bench, catalog = firm.bench, firm.bench.catalog
    mug, cup = await bench.product("MUG", price=1000), await bench.product("CUP", price=1005)
    group = await firm.group(percent=10, prices={mug.id: 850})
    rich, poor = bench.buyer(1), bench.buyer(2)
    await firm.assign(poor, group=group.id)
    card = await catalog.look_up("MUG", (), member=poor.discord_id)
    assert (card.price, card.list_price) == (850, 1000)
    page = await catalog.visible((), member=poor.discord_id)
    assert {one.sku: one.price for one in page.items} == {"MUG": 850, "CUP": 904}
    assert [one.price for one in await catalog.autocomplete("", (), member=rich.discord_id)] == [1005, 1000]
    order = await bench.order(poor, (mug, 2), (cup, 1))
    assert [line.unit_price for line in order.lines] == [850, 904]
    assert order.total == 2 * 850 + 904
    assert (await bench.order(rich, (mug, 1))).total == 1000
    await bench.check_stock()
    # Whoever makes it, and guests too.
    guest = await firm.customers.create(bench.boss, CustomerInput(email="gus@example.org"))
    await firm.service.assign(bench.boss, guest.id, branch=None, department=None, group=group.id)
    made = await bench.app.get(StaffOrders).create(bench.boss, wanted_by(guest.id, "MUG"))
    assert made.total == 850
    await bench.app.get(OrderEditing).set_items(bench.boss, made.id, [WantedItem("MUG", 2), WantedItem("CUP", 1)])
    assert (await bench.orders.get(made.id)).total == 2 * 850 + 904
    # Others pay less now: nobody pays more than they do.
    await catalog.change_product(bench.boss, mug.id, ProductChange(price=800))
    assert (await catalog.find("MUG", (), member=poor.discord_id)).price == 800


async def test_who_leaves_a_group_is_asked_for_the_new_price(firm: Firm) -> None:
    bench = firm.bench
    mug, who = await bench.product("MUG", price=1000), bench.buyer()
    group = await firm.group(percent=10)
    await firm.assign(who, group=group.id)
    screen = await bench.summary(who, (mug, 1))
    await firm.assign(who, group=None)
    before = await bench.snapshot()
    with pytest.raises(PriceRose, match=r"costs \$10.00 instead of \$9.00"):
        await bench.checkout.confirm(who, (), screen.draft.id)
    assert await bench.snapshot() == before
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert screen.quote is not None
    assert screen.quote.totals.total == 1000
    # A price that everybody pays and that rises is not hidden by the group's.
    await firm.assign(who, group=group.id)
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    await bench.catalog.change_product(bench.boss, mug.id, ProductChange(price=2000))
    with pytest.raises(PriceRose):
        await bench.checkout.confirm(who, (), screen.draft.id)


async def test_blocked_functions_are_for_staff(firm: Firm) -> None:
    bench, customers, who = firm.bench, firm.customers, firm.bench.buyer()
    ada = await firm.customer(who)
    kept = await customers.add_address(who, ada.id, HOME)
    group = await firm.group(blocks=frozenset(AccountFunction))
    await firm.assign(who, group=group.id)
    with pytest.raises(FunctionBlocked, match="Ask the shop's staff"):
        await customers.add_address(who, ada.id, HOME)
    with pytest.raises(FunctionBlocked):
        await customers.update_address(
            who, kept.id, AddressInput("Bob", "1 Side Street", "San Jose", "US", "95110", "CA")
        )
    for change in (customers.delete_address, customers.set_default, customers.set_billing):
        with pytest.raises(FunctionBlocked):
            await change(who, kept.id)
    with pytest.raises(FunctionBlocked):
        await customers.ask_own_email(who, "new@example.org")
    assert [one.id for one in await customers.addresses(ada.id)] == [kept.id]
    await customers.set_billing(bench.boss, kept.id)
    # At the checkout a new address is refused too, a saved one is not.
    await bench.set(shipping_types=[{"code": "std", "label": "Standard", "cost": 0}])
    box = await bench.product("BOX", kind=ProductKind.SHIPPED)
    screen = await bench.begin(who, (box, 1))
    assert screen.question is not None
    for typed in ({"value": "new"}, ADDRESS | {"street": "1 Side Street"}):
        with pytest.raises(FunctionBlocked):
            await bench.checkout.answer(who, (), screen.draft.id, screen.question.name, typed)
    screen = await bench.checkout.answer(who, (), screen.draft.id, screen.question.name, {"value": str(kept.id)})
    assert screen.draft.ship_to is not None
    assert len(await customers.addresses(ada.id)) == 1
    await bench.app.stores.switch(bench.boss, "organization", False, with_dependants=True)
    await customers.add_address(who, ada.id, HOME)


async def test_groups_are_kept_in_order(firm: Firm, staff: ActorFactory) -> None:
    bench, service = firm.bench, firm.service
    mug = await bench.product("MUG")
    group = await firm.group(percent=10, role=77, prices={mug.id: 500})
    with pytest.raises(NameTaken):
        await firm.group("wholesale")
    with pytest.raises(NameTaken):
        await firm.group("Other", role=77)
    with pytest.raises(Invalid):
        await firm.group("Other", prices={group.id: 5})
    await firm.assign(bench.buyer(), group=group.id)
    with pytest.raises(InUse, match="1 customer belongs to Wholesale"):
        await service.delete_group(bench.boss, group.id)
    with pytest.raises(Stale):
        await service.change_group(bench.boss, group.id, GroupInput(name="New"), version=group.version + 1)
    reader = staff(bench.store, "organization.read", "customer.update")
    with pytest.raises(Forbidden):
        await service.change_group(reader, group.id, GroupInput(name="New"))
    with pytest.raises(Forbidden):
        await service.assign(reader, (await firm.customer(bench.buyer())).id, branch=None, department=None, group=None)
    assert await service.group_input(group.id) == GroupInput(
        name="Wholesale", percent=10, role=77, prices={mug.id: 500}
    )
    await firm.assign(bench.buyer(), group=None)
    await service.delete_group(bench.boss, group.id)
    assert await service.groups() == []
    audit = {row["action"] for row in await bench.rows("audit_entry")}
    assert {"organization.group.create", "organization.group.delete", "organization.assign"} <= audit


async def test_a_discount_for_a_group(firm: Firm) -> None:
    bench, discounts = firm.bench, firm.bench.app.get(DiscountService)
    mug = await bench.product("MUG", price=1000)
    group, other = await firm.group("Wholesale"), await firm.group("Friends", percent=50)
    await firm.assign(bench.buyer(1), group=group.id)
    await firm.assign(bench.buyer(2), group=other.id)
    with pytest.raises(Invalid, match="no discount group “Nobody”"):
        await discounts.read(bench.boss, DiscountScope.GROUPS, ["Nobody"])
    targets = await discounts.read(bench.boss, DiscountScope.GROUPS, ["wholesale"])
    deal = await discounts.create(
        bench.boss, DiscountInput(name="Bulk", percent=10, scope=DiscountScope.GROUPS, targets=targets)
    )
    assert await discounts.written(bench.boss, deal) == ["Wholesale"]
    assert [(await bench.order(bench.buyer(number), (mug, 1))).total for number in (1, 2, 3)] == [900, 500, 1000]
    await firm.assign(bench.buyer(1), group=None)
    assert (await bench.order(bench.buyer(1), (mug, 1))).total == 1000
    await firm.assign(bench.buyer(1), group=group.id)
    await bench.app.stores.switch(bench.boss, "organization", False, with_dependants=True)
    assert (await bench.order(bench.buyer(1), (mug, 1))).total == 1000


async def test_a_group_that_a_discount_is_for_stays(firm: Firm) -> None:
    bench, discounts = firm.bench, firm.bench.app.get(DiscountService)
    service = firm.service
    group, other = await firm.group("Wholesale"), await firm.group("Friends")
    for_it = DiscountInput(name="Bulk", percent=10, scope=DiscountScope.GROUPS, targets=(str(group.id),))
    deal = await discounts.create(bench.boss, for_it)
    with pytest.raises(InUse, match="still needed by the discount “Bulk”"):
        await service.delete_group(bench.boss, group.id)
    assert await service.group(group.id) == group
    await service.delete_group(bench.boss, other.id)
    await discounts.set_active(bench.boss, deal.id, active=False)
    await service.delete_group(bench.boss, group.id)
    assert await service.groups() == []
