"""The list of orders, the page of one, the JSON API and Piccolo Admin, on a real socket."""

from __future__ import annotations

import csv
import io

import pytest

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import OrderStatus, ShipmentChange
from guildshop.tenancy import scope
from guildshop.web.testing import PASSWORD
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService


@pytest.fixture
async def order(bench):
    mug = await bench.product("MUG", name="Mug <b>", kind=ProductKind.SHIPPED)
    return await bench.order(bench.buyer(), (mug, 2))


async def status(bench, order) -> OrderStatus:
    return (await bench.orders.get(order.id)).status


async def test_the_list_shows_filters_and_exports(bench, order, owner) -> None:
    page = await (await owner.get("/admin/order")).text()
    for expected in (order.number, "Buyer1", "Pending payment", "$30.00", "Venmo"):
        assert expected in page
    for query, found in (
        ("status=PAID", False),
        ("status=PENDING_PAYMENT&minimum=30&maximum=30.00", True),
        ("minimum=30.01", False),
        ("payment_method=zelle", False),
        (f"text={order.number[2:6].lower()}", True),
        ("text=nobody", False),
        ("created_from=2026-11-22&created_to=2026-11-22", True),
        ("created_from=2026-11-23", False),
        (f"customer={order.customer}", True),
    ):
        page = await (await owner.get(f"/admin/order?{query}")).text()
        assert (order.number in page) is found, query
    wrong = await (await owner.get("/admin/order?created_from=yesterday&minimum=lots")).text()
    assert "“yesterday” is no date" in wrong
    assert "“lots” is no amount" in wrong
    text = (await (await owner.get("/admin/order/export.csv")).read()).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["number"], row["lines"], row["status"]) == (order.number, "MUG:2:15.00", "PENDING_PAYMENT")
    nothing = (await (await owner.get("/admin/order/export.csv?text=nobody")).read()).decode("utf-8-sig")
    assert nothing == text.splitlines(keepends=True)[0]


async def test_the_list_is_paged_by_keyset(bench, owner, clock, monkeypatch) -> None:
    monkeypatch.setattr("guildshop.plugins.orders.pages.listing.PAGE_SIZE", 2)
    mug = await bench.product()
    numbers = []
    for number in range(5):
        clock.advance(minutes=1)
        numbers.append((await bench.order(bench.buyer(number), (mug, 1))).number)
    seen: list[str] = []
    path = "/admin/order"
    while path:
        page = await (await owner.get(path)).text()
        seen += [number for number in reversed(numbers) if f">{number}</a>" in page]
        before, found, _after = page.partition('rel="next"')
        path = before.rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&") if found else ""
    assert seen == numbers[::-1]


async def test_the_page_shows_everything_escaped_and_only_what_is_allowed_now(bench, order, owner) -> None:
    page = await (await owner.get(f"/admin/order/{order.number}")).text()
    for expected in ("Mug &lt;b&gt;", "Ada Lovelace", "12 Main Street", "Timeline", "Confirm payment", "Cancel order"):
        assert expected in page
    for absent in ("Mark as shipped", "Mark as complete", "Start fulfilling", "Pack a parcel"):
        assert absent not in page
    answer = await owner.post(f"/admin/order/{order.number}/confirm-payment", {"reference": "TX-7"})
    assert answer.status == 303
    page = await (await owner.get(answer.headers["Location"])).text()
    assert f"Order {order.number} over $30.00 is paid." in page
    assert "TX-7" in page
    assert await status(bench, order) is OrderStatus.PAID
    for expected in ("Start fulfilling", "Mark as shipped", "Pack a parcel", "Cancel order"):
        assert expected in page
    assert "Confirm payment" not in page
    await owner.post(f"/admin/order/{order.number}/shipped", {"carrier": "ups", "tracking_number": "1Z 999"})
    page = await (await owner.get(f"/admin/order/{order.number}")).text()
    assert "1Z999" in page
    assert await status(bench, order) is OrderStatus.SHIPPED


async def test_an_action_that_is_not_allowed_shows_its_sentence(bench, order, owner) -> None:
    before = await bench.snapshot()
    answer = await owner.post(f"/admin/order/{order.number}/shipped")
    page = await answer.text()
    assert "is Pending payment and cannot become Shipped" in page
    assert await bench.snapshot() == before
    assert (await owner.post(f"/admin/order/{order.number}/explode")).status == 404


async def test_another_stores_order_is_not_found(app, other_store, bench, order, visitors, users) -> None:
    with scope(other_store.id):
        await users.create_user("Otto", PASSWORD, store=other_store.id, role="Owner")
        other = await TokenService(app).create("Otto", other_store.id, "tests")
    stranger = await visitors()
    await stranger.sign_in("Otto")
    assert (await stranger.get(f"/admin/order/{order.number}")).status == 404
    assert order.number not in await (await stranger.get("/admin/order")).text()
    headers = {"Authorization": f"Bearer {other}"}
    before = await bench.snapshot()
    assert (await stranger.http.get(f"/api/orders/{order.id}", headers=headers)).status == 404
    assert (await stranger.http.post(f"/api/orders/{order.id}/cancel", headers=headers, json={})).status == 404
    answer = await stranger.send("PATCH", f"/admin/api/tables/orders/{order.id}/", {"notes": "mine"})
    assert answer.status >= 400
    assert await bench.snapshot() == before


async def test_the_api_lists_reads_and_changes(bench, order, visitor, token) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    listed = await (await visitor.http.get("/api/orders", headers=headers)).json()
    assert [item["number"] for item in listed["items"]] == [order.number]
    assert listed["nextCursor"] is None
    read = await (await visitor.http.get(f"/api/orders/{order.number}", headers=headers)).json()
    assert (read["taxAmountCents"], read["totalCents"]) == (0, 3000)
    assert read["lineItems"][0]["unitPriceCents"] == 1500
    refused = await visitor.http.patch(f"/api/orders/{order.id}", headers=headers, json={"status": "SHIPPED"})
    assert refused.status == 409
    assert "cannot become Shipped" in (await refused.json())["detail"]
    paid = await visitor.http.post(f"/api/orders/{order.id}/confirm-payment", headers=headers, json={})
    assert (await paid.json())["status"] == "PAID"
    again = await visitor.http.post(f"/api/orders/{order.id}/confirm-payment", headers=headers, json={})
    assert again.status == 409
    stale = await visitor.http.patch(
        f"/api/orders/{order.id}", headers=headers, json={"notes": "late", "version": order.version}
    )
    assert stale.status == 409
    assert (await visitor.http.get("/api/orders")).status == 401
    assert (await visitor.http.get("/api/orders/NOPE", headers=headers)).status == 404


async def test_piccolo_admin_saves_through_the_service(bench, order, owner) -> None:
    path = f"/admin/api/tables/orders/{order.id}/"
    form = await (await owner.get(path)).json()
    assert "store" not in form
    assert "draft" not in form
    saved = await owner.send("PATCH", path, {**form, "notes": "Fragile"})
    assert saved.status == 200, await saved.text()
    assert (await bench.orders.get(order.id)).notes == "Fragile"
    before = await bench.snapshot()
    stale = await owner.send("PATCH", path, {**form, "notes": "Late"})
    assert "Somebody else changed this row" in await stale.text()
    form = await (await owner.get(path)).json()
    refused = await owner.send("PATCH", path, {**form, "status": "SHIPPED"})
    assert "is Pending payment and cannot become Shipped" in await refused.text()
    money = await owner.send("PATCH", path, {**form, "total": 1})
    assert "cannot be changed here" in await money.text()
    gone = await owner.send("DELETE", path, None)
    assert f"/admin/order/{order.number}" in await gone.text()
    assert (await owner.send("PUT", f"/admin/api/tables/orders/{order.id}/", {"quantity": 9})).status >= 400
    assert await bench.snapshot() == before
    line = f"/admin/api/tables/order_line/{order.lines[0].id}/"
    assert (await owner.send("PATCH", line, {"quantity": 3})).status == 200
    assert (await bench.orders.get(order.id)).total == 4500
    form = await (await owner.get(path)).json()
    paid = await owner.send("PATCH", path, {**form, "status": "PAID"})
    assert paid.status == 200, await paid.text()
    assert await status(bench, order) is OrderStatus.PAID
    assert [row["state"] for row in await bench.rows("payment")] == ["CONFIRMED"]
    before = await bench.snapshot()
    for method in ("PATCH", "DELETE"):
        assert "only the items of an unpaid order" in await (await owner.send(method, line, {"quantity": 1})).text()
    assert await bench.snapshot() == before
    await _items_parcels_and_notes(bench, owner)


async def test_staff_do_only_what_their_role_permits(bench, order, visitors, users: UserService, store) -> None:
    await users.create_user("Rita", PASSWORD, store=store.id, role="Read only")
    reader = await visitors()
    await reader.sign_in("Rita")
    page = await (await reader.get(f"/staff/order/{order.number}")).text()
    assert order.number in page
    assert "Confirm payment" not in page
    before = await bench.snapshot()
    for action in ("confirm-payment", "cancel", "note"):
        assert (await reader.post(f"/staff/order/{order.number}/{action}", {"text": "x"})).status == 403
    assert await bench.snapshot() == before


async def _items_parcels_and_notes(bench, owner) -> None:
    tables, mug = "/admin/api/tables", await bench.catalog.find("MUG")
    order, paid = [await bench.order(bench.buyer(number), (mug, 2)) for number in (7, 8)]
    hat = await bench.product("HAT", price=900)
    line = {"order_id": str(order.id), "product": str(hat.id), "quantity": 2}
    line |= {"position": 1, "sku": "", "name": "", "kind": "DIGITAL", "unit_price": 0, "total": 0}
    added = await owner.send("POST", f"{tables}/order_line/", line)
    assert added.status == 201, await added.text()
    assert "already" in await (await owner.send("POST", f"{tables}/order_line/", line)).text()
    after = await bench.orders.get(order.id)
    assert [(one.sku, one.quantity) for one in after.lines] == [("MUG", 2), ("HAT", 2)]
    assert after.total == order.total + 1800
    taken = await owner.send("DELETE", f"{tables}/order_line/{after.lines[0].id}/", None)
    assert taken.status < 400, await taken.text()
    assert [one.sku for one in (await bench.orders.get(order.id)).lines] == ["HAT"]
    note = {"order_id": str(order.id), "text": "Gift", "public": True, "author": "", "at": "2026-11-22T12:00:00Z"}
    assert (await owner.send("POST", f"{tables}/order_note/", note)).status == 201
    assert [one.text for one in await bench.orders.notes(order.id, public_only=True)] == ["Gift"]

    other = await bench.orders.confirm_payment(bench.boss, paid.id)
    await bench.orders.pack(bench.boss, other.id, None, ShipmentChange())
    (shipment,) = await bench.orders.shipments(other.id)
    path = f"{tables}/shipment/{shipment.id}/"
    form = await (await owner.get(path)).json()
    refused = await owner.send("PATCH", path, {**form, "status": "DELIVERED"})
    assert "cannot become Delivered" in await refused.text()
    saved = await owner.send("PATCH", path, {**form, "status": "SHIPPED", "tracking_number": "1 2"})
    assert saved.status == 200, await saved.text()
    assert (await bench.orders.get(other.id)).status is OrderStatus.SHIPPED
    assert (await bench.orders.get(other.id)).tracking_number == "12"
    await bench.check_stock()
