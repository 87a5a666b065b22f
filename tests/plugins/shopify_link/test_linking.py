"""Linking and unlinking: the rules, the race, what is written down, and what follows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CustomerBlocked, CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.shopify_link.api import (
    CustomerAmbiguous,
    CustomerLinked,
    CustomerNotFound,
    InvalidEmail,
    LinkFailed,
    MemberLinked,
    MetafieldState,
    NotLinked,
    ShopifyMissing,
    Target,
)
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from tests.plugins.shopify_link.double import ShopifyDouble

EMAIL = "john@example.com"
BEA = Target(3 * 10**17 + 1, "bea", "Bea Buyer")
BEN = Target(3 * 10**17 + 2, "ben", "Ben Bargain")


async def rows(app: App, table: str, columns: str = "*") -> list[dict[str, Any]]:
    return await app.database.fetch(f"SELECT {columns} FROM {table} WHERE store = :store ORDER BY id", store=1)


async def test_a_member_is_linked_and_unlinked_with_everything_that_belongs_to_it(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble
) -> None:
    john = shopify.customer(7, email="John@Example.com")
    made = await links.link_member(boss, BEA, f"  {EMAIL} ")
    link = made.link
    assert made.fresh
    assert (link.discord_id, link.shopify_id, link.email) == (BEA.discord_id, "7", "John@Example.com")
    assert (link.orders, link.spent, link.currency, link.linked_by) == (15, 124550, "USD", boss.name)
    (entry,) = await rows(app, "shopify_link_log")
    assert (entry["type"], entry["action"], entry["actor_id"]) == ("customer_link", "link", boss.id)
    assert (entry["discord_id"], entry["shopify_id"], entry["email"]) == (BEA.discord_id, "7", "John@Example.com")
    assert await app.get(CustomerService).by_discord_id(BEA.discord_id) is not None
    assert shopify.operations == ["Find"]  # the answer waited for nothing else
    await app.dispatcher.drain()
    assert shopify.metafields == {
        (john.gid, "discord.user_id"): str(BEA.discord_id),
        (john.gid, "discord.username"): "bea",
        (john.gid, "discord.server_id"): str(store.guild_id),
    }
    written = await links.of_member(BEA.discord_id)
    assert written is not None
    assert written.metafields is MetafieldState.WRITTEN

    again = await links.link_member(boss, BEA, EMAIL)
    assert (again.fresh, again.link.id) == (False, link.id)
    assert len(await rows(app, "shopify_link_log")) == 1

    await links.unlink_member(boss, BEA.discord_id)
    await app.dispatcher.drain()
    assert await links.of_member(BEA.discord_id) is None
    assert shopify.metafields == {}
    assert [row["action"] for row in await rows(app, "shopify_link_log")] == ["link", "unlink"]
    with pytest.raises(NotLinked):
        await links.unlink_member(boss, BEA.discord_id)


async def test_what_is_refused_changes_nothing(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble, staff: ActorFactory
) -> None:
    shopify.customer(7)
    shopify.customer(8, email="mary@example.com")
    shopify.customer(9, email="twin@example.com")
    shopify.customer(10, email="Twin@example.com")
    await links.link_member(boss, BEA, EMAIL)
    before = [await rows(app, table) for table in ("shopify_link", "shopify_link_log", "audit_entry", "customer")]
    for actor, target, email, kind in (
        (staff(store, "link.read"), BEN, EMAIL, Forbidden),
        (boss, BEN, "a@b.com OR email:*", InvalidEmail),
        (boss, BEN, "nobody@example.com", CustomerNotFound),
        (boss, BEN, "twin@example.com", CustomerAmbiguous),
        (boss, BEA, "mary@example.com", MemberLinked),
        (boss, BEN, EMAIL, CustomerLinked),
    ):
        with pytest.raises(Refusal) as refused:
            await links.link_member(actor, target, email)
        assert type(refused.value) is kind, email
    shopify.faults = ["503"] * 4
    with pytest.raises(LinkFailed, match=r"Shopify is unavailable .* Reference: [2-9A-Z]{6}"):
        await links.link_member(boss, BEN, "mary@example.com")
    shopify.closed = {"customers"}
    with pytest.raises(ShopifyMissing, match=r"lacks a permission .* Reference: [2-9A-Z]{6}"):
        await links.link_member(boss, BEN, "mary@example.com")
    await app.stores.change(boss, "shopify_link", {"shop": "", "api_url": ""})
    with pytest.raises(ShopifyMissing, match="not set up"):
        await links.link_member(boss, BEN, "mary@example.com")
    after = [await rows(app, table) for table in ("shopify_link", "shopify_link_log", "audit_entry", "customer")]
    assert after[:2] == before[:2]
    assert after[3] == before[3]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_a_blocked_customer_is_not_linked(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble, member: ActorFactory
) -> None:
    shopify.customer(7)
    customers = app.get(CustomerService)
    bea = await customers.register(member(store, id=str(BEA.discord_id)), "bea", "Bea")
    await customers.change(boss, bea.id, CustomerChange(blocked=True))
    with pytest.raises(CustomerBlocked, match="Unblock"):
        await links.link_member(boss, BEA, EMAIL)
    with pytest.raises(CustomerBlocked, match="You are blocked"):
        await links.ask(member(store, id=str(BEA.discord_id)), BEA, EMAIL, "en-US")
    assert shopify.requests == 0


async def test_of_fifty_who_link_one_customer_one_does(
    app: App, boss: Actor, links: LinkService, shopify: ShopifyDouble
) -> None:
    shopify.customer(7)
    members = [Target(4 * 10**17 + n) for n in range(25)]
    tries = [links.link_member(boss, target, EMAIL) for target in members for _twice in range(2)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    made = [end for end in ends if not isinstance(end, BaseException)]
    assert {type(end) for end in ends if isinstance(end, BaseException)} == {CustomerLinked}
    assert len({one.link.discord_id for one in made}) == 1
    assert sum(one.fresh for one in made) == 1
    assert len(await rows(app, "shopify_link")) == 1
    assert len(await rows(app, "shopify_link_log")) == 1


async def test_of_fifty_who_link_one_member_to_many_one_does(
    app: App, boss: Actor, links: LinkService, shopify: ShopifyDouble
) -> None:
    for number in range(50):
        shopify.customer(100 + number, email=f"c{number}@example.com")
    tries = [links.link_member(boss, BEA, f"c{number}@example.com") for number in range(50)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Linked"] + ["MemberLinked"] * 49
    assert len(await rows(app, "shopify_link")) == 1


async def test_one_customer_may_be_linked_in_each_of_two_stores(
    app: App,
    store: Store,
    other_store: Store,
    boss: Actor,
    links: LinkService,
    shopify: ShopifyDouble,
    staff: ActorFactory,
) -> None:
    shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    theirs = staff(other_store)
    with scope(other_store.id):
        with pytest.raises(ShopifyMissing):
            await links.link_member(theirs, BEN, EMAIL)
        with pytest.raises(NotLinked):
            await links.unlink_member(theirs, BEA.discord_id)
        account = dict(app.stores.override(store.id, "shopify_link"))
        await app.stores.change(theirs, "shopify_link", account)
        await links.link_member(theirs, BEN, EMAIL)
        assert await links.of_member(BEA.discord_id) is None


async def test_metafields_that_shopify_refuses_do_not_matter_and_are_seen(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble
) -> None:
    shopify.customer(7)
    shopify.closed = {"metafields"}
    await links.link_member(boss, BEA, EMAIL)
    await app.dispatcher.drain()
    link = await links.of_member(BEA.discord_id)
    assert link is not None
    assert link.metafields is MetafieldState.FAILED
    assert "Access denied" in link.metafields_problem
    assert (await links.counts(store.id))["metafields"] == 1
    await links.unlink_member(boss, BEA.discord_id)
    await app.dispatcher.drain()
    waiting = await app.database.fetch(
        "SELECT listener, status FROM delivery WHERE store = :store AND listener = 'shopify_link.metafields'",
        store=store.id,
    )
    assert {row["status"] for row in waiting} == {"DONE"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_metafields_wait_until_shopify_is_back(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble, clock: Any
) -> None:
    shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    shopify.faults = ["503"] * 4
    await app.dispatcher.drain()
    assert shopify.metafields == {}
    clock.advance(minutes=2)
    await app.dispatcher.drain()
    assert len(shopify.metafields) == 3
