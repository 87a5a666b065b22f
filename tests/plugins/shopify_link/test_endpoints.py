"""Links to Shopify by the JSON API."""

from __future__ import annotations

from uuid import uuid4

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.plugins.shopify_link.service import LinkService
from tests.plugins.robot import Robot, robot
from tests.plugins.shopify_link.double import ShopifyDouble

__all__ = ["robot"]

MEMBER, OTHER = str(3 * 10**17 + 1), str(3 * 10**17 + 2)


async def test_a_program_links_members_and_unlinks_them(
    links: LinkService, shopify: ShopifyDouble, robot: Robot
) -> None:
    shopify.customer(7, name="John")
    shopify.customer(8, email="mary@example.com")
    made = await robot.post("/shopify/links", {"discordId": MEMBER, "email": "john@example.com"})
    assert (made["discordId"], made["shopifyCustomerId"], made["method"], made["linkedBy"]) == (
        MEMBER, "7", "STAFF", "Robot",
    )  # fmt: skip
    assert (made["name"], made["email"], made["roleId"], made["metafields"]) == (
        "John", "john@example.com", None, "PENDING",
    )  # fmt: skip
    here = f"/shopify/links/{MEMBER}"
    assert await robot.get(here) == made
    assert (await robot.get(f"/shopify/links?text={MEMBER}"))["items"] == [made]
    assert (await robot.get("/shopify/links?text=%25"))["items"] == []
    (entry,) = await robot.get(f"{here}/log")
    assert (entry["action"], entry["madeBy"], entry["email"]) == ("link", "Robot", "john@example.com")
    again = await robot.call("POST", "/shopify/links", {"discordId": f"<@{MEMBER}>", "email": "JOHN@example.com"})
    assert (again[0], again[1]["id"]) == (201, made["id"])
    status, refused = await robot.call("POST", "/shopify/links", {"discordId": MEMBER, "email": "mary@example.com"})
    assert (status, refused["detail"]) == (
        409, f"{MEMBER} is already linked to another customer. Use /unlink-customer first.",
    )  # fmt: skip
    await robot.refuses(409, ("POST", "/shopify/links", {"discordId": OTHER, "email": "john@example.com"}))
    await robot.refuses(
        422,
        ("POST", "/shopify/links", {"discordId": "bea", "email": "mary@example.com"}),
        ("POST", "/shopify/links", {"discordId": "9" * 20, "email": "mary@example.com"}),
        ("POST", "/shopify/links", {"discordId": OTHER, "email": "mary@"}),
        ("GET", "/shopify/links/bea", None),
        ("DELETE", "/shopify/links/1", None),
        ("GET", "/shopify/links?cursor=nonsense", None),
    )
    await robot.refuses(
        404,
        ("POST", "/shopify/links", {"discordId": OTHER, "email": "nobody@example.com"}),
        ("GET", f"/shopify/links/{OTHER}", None),
        ("DELETE", f"/shopify/links/{OTHER}", None),
    )
    status, refused = await robot.call("POST", "/shopify/links", {"discordId": "bea", "email": "mary@example.com"})
    assert refused["errors"][0]["field"] == "discordId"
    assert await robot.call("DELETE", here) == (204, None)
    await robot.refuses(404, ("DELETE", here, None))
    assert [one["action"] for one in await robot.get(f"{here}/log")] == ["unlink", "link"]


async def test_a_list_is_looked_at_then_linked(
    app: App, links: LinkService, shopify: ShopifyDouble, robot: Robot, boss: Actor
) -> None:
    shopify.customer(7)
    rows = [
        {"discordId": MEMBER, "email": "john@example.com"},
        {"discordId": OTHER, "email": "nobody@example.com"},
        {"discordId": "bea", "email": "john@example.com"},
    ]
    begun = await robot.post("/shopify/bulk-links", {"rows": rows})
    assert (begun["isDryRun"], begun["state"], begun["total"], begun["done"]) == (True, "RUNNING", 3, 1)
    here = f"/shopify/bulk-links/{begun['id']}"
    await robot.refuses(409, ("POST", f"{here}/link", None))
    await app.dispatcher.drain()
    looked_at = await robot.get(here)
    assert (looked_at["state"], looked_at["rows"]) == ("DONE", {"FINE": 1, "BAD": 2})
    assert await robot.get("/shopify/bulk-links") == [looked_at]
    report = await robot.get(f"{here}/rows")
    assert [(one["number"], one["discordId"], one["state"]) for one in report] == [
        (1, MEMBER, "FINE"), (2, OTHER, "BAD"), (3, "bea", "BAD"),
    ]  # fmt: skip
    assert report[1]["message"] == "No customer found with that email address."
    assert [one["number"] for one in await robot.get(f"{here}/rows?badFirst=true&limit=2")] == [2, 3]
    linking = await robot.post(f"{here}/link")
    await app.dispatcher.drain()
    assert (await robot.get(f"/shopify/bulk-links/{linking['id']}"))["rows"] == {"LINKED": 1}
    assert (await robot.get(f"/shopify/links/{MEMBER}"))["method"] == "IMPORT"
    gone = f"/shopify/bulk-links/{uuid4()}"
    await robot.refuses(404, ("GET", gone, None), ("GET", f"{gone}/rows", None), ("POST", f"{gone}/link", None))
    await robot.refuses(
        422,
        ("POST", "/shopify/bulk-links", {"rows": []}),
        ("POST", "/shopify/bulk-links", {"rows": [{"discordId": MEMBER}]}),
        ("POST", "/shopify/bulk-links", {"rows": rows[:1] * 5001}),
    )
    await app.stores.change(boss, "shopify_link", {"access_token": None, "shop": None})
    await robot.refuses(503, ("POST", "/shopify/bulk-links", {"rows": rows}))
