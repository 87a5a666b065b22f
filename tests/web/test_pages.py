"""Pages of a plugin: sign-in, permissions, stores, the per-store switch, messages, errors, headers, limits."""

from __future__ import annotations

import base64
import json
from html import escape
from uuid import uuid4

import pytest

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.web.pages import packed
from guildshop.web.server import WebServer
from guildshop.web.testing import NewVisitor, Visitor
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService


async def add_book(app: App, store: Store, title: str) -> str:
    return str(await app.get(BookService).add(Actor.system(store.id, "test"), {"title": title}))


async def test_every_page_refuses_who_is_not_signed_in(visitor: Visitor, app: App, store: Store) -> None:
    book = await add_book(app, store, "Emma")
    for base in ("/admin", "/staff"):
        for path in ("dashboard", "book", f"book/{book}"):
            answer = await visitor.get(f"{base}/{path}")
            assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/login")
        await visitor.get("/login")
        assert (await visitor.post(f"{base}/book", {"title": "Persuasion"})).status == 401
    assert (await visitor.get("/admin/")).status == 303
    assert (await visitor.get("/account")).status == 303
    assert (await visitor.get("/admin/api/tables/book/")).status == 401
    assert len(await app.database.fetch("SELECT id FROM book WHERE store = :s", s=store.id)) == 1


async def test_pages_and_navigation_follow_permissions(support: Visitor, app: App, store: Store) -> None:
    page = await (await support.get("/staff/book")).text()
    assert "Add a book" not in page
    assert 'href="/staff/book"' in page
    assert 'href="/admin/"' not in page
    for beginning in ("/staff", "/staff/"):
        assert (await support.get(beginning)).headers["Location"] == "/staff/dashboard"
    refused = await support.post("/staff/book", {"title": "Emma"})
    assert refused.status == 403
    assert "book.update" in await refused.text()
    assert await app.database.fetch("SELECT id FROM book WHERE store = :s", s=store.id) == []


async def test_another_stores_rows_do_not_exist(
    owner: Visitor, visitors: NewVisitor, users: UserService, app: App, store: Store, other_store: Store
) -> None:
    theirs = await add_book(app, other_store, "Theirs")
    mine = await add_book(app, store, "Mine")
    assert (await owner.get(f"/admin/book/{mine}")).status == 200
    assert (await owner.get(f"/admin/book/{theirs}")).status == 404
    listed = await (await owner.get("/admin/book")).text()
    assert "Mine" in listed
    assert "Theirs" not in listed


async def test_a_form_works_without_scripts_and_its_message_is_shown_once(owner: Visitor) -> None:
    answer = await owner.post("/admin/book", {"title": "<i>Emma</i>"})
    assert answer.headers["Location"] == "/admin/book"
    page = await (await owner.get("/admin/book")).text()
    assert "The book &lt;b&gt;is&lt;/b&gt; on the shelf." in page
    assert "&lt;i&gt;Emma&lt;/i&gt;" in page
    assert "on the shelf." not in await (await owner.get("/admin/book")).text()


async def test_a_forged_message_is_not_shown(owner: Visitor) -> None:
    headers = {"Cookie": f"guildshop_session={_session(owner)}; guildshop_flash=W1siaW5mbyIsICJIYWNrZWQiXV0=.00"}
    page = await owner.get("/admin/dashboard", headers=headers)
    assert page.status == 200
    assert "Hacked" not in await page.text()


@pytest.mark.parametrize("texts", [["x" * 1500] * 3, ["Ж" * 1500] * 2, ["\U0001f600" * 1500], ["short", "語" * 1500]])
def test_messages_fit_into_a_cookie_whatever_they_say(texts: list[str]) -> None:
    payload = packed([("success", text) for text in texts])
    assert len(payload) <= 3800
    shown = [text for _tone, text in json.loads(base64.urlsafe_b64decode(payload))]
    assert len(shown) == len(texts)
    for text, rest in zip(texts, shown, strict=True):
        assert rest == text or (rest.endswith("…") and text.startswith(rest[:-1]) and len(rest) > 200)


async def test_refusals_are_pages_with_their_sentence_and_a_way_back(owner: Visitor, server: WebServer) -> None:
    await owner.post("/admin/book", {"title": "Emma"})
    back = f"/admin/book/{uuid4()}?x=1"
    refused = await owner.post("/admin/book", {"title": "Emma"}, headers={"Referer": f"{server.url}{back}"})
    assert refused.status == 409
    page = await refused.text()
    assert "There is a book called Emma already." in page
    assert f'href="{back}"' in page


async def test_a_refused_form_comes_back_with_what_was_typed(owner: Visitor, server: WebServer) -> None:
    hostile = '"><script>alert(1)</script> & Co'
    for title in ("Emma", hostile):
        await owner.post("/admin/book", {"title": title})
    refused = await owner.post("/admin/book", {"title": hostile}, headers={"Referer": f"{server.url}/admin/book?x=1"})
    page = await refused.text()
    assert refused.status == 409
    assert "There is a book called" in page
    assert page.count(f'name="title" type="text" value="{escape(hostile)}"') == 1
    assert "<script>alert" not in page
    assert "There is a book called" not in await (await owner.get("/admin/book")).text()


async def test_what_was_typed_is_told_where_its_form_is_not(
    owner: Visitor, app: App, store: Store, server: WebServer
) -> None:
    hostile = "<script>alert(1)</script>"
    form = {"title": "Emma", "notes": hostile, "password": "hush", "version": "3", "key": "x"}
    book = await add_book(app, store, "Emma")
    for before, shows in (
        (f"{server.url}/admin/book/{book}", "<dt>Copies</dt>"),
        (f"{server.url}/admin/book/{uuid4()}", "error-page"),
        ("https://elsewhere.example/admin/book", "error-page"),
        (f"{server.url}/static/web/base.css", "error-page"),
        (f"{server.url}/api/v1/openapi.json", "error-page"),
        ("", "error-page"),
    ):
        refused = await owner.post("/admin/book", form, headers={"Referer": before} if before else {})
        page = await refused.text()
        assert (refused.status, shows in page) == (409, True), before
        assert page.count("There is a book called Emma already.") == 1
        assert page.index("There is a book called") < page.index("What you typed") < page.index("</main>")
        assert "<dt>title</dt><dd>Emma</dd>" in page
        assert f"<dt>notes</dt><dd>{escape(hostile)}</dd>" in page
        assert "hush" not in page
        assert "<script>alert" not in page
    forged = await owner.http.post("/admin/book", data={**form, "csrftoken": "x"}, allow_redirects=False)
    assert (forged.status, "Emma" in await forged.text()) == (403, False)


async def test_accidents_show_a_reference_and_nothing_else(owner: Visitor) -> None:
    answer = await owner.post("/admin/book", {"title": "crash"})
    assert answer.status == 500
    page = await answer.text()
    assert answer.headers["X-Request-Id"] in page
    assert "crashed" not in page
    assert "Traceback" not in page


async def test_a_page_of_a_plugin_that_is_off_is_gone_from_the_navigation_too(
    owner: Visitor, app: App, store: Store
) -> None:
    await app.stores.switch(Actor.system(store.id, "test"), "bookshop", False)
    answer = await owner.get("/admin/book")
    assert answer.status == 404
    assert "Bookshop is switched off" in await answer.text()
    assert 'href="/admin/book"' not in await (await owner.get("/admin/dashboard")).text()


async def test_unknown_addresses_and_methods_are_told(owner: Visitor, visitor: Visitor) -> None:
    assert "nothing at this address" in await (await visitor.get("/nowhere")).text()
    wrong = await owner.http.put("/admin/book", headers={"X-CSRFToken": owner.csrf}, allow_redirects=False)
    assert wrong.status == 405
    assert "GET" in wrong.headers["Allow"]


async def test_every_answer_carries_the_security_headers(owner: Visitor, visitor: Visitor) -> None:
    for browser, path in (
        (owner, "/admin/dashboard"),
        (owner, "/admin/"),
        (owner, "/admin/api/tables/book/"),
        (owner, "/api/store"),
        (visitor, "/login"),
        (visitor, "/nowhere"),
        (visitor, "/healthz"),
    ):
        headers = (await browser.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "script-src 'self';" in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Request-Id"]
        assert "aiohttp" not in headers["Server"].lower()
    assert "unsafe-inline" not in (await owner.get("/admin/book")).headers["Content-Security-Policy"]
    assert (await owner.get("/admin/book")).headers["Cache-Control"] == "no-store"


async def test_pages_hold_no_inline_script_or_style(owner: Visitor, visitor: Visitor) -> None:
    await owner.post("/admin/book", {"title": "Emma"})
    for browser, path in ((owner, "/admin/book"), (owner, "/account"), (visitor, "/login"), (owner, "/api/docs")):
        page = await (await browser.get(path)).text()
        assert " style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert all("src=" in part for part in page.split("<script")[1:])


async def test_bodies_are_limited_by_their_route(visitor: Visitor) -> None:
    fits = await visitor.http.post("/webhooks/books", data=b"x" * 1000)
    assert (fits.status, await fits.text()) == (200, "1000")
    assert (await visitor.http.post("/webhooks/books", data=b"x" * 1001)).status == 413

    async def endless() -> object:
        for _part in range(20):
            yield b"x" * 100

    assert (await visitor.http.post("/webhooks/books", data=endless())).status == 413


async def test_static_files_are_cached_by_their_content(visitor: Visitor) -> None:
    page = await (await visitor.get("/login")).text()
    address = page[page.index("/static/web/base.css") :].split('"')[0]
    found = await visitor.get(address)
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert found.content_type == "text/css"
    assert (await visitor.get(address.split("?")[0])).headers["Cache-Control"] == "public, max-age=300"
    again = await visitor.get(address, headers={"If-None-Match": found.headers["ETag"]})
    assert again.status == 304
    for path in ("/static/web/../server.py", "/static/web/%2e%2e/server.py", "/static/web/missing.css"):
        assert (await visitor.get(path)).status == 404


async def test_times_and_amounts_are_those_of_the_store(owner: Visitor, app: App, store: Store) -> None:
    book = await add_book(app, store, "Emma")
    system = Actor.system(store.id, "test")
    await app.stores.change(system, "store", {"time_zone": "Asia/Tokyo", "language": "de-DE"})
    page = await (await owner.get("/admin/book")).text()
    assert "22.11.2026, 21:00:00" in page
    assert '<html lang="de-DE">' in page
    assert "19,99" in await (await owner.get(f"/admin/book/{book}")).text()


async def test_signing_in_needs_no_other_language_than_the_browsers(visitor: Visitor) -> None:
    page = await visitor.get("/login", headers={"Accept-Language": "xx-nonsense, fr-FR;q=0.9, de;q=0.1"})
    assert '<html lang="fr-FR">' in await page.text()


async def test_another_users_password_is_needed_not_a_guess_at_their_session(
    visitor: Visitor, users: UserService
) -> None:
    for cookie in ("x", "x" * 5000, "", "%00"):
        answer = await visitor.get("/account", headers={"Cookie": f"guildshop_session={cookie}"})
        assert answer.status == 303


def _session(browser: Visitor) -> str:
    return next(cookie.value for cookie in browser.http.cookie_jar if cookie.key == "guildshop_session")
