"""Discounts over the wire and on real pages: commands, a code at the summary, workspace, API, Piccolo Admin."""

from __future__ import annotations

from typing import Any

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import Visitor
from tests.plugins.discounts.conftest import Deals
from tests.plugins.orders.conftest import Bench
from tests.plugins.sale import Sale


async def test_a_story_in_discord(shop: Shop) -> None:
    sale = Sale(shop)
    await sale.product("GOLD", price=2000)
    deals = Deals(Bench(shop.app, shop.store, shop.actor()))
    with scope(shop.store.id):
        await deals.make("Welcome *10*", percent=10, code="welcome10")
        await deals.make("Thanks", percent=50, code="THANKS", limit_total=1)

    # A member types a code in at the summary.
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Gold")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Venmo")
    assert "Total: **$20.00**" in reply.text
    refused = await (await reply.press("Enter a discount code")).submit(code="NOTHING")
    assert "There is no discount code “NOTHING” for you" in refused.text
    reply = await (await reply.press("Enter a discount code")).submit(code="Welcome10")
    assert "Discount (Welcome \\*10\\*): −$2.00" in reply.text
    assert "Total: **$18.00**" in reply.text
    assert "Remove code WELCOME10" in reply.buttons

    # Staff assign a better one, once; a second time changes nothing.
    suggested = await shop.owner.autocomplete("discount-assign", focused="discount", value="tha")
    assert [choice.name for choice in suggested] == ["Thanks · THANKS"]
    values: dict[str, Any] = {"discount": suggested[0].value, "member": shop.buyer}
    for wrong, sentence in (
        ({"rule": "next_n"}, "needs total_allowed"),
        ({"rule": "forever", "total_allowed": 2}, "Leave total_allowed out"),
        ({"expires": "tomorrow"}, "is no day"),
        ({"expires": "2020-01-01"}, "is over already"),
    ):
        assert sentence in (await shop.owner.slash("discount-assign", {**values, **wrong})).text
    assert await sale.rows("discount_assignment") == []
    for _time in range(2):
        given = await shop.owner.slash("discount-assign", {**values, "rule": "one_time", "total_allowed": 1})
        assert "may use “Thanks”: 0 of 1 use." in given.text
        assert given.ephemeral
    assert len(await sale.rows("discount_assignment")) == 1
    assert "needs the permission" in (await shop.buyer.slash("discount-assign", values, stale=True)).text

    # The summary that was shown holds; going on, the better one applies by itself.
    reply = await reply.press("Remove code WELCOME10")
    assert "Discount (Thanks): −$10.00" in reply.text
    rival = await sale.order(await shop_product(shop), person=shop.staff)
    assert rival.total == 2000
    receipt = await reply.press("Confirm & submit")
    assert "Total: **$10.00**" in receipt.text

    open_ones = await shop.owner.autocomplete("discount-revoke", focused="assignment", value="")
    assert [choice.name.rsplit(" · ", 2)[1:] for choice in open_ones] == [["Thanks", "1 of 1 use"]]
    ended = await shop.owner.slash("discount-revoke", assignment=open_ones[0].value)
    assert "may no longer use “Thanks”." in ended.text
    assert await shop.owner.autocomplete("discount-revoke", focused="assignment", value="") == []
    assert "There is no such assignment" in (await shop.owner.slash("discount-revoke", assignment="x")).text
    assert shop.sim.violations == []


async def shop_product(shop: Shop) -> Any:
    from guildshop.plugins.catalog.service import CatalogService

    with scope(shop.store.id):
        return await shop.app.get(CatalogService).find("GOLD")


async def test_the_pages(bench: Bench, deals: Deals, owner: Visitor, support: Visitor) -> None:
    mug = await bench.product("MUG", price=2000)
    await bench.order(bench.buyer(), (mug, 1))
    page = await (await owner.get("/admin/discount")).text()
    assert "has no discounts yet" in page
    form = {"name": "Summer <b>", "kind": "PERCENT", "percent": "101", "scope": "PRODUCTS", "targets": "NONE"}
    answer = await owner.post("/admin/discount/new", {**form, "ends": "2020-01-01T00:00", "active": "1"})
    page = await answer.text()
    assert answer.status == 422
    assert "no product “NONE”" in page
    assert "Summer &lt;b&gt;" in page
    form |= {"targets": "mug", "starts": "2026-11-30T12:00"}
    page = await (await owner.post("/admin/discount/new", {**form, "ends": "2020-01-01T00:00"})).text()
    assert "101 percent is not possible" in page
    assert "The discount ends before it starts" in page
    assert await bench.rows("discount") == []
    form |= {"percent": "25", "starts": "", "active": "1", "code": "summer", "limit_total": "3"}
    answer = await owner.post("/admin/discount/new", form)
    assert answer.status == 303
    address = answer.headers["Location"]
    page = await (await owner.get(address)).text()
    for expected in ("“Summer &lt;b&gt;” was created.", "Code SUMMER", "MUG", "Running", "Assigned to nobody."):
        assert expected in page
    made = await deals.service.find("summer")
    assert (made.percent, made.targets, made.limit_total) == (25, (str(mug.id),), 3)

    # Two who edit at once: the second is told.
    stale = {**form, "percent": "30", "version": "7"}
    answer = await owner.post(address, stale)
    page = await answer.text()
    assert answer.status == 409
    assert "since you opened it" in page
    assert 'value="30"' in page  # what was typed is kept
    await owner.post(address, {**form, "percent": "30", "version": "1"})
    assert [row["percent"] for row in await bench.rows("discount")] == [30]

    # Assigned and revoked; the customer's page shows it.
    (person,) = await bench.rows("customer")
    for customer, rule, total, sentence in (
        ("@nobody", "forever", "", "is no account number"),
        ("@buyer1", "next_n", "", "needs total_allowed"),
        ("@buyer1", "next_n", "2", "was assigned."),
    ):
        given = {"customer": customer, "rule": rule, "total_allowed": total}
        moved = await owner.post(f"{address}/assign", given)
        shown = await owner.get(moved.headers["Location"]) if moved.status == 303 else moved
        assert sentence in await shown.text()
    tab = await (await owner.get(f"/admin/customer/{person['id']}/discounts")).text()
    assert "Summer &lt;b&gt;" in tab
    order = await bench.order(bench.buyer(), (mug, 1))
    page = await (await owner.get(address)).text()
    assert order.number in page
    assert "1 / 2" in page
    (assignment,) = await bench.rows("discount_assignment")
    await owner.post("/admin/discount/revoke", {"assignment": str(assignment["id"])})
    page = await (await owner.get(address)).text()
    assert "ended" in page

    # Support sees and may not change; a used one is switched off, not deleted.
    seen = await support.get(address.replace("/admin/", "/staff/"))
    assert seen.status == 200
    assert ">Save<" not in await seen.text()
    assert (await support.post(f"{address}/remove".replace("/admin/", "/staff/"))).status == 403
    page = await (await owner.get((await owner.post(f"{address}/remove")).headers["Location"])).text()
    assert "was switched off" in page
    assert (await owner.get("/admin/discount/00000000-0000-7000-8000-000000000000")).status == 404
    assert (await owner.get("/admin/discount/nonsense")).status == 404


async def test_the_api_and_piccolo_admin(bench: Bench, owner: Visitor) -> None:
    made = await owner.send("POST", "/api/discounts", {"name": "Api", "percent": 10, "code": "api10"})
    body = await made.json()
    assert (made.status, body["code"], body["isActive"], body["used"]) == (201, "API10", True, 0)
    wrong = await owner.send("POST", "/api/discounts", {"name": "Api", "percent": 0})
    assert (wrong.status, (await wrong.json())["errors"][0]["field"]) == (422, "percent")
    taken = await owner.send("POST", "/api/discounts", {"name": "Other", "percent": 1, "code": "API10"})
    assert taken.status == 409
    changed = await owner.send("PATCH", "/api/discounts/api10", {"limitTotal": 5, "endsAt": "2027-01-01T00:00:00Z"})
    body = await changed.json()
    assert (body["limitTotal"], body["endsAt"][:10], body["percent"]) == (5, "2027-01-01", 10)
    body = await (await owner.send("PATCH", "/api/discounts/api10", {"endsAt": None, "isActive": False})).json()
    assert (body["endsAt"], body["isActive"], body["limitTotal"]) == (None, False, 5)
    stale = await owner.send("PATCH", "/api/discounts/api10", {"percent": 11, "version": 1})
    assert stale.status == 409
    listed = await (await owner.get("/api/discounts?text=api")).json()
    assert [one["name"] for one in listed["items"]] == ["Api"]
    key = body["id"]

    row = await (await owner.get(f"/admin/api/tables/discount/{key}/")).json()
    assert (row["name"], row["percent"]) == ("Api", 10)
    refused = await owner.send("PATCH", f"/admin/api/tables/discount/{key}/", {**row, "percent": 101})
    assert "101 percent is not possible" in await refused.text()
    saved = await owner.send("PATCH", f"/admin/api/tables/discount/{key}/", {**row, "percent": 12, "active": True})
    assert saved.status == 200, await saved.text()
    (stored,) = await bench.rows("discount")
    assert (stored["percent"], bool(stored["active"]), stored["version"]) == (12, True, 4)
    counted = await owner.send("PATCH", f"/admin/api/tables/discount_use/{key}/", {"amount": 1})
    assert counted.status in {404, 405}
    gone = await owner.send("DELETE", f"/admin/api/tables/discount/{key}/", None)
    assert gone.status < 500
    assert await bench.rows("discount") == []


async def test_staff_enter_a_code_on_the_page_of_a_new_order(bench: Bench, deals: Deals, owner: Visitor) -> None:
    await bench.product("PIN", price=1000, kind=ProductKind.DIGITAL)
    await deals.make("Welcome", percent=10, code="WELCOME10")
    await bench.set(tax_rate="7", tax_label="VAT")
    guest = await bench.app.get(CustomerService).create(bench.boss, CustomerInput(display_name="Grace"))
    form = {"customer": str(guest.id), "sku-1": "PIN", "payment_method": "venmo"}
    text = await (await owner.get(f"/admin/order/new?for={guest.id}")).text()
    assert "answer-" not in text
    text = await (await owner.post("/admin/order/new", {**form, "do": "quote"})).text()
    assert 'name="answer-discount_code.code"' in text
    wrong = await owner.post("/admin/order/new", {**form, "answer-discount_code.code": "NOPE10", "do": "create"})
    text = await wrong.text()
    assert (wrong.status, "no discount code “NOPE10”" in text, 'value="NOPE10"' in text) == (422, True, True)
    assert await bench.rows("orders") == []
    made = await owner.post("/admin/order/new", {**form, "answer-discount_code.code": "welcome10", "do": "create"})
    order = await bench.orders.get(made.headers["Location"].rsplit("/", 1)[1])
    assert (order.discount, order.tax, order.total) == (100, 63, 963)
