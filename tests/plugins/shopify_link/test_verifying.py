"""Members link themselves: the emailed link, its page, and everything that may be wrong with it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from yarl import URL

from guildshop.app import App
from guildshop.bot.testing import Shop
from guildshop.config.settings import EmailSettings
from guildshop.errors import NotConfigured, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.shopify_link.api import InvalidEmail, Link, LinkMethod, MemberLinked, ShopifyMissing, Target
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.stores import Store
from guildshop.testing import ActorFactory, Clock, MailboxServer
from guildshop.web.testing import NewVisitor, Visitor
from guildshop.web.users import UserService
from tests.plugins.shopify_link.conftest import account, no_wait
from tests.plugins.shopify_link.double import ShopifyDouble

EMAIL = "john@example.com"
BEA = Target(3 * 10**17 + 1, "bea", "Bea Buyer")
BEN = Target(3 * 10**17 + 2, "ben", "Ben Bargain")


@pytest.fixture
def bea(store: Store, member: ActorFactory) -> Actor:
    return member(store, id=str(BEA.discord_id), name="bea")


@pytest.fixture
def ben(store: Store, member: ActorFactory) -> Actor:
    return member(store, id=str(BEN.discord_id), name="ben")


def path(mailbox: MailboxServer, number: int = -1) -> str:
    return URL(mailbox.to(EMAIL)[number].links[0]).path


async def rows(app: App, table: str) -> list[dict[str, Any]]:
    return await app.database.fetch(f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=1)


async def linked(links: LinkService, target: Target = BEA) -> Link | None:
    return await links.of_member(target.discord_id)


async def test_the_emailed_link_links_once_and_a_get_changes_nothing(
    app: App, links: LinkService, shopify: ShopifyDouble, bea: Actor, visitor: Visitor, mailbox: MailboxServer
) -> None:
    shopify.customer(7, email="John@example.com")
    await links.ask(bea, BEA, f" {EMAIL} ", "de")
    (row,) = await rows(app, "shopify_verification")
    await app.dispatcher.drain()
    (letter,) = mailbox.to(EMAIL)
    assert "bea" in letter.text
    assert "bea" in letter.html
    where = path(mailbox)
    token = where.rpartition("/")[2]
    assert token not in str(row)
    for _time in range(3):
        page = await visitor.get(where)
        assert page.status == 200
        text = await page.text()
        assert "@bea" in text
        assert str(BEA.discord_id) in text
    assert await linked(links) is None
    done = await visitor.post(where, {"do": "confirm"})
    assert (done.status, "You are linked" in await done.text()) == (200, True)
    link = await linked(links)
    assert link is not None
    assert (link.shopify_id, link.method, link.linked_by, link.username) == ("7", LinkMethod.EMAIL, "bea", "bea")
    (entry,) = await rows(app, "shopify_link_log")
    assert (entry["actor_id"], entry["discord_id"]) == (str(BEA.discord_id), BEA.discord_id)
    for again in (await visitor.get(where), await visitor.post(where, {"do": "confirm"})):
        assert again.status == 410
        assert "used already" in await again.text()
    assert len(await rows(app, "shopify_link_log")) == 1
    (kept,) = await rows(app, "shopify_verification")
    assert kept["email"] == ""
    with pytest.raises(MemberLinked, match="/unlink first"):
        await links.ask(bea, BEA, EMAIL, "en-US")
    await links.unlink_own(bea)
    assert await linked(links) is None
    with pytest.raises(Refusal, match="You are not linked"):
        await links.unlink_own(bea)


async def test_asking_is_the_same_work_whoever_has_the_address(
    app: App, links: LinkService, shopify: ShopifyDouble, bea: Actor, ben: Actor, mailbox: MailboxServer
) -> None:
    shopify.customer(7)
    written: list[int] = []
    run_unit = app.database.run_unit

    async def counted(unit: Any) -> None:
        written.append(len(unit.operations))
        await run_unit(unit)

    app.database.run_unit = counted  # type: ignore[method-assign]
    known = await links.ask(bea, BEA, EMAIL, "en-US")
    half = len(written)
    unknown = await links.ask(ben, BEN, "nobody@example.com", "en-US")
    assert written[:half] == written[half:]
    assert known.minutes == unknown.minutes == 30
    assert shopify.requests == 0  # nobody asked Shopify while the member waited
    await app.dispatcher.drain()
    assert shopify.operations == ["Find", "Find"]
    assert len(mailbox.emails) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_links_that_are_tampered_with_expired_or_rejected(
    app: App,
    links: LinkService,
    shopify: ShopifyDouble,
    bea: Actor,
    visitor: Visitor,
    mailbox: MailboxServer,
    clock: Clock,
) -> None:
    shopify.customer(7)
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    first = path(mailbox)
    for wrong in (first[:-1] + ("0" if first[-1] != "0" else "1"), first + "0", first[:-4], "/verify/" + "é" * 64):
        for answer in (await visitor.get(wrong), await visitor.post(wrong, {"do": "confirm"})):
            assert answer.status == 404
            assert "not whole" in await answer.text()
    clock.advance(minutes=31)
    for answer in (await visitor.get(first), await visitor.post(first, {"do": "confirm"})):
        assert answer.status == 410
        text = await answer.text()
        assert "has expired" in text
        assert "/unlink and then /link" in text
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    second = path(mailbox)
    ended = await visitor.post(second, {"do": "reject"})
    assert (ended.status, "Nothing was linked" in await ended.text()) == (200, True)
    again = await visitor.post(second, {"do": "confirm"})
    assert (again.status, "not them" in await again.text()) == (410, True)
    assert await linked(links) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_a_browser_of_another_discord_account_is_refused(
    app: App,
    store: Store,
    links: LinkService,
    shopify: ShopifyDouble,
    bea: Actor,
    visitors: NewVisitor,
    users: UserService,
    mailbox: MailboxServer,
) -> None:
    shopify.customer(7)
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    where = path(mailbox)
    other, own = await visitors(), await visitors()
    for browser, target in ((other, BEN), (own, BEA)):
        await users.create_user(target.username, "correct horse battery", store=store.id, role="Owner")
        await browser.sign_in(target.username)
        await app.database.execute(
            "UPDATE user_account SET discord_id = :id WHERE username = :name",
            id=target.discord_id,
            name=target.username,
        )
    for answer in (await other.get(where), await other.post(where, {"do": "confirm"})):
        assert answer.status == 403
        assert "another Discord account (bea)" in await answer.text()
    assert await linked(links) is None
    assert (await own.post(where, {"do": "confirm"})).status == 200
    assert await linked(links) is not None


async def test_of_five_who_press_at_once_one_uses_the_link(
    app: App, links: LinkService, shopify: ShopifyDouble, bea: Actor, mailbox: MailboxServer
) -> None:
    shopify.customer(7)
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    token = path(mailbox).rpartition("/")[2]
    ends = await asyncio.gather(*(links.confirm(token) for _each in range(5)), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Linked"] + ["VerificationGone"] * 4
    assert len(await rows(app, "shopify_link_log")) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_what_happened_meanwhile_is_seen_when_the_button_is_pressed(
    app: App,
    links: LinkService,
    shopify: ShopifyDouble,
    boss: Actor,
    bea: Actor,
    visitor: Visitor,
    mailbox: MailboxServer,
) -> None:
    shopify.customer(7)
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    where = path(mailbox)
    await visitor.get(where)
    shopify.faults = ["503"] * 4
    down = await (await visitor.post(where, {"do": "confirm"})).text()
    assert "Shopify is unavailable" in down
    assert "Try again" in down
    shopify.remove(7)
    assert (await visitor.post(where, {"do": "confirm"})).status == 404
    shopify.customer(7)
    await links.link_member(boss, BEN, EMAIL)
    taken = await visitor.post(where, {"do": "confirm"})
    assert (taken.status, await linked(links)) == (409, None)
    # Whoever asks for an address that is linked already is not told so; the mailbox is.
    await links.ask(bea, BEA, EMAIL, "en-US")
    await app.dispatcher.drain()
    assert mailbox.to(EMAIL)[-1].links == []
    assert "another Discord account already" in mailbox.to(EMAIL)[-1].text
    await links.unlink_member(boss, BEN.discord_id)
    assert (await visitor.post(where, {"do": "confirm"})).status == 200


async def test_what_cannot_be_asked_for(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor, bea: Actor, ben: Actor, clock: Clock
) -> None:
    with pytest.raises(InvalidEmail):
        await links.ask(bea, BEA, "a@b.com OR email:*", "en-US")
    for _time in range(3):
        await links.ask(bea, BEA, EMAIL, "en-US")
    for actor, target in ((bea, BEA), (ben, BEN)):
        with pytest.raises(Refusal, match="third time"):
            await links.ask(actor, target, EMAIL.upper(), "en-US")
    assert len(await rows(app, "shopify_verification")) == 3
    clock.advance(hours=2)
    await links.ask(ben, BEN, EMAIL, "en-US")
    await app.stores.change(boss, "shopify_link", {"access_token": None})
    with pytest.raises(ShopifyMissing):
        await links.ask(bea, BEA, EMAIL, "en-US")
    app.settings = app.settings.model_copy(update={"email": EmailSettings()})
    with pytest.raises(NotConfigured, match="/link-customer"):
        await links.ask(bea, BEA, EMAIL, "en-US")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_an_email_waits_for_shopify_and_not_longer_than_its_link(
    app: App, links: LinkService, shopify: ShopifyDouble, bea: Actor, mailbox: MailboxServer, clock: Clock
) -> None:
    shopify.customer(7)
    await links.ask(bea, BEA, EMAIL, "en-US")
    shopify.faults = ["503"] * 4
    await app.dispatcher.drain()
    assert mailbox.emails == []
    clock.advance(minutes=2)
    await app.dispatcher.drain()
    assert len(mailbox.emails) == 1
    await links.ask(bea, BEA, EMAIL, "en-US")
    shopify.faults = ["503"] * 4
    await app.dispatcher.drain()
    clock.advance(minutes=31)
    await app.dispatcher.drain()
    assert len(mailbox.emails) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_a_member_links_and_unlinks_over_the_wire(
    shop: Shop, shopify: ShopifyDouble, mailbox: MailboxServer
) -> None:
    off = await shop.buyer.slash("link", email=EMAIL)
    assert off.ephemeral
    assert off.embeds[0]["title"] == "❌ Error"
    assert "Ask the staff" in off.text
    mailbox.serve(shop.app)
    await shop.app.stores.change(shop.actor(), "shopify_link", account(shopify))
    links = shop.app.get(LinkService)
    links.client.sleep = no_wait
    assert (await shop.buyer.slash("link", email="no email")).embeds[0][
        "description"
    ] == "Invalid email address format."
    assert "not linked" in (await shop.buyer.slash("unlink")).text
    shopify.customer(7)
    answers = {
        (await shop.sim.member(who).slash("link", email=email)).text.replace(email, "…")
        for who, email in (("buyer", EMAIL), ("buyer2", "nobody@example.com"))
    }
    assert len(answers) == 1
    await shop.settle()
    assert [letter.to for letter in mailbox.emails] == [EMAIL]
    await links.confirm(path(mailbox).rpartition("/")[2])
    await shop.settle()
    assert "Client" in shop.buyer.roles()
    assert "already linked" in (await shop.buyer.slash("link", email=EMAIL)).text
    done = await shop.buyer.slash("unlink")
    assert (done.ephemeral, done.embeds[0]["title"]) == (True, "✅ Customer Unlinked")
    await shop.settle()
    assert "Client" not in shop.buyer.roles()
    assert shopify.metafields == {}
