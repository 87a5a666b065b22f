"""What staff do with orders on the pages and by the API, on a real socket."""

from __future__ import annotations

import csv
import io
import re
from uuid import UUID

import pytest

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order, OrderStatus
from guildshop.web.server import WebServer
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.users import UserService
from tests.plugins.orders.conftest import Bench

HOME = {
    "recipient": "Grace Hopper",
    "street": "1 Navy Way",
    "city": "Arlington",
    "region": "VA",
    "postalCode": "22202",
    "country": "US",
}


@pytest.fixture
async def mugs(bench: Bench) -> list[Order]:
    """Three unpaid orders of something that ships."""
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED, quantity=50)
    return [await bench.order(bench.buyer(number), (mug, 2)) for number in range(3)]


@pytest.fixture
async def guest(bench: Bench) -> UUID:
    given = CustomerInput(first_name="Grace", last_name="Hopper", email="g@example.org")
    return (await bench.app.get(CustomerService).create(bench.boss, given)).id


def _marks(page: str) -> str:
    """Return the tick boxes of a page without what they are called."""
    return re.sub(r' aria-label="[^"]*"', "", page)


async def _page(who: Visitor, path: str) -> str:
    return await (await who.get(path)).text()


async def _unchanged(bench: Bench) -> dict[str, object]:
    """Return what there is besides events: that a job was begun is one."""
    return {table: rows for table, rows in (await bench.snapshot()).items() if table != "event"}


async def test_several_orders_at_once_and_filters_that_are_kept(
    bench: Bench, mugs: list[Order], owner: Visitor, server: WebServer
) -> None:
    first, second, third = mugs
    await bench.orders.cancel(bench.boss, third.id)
    ticked = {f"order-{order.id}": "1" for order in mugs}
    listed = {"Referer": f"{server.url}/admin/order?minimum=1"}
    wanted = {**ticked, "do": "confirm", "query": "minimum=1", "carrier": "My <b>van"}
    answer = await owner.post("/admin/order/bulk", wanted, headers=listed)
    page = await answer.text()
    assert answer.status == 207
    assert "2 orders are confirmed." in page
    assert "is Cancelled and cannot become Paid" in page
    # Those that could not be changed are still ticked, and what was typed is still there.
    assert [f'name="order-{one.id}" value="1" checked' in _marks(page) for one in mugs] == [False, False, True]
    assert 'value="My &lt;b&gt;van"' in page
    answer = await owner.post("/admin/order/bulk", {f"order-{first.id}": "1", "do": "ship", "carrier": "ups"})
    assert "1 order is sent." in await _page(owner, answer.headers["Location"])
    assert [(await bench.orders.get(one.id)).status for one in mugs] == [
        OrderStatus.SHIPPED,
        OrderStatus.PAID,
        OrderStatus.CANCELLED,
    ]
    before = await bench.snapshot()
    for given, said in (
        ({"do": "ship"}, "No order is ticked"),
        ({**ticked, "do": "explode"}, "No order is ticked"),
        ({"order-nonsense": "1", "do": "ship"}, "There is no order nonsense"),
    ):
        answer = await owner.post("/admin/order/bulk", {**given, "query": "minimum=1"}, headers=listed)
        page = await answer.text()
        assert (answer.status, said in page) == (422, True)
        assert _marks(page).count(" checked") == len(ticked.keys() & given.keys())
    assert await bench.snapshot() == before
    answer = await owner.post("/admin/order/slips", ticked)
    slips = await _page(owner, answer.headers["Location"])
    assert slips.count("Packing slip</h2>") == 3

    kept = {"name": "To ship <b>", "query": "status=PAID&cursor=x&minimum=1&text=a%26b"}
    answer = await owner.post("/admin/order/filters", kept)
    page = await _page(owner, answer.headers["Location"])
    assert "To ship &lt;b&gt;" in page
    assert "?text=a%26b&amp;status=PAID&amp;minimum=1" in page
    exported = await (await owner.get("/admin/order/export.csv?status=PAID")).read()
    rows = list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == [second.number]
    key = str((await bench.rows("order_filter"))[0]["id"])
    assert (await owner.post("/admin/order/filters", {"drop": key, "query": "status=PAID"})).status == 303
    assert not await bench.rows("order_filter")
    assert (await owner.post("/admin/order/filters", {"drop": key})).status == 404


async def test_all_orders_that_fit_are_done_one_by_one(bench: Bench, mugs: list[Order], owner: Visitor) -> None:
    await bench.orders.cancel(bench.boss, mugs[2].id)
    before = await _unchanged(bench)
    answer = await owner.post("/admin/order/bulk", {"all": "1", "do": "confirm", "query": "minimum=1"})
    where = answer.headers["Location"]
    assert "3 are chosen. Nothing was changed yet." in await _page(owner, where)
    assert await _unchanged(bench) == before
    await owner.post(f"{where}/start")
    await bench.app.dispatcher.drain()
    page = await _page(owner, where)
    assert "2 of 3 are done." in page
    assert "is Cancelled and cannot become Paid" in page
    ship = {"all": "1", "do": "ship", "carrier": "ups", "query": "status=PAID"}
    where = (await owner.post("/admin/order/bulk", ship)).headers["Location"]
    await owner.post(f"{where}/start")
    await bench.app.dispatcher.drain()
    assert "All 2 are done." in await _page(owner, where)
    found = [await bench.orders.get(one.id) for one in mugs]
    assert [(one.status, one.carrier) for one in found[:2]] == [(OrderStatus.SHIPPED, "UPS")] * 2
    assert found[2].status is OrderStatus.CANCELLED
    nothing = {"all": "1", "do": "confirm", "query": "minimum=99999"}
    answer = await owner.post("/admin/order/bulk", nothing)
    assert answer.status == 422
    assert "There is nothing that fits." in await answer.text()


async def test_tracking_numbers_by_file(bench: Bench, mugs: list[Order], owner: Visitor) -> None:
    for order in mugs[:2]:
        await bench.orders.confirm_payment(bench.boss, order.id)
    good = f"number,carrier,tracking,items\n{mugs[0].number},ups,1Z 1,MUG:1\n{mugs[0].number},ups,1Z2,\n"
    bad = f"{good}{mugs[2].number},ups,1Z3,\nNOPE,ups,1,\n{mugs[1].number},,1,\n{mugs[1].number},dhl,1,HAT:1\n"
    before = await _unchanged(bench)
    assert (await owner.get("/admin/order/tracking")).headers["Location"] == "/admin/import/tracking"
    where = (await owner.post("/admin/import/tracking", {"text": bad})).headers["Location"]
    await bench.app.dispatcher.drain()
    page = await _page(owner, where)
    for expected in ("only a paid order ships", "no order NOPE", "Carrier and tracking number", "no item “HAT”"):
        assert expected in page
    assert "4 of 6 rows" in page
    assert "number" in await (await owner.post("/admin/import/tracking", {"text": "a,b\n1,2\n"})).text()
    where = (await owner.post("/admin/import/tracking", {"text": good})).headers["Location"]
    await bench.app.dispatcher.drain()
    assert "All 2 rows are right" in await _page(owner, where)
    assert await _unchanged(bench) == before
    await owner.post(f"{where}/start")
    await bench.app.dispatcher.drain()
    order = await bench.orders.get(mugs[0].id)
    assert order.status is OrderStatus.SHIPPED
    assert [(one.name, one.items[0].quantity) for one in await bench.orders.shipments(order.id)] == [
        ("UPS 1Z1", 1),
        ("UPS 1Z2", 1),
    ]


async def test_an_order_is_made_edited_packed_invoiced_and_deleted_on_its_pages(
    bench: Bench, owner: Visitor, guest: UUID
) -> None:
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    assert f"for={guest}" in await _page(owner, "/admin/order/new?for=grace")
    form = {"customer": str(guest), "sku-1": "mug", "quantity-1": "2", "payment_method": "venmo", "do": "create"}
    refused = await owner.post("/admin/order/new", form)
    assert refused.status == 422
    assert "choose an address" in await refused.text()
    home = {
        "recipient": "Grace Hopper",
        "street": "1 Navy Way",
        "city": "Arlington",
        "region": "VA",
        "postal_code": "22202",
        "country": "US",
    }
    form |= {"address": "new", **{f"address-{name}": value for name, value in home.items()}}
    shown = await (await owner.post("/admin/order/new", {**form, "do": "quote"})).text()
    assert "$30.00" in shown
    assert not await bench.rows("orders")
    made = await owner.post("/admin/order/new", form)
    number = made.headers["Location"].rsplit("/", 1)[1]
    order = await bench.orders.get(number)
    path = f"/admin/order/{number}"

    (line,) = order.lines
    wanted = {f"quantity-{line.id}": "3", "version": str(order.version)}
    shown = await owner.post(f"{path}/items", {**wanted, "do": "quote"})
    text = " ".join((await shown.text()).split())
    assert shown.status == 200
    for expected in ("New total</dt><dd>$45.00", "Total until now</dt><dd>$30.00", 'value="3"'):
        assert expected in text
    wrong = await owner.post(f"{path}/items", {**wanted, f"quantity-{line.id}": "9999", "do": "quote"})
    assert (wrong.status, "Only " in await wrong.text()) == (409, True)
    unknown = await owner.post(f"{path}/items", {**wanted, "add": "NO-SUCH", "do": "quote"})
    assert (unknown.status, 'value="NO-SUCH"' in await unknown.text()) == (404, True)
    for version in ("9" * 5_000, "2147483648", "soon", "٣"):
        refused = await owner.post(f"{path}/items", {**wanted, "version": version})
        assert "Somebody changed order" in await refused.text()
    assert await bench.orders.get(number) == order
    await owner.post(f"{path}/items", wanted)
    late = await owner.post(f"{path}/items", {f"quantity-{line.id}": "4", "version": str(order.version)})
    assert (late.status, "Somebody changed order" in await late.text()) == (409, True)
    order = await bench.orders.get(number)
    assert (order.total, order.lines[0].id) == (4500, line.id)
    issued = await owner.post(f"{path}/invoice")
    page = await _page(owner, issued.headers["Location"])
    for expected in ("0001", "Grace Hopper", "$45.00"):
        assert expected in page
    await bench.orders.confirm_payment(bench.boss, order.id)
    parcel = {f"quantity-{line.id}": "1", "carrier": "Aunt Ada", "tracking_number": "", "status": "SHIPPED"}
    await owner.post(f"{path}/parcels", parcel)
    (shipment,) = await bench.orders.shipments(order.id)
    await owner.post(f"{path}/parcels/{shipment.id}", {"carrier": "Aunt Ada", "status": "DELIVERED", "do": "save"})
    page = await _page(owner, path)
    for expected in ("Delivered", "Aunt Ada", "Pack a parcel", "It cannot be deleted", "Items changed", "Invoice 0001"):
        assert expected in page
    assert "<dt>Total Revenue</dt><dd>$45.00</dd>" in page
    assert (await bench.orders.get(number)).status is OrderStatus.FULFILLING
    assert (await owner.post(f"{path}/parcels/nonsense", {})).status == 404
    for wrong in ({f"quantity-{line.id}": "-1"}, {f"quantity-{line.id}": "1", "status": "LOST"}):
        answer = await owner.post(f"{path}/parcels", wrong)
        assert answer.status == 422
    assert len(await bench.orders.shipments(order.id)) == 1

    unpaid = await bench.order(bench.buyer(), (mug, 1))
    answer = await owner.post(f"/admin/order/{unpaid.number}/delete", {"number": "WRONG"})
    assert (answer.status, "Consider cancelling it instead" in await answer.text()) == (422, True)
    await owner.post(f"/admin/order/{unpaid.number}/delete", {"number": unpaid.number})
    assert (await owner.get(f"/admin/order/{unpaid.number}")).status == 404
    await bench.check_stock()


async def test_the_api_makes_edits_ships_notes_and_deletes(
    bench: Bench, visitor: Visitor, token: str, guest: UUID
) -> None:
    await bench.product("MUG", kind=ProductKind.SHIPPED)
    bearer = {"Authorization": f"Bearer {token}"}

    async def call(method: str, path: str, body: object = None, status: int = 200) -> dict[str, object]:
        async with visitor.http.request(method, f"/api/orders{path}", json=body, headers=bearer) as answer:
            assert answer.status == status, await answer.text()
            return {} if status == 204 else {"body": await answer.json()}

    items = [{"product": "MUG", "quantity": 2}]
    new = {"customerId": str(guest), "lineItems": items, "paymentMethod": "venmo", "shippingAddress": HOME}
    await call("POST", "", {**new, "shippingAddress": None}, 422)
    await call("POST", "", {**new, "lineItems": []}, 422)
    made = (await call("POST", "", {**new, "note": "By phone"}, 201))["body"]
    assert isinstance(made, dict)
    assert (made["channel"], made["totalCents"], made["status"]) == ("API", 3000, "PENDING_PAYMENT")
    where = f"/{made['number']}"
    edited = (await call("PUT", f"{where}/line-items", {"lineItems": [{"product": "MUG", "quantity": 1}]}))["body"]
    assert isinstance(edited, dict)
    assert edited["totalCents"] == 1500
    await call("POST", f"{where}/ship", {"carrier": "UPS", "trackingNumber": "1"}, 409)
    await call("POST", f"{where}/notes", {"text": "Hello", "isPublic": True}, 201)
    notes = (await call("GET", f"{where}/notes"))["body"]
    assert isinstance(notes, list)
    assert [(note["text"], note["isPublic"]) for note in notes] == [("By phone", False), ("Hello", True)]
    await call("POST", f"{where}/confirm-payment", {})
    for _again in range(2):
        shipped = (await call("POST", f"{where}/ship", {"carrier": "ups", "trackingNumber": "1 2"}))["body"]
        assert isinstance(shipped, dict)
        assert (shipped["status"], shipped["trackingNumber"]) == ("SHIPPED", "12")
    parcels = (await call("GET", f"{where}/shipments"))["body"]
    assert isinstance(parcels, list)
    (parcel,) = parcels
    await call("PATCH", f"{where}/shipments/{parcel['id']}", {"status": "PENDING"}, 409)
    await call("PATCH", f"{where}/shipments/{parcel['id']}", {"status": "DELIVERED"})
    assert (await bench.orders.get(str(made["id"]))).status is OrderStatus.COMPLETE
    await call("DELETE", f"{where}?number={made['number']}", None, 409)
    invoice = (await call("POST", f"{where}/invoice"))["body"]
    assert isinstance(invoice, dict)
    assert invoice["number"] == "0001"

    other = (await call("POST", "", new, 201))["body"]
    assert isinstance(other, dict)
    await call("DELETE", f"/{other['number']}", None, 422)
    await call("DELETE", f"/{other['number']}?number={other['number']}", None, 204)
    await call("GET", f"/{other['number']}", None, 404)


async def test_pages_of_staff_follow_their_permissions(
    bench: Bench, mugs: list[Order], visitors: NewVisitor, users: UserService, guest: UUID
) -> None:
    await users.create_user("Rita", PASSWORD, store=bench.store.id, role="Read only")
    reader = await visitors()
    await reader.sign_in("Rita")
    order = mugs[0]
    page = await _page(reader, f"/staff/order/{order.number}")
    for absent in ("Change the items", "Delete order", "Issue an invoice", "Pack a parcel"):
        assert absent not in page
    before = await bench.snapshot()
    ticked = {f"order-{order.id}": "1"}
    for path, given in (
        (f"{order.number}/items", {}),
        (f"{order.number}/delete", {"number": order.number}),
        (f"{order.number}/invoice", {}),
        (f"{order.number}/parcels", {}),
        ("new", {"customer": str(guest)}),
    ):
        assert (await reader.post(f"/staff/order/{path}", given)).status == 403, path
    assert (await reader.post("/staff/import/tracking", {"text": "x"})).status == 403
    for do in ("confirm", "ship"):
        await reader.post("/staff/order/bulk", {**ticked, "do": do})
        assert (await reader.post("/staff/order/bulk", {"all": "1", "do": do})).status == 403
    assert await bench.snapshot() == before
