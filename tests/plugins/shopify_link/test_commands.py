"""The commands over the wire: what staff and members read, what is logged, and the client role."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.bot.testing import Shop
from guildshop.plugins.shopify_link.api import Link
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.simulator.driver import Person, Reply
from guildshop.tenancy import scope
from tests.plugins.shopify_link.conftest import account, no_wait
from tests.plugins.shopify_link.double import ShopifyDouble

EMAIL = "john@example.com"


@pytest.fixture
async def linked_shop(shop: Shop, shopify: ShopifyDouble) -> Shop:
    """A shop with its account at Shopify and a channel for the log."""
    keys = shop.sim.state.keys
    channels = {"orders": keys["channel:orders"], "shopify_log": keys["channel:bot-log"]}
    await shop.app.stores.change(shop.actor(), "store", {"channels": channels})
    await shop.app.stores.change(shop.actor(), "shopify_link", account(shopify))
    shop.app.get(LinkService).client.sleep = no_wait
    await shop.settle()
    return shop


def embed(reply: Reply) -> dict[str, Any]:
    (shown,) = reply.embeds
    return shown


def fields(shown: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["value"] for field in shown.get("fields", ())}


def error(reply: Reply) -> str:
    """Return the sentence of an error, which is private and stands under its heading."""
    shown = embed(reply)
    assert reply.ephemeral
    assert shown["title"] == "❌ Error"
    return str(shown["description"])


def logged(shop: Shop) -> list[dict[str, Any]]:
    messages = shop.sim.state.messages.get(shop.sim.state.keys["channel:bot-log"], {})
    return [each for message in messages.values() for each in message.data["embeds"]]


async def link_of(shop: Shop, person: Person) -> Link | None:
    with scope(shop.store.id):
        return await shop.app.get(LinkService).of_member(int(person.id))


async def test_staff_link_and_unlink_a_member(linked_shop: Shop, shopify: ShopifyDouble) -> None:
    shop = linked_shop
    shopify.customer(1234567890, name="John *Doe*", email="John@example.com")
    reply = await shop.staff.slash("link-customer", user=shop.buyer, email=f" {EMAIL} ")
    shown = embed(reply)
    assert reply.ephemeral
    assert shown["title"] == "✅ Customer Linked"
    assert list(fields(shown)) == [
        "Discord User", "Shopify Customer", "Email", "Total Orders", "Total Spent", "Client role",
    ]  # fmt: skip
    assert shop.buyer.id in fields(shown)["Discord User"]
    assert fields(shown)["Shopify Customer"] == r"John \*Doe\*"
    assert fields(shown)["Email"] == "||REDACTED||"
    assert (fields(shown)["Total Orders"], fields(shown)["Total Spent"]) == ("15", "$1,245.50")
    assert EMAIL not in str(reply.embeds).lower()
    await shop.settle()
    assert "Client" in shop.buyer.roles()
    (told,) = logged(shop)
    assert told["title"] == "🔗 Customer Linked"
    assert told["description"] == f"<@{shop.staff.id}> linked <@{shop.buyer.id}> to Shopify customer"
    assert fields(told) == {"Customer ID": "1234567890", "Email": "John@example.com"}
    assert shopify.metafields["gid://shopify/Customer/1234567890", "discord.username"] == "bea"

    looked_up = await shop.staff.slash("customer", member=shop.buyer)
    assert "Shopify customer 1234567890" in fields(embed(looked_up))["Link"]
    assert fields(embed(looked_up))["Shopify: total spent"] == "$1,245.50"
    await shop.app.stores.change(shop.actor(), "store", {"show_pii": True})
    again = await shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL)
    assert fields(embed(again))["Email"] == "John@example.com"
    assert "linked already" in embed(again)["description"]

    # Who comes back gets the role again.
    shop.buyer.leave()
    shop.buyer.join()
    assert "Client" not in shop.buyer.roles()
    await shop.settle()
    assert "Client" in shop.buyer.roles()
    gone = await shop.staff.slash("unlink-customer", user=shop.buyer)
    assert embed(gone)["title"] == "✅ Customer Unlinked"
    await shop.settle()
    assert "Client" not in shop.buyer.roles()
    assert shopify.metafields == {}
    assert logged(shop)[-1]["description"] == f"<@{shop.staff.id}> unlinked <@{shop.buyer.id}> from Shopify customer"
    assert "not linked" in error(await shop.staff.slash("unlink-customer", user=shop.buyer))
    looked_up = await shop.staff.slash("customer", member=shop.buyer)
    assert "not linked to Shopify" in fields(embed(looked_up))["Link"]
    assert "Shopify: total spent" not in fields(embed(looked_up))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the service has tests on both
async def test_every_error_of_linking(linked_shop: Shop, shopify: ShopifyDouble) -> None:
    shop = linked_shop
    shopify.customer(1)
    shopify.customer(2, email="mary@example.com")

    async def link(email: str, user: Person = shop.buyer) -> str:
        return error(await shop.staff.slash("link-customer", user=user, email=email))

    for email in ("john", "a@b.com OR email:*", '"john"@example.com', "john@example.com mary@example.com"):
        assert await link(email) == "Invalid email address format."
    assert await link("nobody@example.com") == "No customer found with that email address."
    shopify.faults = ["hang up"] * 4
    assert "Shopify is unavailable" in await link(EMAIL)
    shopify.faults = ["throttle"] * 4
    assert "Reference: " in await link(EMAIL)
    shopify.faults = ['{"data": {"customerByIdentifier": null}, "errors": [{"message": "half of it", "path": []}]}']
    assert "Shopify is unavailable" in await link(EMAIL)
    shopify.closed = {"customers"}
    assert "lacks a permission" in await link(EMAIL)
    shopify.closed, shopify.tokens = set(), {"another"}
    assert "refuses the shop's credentials" in await link(EMAIL)
    shopify.tokens = {account(shopify)["access_token"]}
    assert await link_of(shop, shop.buyer) is None
    assert logged(shop) == []

    await shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL)
    member, customer = await link("mary@example.com"), await link(EMAIL, shop.sim.member("buyer2"))
    assert member == f"<@{shop.buyer.id}> is already linked to another customer. Use /unlink-customer first."
    assert "already linked to another member" in customer
    assert "is a bot" in error(
        await shop.staff.slash("link-customer", user=Person(shop.sim, shop.sim.state.bot["id"]), email=EMAIL)
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the service has tests on both
async def test_database_trouble_is_told_with_a_reference(
    linked_shop: Shop, shopify: ShopifyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = linked_shop
    shopify.customer(1)
    database = shop.app.database

    async def broken(*_given: Any, **_values: Any) -> None:
        raise OSError("disk full")

    async def broken_code(*_given: Any) -> None:
        raise LookupError("nobody thought of this")

    with monkeypatch.context() as breaking:
        breaking.setattr(shop.app.get(LinkService), "link_member", broken_code)
        unexpected = await shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL)
    assert "Something went wrong on our side" in error(unexpected)
    with monkeypatch.context() as breaking:
        breaking.setattr(database, "run_unit", broken)
        reply = await shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL)
    assert "trouble with the database" in error(reply)
    assert "Reference: " in error(reply)
    assert "disk full" not in str(reply.embeds)
    assert await link_of(shop, shop.buyer) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the service has tests on both
async def test_manage_roles_is_needed_beside_the_permission(linked_shop: Shop, shopify: ShopifyDouble) -> None:
    shop = linked_shop
    shopify.customer(1)
    keys = shop.sim.state.keys
    await shop.app.stores.change(
        shop.actor(), "store", {"staff_roles": {keys["role:staff"]: "Manager", keys["role:vip"]: "Support"}}
    )
    helper = shop.sim.new_member("helper", roles=["vip"])
    await shop.settle()
    for command, values in (("link-customer", {"email": EMAIL}), ("unlink-customer", {})):
        reply = await helper.slash(command, {"user": shop.buyer, **values}, stale=True)
        assert "Manage Roles" in error(reply)
        reply = await shop.buyer.slash(command, {"user": shop.buyer, **values}, stale=True)
        assert "link.update" in error(reply)
    assert shopify.requests == 0
    described = {command["name"]: command for command in shop.sim.state.commands[str(shop.store.guild_id)].values()}
    assert described["link-customer"]["default_member_permissions"] == str(1 << 28)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the service has tests on both
async def test_the_client_role_follows_its_conditions(linked_shop: Shop, shopify: ShopifyDouble) -> None:
    shop, state, boss = linked_shop, linked_shop.sim.state, linked_shop.actor()
    buyers = [shop.sim.member(name) for name in ("buyer", "buyer2", "buyer3", "buyer4")]
    for number in range(1, 6):
        shopify.customer(number, email=f"c{number}@example.com", orders=0 if number == 1 else 3)

    async def link(number: int) -> str:
        reply = await shop.staff.slash("link-customer", user=buyers[number - 1], email=f"c{number}@example.com")
        await shop.settle()
        return fields(embed(reply)).get("Client role", "")

    assert "no order yet" in await link(1)
    assert "Client" not in buyers[0].roles()
    await shop.app.stores.change(boss, "store", {"auto_assign_on_join": False})
    assert "auto-assign is off" in await link(2)
    assert "Client" not in buyers[1].roles()
    await shop.app.stores.change(boss, "store", {"auto_assign_on_join": True, "client_role": state.keys["role:bot"]})
    assert "cannot give it" in await link(3)
    problem = await link_of(shop, buyers[2])
    assert problem is not None
    assert problem.role_problem
    assert logged(shop)[-1]["title"] == "⚠️ Client role not given"
    # The staff mend it, and whoever was linked before and joins again gets it.
    buyers[2].leave()
    await shop.app.stores.change(boss, "store", {"client_role": state.keys["role:client"]})
    await shop.settle()
    assert ("Client" in buyers[1].roles(), "Client" in buyers[0].roles()) == (True, False)
    buyers[2].join()
    await shop.settle()
    mended = await link_of(shop, buyers[2])
    assert mended is not None
    assert (mended.role_problem, mended.role_id) == ("", int(state.keys["role:client"]))
    assert "Client" in buyers[2].roles()
    buyers[3].leave()
    assert "once they join" in await link(4)
    buyers[3].join()
    await shop.settle()
    assert "Client" in buyers[3].roles()
    await shop.staff.slash("unlink-customer", user=buyers[3])
    await shop.settle()
    await shop.app.stores.change(boss, "store", {"client_role": ""})
    assert await link(4) == ""
    assert "Client" not in buyers[3].roles()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the service has tests on both
async def test_a_slow_shopify_is_waited_for(linked_shop: Shop, shopify: ShopifyDouble) -> None:
    shop = linked_shop
    shopify.customer(1)
    shopify.hold = asyncio.Event()
    asked = asyncio.create_task(shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL))
    await shopify.asked.wait()
    # Shopify has the question, and Discord was answered before: the simulator would have refused a late answer.
    (held,) = [each for each in shop.sim.interactions.by_token.values() if each.user_id == shop.staff.id]
    assert (held.acknowledged, held.ephemeral) == (True, True)
    shopify.hold.set()
    reply = await asked
    assert embed(reply)["title"] == "✅ Customer Linked"
