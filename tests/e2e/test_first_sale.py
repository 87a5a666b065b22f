"""A stranger's first quarter of an hour: `demo`, an order, a restart in the middle of it, staff, a role, the admin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from ..ports import free_port
from ..simulator.console_page import ConsolePage, console
from .demo_process import Demo, demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


async def test_the_first_sale(tmp_path: Path, chromium: Browser) -> None:
    web, simulator = free_port(), free_port()
    async with demo(tmp_path, web, simulator) as running:
        async with console(chromium, running.console_url, "Buyer") as page:
            await _choose_products(page)
        assert await running.stop() == 0, running.screen
    async with demo(tmp_path, web, simulator) as running:
        assert "Imported" not in running.screen, "the second start must keep the data, not load it again"
        async with console(chromium, running.console_url, "Buyer") as page:
            number = await _finish_the_order(page)
            await page.become("Staff")
            await _approve(page, number)
            await page.become("Buyer")
            await _find_receipt_and_role(page, number)
        await _find_it_in_the_admin(chromium, running, number)
        assert await running.stop() == 0, running.screen


def _newest(page: ConsolePage) -> Locator:
    return page.page.locator("[data-message-id]").last


async def _pick(page: ConsolePage, list_name: str, option: str) -> None:
    await _newest(page).get_by_role("combobox", name=list_name).click()
    await page.page.get_by_role("option").filter(has_text=option).first.click()


async def _submit(page: ConsolePage, **fields: str) -> None:
    dialog = page.page.get_by_role("dialog")
    for label, value in fields.items():
        await dialog.get_by_label(re.compile(label.replace("_", " "), re.IGNORECASE)).first.fill(value)
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_have_count(0)


async def _choose_products(page: ConsolePage) -> None:
    await page.open_channel("shop")
    await page.command("order")
    await expect(_newest(page)).to_contain_text("Your order")
    await _pick(page, "Choose a product", "VIP")
    await _submit(page, Quantity="1")
    await expect(_newest(page)).to_contain_text("VIP")
    await _pick(page, "Choose a product", "T-shirt “Guild”")
    await _pick(page, "Choose a variant", "M / Black")
    await _submit(page, Quantity="2")
    await expect(_newest(page)).to_contain_text("2 × T-shirt")
    await _newest(page).get_by_role("button", name="Continue").click()
    await expect(_newest(page)).to_contain_text(re.compile("address", re.IGNORECASE))


async def _finish_the_order(page: ConsolePage) -> str:
    """Go on with the very message that was left before the restart; return the order's number."""
    await page.open_channel("shop")
    asked = await _newest(page).get_by_role("combobox").first.get_attribute("data-custom-id")
    await _pick(page, "New address", "United States")
    await _submit(
        page,
        Recipient="Bea Buyer",
        Street="12 Main Street",
        City="San Francisco",
        State="CA",
        Postal="94111",
    )
    await _answered(page, asked)
    for _step in range(4):
        await expect(_newest(page).get_by_role("button").first).to_be_visible()
        if await _newest(page).get_by_role("button", name="Confirm & submit").count():
            break
        await _next_choice(page)
    summary = await _newest(page).inner_text()
    assert "Total" in summary
    await _newest(page).get_by_role("button", name="Confirm & submit").click()
    await expect(_newest(page)).to_contain_text("I've paid")
    receipt = await _newest(page).inner_text()
    found = re.search(r"Order (?:#|number )?([0-9A-Z]{5,10})", receipt)
    assert found is not None, receipt
    assert "2 × " in receipt
    return found[1]


async def _next_choice(page: ConsolePage) -> None:
    choice = _newest(page).get_by_role("combobox").first
    asked = await choice.get_attribute("data-custom-id")
    await choice.click()
    await page.page.get_by_role("option").first.click()
    await _answered(page, asked)


async def _answered(page: ConsolePage, asked: str | None) -> None:
    """Wait for the bot's answer: the choice itself changes the text at once, but only the bot asks something else."""
    await expect(_newest(page).locator(f'[data-custom-id="{asked}"]')).to_have_count(0)


async def _approve(page: ConsolePage, number: str) -> None:
    await page.open_channel("orders")
    notice = page.message(number)
    await notice.get_by_role("button", name="Approve").click()
    await expect(notice).to_contain_text("PAID", ignore_case=True)
    await expect(notice.get_by_role("button", name="Approve")).to_have_count(0)


async def _find_receipt_and_role(page: ConsolePage, number: str) -> None:
    await page.open_dm()
    await expect(page.message(number).last).to_contain_text("$")
    await page.open_channel("shop")
    await expect(page.page.get_by_text(re.compile("^VIP — 1$", re.IGNORECASE))).to_be_visible()


async def _find_it_in_the_admin(browser: Browser, running: Demo, number: str) -> None:
    context = await browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    page = await context.new_page()
    await page.goto(running.web_url)
    await page.get_by_label("Username").fill(running.username)
    await page.get_by_label("Password").fill(running.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{running.web_url}order?q={number}")
    row = page.get_by_role("row").filter(has_text=number)
    await expect(row).to_contain_text("Paid", ignore_case=True)
    await row.get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name=re.compile(number))).to_be_visible()
    await expect(page.get_by_role("rowheader", name="T-shirt “Guild” – M / Black")).to_be_visible()
    await page.goto(f"{running.web_url}#/orders")
    await expect(page.get_by_text(number)).to_be_visible()
