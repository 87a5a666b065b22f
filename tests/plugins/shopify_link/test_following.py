"""Webhooks of Shopify, what the bot finds out by itself, and what it erases when it must."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from guildshop.app import App
from guildshop.bot.testing import Shop
from guildshop.errors import Refusal
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.shopify_link.api import Link, MetafieldState, Target
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.stores import Store
from guildshop.tenancy import every_store, scope
from guildshop.testing import ActorFactory, Clock
from guildshop.web.testing import Visitor
from tests.plugins.shopify_link.conftest import account, no_wait
from tests.plugins.shopify_link.double import DOMAIN, ShopifyDouble

EMAIL = "john@example.com"
BEA = Target(3 * 10**17 + 1, "bea", "Bea Buyer")
BEN = Target(3 * 10**17 + 2, "ben", "Ben Bargain")
PERSON = {"shop_id": 1, "shop_domain": DOMAIN}


class Hooks:
    """Sends webhooks to the shop and delivers what they cause."""

    def __init__(self, app: App, store: Store, shopify: ShopifyDouble, http: aiohttp.ClientSession) -> None:
        self.app, self.shopify, self.http = app, shopify, http
        self.path = f"/webhooks/shopify/{store.guild_id}"

    async def send(self, topic: str, payload: object, webhook_id: str = "", *, drain: bool = True) -> int:
        answer = await self.shopify.send(self.http, self.path, topic, payload, webhook_id)
        if drain:
            await self.app.dispatcher.drain()
        return answer.status

    async def update(self, number: int, **given: Any) -> int:
        return await self.send(
            "customers/update", {"admin_graphql_api_id": f"gid://shopify/Customer/{number}"}, **given
        )

    async def merge(self, deleted: int, kept: int, status: str = "completed") -> int:
        return await self.send(
            "customers/merge",
            {
                "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
                "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{deleted}",
                "admin_graphql_api_job_id": None,
                "status": status,
            },
        )


@pytest.fixture
async def hooks(app: App, store: Store, links: LinkService, shopify: ShopifyDouble, visitor: Visitor) -> Hooks:
    return Hooks(app, store, shopify, visitor.http)


async def link_of(links: LinkService, target: Target = BEA) -> Link:
    found = await links.of_member(target.discord_id)
    assert found is not None
    return found


async def rows(app: App, table: str) -> list[dict[str, Any]]:
    return await app.database.fetch(f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=1)


async def events(app: App, name: str) -> int:
    found = await app.database.fetch("SELECT id FROM event WHERE store = 1 AND name = :name", name=name)
    return len(found)


async def test_only_what_shopify_signed_is_taken_and_once(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor, hooks: Hooks
) -> None:
    john = shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    await app.dispatcher.drain()
    john.orders, john.spent, john.name, john.email = 16, "1300.00", "Johnny", "johnny@example.com"
    body = json.dumps({"id": 7}).encode()
    for wrong in ("", "x", shopify.headers("customers/update", body, "w", "another secret")["X-Shopify-Hmac-Sha256"]):
        headers = shopify.headers("customers/update", body, "w1") | {"X-Shopify-Hmac-Sha256": wrong}
        assert (await hooks.http.post(hooks.path, data=body, headers=headers)).status == 401
    signed = shopify.headers("customers/update", body, "w1")
    assert (await hooks.http.post(hooks.path, data=body + b" ", headers=signed)).status == 401
    assert (await hooks.http.post("/webhooks/shopify/5", data=body, headers=signed)).status == 404
    assert (await hooks.http.post(hooks.path, data=b"x" * (1024 * 1024 + 1), headers=signed)).status == 413
    assert await rows(app, "shopify_webhook") == []
    assert (await link_of(links)).orders == 15
    for _time in range(3):
        assert await hooks.update(7, webhook_id="same") == 200
    assert len(await rows(app, "shopify_webhook")) == 1
    assert await events(app, "ShopifyTold") == 1
    link = await link_of(links)
    assert (link.orders, link.spent, link.name, link.email) == (16, 130000, "Johnny", "johnny@example.com")
    # Signed, and of another shop, or nonsense.
    other = shopify.headers("customers/update", body, "w2") | {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    assert (await hooks.http.post(hooks.path, data=body, headers=other)).status == 200
    assert await hooks.send("customers/update", {"nothing": True}) == 422
    assert await hooks.send("products/update", {"id": 1}) == 200
    assert len(await rows(app, "shopify_webhook")) == 2
    await app.stores.change(boss, "shopify_link", {"webhook_secret": ["new one", account(shopify)["webhook_secret"]]})
    assert await hooks.update(7) == 200
    await app.stores.change(boss, "shopify_link", {"webhook_secret": None})
    assert await hooks.update(7) == 503


async def test_counts_and_role_follow_orders_and_refunds_in_any_order(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, hooks: Hooks
) -> None:
    john = shopify.customer(7, orders=0, spent="0.0")
    shopify.order_customers = {5: 7}
    await app.stores.change(boss, "store", {"client_role": "900000000000000001"})
    await links.link_member(boss, BEA, EMAIL)
    begun = await events(app, "ShopifyRoleDue")
    # Told before Shopify counts it: asked anew, nothing is made up.
    assert await hooks.send("orders/paid", {"id": 5, "customer": {"id": 7}, "line_items": []}) == 200
    assert (await link_of(links)).orders == 0
    john.orders, john.spent = 1, "20.00"
    assert await hooks.send("customers/purchasing_summary", {"customer_id": 7, "number_of_orders": 99}) == 200
    assert ((await link_of(links)).orders, (await link_of(links)).spent) == (1, 2000)
    assert await events(app, "ShopifyRoleDue") == begun + 1
    john.spent = "5.00"
    assert await hooks.send("refunds/create", {"id": 1, "order_id": 5}) == 200
    assert (await link_of(links)).spent == 500
    shopify.closed = {"orders"}
    assert await hooks.send("refunds/create", {"id": 2, "order_id": 5}) == 200
    assert await hooks.send("orders/paid", {"id": 6, "customer": None, "line_items": []}) == 200
    failed = await app.database.fetch("SELECT id FROM delivery WHERE store = 1 AND status = 'FAILED'")
    assert failed == []
    requests = shopify.requests
    await hooks.update(8)  # nobody who is linked
    assert shopify.requests == requests


async def test_a_merge_moves_the_link_and_comes_in_any_order(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor, hooks: Hooks, clock: Clock
) -> None:
    shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    await app.dispatcher.drain()
    assert await hooks.merge(7, 8, "failed") == 200
    assert (await link_of(links)).shopify_id == "7"
    # Merged twice; the later merge is told first, and an update of the one who is gone comes before either.
    shopify.remove(7)
    shopify.customer(9, email="all@example.com", orders=40)
    assert await hooks.update(7) == 200
    assert await hooks.merge(8, 9) == 200
    assert await hooks.merge(7, 8) == 200
    link = await link_of(links)
    assert (link.shopify_id, link.orders, link.email) == ("9", 40, "all@example.com")
    assert shopify.metafields["gid://shopify/Customer/9", "discord.user_id"] == str(BEA.discord_id)
    clock.advance(hours=2)
    await app.dispatcher.drain()
    assert (await link_of(links)).shopify_id == "9"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_of_two_linked_customers_who_are_merged_the_kept_one_stays(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor, hooks: Hooks
) -> None:
    shopify.customer(7)
    mary = shopify.customer(8, email="mary@example.com")
    await links.link_member(boss, BEA, EMAIL)
    await links.link_member(boss, BEN, "mary@example.com")
    shopify.remove(7)
    mary.orders = 30
    await hooks.merge(7, 8)
    assert await links.of_member(BEA.discord_id) is None
    assert (await link_of(links, BEN)).orders == 30
    assert "merged" in (await rows(app, "shopify_link_log"))[-1]["note"]


async def test_a_customer_who_is_deleted_is_unlinked_after_a_while(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor, hooks: Hooks, clock: Clock
) -> None:
    shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    shopify.remove(7)
    await hooks.update(7)
    assert await links.of_member(BEA.discord_id) is not None
    shopify.closed = {"customers"}  # what Shopify does not tell is not gone
    clock.advance(hours=2)
    await app.dispatcher.drain()
    assert await links.of_member(BEA.discord_id) is not None
    shopify.closed = set()
    clock.advance(minutes=5)
    await app.dispatcher.drain()
    assert await links.of_member(BEA.discord_id) is None


async def test_links_are_looked_at_now_and_then_since_webhooks_get_lost(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, clock: Clock
) -> None:
    john = shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    john.orders = 20
    await links.refresh_some(store.id)
    assert (await link_of(links)).orders == 15
    clock.advance(hours=21)
    shopify.closed = {"customers"}
    await links.refresh_some(store.id)
    shopify.closed = set()
    await links.refresh_some(store.id)
    assert (await link_of(links)).orders == 20


async def test_a_client_role_that_is_chosen_reaches_all_who_are_linked(
    app: App, store: Store, boss: Actor, links: LinkService, shopify: ShopifyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guildshop.plugins.shopify_link.service.settling.LINKS_A_STEP", 2)
    for number in range(1, 7):
        shopify.customer(number, email=f"c{number}@example.com", orders=number - 1)
        await links.link_member(boss, Target(9 * 10**17 + number), f"c{number}@example.com")
    await app.dispatcher.drain()
    begun = await events(app, "ShopifyRoleDue")
    await app.stores.change(boss, "store", {"name": "Another name"})
    await app.stores.change(boss, "store", {"auto_assign_on_join": False})
    await app.dispatcher.drain()
    assert await events(app, "ShopifyRoleDue") == begun
    await app.stores.change(boss, "store", {"client_role": 77, "auto_assign_on_join": True})
    await app.dispatcher.drain()
    assert await events(app, "ShopifyRoleDue") == begun + 5  # one has not ordered yet
    assert await events(app, "ShopifyRolesDue") == 1 + 3


async def test_refused_metafields_are_tried_again_the_day_after(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, clock: Clock
) -> None:
    shopify.customer(7)
    shopify.closed = {"metafields"}
    await links.link_member(boss, BEA, EMAIL)
    await app.dispatcher.drain()
    assert (await link_of(links)).metafields is MetafieldState.FAILED
    shopify.closed = set()
    clock.advance(hours=21)
    await links.refresh_some(store.id)
    await app.dispatcher.drain()
    assert (await link_of(links)).metafields is MetafieldState.WRITTEN
    assert len(shopify.metafields) == 3


@pytest.fixture
async def full(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, member: ActorFactory
) -> None:
    """Two linked members, with every trace that a link can leave."""
    shopify.customer(7, name="John Doe")
    shopify.customer(8, name="Mary Major", email="mary@example.com")
    await links.link_member(boss, BEN, "mary@example.com")
    await links.ask(member(store, id=str(BEA.discord_id), name="bea"), BEA, EMAIL, "en-US")
    await links.link_member(boss, BEA, EMAIL)
    sheet = [{"discord_id": str(BEA.discord_id), "email": EMAIL}, {"discord_id": "5" * 18, "email": "mary@example.com"}]
    await links.start_bulk(boss, sheet, dry_run=True)
    await app.dispatcher.drain()


async def traces(app: App, *wanted: str) -> list[str]:
    """Return where any of the texts stands in any table."""
    found = []
    names = [table._meta.tablename for one in app.database.apps for table in one.table_classes]
    with every_store():
        for name in names:
            for row in await app.database.fetch(f'SELECT * FROM "{name}"'):
                found += [f"{name}: {text}" for text in wanted if text in str(row)]
    return found


async def test_a_customers_erasure_leaves_nothing_of_them(
    app: App, links: LinkService, shopify: ShopifyDouble, hooks: Hooks, full: None
) -> None:
    payload = PERSON | {"customer": {"id": 7, "email": EMAIL, "phone": None}, "orders_to_redact": [1, 2]}
    for _time in range(2):
        assert await hooks.send("customers/redact", payload, "redact-7") == 200
    assert len([row for row in await rows(app, "audit_entry") if row["action"] == "customer_link.redact"]) == 1
    assert await links.of_member(BEA.discord_id) is None
    with_names = await traces(app, EMAIL, "John Doe", "gid://shopify/Customer/7")
    assert with_names == []
    assert all(row["shopify_id"] != "7" for row in await rows(app, "shopify_link_log"))
    assert (await link_of(links, BEN)).name == "Mary Major"
    assert ("gid://shopify/Customer/7", "discord.user_id") not in shopify.metafields
    # Of somebody who was never linked, and whose ID is not told.
    assert await hooks.send("customers/redact", payload | {"customer": {"id": 99, "email": None}}) == 200
    assert await hooks.send("customers/redact", payload | {"customer": {"email": "mary@example.com"}}) == 200
    assert (await link_of(links, BEN)).name == "Mary Major"


async def test_a_request_for_data_is_passed_on_to_the_staff(
    app: App, links: LinkService, boss: Actor, hooks: Hooks, full: None, owner: Visitor
) -> None:
    payload = PERSON | {"customer": {"id": 7, "email": EMAIL}, "orders_requested": [], "data_request": {"id": 9}}
    assert await hooks.send("customers/data_request", payload, "request-7") == 200
    assert await hooks.send("customers/data_request", payload, "request-7") == 200
    asked = [row for row in await rows(app, "shopify_link_log") if row["action"] == "data_request"]
    assert [(row["shopify_id"], row["discord_id"]) for row in asked] == [("7", BEA.discord_id)]
    assert "/admin/shopify/data/7" in await (await owner.get("/admin/shopify")).text()
    answer = await owner.get("/admin/shopify/data/7")
    assert answer.status == 200
    kept = await answer.json()
    assert kept["link"]["email"] == EMAIL
    assert kept["link"]["name"] == "John Doe"
    assert (await owner.get("/admin/shopify/data/99")).status == 404


async def test_the_shops_erasure_leaves_nothing_of_anybody(
    app: App, links: LinkService, shopify: ShopifyDouble, hooks: Hooks, full: None
) -> None:
    assert await hooks.send("shop/redact", PERSON | {"customer": {"id": 7}}) == 422
    assert await hooks.send("shop/redact", PERSON) == 200
    for table in ("shopify_link", "shopify_verification", "shopify_bulk", "shopify_bulk_row"):
        assert await rows(app, table) == [], table
    assert await traces(app, EMAIL, "mary@example.com", "John Doe", "Mary Major") == []
    assert all(not row["shopify_id"] for row in await rows(app, "shopify_link_log"))


async def test_who_is_forgotten_is_unlinked_and_gets_their_data_before(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, full: None, member: ActorFactory
) -> None:
    bea = member(store, id=str(BEA.discord_id), name="bea")
    customers = app.get(CustomerService)
    mine: Any = (await customers.my_data(bea))["shopify_link"]
    assert mine["link"]["email"] == EMAIL
    assert [entry["action"] for entry in mine["log"]] == ["link"]
    await customers.forget(bea, "FORGET ME")
    await app.dispatcher.drain()
    assert await links.of_member(BEA.discord_id) is None
    assert ("gid://shopify/Customer/7", "discord.user_id") not in shopify.metafields
    assert await traces(app, EMAIL, "John Doe") == []
    assert (await link_of(links, BEN)).shopify_id == "8"


async def test_two_records_of_one_person_keep_the_link(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, full: None
) -> None:
    customers = app.get(CustomerService)
    bea, ben = [await customers.by_discord_id(one.discord_id) for one in (BEA, BEN)]
    assert bea is not None
    assert ben is not None
    with pytest.raises(Refusal, match="Both records are linked"):
        await customers.plan_merge(boss, bea.id, ben.id)
    await links.unlink_member(boss, BEN.discord_id)
    assert "the link to the Shopify customer 7" in (await customers.plan_merge(boss, bea.id, ben.id)).moves
    await customers.merge(boss, bea.id, ben.id, member=BEN.discord_id)
    await app.dispatcher.drain()
    assert await links.of_member(BEA.discord_id) is None
    moved = await link_of(links, BEN)
    assert (moved.shopify_id, moved.username) == ("7", "ben")
    assert shopify.metafields["gid://shopify/Customer/7", "discord.user_id"] == str(BEN.discord_id)
    assert all(row["discord_id"] == BEN.discord_id for row in await rows(app, "shopify_link_log"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_an_erased_customer_goes_from_the_channel_too(shop: Shop, shopify: ShopifyDouble) -> None:
    keys = shop.sim.state.keys
    await shop.app.stores.change(shop.actor(), "store", {"channels": {"shopify_log": keys["channel:bot-log"]}})
    await shop.app.stores.change(shop.actor(), "shopify_link", account(shopify))
    links = shop.app.get(LinkService)
    links.client.sleep = no_wait
    shopify.customer(7)
    await shop.staff.slash("link-customer", user=shop.buyer, email=EMAIL)
    await shop.settle()
    assert "Client" in shop.buyer.roles()

    def told() -> str:
        return str([message.data for message in shop.sim.state.messages[keys["channel:bot-log"]].values()])

    assert EMAIL in told()
    payload = PERSON | {"customer": {"id": 7, "email": EMAIL}, "orders_to_redact": []}
    body = json.dumps(payload).encode()
    headers = shopify.headers("customers/redact", body, "w1")
    with scope(shop.store.id):
        await links.accept("customers/redact", "w1", DOMAIN, body, headers["X-Shopify-Hmac-Sha256"])
    await shop.settle()
    assert EMAIL not in told()
    assert "erased" in told()
    assert "Client" not in shop.buyer.roles()
