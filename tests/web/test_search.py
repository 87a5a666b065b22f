"""The search in the header: what a plugin finds, for whom, and what strange input comes to."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.web.testing import NewVisitor, Visitor
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService


async def add(app: App, store: Store, title: str, notes: str = "") -> None:
    await app.get(BookService).add(Actor.system(store.id, "test"), {"title": title, "notes": notes})


async def search(browser: Visitor, text: str, path: str = "/admin/search") -> str:
    answer = await browser.get(f"{path}?q={quote(text)}")
    assert answer.status == 200, (text, answer.status)
    return await answer.text()


async def test_each_finds_what_is_theirs_to_see(
    owner: Visitor, support: Visitor, app: App, store: Store, other_store: Store
) -> None:
    await add(app, store, "<i>Emma</i>", "By Jane Austen")
    await add(app, other_store, "Emma of the others")
    for path in ("/admin/search", "/admin/search/hits"):
        page = await search(owner, "  emma \n", path)
        assert "&lt;i&gt;Emma&lt;/i&gt;" in page
        assert "By Jane Austen" in page
        assert "of the others" not in page
    assert 'href="/admin/book?text=emma"' in await search(owner, "emma")
    assert "/staff/book/" in await search(support, "emma", "/staff/search/hits")
    assert (await support.get("/admin/search?q=emma")).headers["Location"] == "/staff/search?q=emma"


async def test_what_is_not_permitted_or_switched_off_is_not_searched(
    owner: Visitor, users: UserService, visitors: NewVisitor, app: App, store: Store
) -> None:
    await add(app, store, "Emma")
    await users.create_user("Fay", "correct horse battery", store=store.id, role="Fulfilment")
    fay = await visitors()
    await fay.sign_in("Fay")
    assert "Nothing found" in await search(fay, "emma", "/staff/search")
    await app.stores.switch(Actor.system(store.id, "test"), "bookshop", False)
    assert "Nothing found" in await search(owner, "emma")


async def test_a_plugin_that_fails_says_so_in_its_place(owner: Visitor) -> None:
    for path in ("/admin/search", "/admin/search/hits"):
        page = await search(owner, "crash", path)
        assert "This part could not be loaded (plugin bookshop" in page
        assert "the search crashed" not in page


@pytest.mark.parametrize("text", ["", "e", " \t", "\0\0\0", "\u0301\u0301\u0301"])
async def test_too_little_is_not_searched(owner: Visitor, app: App, store: Store, text: str) -> None:
    await add(app, store, "Emma")
    page = await search(owner, text, "/admin/search/hits")
    assert "Type at least 2 characters." in page
    assert "Emma" not in page


@pytest.mark.parametrize(
    "text", ["%%", "__", "<script>alert(1)</script>", "em\0ma", "x" * 5000, "'; DROP TABLE book", "\\!%"]
)
async def test_strange_input_finds_nothing_and_breaks_nothing(
    owner: Visitor, app: App, store: Store, text: str
) -> None:
    await add(app, store, "Emma")
    page = await search(owner, text)
    assert "<script>alert" not in page
    assert "Nothing found for" in page


async def test_nobody_searches_without_signing_in(visitor: Visitor) -> None:
    for path in ("/admin/search?q=emma", "/staff/search/hits?q=emma"):
        answer = await visitor.get(path)
        assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/login")
