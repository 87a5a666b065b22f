"""Customers in Piccolo Admin, in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from guildshop.app import App
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, sign_in
from guildshop.web.users import UserService

pytestmark = pytest.mark.browser


async def test_deleting_a_customer_deactivates_and_says_so(
    tabs: NewTab, users: UserService, app: App, store: Store, staff: ActorFactory
) -> None:
    service = app.get(CustomerService)
    with scope(store.id):
        ann = await service.create(staff(store), CustomerInput(first_name="Ann", email="ann@example.org"))
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    page = (await tabs()).page
    page.on("dialog", lambda dialog: dialog.accept())
    await sign_in(page, "Olga")
    await page.goto(f"/admin/#/customer/{ann.id}")
    await expect(page.locator("input[name=email]")).to_have_value("ann@example.org")
    await page.locator("[data-uitest=drop_down_button]").click()
    await page.get_by_text("Delete", exact=True).click()
    await expect(page.locator(".guildshop-message")).to_contain_text("was deactivated, not deleted")
    await expect(page.locator(".guildshop-message")).to_contain_text("Block", ignore_case=True)
    with scope(store.id):
        kept = await service.get(ann.id)
    assert not kept.active
    assert kept.email == "ann@example.org"
