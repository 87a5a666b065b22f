"""The same refund through the service, the order's page, Piccolo Admin and the API has the same outcome."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.refunds.api import ItemRequest
from guildshop.tenancy import scope

CASES: dict[str, dict[str, Any]] = {
    "full": {"mode": "full"},
    "amount": {"mode": "amount", "amount": 700, "reason": "Scratched"},
    "items": {"mode": "items", "items": "MUG:2,CAP"},
    "both": {"mode": "both", "items": "CAP:1", "amount": 100},
}


async def done(visitor, path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
    """Send a form; return where it leads, and what is read there."""
    sent = await visitor.post(path, fields)
    assert sent.status == 303, await sent.text()
    where = sent.headers["Location"]
    return where, await (await visitor.get(where)).text()


async def outcome(till, order) -> dict[str, Any]:
    """Return what became of an order, without keys and times."""
    with scope(till.store.id):
        found = await till.orders.get(order.id)
        refund = await till.only(order)
        stock = [row for row in await till.rows("stock_movement") if row["kind"] == "RETURN"]
        return {
            "order": (found.status, found.refunded, [(line.sku, line.returned) for line in found.lines]),
            "refund": (refund.mode, refund.state, refund.amount, refund.reason, refund.note),
            "items": [(item.sku, item.quantity, item.amount) for item in refund.items],
            "parts": [(part.kind, part.method, part.amount, part.state) for part in refund.parts],
            "stock": sorted(row["available_change"] for row in stock if row["order_id"] == order.id),
        }


async def test_every_entrance_has_the_same_outcome(till, owner, visitor, token) -> None:
    mug, cap = await till.product(quantity=99), await till.product("CAP", price=500, quantity=99)
    headers = {"Authorization": f"Bearer {token}"}
    forms = {form["name"]: form["slug"] for form in await (await owner.get("/admin/api/forms/")).json()}
    outcomes: dict[str, list[dict[str, Any]]] = {case: [] for case in CASES}
    for number, (case, wanted) in enumerate(CASES.items(), 1):
        orders = [await till.sold((mug, 2), (cap, 2), number=number) for _entrance in range(4)]
        fields = {name: str(value) for name, value in wanted.items()}
        await till.refund(orders[0], **wanted)
        await by_page(owner, orders[1].number, fields)
        sent = {"order": orders[2].number, **fields}
        answer = await owner.send("POST", f"/admin/api/forms/{forms['Refund an order']}/", sent)
        assert (answer.status, "was refunded" in await answer.text()) == (200, True)
        items = [{"productId": "MUG", "quantity": 2}, {"productId": str(cap.id)}]
        chosen = {"items": items if case == "items" else items[1:]} if "items" in wanted else {}
        unsaid = {"amount": None, "items": None, "reason": None}
        await by_api(visitor, headers, orders[3].number, {**unsaid, **wanted, **chosen})
        outcomes[case] = [await outcome(till, order) for order in orders]
    for found in outcomes.values():
        assert found[1:] == found[:1] * 3
    await till.check()


async def by_page(owner, number: str, fields: dict[str, str]) -> None:
    """Send the form of the order's page, twice, as a double click does."""
    page = await (await owner.get(f"/admin/order/{number}")).text()
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    for _again in range(2):
        _where, page = await done(owner, f"/admin/order/{number}/refund", {**fields, "key": key[1]})
        assert "was refunded" in page


async def by_api(visitor, headers: dict[str, str], number: str, body: dict[str, Any]) -> None:
    """Refund through the API, twice with one key, and read it back."""
    path, keyed = f"/api/orders/{number}/refunds", {**headers, "Idempotency-Key": str(uuid4())}
    for _again in range(2):
        answer = await visitor.http.post(path, headers=keyed, json=body)
        assert answer.status == 201, await answer.text()
    made = await answer.json()
    assert await (await visitor.http.get(f"/api/refunds/{made['id']}", headers=headers)).json() == made
    assert await (await visitor.http.get(path, headers=headers)).json() == [made]


async def test_the_admin_form_sent_twice_refunds_once(till, owner) -> None:
    sold = await till.sold((await till.product(), 2))
    forms = {form["name"]: form["slug"] for form in await (await owner.get("/admin/api/forms/")).json()}
    path = f"/admin/api/forms/{forms['Refund an order']}/"
    keys = [(await (await owner.get(f"{path}schema/")).json())["properties"]["key"]["default"] for _time in range(2)]
    assert keys[0] != keys[1]
    sent = {"order": sold.number, "mode": "amount", "amount": "700", "key": keys[0]}
    both = await asyncio.gather(*(owner.send("POST", path, sent) for _time in range(2)))
    assert [answer.status for answer in both] == [200, 200]
    said = await (await owner.send("POST", path, {**sent, "amount": "100"})).text()
    assert "was sent before. $7.00 of order" in said
    assert (await till.orders.get(sold.id)).refunded == 700
    wrong = await owner.send("POST", path, {**sent, "key": "mine"})
    assert (wrong.status, "no key of ours" in await wrong.text()) == (422, True)
    other = await till.sold((await till.product("CAP"), 1), number=2)
    wrong = await owner.send("POST", path, {**sent, "order": other.number})
    assert (wrong.status, "another order" in await wrong.text()) == (422, True)
    await owner.send("POST", path, {**sent, "key": keys[1]})
    assert (await till.orders.get(sold.id)).refunded == 1400
    assert not (await till.orders.get(other.id)).refunded


async def test_the_api_refuses_and_lists(till, visitor, token, other_store) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    sold = await till.sold((await till.product(), 2))
    path = f"/api/orders/{sold.id}/refunds"
    for body, status, part in (
        ({"mode": "amount", "amount": 0}, 422, "An amount of 0"),
        ({"mode": "amount", "amount": 3001}, 409, "more than what is left"),
        ({"mode": "items", "items": [{"productId": "NOPE"}]}, 409, "has no product NOPE"),
        ({"mode": "items", "items": [{"productId": "MUG", "quantity": 0}]}, 422, "0 pieces of MUG"),
        ({"mode": "items", "items": [{"productId": "MUG"}, {"productId": "MUG"}]}, 422, "named twice"),
        ({"mode": "everything"}, 422, ""),
        ({"mode": "full", "amount": 10**30}, 422, ""),
        *(({"mode": "amount", "amount": wrong}, 422, "") for wrong in (1.0, 1.5, True, "1", "1e3", [1])),
        *(({"mode": "items", "items": [{"productId": "MUG", "quantity": one}]}, 422, "") for one in (1.0, True, "1")),
        ({"mode": "items", "items": [{"productId": "MUG", "quantity": -1}]}, 422, "-1 pieces of MUG"),
        ({"mode": "amount", "amount": 100, "items": [{"productId": "MUG"}]}, 422, ""),
        ({"mode": "full", "toCredit": True}, 422, "no store credit"),
        ({"mode": "full", "reason": "x" * 501}, 422, ""),
    ):
        answer = await visitor.http.post(path, headers=headers, json=body)
        assert (answer.status, part in (await answer.json())["detail"]) == (status, True), await answer.text()
    assert await till.rows("refund") == []
    for amount in (100, 200, 300):
        await till.refund(sold, "amount", amount)
    seen, cursor = [], ""
    while cursor is not None:
        page = await (await visitor.http.get(f"/api/refunds?limit=2&cursor={cursor}", headers=headers)).json()
        seen += [one["amountCents"] for one in page["items"]]
        cursor = page["nextCursor"]
    assert seen == [300, 200, 100]
    failed = await (await visitor.http.get("/api/refunds?state=FAILED", headers=headers)).json()
    assert failed == {"items": [], "nextCursor": None}
    assert (await visitor.http.get(f"/api/refunds/{uuid4()}", headers=headers)).status == 404
    retried = await visitor.http.post(f"/api/refunds/{(await till.rows('refund'))[0]['id']}/retry", headers=headers)
    assert retried.status == 409


async def test_pages_of_refunds_and_returns(till, owner, support) -> None:
    mug = await till.product(kind=ProductKind.SHIPPED, name="Mug <b>")
    sold = await till.sold((mug, 2), by_bank=True)
    till.bank.says = ["FAILED", "FAILED"]
    await till.orders.cancel(till.boss, sold.id, "Sold <i>out</i>")
    await till.settle()
    refund = await till.only(sold)
    page = await (await owner.get("/admin/refund")).text()
    for part in (sold.number, "$30.00", "Pending", "No money.", "Sold &lt;i&gt;out"):
        assert part in page
    page = await (await support.get(f"/staff/refund/{refund.id}")).text()
    assert "Ask the processor again" in page
    assert "I paid it back" in page
    await support.post(f"/staff/refund/{refund.id}/retry")
    await till.settle()
    _where, page = await done(support, f"/staff/refund/{refund.id}/paid-back", {"reference": "By check"})
    assert "was refunded" in page
    await till.settle()
    assert (await till.orders.get(sold.id)).refunded == 3000
    assert (await owner.get("/admin/refund?state=PENDING&cursor=")).status == 200
    assert (await owner.get("/admin/refund/nonsense")).status == 404
    assert (await owner.get("/admin/refund?cursor=nonsense")).status == 422

    cap = await till.product("CAP", kind=ProductKind.DIGITAL)
    bought = await till.sold((cap, 2), number=2)
    asked = await till.returns.request(till.buyer(2), bought.id, [ItemRequest(str(bought.lines[0].id), 1)], "<u>small")
    path = f"/admin/return/{asked.id}"
    assert "&lt;u&gt;small" in await (await owner.get("/admin/return?status=REQUESTED")).text()
    early = await owner.post(f"{path}/decide/receive")
    assert (early.status, "is Requested and cannot become Received" in await early.text()) == (409, True)
    await owner.post(f"{path}/decide/approve")
    await owner.post(f"{path}/decide/receive")
    where, page = await done(owner, f"{path}/refund")
    assert "Nothing has happened yet" in page
    await till.refund(bought, "amount", 100)
    where, page = await done(owner, f"{where}/confirm")
    assert "has changed since this was shown" in page
    where, page = await done(owner, f"{where}/confirm", {"note": "cash"})
    assert "was refunded" in page
    await till.settle()
    assert "Refunded" in await (await owner.get(path)).text()
    found = await till.orders.get(bought.id)
    assert (found.status, found.refunded) == (OrderStatus.PARTIALLY_REFUNDED, 1600)
    await till.check()
