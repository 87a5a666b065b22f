"""Forms in a real Chromium: two admins and one row, and a session that ends in the middle. Nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from guildshop.app import App
from guildshop.plugins.customers.api import Customer, CustomerChange, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),  # what the services refuse has tests on both
]


@pytest.fixture
async def ada(app: App, store: Store, staff: ActorFactory, users: UserService) -> Customer:
    """A customer, and an owner who can sign in."""
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    given = CustomerInput(display_name="Ada", email="ada@example.org", notes="Likes mugs", tags=("VIP",))
    with scope(store.id):
        return await app.get(CustomerService).create(staff(store), given)


async def test_the_second_admin_sees_the_difference_and_chooses(
    tabs: NewTab, app: App, store: Store, staff: ActorFactory, ada: Customer
) -> None:
    service = app.get(CustomerService)
    tab = await tabs(width=390, height=844)
    page = tab.page
    await sign_in(page, "Olga")
    await page.goto(f"/admin/customer/{ada.id}/edit")
    await page.get_by_label("First name").fill("Augusta")
    await page.get_by_label("Last name").fill("King")
    await page.get_by_label("Notes").fill("Likes engines\nand mugs")
    changed = CustomerChange(last_name="Lovelace", phone="+14155550123", notes="<b>Likes</b> cups")
    with scope(store.id):
        await service.change(staff(store), ada.id, changed, version=ada.version)
    await page.get_by_role("button", name="Save").click()

    box = page.get_by_role("region", name="Somebody else changed this while you had it open")
    await expect(box.get_by_role("row")).to_contain_text(["Field", "Last name", "Phone", "Notes"])
    assert await serious_findings(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= 390")
    for name, theirs, yours, kept in (
        ("Last name", "Lovelace", "King", "King"),
        ("Phone", "+14155550123", "–", "+14155550123"),
        ("Notes", "<b>Likes</b> cups", "Likes engines and mugs", "Likes engines and mugs"),
    ):
        row = box.get_by_role("row", name=name)
        await expect(row.get_by_label(theirs)).to_be_visible()
        await expect(row.get_by_label(yours)).to_be_visible()
        await expect(row.get_by_label(kept)).to_be_checked()
    with scope(store.id):
        assert (await service.get(ada.id)).last_name == "Lovelace"

    await box.get_by_role("row", name="Last name").get_by_label("Lovelace").check()
    await box.get_by_role("button", name="Save with this choice").click()
    await expect(page.get_by_role("status")).to_contain_text("The profile was saved.")
    with scope(store.id):
        after = await service.get(ada.id)
    assert (after.first_name, after.last_name, after.phone) == ("Augusta", "Lovelace", "+14155550123")
    assert (after.notes, after.tags) == ("Likes engines\nand mugs", ("VIP",))
    assert tab.complaints == []


async def test_what_others_did_to_other_fields_is_kept(
    tabs: NewTab, app: App, store: Store, staff: ActorFactory, ada: Customer
) -> None:
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await page.goto("/admin/settings/section/orders")
    hours = page.locator("[name=expire_hours]")
    await hours.fill("12")
    await app.stores.change(staff(store), "orders", {"return_days": 7, "tax_included": True})
    await page.get_by_role("button", name="Save").click()
    box = page.get_by_role("region", name="Somebody else changed this while you had it open")
    await box.get_by_role("button", name="Save with this choice").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved.")
    await expect(hours).to_have_value("12")
    await expect(page.locator("[name=return_days]")).to_have_value("7")
    await expect(page.locator("[name=tax_included]")).to_be_checked()
    assert tab.complaints == []


async def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(
    tabs: NewTab, app: App, store: Store, staff: ActorFactory, ada: Customer, clock: Clock
) -> None:
    service = app.get(CustomerService)
    page = (await tabs(width=390, height=844, dark=True)).page
    await sign_in(page, "Olga")
    await page.goto(f"/admin/customer/{ada.id}/edit")
    await page.get_by_label("Last name").fill("King & <Lovelace>")
    await page.get_by_label("Notes").fill("Line one\n\nLine “three”")
    clock.advance(hours=13)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Sign in, and what you typed is here again.")).to_be_visible()
    assert await serious_findings(page) == []
    with scope(store.id):
        changed = CustomerChange(first_name="Augusta")
        await service.change(staff(store), ada.id, changed, version=ada.version)
    await page.get_by_label("Username").fill("Olga")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(f"**/admin/customer/{ada.id}/edit")
    await expect(page.get_by_role("status")).to_contain_text("You are signed in again. What you typed is here")
    await expect(page.get_by_label("Last name")).to_have_value("King & <Lovelace>")
    await expect(page.get_by_label("Notes")).to_have_value("Line one\n\nLine “three”")
    assert await page.evaluate("sessionStorage.length") == 0

    # Somebody else saved in between: what differs is asked, and nothing of theirs is overwritten unseen.
    await page.get_by_role("button", name="Save").click()
    box = page.get_by_role("region", name="Somebody else changed this while you had it open")
    await box.get_by_role("row", name="First name").get_by_label("Augusta").check()
    await box.get_by_role("button", name="Save with this choice").click()
    await expect(page.get_by_role("status")).to_contain_text("The profile was saved.")
    with scope(store.id):
        after = await service.get(ada.id)
    assert (after.first_name, after.last_name, after.notes) == (
        "Augusta",
        "King & <Lovelace>",
        "Line one\n\nLine “three”",
    )
