"""`/dashboard`: one-time links, and what Discord roles allow on the web while one is signed in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from yarl import URL

from guildshop.bot.testing import Shop, ShopFactory
from guildshop.simulator.driver import Person
from guildshop.testing import Clock
from guildshop.web.testing import Visitor

NewBrowser = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def shop(make_shop: ShopFactory, clock: Clock) -> Shop:
    """A shop with its web pages."""
    made = await make_shop(web=True)
    made.app.clock = clock
    return made


@pytest.fixture
async def browser(shop: Shop) -> AsyncIterator[NewBrowser]:
    """Make browsers at the shop."""
    sessions: list[aiohttp.ClientSession] = []

    async def make() -> Visitor:
        assert shop.app.web is not None
        jar = aiohttp.CookieJar(unsafe=True)
        sessions.append(aiohttp.ClientSession(URL(shop.app.web.url), cookie_jar=jar, headers={"Accept": "text/html"}))
        return Visitor(sessions[-1])

    yield make
    for session in sessions:
        await session.close()


async def link(person: Person) -> str:
    """Ask for a link and return its path."""
    reply = await person.slash("dashboard")
    assert reply.ephemeral
    (button,) = [found for found in reply.components if found["type"] == 2]
    return URL(button["url"]).path


async def signed_in(shop: Shop, browser: NewBrowser, person: Person) -> Visitor:
    """Sign a person in by a link."""
    path, visitor = await link(person), await browser()
    await visitor.get(path)
    assert (await visitor.post(path)).status == 303
    return visitor


async def _sessions(shop: Shop) -> int:
    return len(await shop.app.database.fetch("SELECT id FROM session"))


async def test_a_link_signs_in_with_what_the_roles_allow(shop: Shop, browser: NewBrowser) -> None:
    path, visitor = await link(shop.staff), await browser()
    assert re.fullmatch(r"/signin/[\w-]{43}", path)
    page = await visitor.get(path)
    assert page.status == 200
    assert "Sign in to Sample store" in await page.text()
    assert await _sessions(shop) == 0
    assert (await visitor.post(path)).headers["Location"] == "/"
    assert (await visitor.get("/")).headers["Location"] == "/staff/dashboard"
    assert (await visitor.get("/staff/order")).status == 200
    shown = await (await visitor.get("/staff/settings")).text()
    assert "Save" not in shown
    refused = await visitor.post("/staff/settings/section/orders", {"version": "0", "expire_hours": "1"})
    assert refused.status == 403
    assert "settings.update" in await refused.text()


async def test_the_servers_owner_is_owner_on_the_web(shop: Shop, browser: NewBrowser) -> None:
    visitor = await signed_in(shop, browser, shop.owner)
    assert (await visitor.get("/")).headers["Location"] == "/admin/dashboard"
    assert (await visitor.get("/admin/settings/roles")).status == 200


async def test_the_token_is_not_in_the_database(shop: Shop) -> None:
    token = (await link(shop.staff)).rpartition("/")[2]
    rows = await shop.app.database.fetch("SELECT * FROM sign_in_link WHERE store = :store", store=shop.store.id)
    assert len(rows) == 1
    assert token not in str(rows)


async def test_opening_a_link_twice_uses_nothing_up_but_signing_in_twice_is_refused(
    shop: Shop, browser: NewBrowser
) -> None:
    path, first, second = await link(shop.staff), await browser(), await browser()
    for _time in range(3):
        assert (await first.get(path)).status == 200
    await second.get(path)
    assert (await first.post(path)).status == 303
    refused = await second.post(path)
    assert refused.status == 409
    assert "used already" in await refused.text()
    assert "used already" in await (await second.get(path)).text()
    assert await _sessions(shop) == 1


async def test_a_link_is_good_for_five_minutes(shop: Shop, browser: NewBrowser, clock: Clock) -> None:
    path, visitor = await link(shop.staff), await browser()
    await visitor.get(path)
    clock.advance(minutes=5)
    refused = await visitor.post(path)
    assert refused.status == 409
    assert "too old" in await refused.text()
    assert await _sessions(shop) == 0


async def test_a_link_after_the_role_was_taken_away_is_refused(shop: Shop, browser: NewBrowser) -> None:
    path, visitor = await link(shop.staff), await browser()
    await visitor.get(path)
    shop.staff.set_roles()
    refused = await visitor.post(path)
    assert refused.status == 403
    assert "Your Discord roles do not let you into Sample store any more" in await refused.text()
    assert await _sessions(shop) == 0
    shop.staff.leave()
    assert (await visitor.post(path)).status == 403


async def test_an_unknown_link_is_not_found(shop: Shop, browser: NewBrowser) -> None:
    visitor = await browser()
    for token in ("x", "y" * 43, "z" * 500):
        found = await visitor.get(f"/signin/{token}")
        assert found.status == 404
    assert "Use /dashboard in Discord" in await found.text()


async def test_members_get_no_link(shop: Shop) -> None:
    reply = await shop.buyer.slash("dashboard", stale=True)
    assert reply.ephemeral
    assert "for staff" in reply.text
    assert await shop.app.database.fetch("SELECT id FROM sign_in_link WHERE store = :s", s=shop.store.id) == []


async def test_a_role_taken_away_ends_what_it_allowed(shop: Shop, browser: NewBrowser, clock: Clock) -> None:
    visitor = await signed_in(shop, browser, shop.staff)
    assert (await visitor.get("/staff/order")).status == 200
    shop.staff.set_roles()
    clock.advance(seconds=31)
    refused = await visitor.get("/staff/order")
    assert refused.status == 403
    assert "no role in any store" in await refused.text()


async def test_a_change_is_refused_seconds_after_the_role_is_gone(
    shop: Shop, browser: NewBrowser, clock: Clock
) -> None:
    visitor = await signed_in(shop, browser, shop.owner)
    shop.sim.state.guilds[str(shop.store.guild_id)].owner_id = shop.buyer.id
    clock.advance(seconds=4)
    refused = await visitor.post("/admin/settings/section/orders", {"version": "0", "expire_hours": "1"})
    assert refused.status == 403
    assert shop.app.stores.version_of(shop.store.id, "orders") == 0


async def test_what_a_staff_role_may_do_changes_for_those_who_are_signed_in(shop: Shop, browser: NewBrowser) -> None:
    visitor = await signed_in(shop, browser, shop.staff)
    assert (await visitor.get("/staff/audit")).status == 200
    await shop.app.stores.change_roles(shop.actor(), {"Manager": {"audit.read": False}})
    refused = await visitor.get("/staff/audit")
    assert refused.status == 403
    assert "audit.read" in await refused.text()


async def test_discord_being_away_does_not_sign_out_at_once(shop: Shop, browser: NewBrowser, clock: Clock) -> None:
    visitor = await signed_in(shop, browser, shop.staff)
    await shop.sim.stop()
    clock.advance(minutes=1)
    assert (await visitor.get("/staff/order")).status == 200
    clock.advance(minutes=10)
    refused = await visitor.get("/staff/order")
    assert refused.status == 503
    assert "your roles cannot be checked" in await refused.text()


async def test_the_store_of_a_lost_server_sleeps_and_wakes(shop: Shop) -> None:
    shop.sim.remove_bot("demo")
    await shop.settle()
    assert not shop.store.active
    shop.sim.add_bot("demo")
    await shop.settle()
    assert shop.store.active
    assert "settings" in {command["name"] for command in shop.sim.state.commands[str(shop.store.guild_id)].values()}
    assert (await shop.owner.slash("settings")).failed is None
