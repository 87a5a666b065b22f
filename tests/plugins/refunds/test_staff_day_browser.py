"""A whole day of each role in a real Chromium: what waits, an order found and brought on, its customer, the chat."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from guildshop.permissions import ADMIN, OWNER, TEMPLATES
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import OrderStatus
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.plugins.conversations.test_conversations import Talk

# Pages know nothing of databases, and what they call is tried on both.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.mark.parametrize("role", TEMPLATES)
async def test_a_day_of(
    role: str, till: Any, tabs: NewTab, users: UserService, staff: ActorFactory, member: ActorFactory
) -> None:
    mug = await till.product("MUG", name="Blue mug", kind=ProductKind.SHIPPED)
    order = await till.order(till.buyer(1), (mug, 2))
    talk = Talk(till.app, till.store, member, staff)
    await talk.write("Where is my mug?", by=till.buyer(1))
    await users.create_user("Toni", PASSWORD, store=till.store.id, role=role)
    may = staff(till.store, role).may
    tab = await tabs(width=1280 if role in {OWNER, ADMIN} else 390, dark=role == ADMIN)
    page = tab.page

    await sign_in(page, "Toni")
    await expect(page.get_by_role("link", name="Waiting for payment 1")).to_be_visible()
    await expect(page.get_by_role("link", name="Orders today")).to_be_visible(visible=may("report.read"))
    await expect(page.get_by_role("link", name="Failed deliveries")).to_be_visible(visible=may("event.read"))
    await looks_right(page, "start page")

    await page.keyboard.press("/")
    await page.keyboard.type(order.number)
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()

    await do_if(page, "Confirm payment", may("payment.confirm"))
    if not may("payment.confirm"):
        await till.orders.confirm_payment(till.boss, order.id)
        await page.reload()
    assert (await till.orders.get(order.id)).status is OrderStatus.PAID
    await do_if(page, "Save parcel", may("order.update"))
    packed = [row["order_id"] for row in await till.rows("shipment")]
    assert packed == [order.id] * may("order.update")
    await give_back(page, may("refund.create"))
    assert (await till.orders.get(order.id)).refunded == (3000 if may("refund.create") else 0)
    await page.goto(f"{base_of(role)}/order/{order.number}")
    await looks_right(page, "order")

    await page.get_by_role("link", name="Buyer1", exact=True).click()
    await expect(page.get_by_role("heading", name="Customer Details")).to_be_visible()
    await expect(page.get_by_role("link", name="Edit profile")).to_be_visible(visible=may("customer.update"))
    await looks_right(page, "customer")

    await page.goto(f"{base_of(role)}/customer-chat")
    await page.get_by_role("link", name="Buyer1").first.click()
    await expect(page.get_by_text("Where is my mug?").first).to_be_visible()
    await expect(page.get_by_role("button", name="Send answer")).to_be_visible(visible=may("conversation.reply"))
    await looks_right(page, "chat")

    answer = await page.goto(f"{base_of(role)}/reports")
    assert answer is not None
    assert answer.status == (200 if may("report.read") else 403)
    await looks_right(page, "reports")

    await page.goto(f"{base_of(role)}/dashboard")
    if await page.get_by_text("Menu", exact=True).is_visible():
        await page.get_by_text("Menu", exact=True).click()
    await expect(page.get_by_role("link", name="All data")).to_be_visible(visible=role in {OWNER, ADMIN})
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_contain_text("You are signed out")
    assert [told for told in tab.complaints if "403" not in told] == []


def base_of(role: str) -> str:
    return "/admin" if role in {OWNER, ADMIN} else "/staff"


async def do_if(page: Page, name: str, may: bool) -> None:
    """Press the button that the role has, and read what came of it; the others have none."""
    for closed in await page.locator("details:not([open]) > summary", has_text=name).all():
        await closed.click()
    button = page.get_by_role("button", name=name).first
    if not may:
        await expect(button).to_have_count(0)
        return
    await button.click()
    await expect(page.locator(".flash.success")).to_be_visible()


async def give_back(page: Page, may: bool) -> None:
    summary = page.locator("summary", has_text="Refund")
    if not may:
        await expect(summary).to_have_count(0)
        return
    await summary.click()
    form = page.locator("form[action$='/refund']")
    await form.get_by_role("button").click()
    await expect(page.locator(".flash.success")).to_be_visible()


async def looks_right(page: Page, what: str) -> None:
    assert await serious_findings(page) == [], what
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
