"""The page of the sales tax, and what a person's data hold of it."""

from __future__ import annotations

from typing import Any

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench
from tests.plugins.taxjar.conftest import SetUp
from tests.plugins.taxjar.double import TaxJarDouble


async def test_codes_exemptions_and_reviews(
    bench: Bench, taxjar: TaxJarDouble, set_up: SetUp, owner: Visitor, support: Visitor
) -> None:
    async def send(path: str, **fields: str) -> str:
        answer = await owner.post(f"/admin/tax/{path}", fields)
        assert answer.status in {303, 404, 409, 422}
        shown = await owner.get(answer.headers["Location"]) if answer.status == 303 else answer
        return await shown.text()

    await set_up(when_unavailable="flag")
    mug = await bench.product("MUG", name="Mug <b>", kind=ProductKind.SHIPPED)
    taxjar.faults = ["503"] * 20
    order = await bench.order(bench.buyer(), (mug, 1))
    page = await (await owner.get("/admin/tax")).text()
    for expected in ("TaxJar is asked", order.number, "TaxJar answered 503", "Every customer pays sales tax."):
        assert expected in page
    assert "No tax charged: to be reviewed" in await (await owner.get(f"/admin/order/{order.number}")).text()

    page = await send("review", order=str(order.id))
    assert "Marked as reviewed." in page
    assert "waits for no review any more" in await send("review", order=str(order.id))
    assert "no product “NONE”" in await send("code", product="NONE", code="20010")
    assert "is no product tax code" in await send("code", product="mug", code="<b>")
    page = await send("code", product="mug", code="20010")
    assert "Mug &lt;b&gt;" in page
    assert "<code>20010</code>" in page
    assert "<code>20010</code>" not in await send("code", product=str(mug.id), code="")
    assert "is no account number" in await send("exemption", customer="@nobody", exemption="government")
    page = await send("exemption", customer="@buyer1", exemption="government")
    assert "<td>Government</td>" in page

    # Support sees, and changes nothing.
    answer = await support.get("/staff/tax")
    assert answer.status == 200
    assert "Set code" not in await answer.text()
    for path in ("review", "code", "exemption"):
        assert (await support.post(f"/staff/tax/{path}", {"product": "mug", "code": "1"})).status == 403
    assert len(await bench.rows("taxjar_customer")) == 1

    await bench.orders.cancel(bench.boss, order.id)
    customers = bench.app.get(CustomerService)
    data: Any = await customers.my_data(bench.buyer())
    assert data["taxjar"] == {"exemption": "government"}
    await customers.forget(bench.buyer(), "FORGET ME")
    assert await bench.rows("taxjar_customer") == []


async def test_the_page_says_when_nothing_is_set_up(bench: Bench, owner: Visitor) -> None:
    page = await (await owner.get("/admin/tax")).text()
    assert "No API key of TaxJar is set for Example store" in page


async def test_staff_say_where_digital_goods_are_taxed(bench: Bench, set_up: SetUp, owner: Visitor) -> None:
    await bench.product("PIN", price=1000, kind=ProductKind.DIGITAL)
    guest = await bench.app.get(CustomerService).create(bench.boss, CustomerInput(display_name="Grace"))
    form = {"customer": str(guest.id), "sku-1": "PIN", "payment_method": "venmo", "do": "create"}
    asked = await owner.post("/admin/order/new", form)
    text = await asked.text()
    assert (asked.status, "Sales tax is missing" in text) == (422, True)
    assert 'name="answer-tax_place.postal_code"' in text
    place = {f"answer-tax_place.{name}": value for name, value in (("country", "US"), ("region", "CA"))}
    wrong = await (
        await owner.post("/admin/order/new", {**form, **place, "answer-tax_place.postal_code": "10001"})
    ).text()
    assert "10001” is not used in" in wrong
    assert await bench.rows("orders") == []
    made = await owner.post("/admin/order/new", {**form, **place, "answer-tax_place.postal_code": "94111"})
    order = await bench.orders.get(made.headers["Location"].rsplit("/", 1)[1])
    assert order.tax_place is not None
    assert (order.tax_place.postal_code, order.tax > 0) == ("94111", True)
