"""What the JSON API does with products. Who may not, other stores and keys: tests/contract/test_api_changes.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor

Ask = Callable[..., Awaitable[Any]]
ROLE = "1180000000000000001"
"""More than a double holds."""


@pytest.fixture
def ask(visitor: Visitor, token: str) -> Ask:
    """Ask the API, which never tells a cost; the answer has to have the status."""

    async def send(method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await visitor.http.request(method, f"/api/products{path}", json=body, headers=headers)
        text = await answer.text()
        assert answer.status == status, text
        assert status >= 400 or "cost" not in text.lower()
        return await answer.json() if status != 204 else None

    return send


async def test_a_draft_is_made_completed_published_and_taken_out(
    ask: Ask, catalog: CatalogService, store: Store, staff: ActorFactory
) -> None:
    shelf = await ask("POST", "/categories", {"name": "Shirts"}, status=201)
    given = {"name": "Tee", "priceCents": 2000, "costCents": 700, "requiredRoles": [ROLE], "categoryId": shelf["id"]}
    tee = await ask("POST", "", {**given, "limitPerCustomer": 2, "isInventoryTracked": True, "quantity": 4}, status=201)
    assert (tee["isPublished"], tee["quantityAvailable"], tee["requiredRoles"]) == (False, 4, [ROLE])
    assert tee["sku"].startswith("DRAFT-")
    key = UUID(tee["id"])
    assert await catalog.cost_of(staff(store), key) == 700
    refused = await ask("POST", f"/{key}/publish", {}, status=409)
    assert "an SKU of its own" in refused["detail"]
    images = [{"url": "https://example.org/tee.png", "alt": "A tee"}, {"url": "https://example.org/back.png"}]
    change = {"sku": "TEE", "description": "Cotton.", "images": images, "costCents": None, "limitPerCustomer": None}
    changed = await ask("PATCH", f"/{key}", {**change, "priceCents": None, "version": 1})
    assert (changed["sku"], changed["priceCents"], changed["limitPerCustomer"]) == ("TEE", 2000, None)
    assert [image["alt"] for image in changed["images"]] == ["A tee", ""]
    assert await catalog.cost_of(staff(store), key) is None
    assert (await ask("POST", "/TEE/publish", {"version": 2}))["isPublished"]
    for step, active in (("deactivate", False), ("deactivate", False), ("activate", True)):
        assert (await ask("POST", f"/TEE/{step}", {}))["isActive"] is active
    now = await ask("GET", "/TEE")
    for method, path, body, status, words in (
        ("POST", "", {"name": "Tee", "priceCents": 1, "sku": "tee"}, 409, "has the SKU tee"),
        ("POST", "", {"name": "Tee", "priceCents": -1}, 422, "below zero"),
        ("POST", "", {"name": " ", "priceCents": 1}, 422, "is missing"),
        ("POST", "", {"name": "x", "priceCents": 1, "currency": "XXQ"}, 422, "XXQ"),
        ("PATCH", "/TEE", {"name": "Shirt", "version": 1}, 409, "changed"),
        ("POST", "/TEE/deactivate", {"version": 1}, 409, "changed"),
        ("PATCH", "/TEE", {"requiredRoles": ["gold"]}, 422, "requiredRoles"),
        ("PATCH", "/TEE", {"requiredRoles": [str(2**63)]}, 422, "requiredRoles"),
        ("PATCH", "/TEE", {"images": [{"url": "http://example.org/x.png"}]}, 422, "https://"),
        ("PATCH", "/TEE", {"images": [{"url": f"https://example.org/{n}"} for n in range(11)]}, 422, "at most 10"),
        ("PATCH", "/TEE", {"quantityAvailable": 9}, 422, "quantityAvailable"),
        ("PATCH", "/TEE", {"isPublished": False}, 422, "isPublished"),
        ("PATCH", "/TEE", {"options": {"Size": "L"}}, 422, "is no variant"),
        ("DELETE", f"/categories/{shelf['id']}", None, 409, "Products are still in"),
    ):
        assert words in (await ask(method, path, body, status=status))["detail"], (path, body)
    assert await ask("GET", "/TEE") == now
    assert (await ask("PATCH", "/TEE", {"categoryId": None}))["categoryId"] is None
    await ask("DELETE", f"/categories/{shelf['id']}", status=204)


async def test_stock_is_corrected_with_a_reason_and_who_waits_is_told(
    ask: Ask, catalog: CatalogService, store: Store
) -> None:
    given = {"name": "Key", "priceCents": 500, "sku": "KEY", "description": "Opens.", "isInventoryTracked": True}
    await ask("POST", "", given, status=201)
    await ask("POST", "/KEY/publish", {})
    for number in (1, 2):
        await catalog.wait_for(Actor(ActorKind.MEMBER, f"{ROLE[:-1]}{number}", "m", store.id), (), "KEY")
    first, second = await ask("GET", "/KEY/waiting")
    assert [(one["memberId"][-1], one["state"], one["heldUntil"]) for one in (first, second)] == [
        ("1", "WAITING", None),
        ("2", "WAITING", None),
    ]
    assert [one["id"] for one in await ask("GET", "/KEY/waiting?limit=1")] == [first["id"]]
    await ask("POST", "/KEY/adjust", {"change": 1, "reason": "Found one."})
    assert [one["state"] for one in await ask("GET", "/KEY/waiting")] == ["HELD", "WAITING"]
    await ask("POST", "/KEY/restock", {"quantity": 5})
    now = await ask("GET", "/KEY")
    for body, status, words in (
        ({"change": -50, "reason": "x"}, 409, "cannot be taken off"),
        ({"change": 0, "reason": "x"}, 422, "changes nothing"),
        ({"change": 10_001, "reason": "x"}, 422, "at most"),
        ({"change": -1, "reason": " "}, 422, "needs a reason"),
        ({"change": -1}, 422, "reason"),
    ):
        assert words in (await ask("POST", "/KEY/adjust", body, status=status))["detail"]
    assert await ask("GET", "/KEY") == now
    newest = (await ask("GET", "/KEY/stock?limit=3"))["items"]
    assert ("RESTOCK", 5) in {(row["kind"], row["availableChange"]) for row in newest}


async def test_variants_are_added_and_changed_as_products_are(ask: Ask) -> None:
    tee = await ask("POST", "", {"name": "Tee", "priceCents": 2000, "sku": "TEE", "description": "Cotton."}, status=201)
    large = {"sku": "TEE-L", "options": {"Size": "L"}, "costCents": 900, "isInventoryTracked": True, "quantity": 3}
    await ask("POST", "/TEE/variants", {**large, "version": 9}, status=409)
    made = await ask("POST", "/TEE/variants", {**large, "version": tee["version"]}, status=201)
    assert (made["parentId"], made["options"], made["priceCents"]) == (tee["id"], {"Size": "L"}, 2000)
    assert made["quantityAvailable"] == 3
    bigger = await ask("PATCH", "/TEE-L", {"options": {"Size": "XL"}, "priceCents": 2200, "sku": "TEE-XL"})
    assert (bigger["name"], bigger["priceCents"]) == ("Tee – XL", 2200)
    for path, body, status in (
        ("/TEE/variants", {"sku": "TEE-2", "options": {"Size": "XL"}}, 422),
        ("/TEE/variants", {"sku": "TEE-2", "options": {}}, 422),
        ("/TEE-XL/variants", {"sku": "TEE-2", "options": {"Size": "S"}}, 409),
    ):
        await ask("POST", path, body, status=status)
    assert "follows Tee in this" in (await ask("PATCH", "/TEE-XL", {"description": "x"}, status=409))["detail"]
    assert [one["sku"] for one in await ask("GET", "/TEE/variants")] == ["TEE-XL"]
    assert (await ask("POST", "/TEE-XL/deactivate", {}))["isActive"] is False


async def test_lists_and_categories_are_kept(ask: Ask) -> None:
    for sku in ("MUG", "KEY"):
        await ask("POST", "", {"name": sku, "priceCents": 500, "sku": sku}, status=201)
    gifts = await ask("POST", "/lists", {"name": "Gifts", "position": 2}, status=201)
    path = f"/lists/{gifts['id']}"
    filled = await ask("PUT", f"{path}/products", {"products": ["key", "MUG"], "version": gifts["version"]})
    assert filled["size"] == 2
    assert [one["sku"] for one in await ask("GET", path)] == ["KEY", "MUG"]
    renamed = await ask("PATCH", path, {"name": "Presents", "version": filled["version"]})
    assert (renamed["name"], renamed["position"], renamed["size"]) == ("Presents", 2, 2)
    shelf = await ask("POST", "/categories", {"name": "Cups"}, status=201)
    moved = await ask("PATCH", f"/categories/{shelf['id']}", {"position": 4, "version": 1})
    assert moved == {**shelf, "position": 4, "version": 2}
    for method, where, body, status in (
        ("PUT", f"{path}/products", {"products": ["KEY"], "version": gifts["version"]}, 409),
        ("PUT", f"{path}/products", {"products": ["KEY", "LOCK"]}, 404),
        ("PATCH", path, {"name": "Mine", "version": gifts["version"]}, 409),
        ("PATCH", path, {"name": " "}, 422),
        ("POST", "/lists", {"name": "PRESENTS"}, 409),
        ("POST", "/lists", {"name": "x", "position": 10**12}, 422),
        ("PATCH", f"/categories/{shelf['id']}", {"name": "Mugs", "version": 1}, 409),
        ("PATCH", f"/categories/{shelf['id']}", {"name": "Mugs", "version": 2**70}, 422),
        ("POST", "/categories", {"name": "cups"}, 409),
    ):
        await ask(method, where, body, status=status)
    assert await ask("GET", "/lists") == [renamed]
    assert await ask("GET", "/categories") == [moved]
    assert [one["sku"] for one in await ask("GET", path)] == ["KEY", "MUG"]
    await ask("DELETE", path, status=204)
    await ask("DELETE", path, status=404)
    assert (await ask("GET", "/MUG"))["isActive"]
