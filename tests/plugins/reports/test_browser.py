"""Reports in a real Chromium: a period is chosen, a link made and read without signing in; dark and on a phone too."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from guildshop.bot.testing import SECRET_KEY
from guildshop.config.settings import Settings
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.plugins.refunds.conftest import Till

pytestmark = pytest.mark.browser


async def test_a_manager_reads_reports_and_shares_one(till: Till, tabs: NewTab, users: UserService, clock: Any) -> None:
    mug = await till.product("MUG", quantity=100)
    for number in range(1, 5):
        sold = await till.sold((mug, number), number=number)
        clock.advance(hours=20)
    await till.refund(sold, "amount", 1234)
    await till.settle()
    security = Settings.model_validate({"security": {"secret_key": SECRET_KEY}}).security
    till.app.settings = till.app.settings.model_copy(update={"security": security})
    await users.create_user("Olga", PASSWORD, store=till.store.id, role="Owner")
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await expect(page.get_by_role("img", name="Revenue by day")).to_be_visible()
    await page.get_by_role("link", name="Reports").click()
    await page.get_by_role("link", name="7 days").click()
    await expect(page.get_by_role("img", name="Revenue and refunds,")).to_be_visible()
    assert await page.locator("rect.chart-revenue").count() == 7
    await page.get_by_text("The figures as a table").click()
    await expect(page.get_by_role("region", name="Revenue and refunds as a table")).to_contain_text("$12.34")
    await page.locator("#first").fill("2026-11-22")
    await page.locator("#last").fill("2026-11-22")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator(".cards .figure").first).to_have_text("$15.00")
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Make a link").click()
    link = await page.get_by_role("status").get_by_role("link").text_content()
    assert link is not None
    phone = await tabs(width=390, height=844, dark=True, scripts=False)
    await phone.page.goto("/reports/" + link.rsplit("/", 1)[1])
    await expect(phone.page.get_by_role("heading", name="Example store")).to_be_visible()
    await expect(phone.page.locator(".cards .figure").first).to_have_text("$15.00")
    narrow = (await tabs(width=390, height=844, dark=True)).page
    await sign_in(narrow, "Olga")
    for path in ("/admin/reports", "/admin/dashboard"):
        await narrow.goto(path)
        assert await narrow.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert await serious_findings(narrow) == []
    assert tab.complaints == []
