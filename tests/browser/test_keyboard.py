"""Working without a mouse: the search in the header, shortcuts, lists, and the messages that tell what was done."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # what is searched has tests on both
]


@pytest.fixture
async def books(app: App, store: Store, users: UserService) -> BookService:
    """Three books, and an owner who can sign in."""
    await users.create_user("Olga", PASSWORD, store=store.id)
    service = app.get(BookService)
    for title in ("Emma", "Emma, annotated", "Persuasion"):
        await service.add(Actor.system(store.id, "test"), {"title": title})
    return service


async def test_searching_by_keyboard(tabs: NewTab, books: BookService) -> None:
    tab = await tabs(width=390, height=844, dark=True)
    page = tab.page
    await sign_in(page, "Olga")
    box = page.get_by_role("combobox", name="Find anything")
    await page.keyboard.press("/")
    await expect(box).to_be_focused()
    await page.keyboard.type("emma")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    await expect(page.locator("[data-search-said]")).to_have_text("2 results")
    await expect(box).to_have_attribute("aria-expanded", "true")
    for key, chosen in (("ArrowDown", "Emma"), ("ArrowDown", "Emma, annotated"), ("ArrowDown", "Emma")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text(chosen)
    await page.keyboard.press("ArrowUp")
    assert await serious_findings(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(0)
    await expect(box).to_have_value("emma")
    await page.keyboard.type(", ann")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["Emma, annotated"])
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Emma, annotated")).to_be_visible()
    await box.fill("nothing like it")
    await expect(page.locator(".search-note")).to_contain_text("Nothing found for")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Results for")).to_be_visible()
    assert await serious_findings(page) == []
    assert tab.complaints == []


async def test_searching_without_scripts(tabs: NewTab, books: BookService) -> None:
    page = (await tabs(scripts=False)).page
    await sign_in(page, "Olga")
    await page.get_by_role("searchbox", name="Find anything").fill("pers")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Persuasion").click()
    await expect(page.get_by_role("heading", name="Persuasion")).to_be_visible()


async def test_shortcuts_lead_everywhere_but_are_silent_in_fields(tabs: NewTab, books: BookService) -> None:
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_contain_text("Dashboard")
    assert await serious_findings(page) == []
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await page.wait_for_url("**/admin/book")
    for key, title in (("j", "Emma"), ("j", "Emma, annotated"), ("k", "Emma"), ("k", "Emma")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("link", name=title, exact=True)).to_be_focused()
    title_field = page.get_by_label("Title")
    await title_field.focus()
    await page.keyboard.type("gb?/jk")
    await expect(title_field).to_have_value("gb?/jk")
    await page.keyboard.press("Escape")
    await expect(title_field).not_to_be_focused()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Emma")).to_be_visible()

    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await sheet.get_by_label("Use shortcuts in this browser").uncheck()
    await sheet.get_by_role("button", name="Close").click()
    await page.keyboard.press("?")
    await page.keyboard.press("/")
    await expect(page.get_by_role("combobox", name="Find anything")).not_to_be_focused()
    await expect(sheet).to_be_hidden()
    assert tab.complaints == []


async def test_what_was_done_is_told_until_it_is_dismissed(tabs: NewTab, books: BookService) -> None:
    page = (await tabs()).page
    await page.clock.install()
    await sign_in(page, "Olga")
    await page.goto("/admin/book")
    await _add(page, "Sanditon")
    told = page.get_by_role("status")
    await expect(told).to_contain_text("on the shelf")
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.locator(".flash")).to_have_count(0)

    await _add(page, "Lady Susan")
    await expect(told).to_contain_text("on the shelf")
    await page.clock.run_for(6000)
    await expect(told).to_contain_text("on the shelf")
    await page.keyboard.press("Tab")
    await expect(page.locator(".flash")).to_have_count(0)


async def _add(page: Page, title: str) -> None:
    await page.get_by_label("Title").fill(title)
    await page.get_by_role("button", name="Add").click()


async def test_what_takes_long_says_that_it_goes_on(tabs: NewTab, books: BookService) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/book")
    await page.clock.install()
    # An answer without a page leaves the browser where it is: what it shows meanwhile can be looked at.
    await page.route("**/admin/book", lambda route: route.fulfill(status=204))
    await page.get_by_label("Title").fill("Sanditon")
    await page.get_by_role("button", name="Add").click()
    await page.clock.run_for(1000)
    await expect(page.get_by_role("button", name="Add")).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_role("button", name="Add")).to_be_disabled()
    await page.clock.run_for(2000)
    await expect(page.get_by_role("progressbar", name="This takes a moment. It goes on …")).to_be_visible()
    assert await serious_findings(page) == []
