"""The workspace and Piccolo Admin in a real Chromium, as people see and use them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService

pytestmark = pytest.mark.browser


@pytest.fixture
async def books(app: App, store: Store, users: UserService) -> BookService:
    """Two books, and an owner who can sign in."""
    await users.create_user("Olga", PASSWORD, store=store.id)
    service = app.get(BookService)
    for title, copies in (("Emma", 3), ("Many", 101)):
        await service.add(_system(store), {"title": title, "author": 123456789012345678, "copies": copies})
    return service


def _system(store: Store) -> Actor:
    return Actor.system(store.id, "test")


async def _value(app: App, store: Store, title: str, column: str) -> object:
    row = await app.database.fetch_one("SELECT * FROM book WHERE store = :s AND title = :t", s=store.id, t=title)
    assert row is not None
    return row[column]


async def _edit(page: Page, title: str) -> None:
    await page.goto("/admin/#/book")
    await page.get_by_role("link", name=title, exact=True).click()
    await expect(page.locator("input[name=title]")).to_have_value(title)


async def _save(page: Page) -> None:
    await page.get_by_role("button", name="Save").click()


async def test_signing_in_leads_by_the_dashboard_to_a_page_and_out_again(tabs: NewTab, books: BookService) -> None:
    tab = await tabs()
    page = tab.page
    await page.goto("/admin/book")
    await expect(page).to_have_url("**/login?next=/admin/book".replace("**", page.url.split("/login")[0]))
    await page.get_by_label("Username").fill("olga")
    await page.get_by_label("Password").fill("wrong password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("do not match")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Books")).to_be_visible()
    await page.get_by_role("link", name="Dashboard").first.click()
    await expect(page.locator(".figure")).to_have_text("2")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_contain_text("You are signed out")
    assert [complaint for complaint in tab.complaints if "403" not in complaint] == []


@pytest.mark.parametrize("dark", [False, True])
async def test_pages_have_no_serious_findings_and_fit_a_phone(
    tabs: NewTab, books: BookService, other_store: Store, users: UserService, dark: bool
) -> None:
    await users.grant("Olga", other_store.id, "Support")
    tab = await tabs(width=390, height=844, dark=dark)
    page = tab.page
    await page.goto("/login")
    assert await serious_findings(page) == []
    await sign_in(page, "Olga")
    for path in ("/admin/dashboard", "/admin/book", "/account", "/api/docs", "/nowhere"):
        await page.goto(path)
        assert await serious_findings(page) == [], path
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, path
    await page.get_by_text("Menu", exact=True).click()
    await expect(page.get_by_role("link", name="Books")).to_be_visible()
    assert await serious_findings(page) == []


async def test_everything_works_without_scripts(tabs: NewTab, books: BookService, app: App, store: Store) -> None:
    page = (await tabs(scripts=False)).page
    await sign_in(page, "Olga")
    await page.goto("/admin/book")
    await page.get_by_label("Title").fill("Persuasion")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("status")).to_contain_text("on the shelf")
    assert await _value(app, store, "Persuasion", "version") == 1


async def test_the_keyboard_alone_reaches_the_content(tabs: NewTab, books: BookService) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_be_focused()


async def test_the_theme_and_the_store_can_be_switched(
    tabs: NewTab, books: BookService, other_store: Store, users: UserService
) -> None:
    await users.grant("Olga", other_store.id, "Owner")
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await page.reload()
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    await page.get_by_label("Store").select_option(label="Other store")
    await expect(page.get_by_text("Other store at a glance")).to_be_visible()
    await expect(page.locator(".figure")).to_have_text("0")


async def test_a_free_field_is_saved_and_a_locked_one_cannot_be_typed_into(
    tabs: NewTab, books: BookService, app: App, store: Store
) -> None:
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await page.get_by_role("link", name="All data").click()
    await _edit(page, "Emma")
    await expect(page.locator("input[name=author]")).to_have_value("123456789012345678")
    await expect(page.locator("input[name=copies]")).to_have_attribute("readonly", "")
    assert await page.locator("[name=store], [name=secret_shelf]").count() == 0
    await page.locator("textarea[name=notes]:visible").fill("A free field, changed.")
    await _save(page)
    await expect(page.get_by_text("Successfully saved row")).to_be_visible()
    assert await _value(app, store, "Emma", "notes") == "A free field, changed."
    assert await _value(app, store, "Emma", "author") == 123456789012345678
    assert tab.complaints == []


async def test_a_refusal_and_a_stale_form_show_their_sentence(
    tabs: NewTab, books: BookService, app: App, store: Store
) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await _edit(page, "Emma")
    await page.locator("textarea[name=notes]:visible").fill("shout")
    await _save(page)
    await expect(page.get_by_text("Notes do not shout “loudly”. Write them calmly, then save again.")).to_be_visible()
    assert await _value(app, store, "Emma", "version") == 1
    key = await _value(app, store, "Emma", "id")
    await books.change(_system(store), key, {"notes": "Somebody else's"}, 1)  # type: ignore[arg-type]
    await page.locator("textarea[name=notes]:visible").fill("Mine")
    await page.locator("input[name=title]").fill("Emma, again")
    await _save(page)
    await expect(page.get_by_text("Somebody else changed this while you had it open")).to_be_visible()
    await expect(page.locator(".meanwhile tbody th")).to_have_text(["Notes"])
    await expect(page.locator(".meanwhile tbody td")).to_have_text(["Somebody else's", "Mine"])
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Back to the form").click()
    await expect(page.get_by_text("so nothing was saved")).to_be_visible()
    assert await _value(app, store, "Emma", "notes") == "Somebody else's"
    await expect(page.locator("textarea[name=notes]:visible")).to_have_value("Mine")
    await _save(page)
    await page.get_by_role("button", name="Save with this choice").click()
    await expect(page.get_by_text("Successfully saved row")).to_be_visible()
    assert await _value(app, store, "Emma, again", "notes") == "Mine"


async def test_deleting_says_what_became_of_the_row(tabs: NewTab, books: BookService, app: App, store: Store) -> None:
    page = (await tabs()).page
    page.on("dialog", lambda dialog: dialog.accept())
    await sign_in(page, "Olga")
    for title, sentence in (
        ("Many", "More than 100 copies are left, so the book stays. Sell them first."),
        ("Emma", "“Emma” was taken off the shelf, not deleted."),
    ):
        await _edit(page, title)
        await page.locator("[data-uitest=drop_down_button]").click()
        await page.get_by_text("Delete", exact=True).click()
        await expect(page.locator(".guildshop-message")).to_have_text(sentence)
    assert await _value(app, store, "Many", "active")
    assert not await _value(app, store, "Emma", "active")


async def test_a_session_that_ended_leads_to_our_form_and_back(tabs: NewTab, books: BookService, clock: Clock) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/#/book")
    await expect(page.get_by_role("link", name="Emma", exact=True)).to_be_visible()
    await page.wait_for_load_state(
        "networkidle"
    )  # what the page still asks for must not be what finds the session over
    clock.advance(hours=13)
    await page.get_by_role("link", name="Emma", exact=True).click()
    await page.wait_for_url(re.compile(r"/login\?next="))
    await page.get_by_label("Username").fill("Olga")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/admin/**")
    await expect(page.get_by_text("Olga").first).to_be_visible()


async def test_its_menu_signs_out_of_everything(tabs: NewTab, books: BookService) -> None:
    page = (await tabs()).page
    page.on("dialog", lambda dialog: dialog.accept())
    await sign_in(page, "Olga")
    await page.goto("/admin/")
    await page.get_by_text("Olga").first.click()
    await page.locator("[data-uitest=logout_button]").click()
    await page.wait_for_url(re.compile(r"/login\?next="))
    await page.goto("/admin/dashboard")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_what_no_service_does_is_not_offered(tabs: NewTab, books: BookService) -> None:
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/#/audit_entry")
    await expect(page.get_by_text("book.add").first).to_be_visible()
    await expect(page.get_by_text("Add Row")).to_be_hidden()
    await page.locator("td a").first.click()
    await expect(page.locator("[name=action]")).to_have_value("book.add")
    await expect(page.locator("[data-uitest=save_button]")).to_be_hidden()
    await page.goto("/admin/#/book")
    await expect(page.get_by_text("Add Row")).to_be_visible()
