"""Products that are restricted to branches and departments: neither seen nor ordered by anybody else."""

from __future__ import annotations

import pytest

from guildshop.errors import Invalid, Stale
from guildshop.plugins.catalog.api import ProductUnknown, VariantInput
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.orders.api import ProductGone, Stage, WantedItem
from guildshop.plugins.orders.service import OrderEditing, StaffOrders
from guildshop.plugins.organization.api import InUse, NameTaken, UnitKind, UnitUnknown
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench
from tests.plugins.organization.conftest import Firm, wanted_by


async def seen(firm: Firm, member: int | None) -> tuple[set[str], set[str], list[str], list[str]]:
    """What somebody finds: in the catalog, by typing, and the categories and lists that are not empty."""
    catalog = firm.bench.catalog
    page = await catalog.visible((), member=member, size=50)
    typed = await catalog.autocomplete("", (), member=member)
    return (
        {one.sku for one in page.items},
        {one.sku for one in typed},
        [one.name for one in await catalog.visible_categories((), member=member)],
        [one.name for one in await catalog.visible_lists((), member=member)],
    )


async def test_only_their_own_see_and_order_what_is_restricted(firm: Firm) -> None:
    bench, catalog = firm.bench, firm.bench.catalog
    berlin, paris, nobody = (bench.buyer(number) for number in (1, 2, 3))
    shelf = await catalog.create_category(bench.boss, "Local")
    mug, map_ = await bench.product("MUG"), await bench.product("MAP", category=shelf.id)
    local = await catalog.create_list(bench.boss, "Berlin only")
    await catalog.set_list_items(bench.boss, local.id, [map_.id], version=local.version)
    unit = await firm.unit("Berlin", UnitKind.BRANCH, "MAP")
    other = await firm.unit("Paris")
    await firm.assign(berlin, branch=unit.id)
    await firm.assign(paris, branch=other.id)
    assert (await seen(firm, paris.discord_id))[0] == {"MUG", "MAP"}  # it is not switched on
    await firm.restrict()
    everything = ({"MUG", "MAP"}, {"MUG", "MAP"}, ["Local"], ["Berlin only"])
    assert await seen(firm, berlin.discord_id) == everything
    for member in (paris.discord_id, nobody.discord_id, None):
        assert await seen(firm, member) == ({"MUG"}, {"MUG"}, [], []), member
    assert (await bench.order(berlin, (map_, 1))).lines[0].sku == "MAP"
    for guess in ("MAP", str(map_.id)):
        with pytest.raises(ProductUnknown):
            await bench.begin(paris, (mug, 1), (map_, 1))
        with pytest.raises(ProductUnknown):
            await catalog.look_up(guess, (), member=paris.discord_id)
        with pytest.raises(ProductUnknown):
            await bench.checkout.product(paris, (), guess)
    await catalog.adjust(bench.boss, map_.id, -9, "count")
    with pytest.raises(ProductUnknown):
        await catalog.wait_for(paris, (), "MAP")
    assert (await catalog.wait_for(berlin, (), "MAP")).product == map_.id


async def test_both_a_branch_and_a_department_are_needed_where_both_are_named(firm: Firm) -> None:
    bench = firm.bench
    await bench.product("DESK")
    branch = await firm.unit("Berlin", UnitKind.BRANCH, "DESK")
    second = await firm.unit("Hamburg", UnitKind.BRANCH, "DESK")
    department = await firm.unit("Sales", UnitKind.DEPARTMENT, "DESK")
    await firm.restrict()
    who = bench.buyer()
    for wanted, there in (
        ({"branch": branch.id}, False),
        ({"department": department.id, "branch": None}, False),
        ({"branch": branch.id}, True),
        ({"branch": second.id}, True),
    ):
        await firm.assign(who, **wanted)
        assert ("DESK" in (await seen(firm, who.discord_id))[0]) is there, wanted


async def test_a_variant_follows_its_product(firm: Firm) -> None:
    bench, catalog = firm.bench, firm.bench.catalog
    shirt = await bench.product("SHIRT", quantity=0)
    await catalog.add_variant(bench.boss, shirt.id, VariantInput(sku="SHIRT-L", options=(("Size", "L"),), quantity=3))
    await bench.product("MUG")
    await firm.unit("Berlin", UnitKind.BRANCH, "SHIRT-L")
    await firm.restrict()
    who = bench.buyer()
    assert (await seen(firm, who.discord_id))[:2] == ({"MUG"}, {"MUG"})
    with pytest.raises(ProductUnknown):
        await catalog.find("SHIRT-L", (), member=who.discord_id)


async def test_an_order_that_was_begun_loses_what_is_restricted_meanwhile(firm: Firm) -> None:
    bench = firm.bench
    mug, map_ = await bench.product("MUG"), await bench.product("MAP")
    who = bench.buyer()
    await firm.restrict()
    screen = await bench.summary(who, (mug, 1), (map_, 1))
    await firm.unit("Berlin", UnitKind.BRANCH, "MAP")
    before = await bench.snapshot()
    with pytest.raises(ProductGone, match="Map is no longer available"):
        await bench.checkout.confirm(who, (), screen.draft.id)
    assert await bench.snapshot() == before
    screen = await bench.checkout.screen(who, (), screen.draft.id)
    assert screen.stage is Stage.ITEMS
    assert [line.sku for line in screen.draft.lines] == ["MUG"]
    order = await bench.order(bench.buyer(2), (mug, 1))
    again = await bench.checkout.repeat(bench.buyer(2), (), "x", "x", order.id)
    assert [line.sku for line in again.draft.lines] == ["MUG"]


async def test_staff_are_told_why_a_customer_cannot_have_it(firm: Firm) -> None:
    bench = firm.bench
    mug, map_ = await bench.product("MUG"), await bench.product("MAP")
    unit = await firm.unit("Berlin", UnitKind.BRANCH, "MAP")
    await firm.restrict()
    guest = await firm.customers.create(bench.boss, CustomerInput(display_name="Gus", email="gus@example.org"))
    staff = bench.app.get(StaffOrders)
    wanted = wanted_by(guest.id, "MAP")
    before = await bench.snapshot()
    with pytest.raises(Invalid, match="Map is restricted to branches or departments"):
        await staff.create(bench.boss, wanted)
    with pytest.raises(ProductUnknown):
        await staff.create(bench.boss, wanted_by(guest.id, "NIX"))
    assert await bench.snapshot() == before
    order = await staff.create(bench.boss, wanted_by(guest.id, "MUG"))
    editing = bench.app.get(OrderEditing)
    with pytest.raises(Invalid, match="restricted"):
        await editing.set_items(bench.boss, order.id, [WantedItem("MUG", 1), WantedItem("MAP", 1)])
    await firm.service.assign(bench.boss, guest.id, branch=unit.id, department=None, group=None)
    await editing.set_items(bench.boss, order.id, [WantedItem("MUG", 1), WantedItem("MAP", 1)])
    order = await staff.create(bench.boss, wanted)
    assert order.lines[0].product == map_.id
    assert mug.id != map_.id


async def test_units_are_kept_in_order(firm: Firm, other_store: Store, staff: ActorFactory) -> None:
    bench, service = firm.bench, firm.service
    await bench.product("MUG")
    unit = await firm.unit("Berlin", UnitKind.BRANCH, "MUG")
    with pytest.raises(NameTaken):
        await firm.unit("BERLIN")
    await firm.unit("Berlin", UnitKind.DEPARTMENT)
    await firm.assign(bench.buyer(), branch=unit.id)
    with pytest.raises(InUse, match="1 customer and 1 restricted product"):
        await service.delete_unit(bench.boss, unit.id)
    with pytest.raises(Stale):
        await service.set_products(bench.boss, unit.id, [], version=unit.version - 1)
    with pytest.raises(ProductUnknown):
        await service.set_products(bench.boss, unit.id, ["NIX"], version=unit.version)
    assert len(await service.products_of(unit.id)) == 1
    await service.set_products(bench.boss, unit.id, [], version=unit.version)
    await firm.assign(bench.buyer(), branch=None)
    await service.delete_unit(bench.boss, unit.id)
    assert [one.kind for one in await service.units()] == [UnitKind.DEPARTMENT]
    with scope(other_store.id):
        assert await service.units() == []
        with pytest.raises(UnitUnknown):
            await service.change_unit(staff(other_store), unit.id, name="Mine", position=0)


async def test_what_is_restricted_meanwhile_is_held_for_the_next_who_may_have_it(firm: Firm) -> None:
    bench, catalog = firm.bench, firm.bench.catalog
    first, second = bench.buyer(1), bench.buyer(2)
    map_ = await bench.product("MAP", quantity=0)
    await firm.restrict()
    for who in (first, second):
        await catalog.wait_for(who, (), "MAP")
    unit = await firm.unit("Berlin", UnitKind.BRANCH, "MAP")
    await firm.assign(second, branch=unit.id)
    await catalog.restock(bench.boss, map_.id, 1)
    await catalog.serve(bench.store.id, map_.id)
    states = {row["member"]: row["state"] for row in await bench.rows("waitlist")}
    assert states == {first.discord_id: "LEFT", second.discord_id: "HELD"}
    await bench.check_stock()


async def test_a_products_page_says_and_changes_where_it_is_sold(
    firm: Firm, bench: Bench, owner: Visitor, support: Visitor
) -> None:
    mug = await bench.product("MUG")
    berlin, sales = await firm.unit("<Berlin>"), await firm.unit("Sales", UnitKind.DEPARTMENT, "MUG")
    page = await (await owner.get(f"/admin/product/{mug.id}")).text()
    assert "&lt;Berlin&gt; · Branch" in page
    assert f'<a href="/admin/organization/unit/{sales.id}">Sales</a>' in page
    path, seen = f"/admin/organization/product/{mug.id}", str(sales.id)
    await owner.post(path, {f"unit-{berlin.id}": "1", "seen": seen})
    assert await firm.service.units_of(mug.id) == {berlin.id}
    assert (await firm.service.unit(sales.id)).version == sales.version + 1  # Its page, open elsewhere, is out of date.
    await owner.post(path, {f"unit-{sales.id}": "1", "seen": seen})
    assert "Somebody else changed" in await (await owner.get(f"/admin/product/{mug.id}")).text()
    await owner.post(path, {f"unit-{mug.id}": "1", "seen": str(berlin.id)})
    assert (await owner.post(path, {"unit-x": "1"})).status == 404
    assert (await support.post(path.replace("admin", "staff"), {"seen": str(berlin.id)})).status == 403
    assert "&lt;Berlin&gt;</a>" in await (await support.get(f"/staff/product/{mug.id}")).text()
    assert await firm.service.units_of(mug.id) == {berlin.id}
    await owner.post(path, {"seen": str(berlin.id)})
    assert await firm.service.units_of(mug.id) == set()
    await bench.app.stores.switch(bench.boss, "organization", False, with_dependants=True)
    assert "Branches and departments" not in await (await owner.get(f"/admin/product/{mug.id}")).text()
