"""What changes customers and products by the API: for whom it may not, with what it cannot, and only once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from guildshop.app import App
from guildshop.plugins.customers.api import AddressInput, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.api_description import permissions_of
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService

from ..plugins.orders.conftest import ADDRESS, Bench, bench
from ..rows import everything

__all__ = ["bench"]

ROOTS = ("/customers", "/products")


@dataclass(frozen=True)
class Change:
    """An operation with a body that is good; `{name}` in either stands for the ID of a thing."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    made: bool = False
    """Whether it makes something that belongs to whoever asks."""


CUSTOMER, PRODUCT = "/customers/{customer_id}", "/products/{product}"
SAVED, LIST, CATEGORY = (
    f"{CUSTOMER}/addresses/{{address_id}}",
    "/products/lists/{product_list}",
    "/products/categories/{category}",
)
HOME = {"recipient": "Ann Lee", "street": "1 Main St", "city": "San Francisco", "region": "CA", "country": "US"}
HOME |= {"postalCode": "94111"}
CHANGES = (
    Change("POST", "/customers", {"displayName": "Cleo"}, 201, made=True),
    Change("POST", "/customers/tags", {"customerIds": ["{customer_id}"], "add": ["VIP"]}),
    Change("PATCH", CUSTOMER, {"firstName": "Ann"}),
    Change("PUT", f"{CUSTOMER}/tags", {"tags": ["Partner"]}),
    Change("POST", f"{CUSTOMER}/deactivate"),
    Change("POST", f"{CUSTOMER}/activate"),
    Change("POST", f"{CUSTOMER}/block"),
    Change("POST", f"{CUSTOMER}/unblock"),
    Change("PUT", f"{CUSTOMER}/user", {"userId": "{user}"}),
    # No mail server is set up.
    Change("POST", f"{CUSTOMER}/confirm-email", None, 503),
    Change("POST", f"{CUSTOMER}/reset-password", None, 503),
    Change("DELETE", f"{CUSTOMER}/user", None, 204),
    Change("POST", f"{CUSTOMER}/addresses", HOME, 201),
    Change("POST", f"{SAVED}/default"),
    Change("POST", f"{SAVED}/billing"),
    Change("PATCH", SAVED, {"recipient": "Ann Lee"}),
    Change("DELETE", SAVED, None, 204),
    Change("POST", f"{CUSTOMER}/merge", {"goneId": "{other}"}),
    Change("POST", "/products", {"name": "Cap", "priceCents": 900}, 201, made=True),
    Change("PATCH", PRODUCT, {"priceCents": 900, "categoryId": "{category}"}),
    Change("POST", f"{PRODUCT}/publish", {}),
    Change("POST", f"{PRODUCT}/unpublish", {}),
    Change("POST", f"{PRODUCT}/deactivate", {}),
    Change("POST", f"{PRODUCT}/activate", {}),
    Change("POST", f"{PRODUCT}/restock", {"quantity": 3}),
    Change("POST", f"{PRODUCT}/adjust", {"change": -13, "reason": "All broke."}),
    Change("POST", f"{PRODUCT}/variants", {"sku": "MUG-L", "options": {"Size": "L"}}, 201),
    Change("POST", "/products/lists", {"name": "Gifts"}, 201, made=True),
    Change("PATCH", LIST, {"name": "Favourites"}),
    Change("PUT", f"{LIST}/products", {"products": ["{product}"]}),
    Change("DELETE", LIST, None, 204),
    Change("POST", "/products/categories", {"name": "Cups"}, 201, made=True),
    Change("PATCH", CATEGORY, {"position": 3}),
    # The product stands on it.
    Change("DELETE", CATEGORY, None, 409),
)


@dataclass
class Program:
    """A program with a token."""

    http: aiohttp.ClientSession
    token: str

    async def ask(self, change: Change, known: dict[str, str], **given: Any) -> aiohttp.ClientResponse:
        """Send a change, or something else in place of its body."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **given.pop("headers", {})}
        body = given or {"json": _filled(change.body, known)} if change.body is not None else given
        return await self.http.request(change.method, f"/api{change.path.format(**known)}", headers=headers, **body)


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    return value.format(**known) if isinstance(value, str) else value


@pytest.fixture
async def known(bench: Bench, users: UserService) -> dict[str, str]:
    """One thing of each kind."""
    boss, customers, catalog = bench.boss, bench.app.get(CustomerService), bench.catalog
    ann = await customers.create(boss, CustomerInput(display_name="Ann", email="ann@example.org"))
    other = await customers.create(boss, CustomerInput(display_name="Ann again"))
    address = await customers.add_address(boss, ann.id, AddressInput(**{**ADDRESS, "region": "CA"}))
    mug = await bench.product("MUG", description="For tea.", published=False)
    listed = await catalog.create_list(boss, "Best of")
    shelf = await catalog.create_category(boss, "Shelf", 1)
    user = await users.create_user("Annuser", PASSWORD, store=bench.store.id, role="Read only")
    return {
        "customer_id": str(ann.id),
        "other": str(other.id),
        "address_id": str(address.id),
        "product": str(mug.id),
        "product_list": str(listed.id),
        "category": str(shelf.id),
        "user": str(user.id),
    }


async def _program(app: App, users: UserService, visitor: Visitor, store: Store, role: str) -> Program:
    name = f"Robot of {store.name}"
    with scope(store.id):
        await users.create_user(name, PASSWORD, store=store.id, role=role)
        return Program(visitor.http, await TokenService(app).create(name, store.id))


def test_the_table_has_every_change(app: App) -> None:
    routers = [router for _plugin, found in app.hooks("register_api") for router in found]
    changing = {(method, path) for method, path in permissions_of(routers) if path.startswith(ROOTS)}
    assert {(change.method.lower(), change.path) for change in CHANGES} == {
        (method, path) for method, path in changing if method != "get"
    }


async def test_nobody_changes_what_is_another_stores(
    bench: Bench, known: dict[str, str], users: UserService, visitor: Visitor, other_store: Store
) -> None:
    stranger = await _program(bench.app, users, visitor, other_store, "Owner")
    before = await everything(bench.app, bench.store.id)
    for change in CHANGES:
        answer = await stranger.ask(change, known)
        assert answer.status == (change.status if change.made else 404), (change, await answer.text())
    foreign = Change("POST", "/products", {"name": "x", "priceCents": 1, "categoryId": "{category}"})
    assert (await stranger.ask(foreign, known)).status == 404
    with scope(bench.store.id):
        assert await everything(bench.app, bench.store.id) == before


async def test_neither_a_role_without_the_permission_nor_a_body_that_is_none_changes_anything(
    bench: Bench, known: dict[str, str], users: UserService, visitor: Visitor, token: str
) -> None:
    reader, robot = await _program(bench.app, users, visitor, bench.store, "Read only"), Program(visitor.http, token)
    json = {"Content-Type": "application/json"}
    before = await everything(bench.app, bench.store.id)
    for change in CHANGES:
        refused = await reader.ask(change, known)
        assert refused.status == 403, change
        assert ".update”" in (await refused.json())["detail"]
        if change.body is not None:
            # Whoever may not is told that, whatever they sent.
            assert (await reader.ask(change, known, json={"surprise": 1})).status == 403, change
            for wrong, status in (
                ({"json": {**_filled(change.body, known), "surprise": 1}}, 422),
                ({"json": [change.body]}, 422),
                ({"json": {name: {"a": []} for name in change.body} or {"version": "x"}}, 422),
                ({"data": b"{", "headers": json}, 400),
            ):
                answer = await robot.ask(change, known, **dict(wrong))
                assert answer.status == status, (change, wrong, await answer.text())
    assert await everything(bench.app, bench.store.id) == before


async def test_a_key_lets_each_change_happen_once(
    bench: Bench, known: dict[str, str], visitor: Visitor, token: str
) -> None:
    robot = Program(visitor.http, token)
    for number, change in enumerate(CHANGES):
        key = {"Idempotency-Key": f"change-{number}"}
        first = await robot.ask(change, known, headers=dict(key))
        assert first.status == change.status, (change, await first.text())
        if change.method == "POST":
            before = await everything(bench.app, bench.store.id)
            again = await robot.ask(change, known, headers=dict(key))
            assert (again.status, await again.text()) == (first.status, await first.text())
            assert again.headers.get("Idempotency-Replayed") == ("true" if first.status < 500 else None), change
            assert await everything(bench.app, bench.store.id) == before, change
