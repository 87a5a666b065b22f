"""Every entrance × every role template against the one table: commands, items, pages, the API, Piccolo Admin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord
import pytest
from fastapi.routing import APIRoute

from guildshop.app import App
from guildshop.bot.items import StoreButton, StoreItem, StoreSelect
from guildshop.bot.staff import permission_of
from guildshop.bot.testing import Shop
from guildshop.hookspecs import Page
from guildshop.permissions import ADMIN, OWNER, TEMPLATES
from guildshop.plugins.orders.service import OrderActions
from guildshop.simulator.driver import Person
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.api_description import permissions_of
from guildshop.web.api_kernel import router as kernel_router
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.plugins.orders.conftest import Bench

CHANGES = {
    "Support": {"audit.read": True, "payment.confirm": False, "settings.read": True},
    "Read only": {"order.update": True, "customer.read": False},
    "Admin": {"order.delete": False},
}
"""What the owner changed, so that the table is not the one that plugins bring."""

API = {
    "GET /api/store": "",
    "GET /api/events": "event.read",
    "GET /api/discounts": "discount.read",
    "POST /api/discounts": "discount.create",
    "GET /api/discounts/{discount}": "discount.read",
    "PATCH /api/discounts/{discount}": "discount.update",
    "GET /api/discounts/{discount}/assignments": "discount.read",
    "POST /api/discounts/{discount}/assignments": "discount.update",
    "POST /api/discounts/assignments/{assignment}/revoke": "discount.update",
    "GET /api/credit": "credit.read",
    "GET /api/credit/owed": "credit.read",
    "GET /api/credit/{customer_id}": "credit.read",
    "POST /api/credit/{customer_id}/adjust": "credit.update",
    "GET /api/loyalty": "loyalty.read",
    "GET /api/loyalty/{customer_id}": "loyalty.read",
    "POST /api/loyalty/{customer_id}/adjust": "loyalty.update",
    "GET /api/products": "product.read",
    "GET /api/products/{product}": "product.read",
    "GET /api/products/lists": "product.read",
    "GET /api/products/lists/{product_list}": "product.read",
    "GET /api/products/{product}/variants": "product.read",
    "GET /api/products/{product}/stock": "product.read",
    "POST /api/products/{product}/publish": "product.update",
    "POST /api/products/{product}/unpublish": "product.update",
    "POST /api/products/{product}/restock": "product.update",
    "POST /api/products": "product.update",
    "PATCH /api/products/{product}": "product.update",
    "POST /api/products/{product}/activate": "product.update",
    "POST /api/products/{product}/deactivate": "product.update",
    "POST /api/products/{product}/variants": "product.update",
    "POST /api/products/{product}/adjust": "product.update",
    "GET /api/products/{product}/waiting": "product.read",
    "POST /api/products/lists": "product.update",
    "PATCH /api/products/lists/{product_list}": "product.update",
    "PUT /api/products/lists/{product_list}/products": "product.update",
    "DELETE /api/products/lists/{product_list}": "product.update",
    "GET /api/products/categories": "product.read",
    "POST /api/products/categories": "product.update",
    "PATCH /api/products/categories/{category}": "product.update",
    "DELETE /api/products/categories/{category}": "product.update",
    "GET /api/organization/units": "organization.read",
    "GET /api/organization/groups": "organization.read",
    "GET /api/organization/customers/{customer_id}": "organization.read",
    "PUT /api/organization/customers/{customer_id}": "organization.update",
    "GET /api/customers": "customer.read",
    "GET /api/customers/{customer_id}": "customer.read",
    "POST /api/customers": "customer.update",
    "POST /api/customers/tags": "customer.update",
    "PATCH /api/customers/{customer_id}": "customer.update",
    "PUT /api/customers/{customer_id}/tags": "customer.update",
    "POST /api/customers/{customer_id}/merge": "customer.update customer.merge",
    "POST /api/customers/{customer_id}/activate": "customer.update",
    "POST /api/customers/{customer_id}/deactivate": "customer.update",
    "POST /api/customers/{customer_id}/block": "customer.update",
    "POST /api/customers/{customer_id}/unblock": "customer.update",
    "PUT /api/customers/{customer_id}/user": "customer.update",
    "DELETE /api/customers/{customer_id}/user": "customer.update",
    "POST /api/customers/{customer_id}/confirm-email": "customer.update",
    "POST /api/customers/{customer_id}/reset-password": "customer.update",
    "GET /api/customers/{customer_id}/addresses": "customer.read",
    "POST /api/customers/{customer_id}/addresses": "customer.update",
    "PATCH /api/customers/{customer_id}/addresses/{address_id}": "customer.update",
    "DELETE /api/customers/{customer_id}/addresses/{address_id}": "customer.update",
    "POST /api/customers/{customer_id}/addresses/{address_id}/default": "customer.update",
    "POST /api/customers/{customer_id}/addresses/{address_id}/billing": "customer.update",
    "GET /api/audit-entries": "audit.read",
    "GET /api/deliveries/failed": "event.read",
    "POST /api/deliveries/{delivery_id}/retry": "event.update",
    "GET /api/settings": "settings.read",
    "GET /api/settings/{section}": "settings.read",
    "PATCH /api/settings/{section}": "settings.read settings.update",
    "GET /api/plugins": "settings.read",
    "PATCH /api/plugins/{plugin}": "settings.read settings.update",
    "GET /api/shopify/links": "link.read",
    "POST /api/shopify/links": "link.update",
    "GET /api/shopify/links/{discord_id}": "link.read",
    "DELETE /api/shopify/links/{discord_id}": "link.update",
    "GET /api/shopify/links/{discord_id}/log": "link.read",
    "GET /api/shopify/bulk-links": "link.read",
    "POST /api/shopify/bulk-links": "link.update",
    "GET /api/shopify/bulk-links/{bulk_id}": "link.read",
    "GET /api/shopify/bulk-links/{bulk_id}/rows": "link.read",
    "POST /api/shopify/bulk-links/{bulk_id}/link": "link.update",
    "GET /api/conversations": "conversation.read",
    "POST /api/conversations": "conversation.reply",
    "GET /api/conversations/counts": "conversation.read",
    "GET /api/conversations/{conversation_id}": "conversation.read",
    "GET /api/conversations/{conversation_id}/messages": "conversation.read",
    "POST /api/conversations/{conversation_id}/messages": "conversation.reply",
    "POST /api/conversations/messages/{message_id}/retry": "conversation.reply",
    "POST /api/conversations/{conversation_id}/claim": "conversation.reply",
    "POST /api/conversations/{conversation_id}/release": "conversation.reply",
    "POST /api/conversations/{conversation_id}/close": "conversation.reply",
    "POST /api/conversations/{conversation_id}/reopen": "conversation.reply",
    "GET /api/customers/{customer_id}/conversations": "conversation.read",
    "GET /api/payments": "order.read",
    "GET /api/payments/unusual": "order.read",
    "GET /api/payments/differences": "order.read",
    "POST /api/payments/differences/{difference_id}/settle": "payment.confirm",
    "GET /api/payments/{payment_id}": "order.read",
    "POST /api/payments/{payment_id}/accept": "payment.confirm",
    "POST /api/payments/{payment_id}/use": "payment.confirm",
    "GET /api/orders/{reference}/payments": "order.read",
    "POST /api/orders/{reference}/reject-payment": "payment.confirm",
    "GET /api/payment-methods": "order.read",
    "GET /api/entitlements/failed": "order.read",
    "GET /api/entitlements/{entitlement_id}": "order.read",
    "POST /api/entitlements/{entitlement_id}/retry": "order.update",
    "GET /api/orders/{reference}/entitlements": "order.read",
    "POST /api/orders/{reference}/entitlements/revoke": "order.update",
    "GET /api/customers/{customer_id}/entitlements": "order.read",
    "GET /api/reports/sales": "report.read",
    "GET /api/reports/owed": "report.read",
    "GET /api/reports/shares": "report.read",
    "POST /api/reports/shares": "report.read report.update",
    "DELETE /api/reports/shares/{share_id}": "report.update",
    "POST /api/reports/recount": "report.update",
    "GET /api/announcements": "notification.create",
    "POST /api/announcements": "notification.create",
    "GET /api/announcements/{announcement_id}": "notification.create",
    "PUT /api/announcements/{announcement_id}": "notification.create",
    "POST /api/announcements/{announcement_id}/start": "notification.create",
    "POST /api/announcements/{announcement_id}/stop": "notification.create",
    "DELETE /api/announcements/{announcement_id}": "notification.create",
    "GET /api/orders/{reference}/messages": "order.read",
    "GET /api/customers/{customer_id}/messages": "customer.read",
    "POST /api/organization/units": "organization.update",
    "GET /api/organization/units/{unit_id}": "organization.read",
    "PATCH /api/organization/units/{unit_id}": "organization.update",
    "PUT /api/organization/units/{unit_id}/products": "organization.update",
    "DELETE /api/organization/units/{unit_id}": "organization.update",
    "POST /api/organization/groups": "organization.update",
    "GET /api/organization/groups/{group_id}": "organization.read",
    "PATCH /api/organization/groups/{group_id}": "organization.update",
    "DELETE /api/organization/groups/{group_id}": "organization.update",
    "GET /api/orders": "order.read",
    "GET /api/orders/{reference}": "order.read",
    "PATCH /api/orders/{reference}": "order.update",
    "POST /api/orders": "order.create",
    "DELETE /api/orders/{reference}": "order.delete",
    "PUT /api/orders/{reference}/line-items": "order.update",
    "POST /api/orders/{reference}/ship": "order.update",
    "GET /api/orders/{reference}/shipments": "order.read",
    "POST /api/orders/{reference}/shipments": "order.update",
    "PATCH /api/orders/{reference}/shipments/{shipment}": "order.update",
    "DELETE /api/orders/{reference}/shipments/{shipment}": "order.update",
    "GET /api/orders/{reference}/notes": "order.read",
    "POST /api/orders/{reference}/notes": "order.update",
    "POST /api/orders/{reference}/invoice": "order.update",
    "POST /api/orders/{reference}/cancel": "order.update",
    "POST /api/orders/{reference}/confirm-payment": "payment.confirm",
    "POST /api/orders/{reference}/invoice-link": "payment.link",
    "GET /api/orders/{reference}/refunds": "refund.read",
    "POST /api/orders/{reference}/refunds": "refund.create",
    "GET /api/refunds": "refund.read",
    "GET /api/refunds/{refund_id}": "refund.read",
    "POST /api/refunds/{refund_id}/retry": "refund.create",
    "POST /api/refunds/{refund_id}/paid-back": "refund.create",
    "GET /api/returns": "refund.read",
    "GET /api/returns/{return_id}": "refund.read",
    "POST /api/returns/{return_id}/approve": "order.update",
    "POST /api/returns/{return_id}/receive": "order.update",
    "POST /api/returns/{return_id}/decline": "order.update",
}
ROLE_KEYS = dict(zip(TEMPLATES[1:], ("vip", "gold", "founder", "supporter", "client"), strict=True))
NOBODY = "00000000-0000-7000-8000-000000000000"


def _refuses(text: str, permission: str) -> bool:
    return f"needs the permission “{permission}”" in text


@pytest.fixture
async def people(shop: Shop) -> dict[str, Person]:
    """Somebody of each template in the simulated Discord; the owner by owning the server."""
    keys = shop.sim.state.keys
    roles = {str(keys[f"role:{key}"]): template for template, key in ROLE_KEYS.items()}
    await shop.app.stores.change(shop.actor(), "store", {"staff_roles": roles})
    await shop.app.stores.change_roles(shop.actor(), CHANGES)
    made = {template: shop.sim.new_member(f"p{key}", roles=[key]) for template, key in ROLE_KEYS.items()}
    await shop.settle()
    return {OWNER: shop.owner, **made}


def _value(option: Mapping[str, Any], shop: Shop) -> Any:
    if option.get("choices"):
        return option["choices"][0]["value"]
    return {3: "NONE", 4: 1, 5: True, 6: shop.buyer, 7: "shop", 8: "gold", 10: 1.0}[option["type"]]


async def test_every_command(shop: Shop, people: dict[str, Person]) -> None:
    offered = shop.sim.state.commands[str(shop.store.guild_id)].values()
    walked = 0
    for (_kind, name), (_plugin, command) in shop.app.registry.commands.items():
        permission = permission_of(command) if not isinstance(command, discord.app_commands.Group) else None
        if permission is None:
            continue
        (described,) = [found for found in offered if found["name"] == name]
        values = {
            option["name"]: _value(option, shop) for option in described.get("options", ()) if option.get("required")
        }
        for template, person in people.items():
            reply = await person.slash(name, values, stale=True)
            held = permission in shop.app.stores.permissions_of(shop.store.id, template)
            assert _refuses(reply.text, permission) is not held, (name, template)
            walked += 1
    assert walked >= 4 * len(TEMPLATES)


def _component(kind: type[StoreItem[Any]], store: int) -> discord.ui.Item[Any]:
    custom_id = f"{kind.prefix}:{store}:x:x:x"
    if issubclass(kind, StoreButton):
        return discord.ui.Button(label=kind.prefix, custom_id=custom_id)
    if issubclass(kind, StoreSelect):
        option = discord.SelectOption(label="x", value="x")
        return discord.ui.Select(custom_id=custom_id, options=[option])
    return discord.ui.RoleSelect(custom_id=custom_id, min_values=0)


async def test_every_item(shop: Shop, people: dict[str, Person]) -> None:
    channel: Any = shop.bot.get_channel(int(shop.sim.channel_id("shop")))
    kinds = [kind for _plugin, kind in shop.app.registry.items.values() if kind.permission is not None]
    assert len(kinds) >= 10
    for kind in kinds:
        assert kind.permission is not None
        component = 2 if issubclass(kind, StoreButton) else 3 if issubclass(kind, StoreSelect) else 6
        values = None if component == 2 else ["x"] if component == 3 else []
        for template, person in people.items():
            shown = discord.ui.View(timeout=None)
            shown.add_item(_component(kind, shop.store.id))
            shown.stop()
            sent = await channel.send("x", view=shown)
            custom_id = f"{kind.prefix}:{shop.store.id}:x:x:x"
            reply = await person.press_raw(str(sent.id), custom_id, component_type=component, values=values)
            held = kind.permission in shop.app.stores.permissions_of(shop.store.id, template)
            texts = "".join(message.text for message in [reply, *reply.followups])
            assert _refuses(texts, kind.permission) is not held, (kind.prefix, template)


async def test_every_permission_that_is_asked_for_is_in_the_table(shop: Shop) -> None:
    registry, known = shop.app.registry, shop.app.permissions.permissions
    asked = [kind.permission for _plugin, kind in registry.items.values()]
    asked += [modal.permission for _plugin, modal in registry.modals.values()]
    asked += [page.permission or None for _name, found in shop.app.hooks("register_pages") for page in found]
    asked += [card.permission for _name, found in shop.app.hooks("register_dashboard_cards") for card in found]
    asked += [kind.permission for _name, found in shop.app.hooks("register_imports") for kind in found]
    assert {name for name in asked if name is not None} <= set(known)


@pytest.fixture
async def browsers(
    app: App, store: Store, users: UserService, visitors: NewVisitor, staff: ActorFactory
) -> dict[str, Visitor]:
    """Somebody of each template, signed in on the web."""
    await app.stores.change_roles(staff(store), CHANGES)
    made: dict[str, Visitor] = {}
    for template in TEMPLATES:
        await users.create_user(template, PASSWORD, store=store.id, role=template)
        made[template] = await visitors()
        await made[template].sign_in(template)
    return made


def _pages(app: App) -> list[Page]:
    return [page for _name, found in app.hooks("register_pages") for page in found]


async def test_every_page(app: App, store: Store, browsers: dict[str, Visitor]) -> None:
    for page in _pages(app):
        path = re.sub(r"\{[^}]+\}", NOBODY, page.path)
        for template, browser in browsers.items():
            held = not page.permission or page.permission in app.stores.permissions_of(store.id, template)
            for method in page.methods:
                address = f"/staff/{path}"
                answer = await (browser.post(address) if method == "POST" else browser.get(address))
                refused = _refuses(await answer.text(), page.permission)
                assert refused is not held, (method, page.path, template)
                assert (answer.status == 403) is refused, (method, page.path, template, answer.status)


async def test_details_exports_and_actions_of_rows_that_there_are(
    app: App, store: Store, browsers: dict[str, Visitor], staff: ActorFactory
) -> None:
    """What `test_every_page` asks of rows that nobody has: who may not, sees and changes nothing of real ones."""
    bench = Bench(app, store, staff(store))
    with scope(store.id):
        mug = await bench.product(sku="SECRETMUG")
        order = await bench.order(bench.buyer(), (mug, 1))
    keys = {"order": (order.number, order.number), "customer": (str(order.customer), "Buyer1")}
    walked = set()
    for page in _pages(app):
        noun = page.path.split("/")[0]
        if noun not in keys or "GET" not in page.methods or "{" in page.path.replace("{id}", ""):
            continue
        walked.add(page.path)
        key, name = keys[noun]
        for template, browser in browsers.items():
            answer = await browser.get(f"/staff/{page.path.replace('{id}', key)}")
            held = page.permission in app.stores.permissions_of(store.id, template)
            assert (answer.status == 403) is not held, (page.path, template, answer.status)
            assert answer.status < 500, (page.path, template)
            assert held or name not in (await answer.text()).replace(key, ""), (page.path, template)
    assert walked >= {"order", "order/{id}", "order/export.csv", "customer", "customer/{id}"}
    with scope(store.id):
        before = await bench.snapshot()
    for _plugin, action in app.get(OrderActions)._known():
        for template, browser in browsers.items():
            if action.permission not in app.stores.permissions_of(store.id, template):
                answer = await browser.post(f"/staff/order/{order.number}/{action.name}")
                assert answer.status == 403, (action.name, template)
    with scope(store.id):
        assert await bench.snapshot() == before


async def test_every_route_of_the_api(
    app: App, store: Store, browsers: dict[str, Visitor], users: UserService, visitor: Visitor
) -> None:
    tokens = {template: await TokenService(app).create(template, store.id) for template in TEMPLATES}
    routers = [kernel_router, *(router for _plugin, found in app.hooks("register_api") for router in found)]
    declared = permissions_of(routers)
    routes = {
        f"{method} /api{route.path}": " ".join(declared.get((method.lower(), route.path), ()))
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == API, "an entrance of the API is not in the table of this test, or needs something else"
    for route, permissions in API.items():
        method, path = route.split(" ")
        address = re.sub(r"\{[^}]+\}", NOBODY, path)
        for template, token in tokens.items():
            answer = await visitor.http.request(
                method, address, headers={"Authorization": f"Bearer {token}"}, json={} if method != "GET" else None
            )
            held = set(permissions.split()) <= app.stores.permissions_of(store.id, template)
            assert (answer.status == 403) is not held, (route, template, answer.status, await answer.text())


async def test_piccolo_admin_is_for_owner_and_admin(browsers: dict[str, Visitor]) -> None:
    for template, browser in browsers.items():
        answer = await browser.get("/admin/api/tables/")
        assert (answer.status == 200) is (template in {OWNER, ADMIN}), (template, answer.status)
