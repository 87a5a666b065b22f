"""What no person types and a program may send: the answer says so, and is no fault of ours."""

from __future__ import annotations

import pytest

from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench

STRANGE = (
    "text=%00",
    "customer=%00",
    "cursor=%00",
    "status=%00",
    "payment_method=%00",
    "minimum=1e9999",
    "minimum=99999999999999999999",
    "created_from=0001-01-01",
    "created_to=9999-12-31",
    f"text={'a' * 3000}",
)


@pytest.mark.parametrize("page", ["/admin/order", "/admin/customer"])
async def test_a_strange_filter_is_no_accident(bench: Bench, owner: Visitor, page: str) -> None:
    await bench.app.stores.change(bench.boss, "store", {"time_zone": "Asia/Tokyo"})
    answers = {query: (await owner.get(f"{page}?{query}")).status for query in STRANGE}
    assert {query: status for query, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "query",
    [
        "minimumCents=99999999999999999999",
        "maximumCents=-99999999999999999999",
        "createdFrom=2026-01-01T00:00:00",
        "createdFrom=0001-01-01T00:00:00%2B09:00",
        "createdBefore=9999-12-31T23:59:59-09:00",
        "cursor=%00",
        "paymentMethod=%00",
        "text=%00",
    ],
)
async def test_a_strange_query_of_the_api_is_no_accident(
    bench: Bench, visitor: Visitor, token: str, query: str
) -> None:
    answer = await visitor.get(f"/api/orders?{query}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status < 500


async def test_a_null_character_is_refused_and_nothing_changes(
    bench: Bench, owner: Visitor, visitor: Visitor, token: str
) -> None:
    order = await bench.order(bench.buyer(), (await bench.product("KEY"), 1))
    before = await bench.snapshot()
    bearer = {"Authorization": f"Bearer {token}"}
    for path in (f"orders/{order.number}%00", "products/%00", "customers/%00", "orders?text=%00"):
        assert (await visitor.get(f"/api/{path}", headers=bearer)).status in (404, 422)
    for body, sentence in (({"notes": "a\0b"}, "null character"), ({"carrier": "a\0b"}, "cannot be shown")):
        answer = await visitor.send("PATCH", f"/api/orders/{order.number}", body, **bearer)
        assert answer.status == 422
        assert sentence in (await answer.json())["detail"]
    assert (await owner.post(f"/admin/order/{order.number}/note", {"text": "a\0b"})).status < 500
    await visitor.get("/login")
    assert (await visitor.post("/login", {"username": "a\0b", "password": "x"})).status == 422
    assert await bench.snapshot() == before
