"""Piccolo Admin in the reader's language, and when the session ends while somebody types, in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # its API has tests on both
]

NOTES = "textarea[name=notes]:visible"


@pytest.fixture
async def key(app: App, store: Store, users: UserService) -> str:
    """The key of a book, and an owner who can sign in."""
    await users.create_user("Olga", PASSWORD, store=store.id)
    values = {"title": "Emma", "author": 123456789012345678, "copies": 3}
    return str(await app.get(BookService).add(Actor.system(store.id, "test"), values))


async def _notes(app: App, store: Store) -> object:
    row = await app.database.fetch_one("SELECT notes FROM book WHERE store = :s AND title = 'Emma'", s=store.id)
    return row and row["notes"]


async def _look(page: Page, path: str, shown: str) -> None:
    """Open a page of Piccolo Admin afresh; it fits, and axe finds nothing serious."""
    await page.goto("about:blank")
    await page.goto(path)
    await expect(page.locator(shown).first).to_be_attached()
    await page.wait_for_load_state("networkidle")
    assert await serious_findings(page) == [], path
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path


async def test_it_speaks_the_language_of_all_pages_and_fits_a_phone(tabs: NewTab, key: str) -> None:
    tab = await tabs(width=390, height=844, dark=True)
    page = tab.page
    await sign_in(page, "Olga")
    await page.context.add_cookies([{"name": "guildshop_language", "value": "de", "url": page.url}])
    await _look(page, "/admin/", ".welcome")
    await _look(page, "/admin/#/audit_entry", "tbody td")
    await expect(page.locator("h1", has_text="Audit-Log")).to_be_visible()
    await expect(page.locator("th", has_text="Aktion")).to_be_attached()
    await page.locator("#burger_menu a").click()
    await expect(page.locator("#sidebar_overlay a", has_text="Zustellungen von Ereignissen")).to_be_visible()
    await expect(page.get_by_role("link", name="Übersicht").first).to_have_attribute("href", "/admin/dashboard")
    assert await serious_findings(page) == []
    await _look(page, "/admin/#/book/add/", "[name=title]")
    await expect(page.locator("h1", has_text="Book: Hinzufügen")).to_be_visible()
    await _look(page, f"/admin/#/book/{key}/", "[name=title]")
    await expect(page.get_by_label("Titel")).to_have_value("Emma")
    await page.get_by_label("Notizen").fill("shout")
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.get_by_text("Im Formular sind Fehler.")).to_be_visible()
    await page.get_by_label("Notizen").fill("leise")
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.get_by_text("Zeile gespeichert").first).to_be_visible()
    await page.goto("/admin/#/audit_entry")
    await page.get_by_title("Sprachen").click()
    await page.get_by_text("Français").click()
    await expect(page.locator("h1", has_text="Journal d’audit")).to_be_visible()
    await page.goto("/admin/dashboard")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")


async def test_nothing_typed_is_lost_when_the_session_ends(
    tabs: NewTab, key: str, app: App, store: Store, clock: Clock
) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto(f"/admin/#/book/{key}/")
    await page.locator(NOTES).fill("An hour of writing.")
    # What the page still asks for must not be what finds the session over.
    await page.wait_for_load_state("networkidle")
    clock.advance(hours=13)
    await page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("nothing that you typed is lost")
    assert await serious_findings(page) == []
    async with page.context.expect_page() as opened:
        await dialog.get_by_role("link", name="Sign in").click()
    other = await opened.value
    await other.get_by_label("Username").fill("Olga")
    await other.get_by_label("Password").fill(PASSWORD)
    await other.get_by_role("button", name="Sign in").click()
    await other.wait_for_url("**/admin/")
    assert await _notes(app, store) != "An hour of writing."
    await page.bring_to_front()
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await expect(page.get_by_text("You are signed in again.")).to_be_visible()
    await expect(page.locator(NOTES)).to_have_value("An hour of writing.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Successfully saved row")).to_be_visible()
    assert await _notes(app, store) == "An hour of writing."
