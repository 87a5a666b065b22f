"""A form that is sent when the session has ended: what was typed is kept, sealed, for its user to send."""

from __future__ import annotations

import html
import re

import pytest

from guildshop.app import App
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.server import WebServer
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.users import UserService

TYPED = {"title": "Emma <b>&", "notes": "One\nTwo", "version": "3", "secret_word": "hush", "password": "opensesame"}


@pytest.fixture
def headers(server: WebServer) -> dict[str, str]:
    """What a browser says of a form on the page of books."""
    return {"Origin": server.url, "Referer": f"{server.url}/admin/book?x=1"}


def kept_in(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


async def titles(app: App, store: Store) -> list[str]:
    return [row["title"] for row in await app.database.fetch("SELECT title FROM book WHERE store = :s", s=store.id)]


async def test_what_was_typed_is_there_after_signing_in_again(
    owner: Visitor, app: App, store: Store, clock: Clock, headers: dict[str, str]
) -> None:
    clock.advance(hours=13)
    asked = await owner.post("/admin/book", TYPED, headers=headers)
    page = await asked.text()
    assert asked.status == 401
    assert "Sign in, and what you typed is here again." in page
    assert "Emma" not in page
    kept = kept_in(page)

    wrong = await owner.post("/login", {"username": "Olga", "password": "not it at all", "kept": kept})
    assert kept_in(await wrong.text()) == kept
    again = await owner.post("/login", {"username": "Olga", "password": PASSWORD, "kept": kept})
    page = await again.text()
    assert again.status == 200
    assert 'action="/admin/book"' in page
    assert 'data-resume="/admin/book?x=1"' in page
    assert 'value="Emma &lt;b&gt;&amp;"' in page
    assert "One\nTwo</textarea>" in page
    assert "Secrets and files are not kept" in page
    assert "hush" not in page
    assert "opensesame" not in page
    assert await titles(app, store) == []
    sent = await owner.post("/admin/book", {"title": "Emma <b>&"}, headers=headers)
    assert sent.status == 303
    assert await titles(app, store) == ["Emma <b>&"]


async def test_it_is_shown_to_nobody_else_nor_for_ever(
    owner: Visitor, support: Visitor, users: UserService, visitors: NewVisitor, clock: Clock, headers: dict[str, str]
) -> None:
    clock.advance(hours=13)
    kept = kept_in(await (await owner.post("/admin/book", TYPED, headers=headers)).text())
    for person in ("Sam", "Olga"):
        browser = await visitors()
        await browser.get("/login")
        if person == "Olga":
            clock.advance(hours=3)
        answer = await browser.post(
            "/login", {"username": person, "password": PASSWORD, "kept": kept, "next": "/account"}
        )
        assert (answer.status, answer.headers["Location"]) == (303, "/account"), person
        assert "is not shown" in await (await browser.get("/account")).text()
        for forged in (kept, kept[:-8] + "AAAAAAA=", "AAAA", "\u2603", "x" * 900_000):
            assert (await browser.post("/login/kept", {"kept": forged})).status == 303, forged[:9]


async def test_signing_in_in_another_tab_is_enough(owner: Visitor, clock: Clock, headers: dict[str, str]) -> None:
    clock.advance(hours=13)
    kept = kept_in(await (await owner.post("/admin/book", TYPED, headers=headers)).text())
    assert kept_in(await (await owner.post("/login/kept", {"kept": kept})).text()) == kept
    stale = owner.csrf
    await owner.sign_in("Olga")
    shown = await owner.http.post("/login/kept", data={"kept": kept, "csrftoken": stale}, allow_redirects=False)
    assert 'value="Emma &lt;b&gt;&amp;"' in await shown.text()
    late = await owner.http.post(
        "/admin/book", data={**TYPED, "csrftoken": stale}, headers=headers, allow_redirects=False
    )
    assert late.status == 403
    assert 'value="Emma &lt;b&gt;&amp;"' in await late.text()


async def test_forms_of_others_and_of_programs_are_not_kept(
    owner: Visitor, app: App, store: Store, clock: Clock, headers: dict[str, str]
) -> None:
    clock.advance(hours=13)
    for given in ({**headers, "Origin": "https://evil.example"}, {}, {**headers, "Accept": "application/json"}):
        answer = await owner.post("/admin/book", TYPED, headers=given)
        assert answer.status in {401, 403}
        assert "kept" not in await answer.text(), given
    huge = await owner.post("/admin/book", {"title": "x" * 300_000}, headers=headers)
    assert "kept" not in await huge.text()
    assert await titles(app, store) == []
