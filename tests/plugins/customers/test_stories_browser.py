"""Customers in a real Chromium: each task as an owner does it, and what each role of the staff finds of it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.permissions import TEMPLATES
from guildshop.plugins.customers.api import Customer, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService

pytestmark = pytest.mark.browser
HTML = "<img src=x onerror=document.title='hacked'>"


@pytest.fixture
async def people(app: App, store: Store, staff: ActorFactory) -> list[Customer]:
    """Two customers, the second one in full HTML, in a store with everything switched on."""
    boss, service = staff(store), app.get(CustomerService)
    for plugin in ("loyalty", "store_credit"):
        await app.stores.change(boss, plugin, {"enabled": True})
    with scope(store.id):
        ada = await service.create(boss, CustomerInput(display_name="Ada", email="ada@example.org", discord_id=77))
        odd = await service.create(
            boss,
            CustomerInput(
                display_name=HTML, first_name=HTML, last_name=HTML, notes=HTML, tags=(HTML[:30],), username=HTML[:40]
            ),
        )
        await app.get(LoyaltyService).open_account(boss, ada.id)
        await app.get(OrganizationService).create_unit(boss, UnitKind.BRANCH, "Berlin")
        await app.get(OrganizationService).create_group(boss, GroupInput(name="Wholesale", percent=10))
    return [ada, odd]


async def test_an_owner_does_each_task(
    tabs: NewTab, users: UserService, app: App, store: Store, people: list[Customer]
) -> None:
    ada, odd = people
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await page.goto("/admin/customer")
    await page.get_by_placeholder("Search customers by name, email, or phone...").fill("ADA@")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_label("Choose Ada").check()
    await page.get_by_label("Add tags").fill("VIP")
    await page.get_by_role("button", name="Change tags").click()
    await expect(page.get_by_text("The tags of 1 customer were changed.")).to_be_visible()
    await page.get_by_label("Adjust loyalty points").click()
    await page.get_by_label("Action").select_option("Add Points")
    await page.get_by_label("Number of Points").fill("250")
    await page.get_by_label("Reason").fill("A welcome")
    await page.get_by_role("button", name="Save").or_(page.get_by_role("button", name="Adjust")).first.click()
    await expect(page.get_by_text("Successfully added 250 points. New balance: 250 points.")).to_be_visible()
    await page.get_by_role("link", name="Overview").click()
    await page.get_by_role("link", name="Edit profile").click()
    await page.get_by_label("Phone").fill("12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("“12” is no phone number.")).to_be_visible()
    await page.get_by_label("Phone").fill("+14155550123")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Add address").click()
    for label, text in (("Recipient", "Ada"), ("Street and house number", "12 Main Street"), ("City", "Berlin")):
        await page.get_by_label(label).fill(text)
    await page.get_by_label("Postal code").fill("10115")
    await page.get_by_label("Country").select_option("DE")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("address")).to_contain_text("12 Main Street")
    await page.locator("section", has_text="Organization").get_by_text("Change", exact=True).click()
    await page.get_by_label("Branch").select_option("Berlin")
    await page.get_by_label("Discount group").select_option("Wholesale")
    await page.locator("section", has_text="Organization").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("10 % off every price")).to_be_visible()
    await page.get_by_role("link", name="Merge").click()
    await page.get_by_label("The other record").fill(odd.account_number)
    await page.get_by_role("button", name="Show what moves").click()
    await page.get_by_role("button", name="Merge").click()
    await expect(page.get_by_text(f"{odd.account_number} was merged into Ada.")).to_be_visible()
    assert await serious_findings(page) == []
    await page.get_by_role("link", name="Audit", exact=True).click()
    await expect(page.get_by_text("customer.merge", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Overview").click()
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_text("Ada was blocked")).to_be_visible()
    assert "hacked" not in await page.title()
    assert [text for text in tab.complaints if "422" not in text] == []
    with scope(store.id):
        after = await app.get(CustomerService).get(ada.id)
    assert (after.blocked, after.phone, after.tags) == (True, "+14155550123", (HTML[:30], "VIP"))


async def _offered(page: Page, customer: Customer, base: str) -> set[str]:
    """Return what somebody can do to a customer, by what it is called on the pages."""
    found: set[str] = set()
    if (answer := await page.goto(f"{base}/customer")) is None or answer.status == 403:
        return found
    named = {"Adjust loyalty points": "points", "Adjust credit": "credit"}
    found |= {name for label, name in named.items() if await page.get_by_label(label).count()}
    found |= {"tags"} if await page.get_by_role("button", name="Change tags").count() else set()
    await page.goto(f"{base}/customer/{customer.id}")
    for label, name in (("Edit profile", "edit"), ("Merge", "merge"), ("Audit", "audit"), ("Loyalty", "loyalty")):
        scope_of = page.locator("main").get_by_role("link", name=label, exact=True)
        found |= {name} if await scope_of.count() else set()
    for label, name in (("Block", "block"), ("Link", "link")):
        found |= {name} if await page.get_by_role("button", name=label, exact=True).count() else set()
    found |= {"assign"} if await page.get_by_text("Change", exact=True).count() else set()
    return found | {"read"}


async def test_each_role_finds_what_it_may_do(
    tabs: NewTab, users: UserService, app: App, store: Store, people: list[Customer]
) -> None:
    needed = {
        "read": "customer.read",
        "tags": "customer.update",
        "edit": "customer.update",
        "block": "customer.update",
        "link": "customer.update",
        "merge": "customer.merge",
        "audit": "audit.read",
        "loyalty": "loyalty.read",
        "points": "loyalty.update",
        "credit": "credit.update",
        "assign": "organization.update",
    }
    for template in TEMPLATES:
        await users.create_user(template, PASSWORD, store=store.id, role=template)
        tab = await tabs()
        await sign_in(tab.page, template)
        held = app.stores.permissions_of(store.id, template)
        wanted = {name for name, permission in needed.items() if permission in held}
        base = "/admin" if template in {"Owner", "Admin"} else "/staff"
        assert await _offered(tab.page, people[0], base) == wanted, template
        assert tab.complaints == [], template
