"""A return on a phone, and a refund without JavaScript, in a real Chromium."""

from __future__ import annotations

import pytest

from guildshop.plugins.refunds.api import ItemRequest, RefundMode
from guildshop.web.testing import serious_findings, sign_in

# Pages know nothing of databases, and what they call is tried on both.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_a_return_is_refunded_on_a_phone(till, tabs, owner) -> None:
    cap = await till.product("CAP", name="Baseball cap", price=500)
    sold = await till.sold((cap, 3))
    asked = await till.returns.request(till.buyer(1), sold.id, [ItemRequest(str(sold.lines[0].id), 1)], "Too small")
    tab = await tabs(width=390, height=844, dark=True)
    page = tab.page
    await sign_in(page, "Olga")
    await page.goto("/admin/return")
    await page.get_by_role("link", name=sold.number).click()
    await page.get_by_role("button", name="Approve").click()
    await page.get_by_role("button", name="It arrived").click()
    await page.get_by_role("button", name="Refund…").click()
    await page.get_by_label("How you pay $5.00 back").fill("Cash")
    assert await serious_findings(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.get_by_role("button", name="Refund $5.00").click()
    await page.get_by_text("$5.00 of order").wait_for()
    assert await serious_findings(page) == []
    await till.settle()
    assert (await till.returns.get(asked.id)).status == "REFUNDED"

    plain = (await tabs(scripts=False)).page
    await sign_in(plain, "Olga")
    await plain.goto(f"/admin/order/{sold.number}")
    await plain.locator("summary", has_text="Refund").click()
    form = plain.locator(f"form[action$='/{sold.number}/refund']")
    assert await form.get_by_label("What to refund").input_value() == "full"
    await form.get_by_label("What to refund").select_option("both")
    await form.get_by_label("Items").fill("CAP:1")
    await form.get_by_label("Amount").fill("250")
    await form.get_by_role("button").click()
    await plain.get_by_text("$2.50 of order").wait_for()
    refund = (await till.refunds.of_order(sold.id))[-1]
    assert (refund.mode, refund.amount, refund.items[0].quantity) == (RefundMode.BOTH, 250, 1)
    assert tab.complaints == []
    await till.check()
