"""The language of pages: one's own choice, then the browser's, then the store's."""

from __future__ import annotations

import re
from html import unescape

import pytest

from guildshop.app import App
from guildshop.i18n import gettext_in
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.web.locale import language_choices, preferred_locale
from guildshop.web.testing import Visitor

FRENCH = {"Accept-Language": "xx-nonsense, ja, fr-CA;q=0.9, de;q=0.1"}
DASHBOARD = "/admin/dashboard"


async def language(browser: Visitor, path: str = DASHBOARD, **headers: str) -> str:
    """Return the language of a page, after looking whether its words are of that language."""
    page = await (await browser.get(path, headers=headers)).text()
    tag = re.search(r'<html lang="([^"]+)">', page)
    assert tag is not None
    assert gettext_in(tag[1], "Skip to the content") in page
    return tag[1]


async def test_pages_speak_the_chosen_language_then_the_browsers_then_the_stores(
    owner: Visitor, app: App, store: Store
) -> None:
    assert await language(owner) == "en-US"
    assert await language(owner, **FRENCH) == "fr-CA"
    answer = await owner.http.post(
        "/language", data={"language": "de", "next": f"{DASHBOARD}?a=b"}, allow_redirects=False
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"{DASHBOARD}?a=b")
    assert await language(owner, **FRENCH) == "de"
    # Of the language that was chosen, it is as one's own country writes it.
    assert await language(owner, **{"Accept-Language": "de-AT"}) == "de-AT"
    assert '<option value="de" lang="de" selected>Deutsch</option>' in await (await owner.get(DASHBOARD)).text()
    await owner.http.post("/language", data={"language": "xx"}, allow_redirects=False)
    assert await language(owner, **FRENCH) == "fr-CA"
    await app.stores.change(Actor.system(store.id, "test"), "store", {"language": "es-419"})
    assert await language(owner) == "es-419"
    await app.stores.change(Actor.system(store.id, "test"), "store", {"language": "ja"})
    assert await language(owner) == "en-US"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil"])
async def test_choosing_a_language_leads_nowhere_else(visitor: Visitor, target: str) -> None:
    answer = await visitor.http.post("/language", data={"language": "de", "next": target}, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_errors_are_told_in_the_language_too(owner: Visitor, visitor: Visitor) -> None:
    missing = gettext_in("fr", "There is nothing at this address.")
    assert missing != "There is nothing at this address."
    for browser in (owner, visitor):
        assert missing in unescape(await (await browser.get("/nothing", headers=FRENCH)).text())
    problem = await (await owner.get("/api/nothing", headers=FRENCH)).json()
    assert problem["detail"] == missing


def test_only_languages_that_are_spoken_count() -> None:
    assert preferred_locale("ja, ko;q=0.5") is None
    assert preferred_locale("ja, es-419;q=0.5, en") == "en"
    assert preferred_locale("*;q=0.1, en-GB;q=0.2, x;q=y,,;") == "en-GB"
    assert [code for code, _name in language_choices()] == ["de", "en", "es", "fr"]
    assert [name for _code, name in language_choices()] == ["Deutsch", "English", "Español", "Français"]
