"""The audit log, the failed events and the doctor in a real Chromium, as an owner uses them."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.stores import Store
from guildshop.tenancy import every_store
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # what the pages ask has tests on both
]


async def test_an_owner_looks_at_what_happened_retries_what_failed_and_asks_the_doctor(
    tabs: NewTab, users: UserService, app: App, store: Store, staff: ActorFactory
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id)
    await app.stores.change(staff(store, name="Mona"), "orders", {"expire_hours": 12})
    await app.stores.change(staff(store, name="Nora"), "store", {"name": "Corner shop"})
    await app.dispatcher.drain()
    with every_store():
        await app.database.execute(
            "UPDATE delivery SET status = 'FAILED', attempts = 6, last_error = 'RuntimeError: no luck'"
            " WHERE listener = 'kernel.store_changed' AND store = :store",
            store=store.id,
        )
    tab = await tabs(width=390, height=844, dark=True)
    page = tab.page
    await sign_in(page, "Olga")

    await page.goto("/admin/audit")
    await expect(page.get_by_text("Nora")).to_be_visible()
    await page.get_by_label("Who").fill("mona")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator(".entry")).to_have_count(1)
    await expect(page.locator(".entry del")).to_have_text("48")
    await expect(page.locator(".entry ins")).to_have_text("12")
    await looks_right(page, "audit")
    await page.get_by_role("link", name="Show all").click()
    await expect(page.get_by_text("Nora")).to_be_visible()

    await page.goto("/admin/events")
    await expect(page.get_by_text("RuntimeError: no luck").first).to_be_visible()
    rows = await page.locator(".failed").count()
    await looks_right(page, "events")
    await page.get_by_role("button", name="Retry", exact=True).first.click()
    await expect(page.get_by_role("status")).to_contain_text("It is being tried again")
    await expect(page.locator(".failed")).to_have_count(rows - 1)
    await page.get_by_role("button", name="Retry all").click()
    await app.dispatcher.drain()
    await page.reload()
    await expect(page.get_by_text("Nothing has failed in Corner shop")).to_be_visible()

    await page.goto("/admin/doctor")
    await expect(page.get_by_role("link", name="Check again")).to_be_visible()
    await expect(page.locator(".finding").first).to_contain_text("Broken")
    await looks_right(page, "doctor")
    assert tab.complaints == []


async def looks_right(page: Page, name: str) -> None:
    """Check that nothing is cut off at the side and axe-core is content."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide), name
    assert await serious_findings(page) == [], name
