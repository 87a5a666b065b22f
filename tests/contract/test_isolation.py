"""Stores stay apart: every table and every entrance, tried from another store, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from piccolo.columns import Text, Varchar

from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.service import PaymentService
from guildshop.simulator.driver import Reply
from guildshop.simulator.worlds import SECOND_GUILD_ID, demo_world
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService

from ..plugins.orders.conftest import Bench, bench
from ..plugins.robot import Robot, robot
from ..plugins.sale import Sale
from ..rows import everything, store_tables
from .furnished import furnish

__all__ = ["bench", "robot"]


async def _rows(bench: Bench, name: str) -> list[dict[str, Any]]:
    with scope(bench.store.id):
        return await bench.app.database.fetch(f'SELECT id FROM "{name}" WHERE store = :s', s=bench.store.id)


@pytest.fixture
async def orders(bench: Bench) -> list[Order]:
    """An order that waits, one that was paid, one that was cancelled, and a flow that goes on."""
    product = await bench.product("SECRETMUG", granted_roles=(77,))
    placed = [await bench.order(bench.buyer(number), (product, 1)) for number in range(3)]
    await bench.app.get(PaymentService).report(bench.buyer(0), placed[0].id, "my reference")
    await bench.app.get(PaymentService).confirm(bench.boss, placed[1].id, "seen")
    await bench.orders.cancel(bench.boss, placed[2].id, "gone")
    await bench.summary(bench.buyer(8), (product, 1))
    await bench.app.dispatcher.drain()
    return placed


async def test_no_table_shows_or_changes_another_stores_rows(
    other_store: Store, bench: Bench, orders: list[Order]
) -> None:
    before = await everything(bench.app, bench.store.id)
    filled = [name for name, rows in before.items() if rows]
    assert {"customer", "product", "stock_movement", "orders", "order_line", "payment", "delivery"} <= set(filled)
    for table in store_tables(bench.app):
        key = table._meta.primary_key
        name = table._meta.tablename
        ours = [row["id"] for row in await _rows(bench, name)]
        text = next((column for column in table._meta.columns if isinstance(column, Varchar | Text)), None)
        with scope(other_store.id):
            theirs = [row["id"] for row in await table.select(key)]
            assert not set(ours) & set(theirs), name
            assert await table.count() == len(theirs), name
            if ours:
                assert not await table.exists().where(key.is_in(ours)), name
                assert await table.objects().get(key == ours[0]) is None, name
                await table.delete().where(key.is_in(ours))
                if text is not None:
                    await table.update({text: "x"}).where(key.is_in(ours))
    with scope(bench.store.id):
        assert await everything(bench.app, bench.store.id) == before


async def test_no_page_no_api_and_no_admin_table_leads_into_another_store(
    other_store: Store, bench: Bench, orders: list[Order], visitors: NewVisitor, users: UserService
) -> None:
    stranger = await _stranger(other_store, visitors, users)
    before = await everything(bench.app, bench.store.id)
    secrets = [order.number for order in orders] + ["Buyer1", "SECRETMUG"]
    tables = await (await stranger.get("/admin/api/tables/")).json()
    assert {"orders", "customer", "product", "payment"} <= set(tables)
    for table in tables:
        await _try_admin_table(bench, stranger, table, secrets)
    await _try_pages(bench, stranger, orders[0], secrets)
    await _try_api(bench, stranger, orders[0], secrets)
    assert await everything(bench.app, bench.store.id) == before


async def _stranger(store: Store, visitors: NewVisitor, users: UserService) -> Visitor:
    with scope(store.id):
        await users.create_user("Otto", PASSWORD, store=store.id, role="Owner")
    stranger = await visitors()
    await stranger.sign_in("Otto")
    return stranger


async def _try_admin_table(bench: Bench, stranger: Visitor, table: str, secrets: list[str]) -> None:
    address = f"/admin/api/tables/{table}/"
    for path in (address, f"{address}?__page_size=100", f"{address}ids/", f"{address}count/"):
        text = await (await stranger.get(path)).text()
        assert not [secret for secret in secrets if secret in text], path
    with scope(bench.store.id):
        rows = await bench.app.database.fetch(f'SELECT id FROM "{table}" WHERE store = :s LIMIT 3', s=bench.store.id)
    for row in rows:
        one = f"{address}{row['id']}/"
        assert (await stranger.get(one)).status == 404, one
        for method in ("PATCH", "PUT", "DELETE"):
            answer = await stranger.send(method, one, {"notes": "mine", "name": "mine", "store": bench.store.id})
            assert answer.status >= 400, (method, one)


async def _try_pages(bench: Bench, stranger: Visitor, order: Order, secrets: list[str]) -> None:
    tried = 0
    for _plugin, pages in bench.app.hooks("register_pages"):
        for page in pages:
            path = "/admin/" + re.sub(r"\{[^}]+\}", order.number, page.path)
            for method in page.methods:
                answer = await (stranger.post(path, {"reason": "mine"}) if method == "POST" else stranger.get(path))
                text = await answer.text()
                assert not [secret for secret in secrets if secret in text and secret not in path], path
                if "{" in page.path:
                    assert answer.status >= 400 or answer.status == 303, (method, path)
                tried += 1
    assert tried >= 5


async def _try_api(bench: Bench, stranger: Visitor, order: Order, secrets: list[str]) -> None:
    described = await (await stranger.get("/api/openapi.json")).json()
    product = (await bench.catalog.find("SECRETMUG")).id
    tried = 0
    for method, path in _operations(described):
        values = (str(order.id), order.number, str(order.customer), str(product))
        for value in values if re.search(r"\{(reference|product|customer)", path) else values[:1]:
            filled = re.sub(r"\{[^}]+\}", value, path)
            answer = await (
                stranger.get(filled) if method == "GET" else stranger.send(method, filled, {"reason": "mine"})
            )
            text = await answer.text()
            assert not [secret for secret in secrets if secret in text and secret not in filled], filled
            if "{" in path:
                assert answer.status in {404, 405, 422}, (method, filled, text)
            tried += 1
    assert tried >= 20


async def test_no_row_is_named_to_another_store(
    bench: Bench, other_store: Store, users: UserService, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of all kinds, by their own IDs, with bodies that their own store would take."""
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a secret for links in tests, long enough")
    known = (await furnish(bench)).known
    with scope(other_store.id):
        await users.create_user("Otto", PASSWORD, store=other_store.id, role="Owner")
        robot.token = await TokenService(bench.app).create("Otto", other_store.id, "tests")
    order, customer = known["order"][0], known["customer"][0]
    text = {"text": "mine"}
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/conversations", {"customerId": customer, **text}),
        *((method, f"/conversations/{known['conversation'][0]}{path}", body) for method, path, body in (
            ("GET", "", None), ("GET", "/messages", None), ("POST", "/messages", text), ("POST", "/claim", None),
            ("POST", "/release", None), ("POST", "/close", None), ("POST", "/reopen", None),
        )),
        ("POST", f"/conversations/messages/{known['message'][0]}/retry", None),
        *((method, f"/announcements/{known['announcement'][1]}{path}", body) for method, path, body in (
            ("GET", "", None), ("PUT", "", {"title": "Mine", **text}), ("POST", "/start", None),
            ("POST", "/stop", None), ("DELETE", "", None),
        )),
        *(("GET", f"/customers/{customer}/{name}", None) for name in ("conversations", "messages", "entitlements")),
        *(("GET", f"/orders/{order}/{name}", None) for name in ("messages", "entitlements", "payments")),
        ("POST", f"/orders/{order}/entitlements/revoke", {}),
        ("POST", f"/orders/{order}/reject-payment", {"reason": "mine"}),
        ("GET", f"/shopify/links/{known['shopify_member'][0]}", None),
        ("DELETE", f"/shopify/links/{known['shopify_member'][0]}", None),
        *((method, f"/shopify/bulk-links/{known['bulk'][0]}{path}", None) for method, path in (
            ("GET", ""), ("GET", "/rows"), ("POST", "/link"),
        )),
        *((method, f"/organization/units/{known['branch'][0]}{path}", body) for method, path, body in (
            ("GET", "", None), ("PATCH", "", {"name": "Mine"}), ("PUT", "/products", {"products": []}),
            ("DELETE", "", None),
        )),
        *((method, f"/organization/groups/{known['group'][0]}", body) for method, body in (
            ("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None),
        )),
        ("GET", f"/entitlements/{known['entitlement'][0]}", None),
        ("POST", f"/entitlements/{known['entitlement'][0]}/retry", None),
        ("GET", f"/payments/{known['payment'][0]}", None),
        ("POST", f"/payments/{known['payment'][0]}/accept", None),
        ("POST", f"/payments/{known['payment'][0]}/use", {"order": order}),
        ("POST", f"/payments/differences/{known['difference'][0]}/settle", {"note": "mine"}),
        ("DELETE", f"/reports/shares/{known['share'][0]}", None),
        ("POST", f"/deliveries/{known['delivery'][0]}/retry", None),
    ]  # fmt: skip
    await robot.refuses(404, *requests)
    for path in (
        "/conversations", "/announcements", "/shopify/links", "/shopify/bulk-links", "/entitlements/failed",
        "/payments", "/payments/unusual", "/payments/differences", "/reports/shares", "/deliveries/failed",
        f"/shopify/links/{known['shopify_member'][0]}/log",
    ):  # fmt: skip
        found = await robot.get(path)
        assert (found["items"] if isinstance(found, dict) else found) == [], path


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in described["paths"].items():
        for method in methods:
            yield method.upper(), path


async def test_no_command_and_no_button_reaches_into_another_server(make_shop: Any) -> None:
    shop: Shop = await make_shop(
        world=demo_world(second_guild=True),
        settings={"store": {"name": "First"}},
    )
    second = await shop.app.stores.create(int(SECOND_GUILD_ID), "Second")
    await shop.settle()
    sale = Sale(shop)
    order = await sale.order(await sale.product("MUG"))
    await shop.settle()
    before = await everything(shop.app, shop.store.id)
    owner = shop.sim.member("owner_b")
    for command, options in (
        ("payment-confirm", {"order": order.number}),
        ("order-status", {"order": str(order.id)}),
        ("cancel-order", {"order": order.number}),
        ("stock", {"product": "MUG"}),
        ("restock", {"product": "MUG", "quantity": 5}),
    ):
        reply = await owner.slash(command, options, guild="second")
        assert _refused(reply), (command, reply.text)
        for focused, typed in (("order", order.number[:3]), ("product", "MU")):
            if focused in options:
                assert await owner.autocomplete(command, focused=focused, value=typed, guild="second") == []
    notices = shop.sim.messages("orders")
    custom_ids = {item["custom_id"] for notice in notices for item in _components(notice.message)}
    assert any(one.startswith("notifications.") for one in custom_ids)
    anchor = await owner.slash("catalog", guild="second")
    # The library answers nothing to a button that its message does not have.
    shop.sim.acknowledge_seconds = 0.3
    for custom_id in sorted(custom_ids):
        reply = await shop.sim.press_raw(owner, anchor.message["id"], custom_id)
        assert reply.failed or _refused(reply), (custom_id, reply.text)
    await shop.settle()
    assert await everything(shop.app, shop.store.id) == before
    assert shop.app.stores.get(second.id).name == "Second"


def _refused(reply: Reply) -> bool:
    return reply.ephemeral and bool(re.search(r"no order|no such|no product|There is no|nothing", reply.text, re.I))


def _components(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in message.get("components", []):
        for item in row.get("components", []):
            if "custom_id" in item:
                yield item
