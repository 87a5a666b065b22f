"""The organization as members and staff meet it: Discord and its roles, pages, the CSV file, the API, Piccolo Admin."""

from __future__ import annotations

from typing import Any

from guildshop.app import App
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.plugins.organization.conftest import Firm
from tests.plugins.sale import Sale


async def test_members_see_their_branch_and_their_prices_and_groups_follow_roles(shop: Shop) -> None:
    sale = Sale(shop)
    await sale.product("MUG", price=1000)
    product = await sale.product("MAP", price=2000)
    service = shop.app.get(OrganizationService)
    role = sale.role("vip")
    await shop.buyer.slash("register")
    with scope(shop.store.id):
        unit = await service.create_unit(shop.actor(), UnitKind.BRANCH, "Berlin")
        await service.set_products(shop.actor(), unit.id, ["MAP"], version=unit.version)
    await shop.app.stores.change(shop.actor(), "organization", {"restrict_access": True})
    catalog = (await shop.buyer.slash("catalog")).text
    assert "Mug" in catalog
    assert "Map" not in catalog
    assert "There is no product" in (await shop.buyer.slash("stock", {"product": "MAP"})).text
    names = [choice.name for choice in await shop.buyer.autocomplete("stock", focused="product")]
    assert not any("Map" in name for name in names)
    assert any("Mug" in name for name in names)
    with scope(shop.store.id):
        group = await service.create_group(shop.actor(), GroupInput(name="Friends", percent=20, role=role))
        customer = await shop.app.get(CustomerService).by_discord_id(int(shop.buyer.id))
        assert customer is not None
        await service.assign(shop.actor(), customer.id, branch=unit.id, department=None, group=None)
    shop.buyer.set_roles("vip")
    await shop.settle()
    catalog = (await shop.buyer.slash("catalog")).text
    assert "~~$10.00~~ $8.00" in catalog
    assert "~~$20.00~~ $16.00" in catalog
    order = await sale.order(product)
    assert order.total == 1600
    shop.buyer.set_roles()
    await shop.settle()
    with scope(shop.store.id):
        assert (await service.membership(customer.id)).group is None
        other = await service.create_group(shop.actor(), GroupInput(name="Staff choice", percent=50))
        await service.assign(shop.actor(), customer.id, branch=None, department=None, group=other.id)
    shop.buyer.set_roles("vip")
    await shop.settle()
    with scope(shop.store.id):
        kept = await service.membership(customer.id)
        assert (kept.group, kept.by_role) == (other.id, False)
        await service.assign(shop.actor(), customer.id, branch=None, department=None, group=None)
    await shop.settle()
    with scope(shop.store.id):
        kept = await service.membership(customer.id)
        assert (kept.group, kept.by_role) == (group.id, True)
        # Another role leads to it from now on: everybody is compared anew.
        await service.change_group(shop.actor(), group.id, GroupInput(name="Friends", percent=20, role=None))
    await shop.settle()
    with scope(shop.store.id):
        assert (await service.membership(customer.id)).group is None
    assert shop.sim.violations == []


async def test_staff_keep_branches_and_groups_on_the_web(firm: Firm, owner: Visitor, support: Visitor) -> None:
    bench, service = firm.bench, firm.service
    mug = await bench.product("MUG", price=1000)
    home = await (await owner.get("/admin/organization")).text()
    assert "No branches yet." in home
    assert "Access restriction is off" in home
    await owner.post("/admin/organization/unit", {"kind": "BRANCH", "name": "<b>Berlin"})
    assert "is called" not in await (await owner.get("/admin/organization")).text()
    (unit,) = await service.units()
    assert "&lt;b&gt;Berlin" in await (await owner.get("/admin/organization")).text()
    save = {"id": str(unit.id), "version": str(unit.version), "name": "Berlin", "position": "3"}
    await owner.post("/admin/organization/unit", save)
    assert (await service.unit(unit.id)).position == 3
    for wrong in (
        {**save, "name": ""},
        {**save, "position": "x"},
        {**save, "version": "1"},
        {"kind": "CITY", "name": "A"},
    ):
        await owner.post("/admin/organization/unit", wrong)
    assert [(one.name, one.position) for one in await service.units()] == [("Berlin", 3)]
    here = f"/admin/organization/unit/{unit.id}"
    answer = await owner.post(here, {"products": "MUG\nNIX", "version": "2"})
    assert answer.status == 404
    assert "There is no product “NIX”" in await answer.text()
    assert (await owner.post(here, {"products": "MUG", "version": "2"})).status == 303
    assert "Mug" in await (await owner.get(here)).text()
    refused = await owner.post("/admin/organization/unit", {"id": str(unit.id), "do": "delete"})
    assert "still has 0 customers and 1 restricted" in await refused.text()
    form = {"name": "Wholesale", "percent": "10", "prices": "MUG 8.50", "blocks-ADDRESSES": "1", "position": ""}
    for field, value, told in (
        ("name", "", "Give a name"),
        ("percent", "101", "1 to 100"),
        ("percent", "ten", "no whole number"),
        ("prices", "MUG", "Write a SKU, a space and the price"),
        ("prices", "MUG -1", ""),
        ("prices", "NIX 1", "There is no product"),
        ("prices", "MUG 1\nMUG 2", "named twice"),
        ("role", "nobody", "no whole number"),
    ):
        answer = await owner.post("/admin/organization/group/new", {**form, field: value})
        assert answer.status in {404, 422}, (field, value)
        assert told in await answer.text()
    assert await service.groups() == []
    await owner.post("/admin/organization/group/new", form)
    (group,) = await service.groups()
    assert await service.group_input(group.id) == GroupInput(
        name="Wholesale", percent=10, prices={mug.id: 850}, blocks=group.blocks
    )
    page = await (await owner.get(f"/admin/organization/group/{group.id}")).text()
    assert "MUG 8.50" in page
    ada = await firm.customer(bench.buyer())
    given = {"branch": str(unit.id), "department": "", "group": str(group.id), "version": "0"}
    await owner.post(f"/admin/organization/customer/{ada.id}", given)
    page = await (await owner.get(f"/admin/customer/{ada.id}")).text()
    for text in (
        "Berlin",
        "Wholesale",
        "10 % off every price",
        "own prices for 1 product",
        "blocked: Changing addresses",
    ):
        assert text in page
    assert (await owner.post(f"/admin/organization/customer/{ada.id}", given)).status == 409
    listed = await (await owner.get(f"/admin/customer?branch={unit.id}&discount_group={group.id}")).text()
    assert ada.display_name in listed
    assert ada.display_name not in await (await owner.get(f"/admin/customer?department={unit.id}")).text()
    assert ada.display_name not in await (await owner.get("/admin/customer?branch=nowhere")).text()
    await owner.post(f"/admin/organization/group/{group.id}/delete", {})
    assert "1 customer belongs to" in await (await owner.get(f"/admin/organization/group/{group.id}")).text()
    # Support sees it all, and changes nothing.
    seen = await (await support.get("/staff/organization")).text()
    assert "Wholesale" in seen
    assert "New group" not in seen
    for path in (f"unit/{unit.id}", f"group/{group.id}", f"customer/{ada.id}", "group/new", "unit"):
        assert (await support.post(f"/staff/organization/{path}", {"name": "Mine"})).status == 403
    assert "Change</summary>" not in await (await support.get(f"/staff/customer/{ada.id}")).text()


async def test_the_file_of_customers_says_where_they_belong(firm: Firm) -> None:
    bench, customers, service = firm.bench, firm.customers, firm.service
    unit, group = await firm.unit("Berlin"), await firm.group("Wholesale", percent=5)

    async def read(*rows: dict[str, str]) -> Any:
        return await customers.import_customers(bench.boss, rows, False, lambda _done, _total, _bad=0: None)

    report = await read({"email": "a@example.org", "branch": "Nowhere"}, {"email": "b@example.org", "branch": "Berlin"})
    assert [number for number, _told in report.problems] == [1]
    assert "There is no “Nowhere”" in report.problems[0][1]
    assert await bench.rows("customer") == []
    report = await read(
        {"email": "a@example.org", "branch": "berlin", "discount_group": "WHOLESALE"}, {"email": "b@example.org"}
    )
    assert (report.written, report.problems) == (2, ())
    exported = {row["email"]: row async for row in customers.export_customers(bench.boss)}
    assert (exported["a@example.org"]["branch"], exported["a@example.org"]["discount_group"]) == ("Berlin", "Wholesale")
    assert exported["b@example.org"]["branch"] == ""
    assert (await read(*exported.values())).written == 0
    assert (await read({"email": "b@example.org", "discount_group": "Wholesale"})).written == 1
    assert [(one.name, one.customers) for one in await service.units()] == [(unit.name, 1)]
    assert (await service.group(group.id)).customers == 2
    await bench.app.stores.switch(bench.boss, "organization", False, with_dependants=True)
    report = await read({"email": "b@example.org", "branch": "Berlin"})
    assert "switched off" in report.problems[0][1]


async def test_programs_read_and_assign(firm: Firm, visitor: Visitor, users: UserService) -> None:
    bench = firm.bench
    unit, group = await firm.unit("Berlin"), await firm.group(percent=5, role=2**60)
    department = await firm.unit("Sales", UnitKind.DEPARTMENT)
    ada = await firm.customers.create(bench.boss, CustomerInput(display_name="Ada"))
    await users.create_user("Tom", PASSWORD, store=bench.store.id, role="Owner")
    key = {"Authorization": f"Bearer {await TokenService(bench.app).create('Tom', bench.store.id)}"}
    base = "/api/organization"
    found = await (await visitor.get(f"{base}/units?kind=BRANCH", headers=key)).json()
    assert [(one["name"], one["restrictedProducts"]) for one in found] == [("Berlin", 0)]
    found = await (await visitor.get(f"{base}/groups", headers=key)).json()
    assert [(one["percent"], one["roleId"]) for one in found] == [(5, str(2**60))]
    body = {"branchId": str(unit.id), "discountGroupId": str(group.id)}

    async def put(body: object) -> int:
        answer = await visitor.http.put(f"{base}/customers/{ada.id}", json=body, headers=key)
        return answer.status

    assert await put(body) == 200
    assert await put({"branchId": str(department.id)}) == 422
    assert await put({"branchId": str(group.id)}) == 404
    assert await put({"branchId": "x"}) == 422
    read = await (await visitor.get(f"{base}/customers/{ada.id}", headers=key)).json()
    assert (read["branchId"], read["discountGroupId"], read["byRole"]) == (str(unit.id), str(group.id), False)
    assert (await visitor.get(f"{base}/units")).status == 401


async def test_piccolo_admin_writes_through_the_service(firm: Firm, owner: Visitor, app: App) -> None:
    bench, service = firm.bench, firm.service
    made = await owner.send("POST", "/admin/api/tables/organization_unit/", {"kind": "BRANCH", "name": " Berlin "})
    assert made.status == 201, await made.text()
    (unit,) = await service.units()
    assert unit.name == "Berlin"
    assert (
        await owner.send("POST", "/admin/api/tables/organization_unit/", {"kind": "BRANCH", "name": "berlin"})
    ).status >= 400
    made = await owner.send(
        "POST", "/admin/api/tables/discount_group/", {"name": "W", "percent": 10, "blocks": "email"}
    )
    assert made.status == 201, await made.text()
    (group,) = await service.groups()
    for wrong in ({"percent": 0}, {"blocks": "flying"}, {"name": ""}):
        answer = await owner.send("PATCH", f"/admin/api/tables/discount_group/{group.id}/", wrong)
        assert answer.status >= 400, wrong
    assert (await service.group(group.id)).percent == 10
    ada = await firm.customers.create(bench.boss, CustomerInput(display_name="Ada"))
    table = "/admin/api/tables/customer_organization/"
    made = await owner.send("POST", table, {"customer": str(ada.id), "branch": str(unit.id)})
    assert made.status == 201, await made.text()
    key = await service.membership_key(ada.id)
    changed = await owner.send("PATCH", f"{table}{key}/", {"discount_group": str(group.id)})
    assert changed.status == 200, await changed.text()
    known = await service.membership(ada.id)
    assert (known.branch, known.group) == (unit.id, group.id)
    assert (await owner.send("DELETE", f"/admin/api/tables/discount_group/{group.id}/", None)).status >= 400
    assert len(await service.groups()) == 1
