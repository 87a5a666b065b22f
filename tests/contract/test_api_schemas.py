"""The JSON API and Piccolo Admin's, by their own descriptions: no fault of ours, no answer that they do not name."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.web.server import WebServer
from guildshop.web.testing import Visitor

from ..plugins.orders.conftest import Bench, bench
from ..plugins.shopify_link.conftest import shopify
from ..plugins.shopify_link.double import ShopifyDouble
from .furnished import Furnished, furnish
from .fuzzer import DEEP, EXAMPLES, Known, run

__all__ = ["bench", "shopify"]

pytestmark = pytest.mark.timeout(3600 if DEEP else 600)


@pytest.fixture
async def furnished(bench: Bench, shopify: ShopifyDouble, monkeypatch: pytest.MonkeyPatch) -> Furnished:
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a secret for links in tests, long enough")
    shopify.customer(3, email="john3@example.com")
    return await furnish(bench, shopify.url)


DONE = {200, 201, 202, 204}
GOOD: Known = {
    "name": [f"Name {number}" for number in range(9)],
    "quantity": [1, 2],
    "change": [1],
    "amountCents": [100],
    "points": [5],
    "percent": [10],
    "reason": ["It broke."],
    "recipient": ["Ann Lee"],
    "street": ["1 Main St"],
    "city": ["San Francisco"],
    "country": ["US"],
    "region": ["CA"],
    "postalCode": ["94111"],
    "currency": ["USD"],
    "carrier": ["UPS"],
    "trackingNumber": ["1Z999AA10123456784"],
    "paymentMethod": ["venmo", "zelle"],
}
"""What leads on to the use cases, where what is made up at the bounds of a schema is refused by their rules."""


def names(known: dict[str, list[str]]) -> Known:
    return {
        **GOOD,
        "reference": known["order"],
        "product": known["product"],
        "productId": known["product"],
        "products": known["product"],
        "product_list": known["product_list"],
        "category": known["category"],
        "categoryId": known["category"],
        "discount": known["discount"],
        "assignment": known["assignment"],
        "shipment": known["shipment"],
        "refund_id": known["refund"],
        "return_id": known["return"],
        "customer": known["customer"],
        "customer_id": known["customer"],
        "customerId": known["customer"],
        "customerIds": known["customer"],
        "goneId": known["customer"],
        "address_id": known["address"],
        "userId": known["user"],
        "lineItemId": known["line"],
        "branchId": known["branch"],
        "departmentId": known["department"],
        "discountGroupId": known["group"],
        "shippingAddressId": known["address"],
        "conversation_id": known["conversation"],
        "message_id": known["message"],
        "announcement_id": known["announcement"],
        "discord_id": known["shopify_member"],
        "discordId": known["shopify_member"],
        "unit_id": known["branch"],
        "group_id": known["group"],
        "bulk_id": known["bulk"],
        "entitlement_id": known["entitlement"],
        "payment_id": known["payment"],
        "difference_id": known["difference"],
        "delivery_id": known["delivery"],
        "share_id": known["share"],
        "section": ["conversations", "entitlements"],
        # To switch off one that others are about would leave them untried.
        "plugin": ["taxjar"],
        "order": known["order"],
        "email": ["john3@example.com"],
    }


async def test_the_api_answers_as_it_describes_itself(
    furnished: Furnished, server: WebServer, visitor: Visitor, token: str
) -> None:
    description = await (await visitor.get("/api/openapi.json")).json()
    headers = {"Authorization": f"Bearer {token}"}
    # PostgreSQL is the stricter one: what is at the bounds of each schema goes there, what is random to the other one.
    # To make two random requests takes as long as all those at the bounds: both go to both only in a long run.
    thorough = furnished.bench.app.database.dialect == "postgres" or DEEP
    phases = ("coverage", "fuzzing") if DEEP else ("coverage",) if thorough else ("fuzzing",)
    found = await asyncio.to_thread(
        run, description, f"{server.url}/api", headers, names(furnished.known), phases=phases
    )
    assert found.problems == []
    assert found.statuses.keys() == {
        f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods
    }
    # It came to the end of the use cases, not only to what stands before them.
    unreached = [name for name, statuses in found.statuses.items() if not statuses & {*DONE, 409}]
    done = [name for name, statuses in found.statuses.items() if statuses & DONE]
    few, many = 0.07 * len(found.statuses), 0.7 * len(found.statuses)
    assert not thorough or (len(unreached) < few and len(done) > many), (unreached, done)


async def test_the_tables_of_the_admin_answer_as_they_are_described(
    furnished: Furnished, server: WebServer, owner: Visitor
) -> None:
    description = await (await owner.get("/admin/api/openapi.json")).json()
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in owner.http.cookie_jar)
    headers = {"Cookie": cookies, "X-CSRFToken": owner.csrf}
    tables = await (await owner.get("/admin/api/tables/")).json()
    keys = {f"{table}_id": await _keys(owner, table) for table in tables}
    found = await asyncio.to_thread(
        run, description, f"{server.url}/admin/api", headers, keys, phases=("fuzzing",), examples=(EXAMPLES + 1) // 2
    )
    assert found.problems == []
    assert len(found.statuses) > 3 * len(tables)


async def _keys(owner: Visitor, table: str) -> list[str]:
    return list(await (await owner.get(f"/admin/api/tables/{table}/ids/?limit=5")).json())
