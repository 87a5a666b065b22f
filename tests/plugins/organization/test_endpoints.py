"""Branches, departments and discount groups by the JSON API."""

from __future__ import annotations

from uuid import uuid4

from tests.plugins.orders.conftest import bench
from tests.plugins.organization.conftest import Firm
from tests.plugins.robot import Robot, robot

__all__ = ["bench", "robot"]

UNITS, GROUPS = "/organization/units", "/organization/groups"


async def test_a_program_keeps_branches_with_their_products(firm: Firm, robot: Robot) -> None:
    mug = await firm.bench.product("MUG")
    made = await robot.post(UNITS, {"kind": "BRANCH", "name": "Berlin"})
    assert (made["kind"], made["name"], made["position"], made["version"]) == ("BRANCH", "Berlin", 0, 1)
    here = f"{UNITS}/{made['id']}"
    status, changed = await robot.call("PATCH", here, {"position": 3})
    assert (status, changed["name"], changed["position"], changed["version"]) == (200, "Berlin", 3, 2)
    status, limited = await robot.call("PUT", f"{here}/products", {"products": ["mug"], "version": 2})
    assert (status, limited["productIds"], limited["restrictedProducts"]) == (200, [str(mug.id)], 1)
    assert await robot.get(here) == limited
    await robot.refuses(
        409,
        ("POST", UNITS, {"kind": "BRANCH", "name": "BERLIN"}),
        ("PATCH", here, {"name": "Bonn", "version": 2}),
        ("PUT", f"{here}/products", {"products": [], "version": 2}),
        ("DELETE", here, None),
    )
    await robot.refuses(
        422,
        ("POST", UNITS, {"kind": "CITY", "name": "Bonn"}),
        ("POST", UNITS, {"kind": "BRANCH", "name": "  "}),
        ("PATCH", here, {"position": 10**6}),
        ("PATCH", here, {"name": "x" * 81}),
    )
    await robot.refuses(
        404,
        ("PUT", f"{here}/products", {"products": ["NIX"]}),
        *((method, f"{UNITS}/{uuid4()}", body) for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None))),
        ("PUT", f"{UNITS}/{uuid4()}/products", {"products": []}),
    )
    assert (await robot.call("PUT", f"{here}/products", {"products": []}))[1]["productIds"] == []
    assert await robot.call("DELETE", here) == (204, None)
    assert await robot.get(UNITS) == []


async def test_a_program_keeps_discount_groups_with_their_prices(firm: Firm, robot: Robot) -> None:
    mug = await firm.bench.product("MUG")
    prices = [{"productId": str(mug.id), "priceCents": 850}]
    made = await robot.post(GROUPS, {"name": "Wholesale", "percent": 10, "roleId": "77", "prices": prices})
    assert (made["percent"], made["roleId"], made["prices"], made["blocks"]) == (10, "77", prices, [])
    here = f"{GROUPS}/{made['id']}"
    status, changed = await robot.call("PATCH", here, {"percent": None, "blocks": ["EMAIL"]})
    assert (status, changed["percent"], changed["roleId"], changed["blocks"]) == (200, None, "77", ["EMAIL"])
    assert (changed["name"], changed["prices"], await robot.get(here)) == ("Wholesale", prices, changed)
    await robot.refuses(
        409,
        ("POST", GROUPS, {"name": "wholesale"}),
        ("POST", GROUPS, {"name": "Others", "roleId": "77"}),
        ("PATCH", here, {"name": "Others", "version": made["version"]}),
    )
    await robot.refuses(
        422,
        ("POST", GROUPS, {"name": ""}),
        ("POST", GROUPS, {"name": "Others", "percent": 101}),
        ("POST", GROUPS, {"name": "Others", "roleId": "vip"}),
        ("POST", GROUPS, {"name": "Others", "blocks": ["EVERYTHING"]}),
        ("PATCH", here, {"prices": [{"productId": str(mug.id), "priceCents": -1}]}),
        ("PATCH", here, {"prices": [{"productId": str(uuid4()), "priceCents": 1}]}),
        ("PATCH", here, {"prices": prices * 2}),
        ("PATCH", here, {"position": None}),
    )
    gone = f"{GROUPS}/{uuid4()}"
    await robot.refuses(404, ("GET", gone, None), ("PATCH", gone, {}), ("DELETE", gone, None))
    assert await robot.call("DELETE", here) == (204, None)
    assert await robot.get(GROUPS) == []
