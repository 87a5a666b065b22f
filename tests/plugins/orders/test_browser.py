"""The pages of orders and Piccolo Admin in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import OrderChange, OrderStatus
from guildshop.web.testing import PASSWORD, serious_findings, sign_in

pytestmark = pytest.mark.browser


async def test_an_order_is_confirmed_on_its_page_and_changed_in_piccolo_admin(bench, tabs, users, store) -> None:
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED)
    order = await bench.order(bench.buyer(), (mug, 2))
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/order")
    assert await serious_findings(page) == []
    await page.get_by_role("link", name=order.number).click()
    assert await serious_findings(page) == []
    await page.locator("summary", has_text="Confirm payment").click()
    await page.get_by_label("Payment reference").fill("TX-9")
    await page.get_by_role("button", name="Confirm payment").click()
    await page.get_by_text(f"Order {order.number} over $30.00 is paid.").wait_for()
    assert (await bench.orders.get(order.id)).status is OrderStatus.PAID
    await page.goto(f"/admin/#/orders/{order.id}")
    await page.locator("textarea[name=notes]:visible").fill("Fragile")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Successfully saved row")).to_be_visible()
    assert (await bench.orders.get(order.id)).notes == "Fragile"
    await expect(page.locator("textarea[name=notes]:visible")).to_have_value("Fragile")
    # The row is shown as it is now, so that it can be changed again at once.
    await page.locator("select[name=status]:visible").select_option("PENDING_PAYMENT")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Paid and cannot become Pending payment")).to_be_visible()
    assert (await bench.orders.get(order.id)).status is OrderStatus.PAID
    await page.reload()
    await expect(page.locator("textarea[name=notes]:visible")).to_have_value("Fragile")
    await bench.orders.change(bench.boss, order.id, OrderChange(notes="Somebody else's"))
    await page.locator("textarea[name=notes]:visible").fill("Mine")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Somebody else changed this while you had it open")).to_be_visible()
    assert (await bench.orders.get(order.id)).notes == "Somebody else's"
