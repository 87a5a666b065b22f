"""The page itself: phones, both themes, accessibility, its strict policy."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from guildshop.simulator import Simulator

from .console_bot import ConsoleBot
from .console_page import ConsolePage, console

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}


async def findings(page: ConsolePage) -> list[Any]:
    """List axe's serious and critical findings."""
    result = await Axe().run(page.page)
    found = result.response["violations"]
    return [(v["id"], n["html"], n.get("failureSummary")) for v in found if v["impact"] in ("serious", "critical")
            for n in v["nodes"]]  # fmt: skip


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_axe_finds_nothing_serious(
    chromium: Browser, sim: Simulator, console_bot: ConsoleBot, scheme: str
) -> None:
    async with console(chromium, sim.base_url, color_scheme=scheme) as page:
        await page.open_channel("shop")
        await page.box.fill("Look: **bold** `code` ||spoiler|| https://example.org <@" + sim.member("staff").id + ">")
        await page.box.press("Enter")
        await page.command("shelf")
        await page.command("invoice")
        await expect(page.message("Receipt")).to_be_visible()
        assert await findings(page) == []
        await page.pick_command("stock")
        await expect(page.page.get_by_role("listbox", name="product").get_by_role("option")).to_have_count(3)
        assert await findings(page) == []
        await page.page.keyboard.press("Escape")
        await page.page.keyboard.press("Escape")
        await page.page.get_by_role("button", name="I've paid").click()
        await expect(page.page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []
        await page.page.keyboard.press("Escape")
        await page.page.get_by_role("complementary", name="Members").get_by_role("button", name="Stan").click()
        await expect(page.page.get_by_role("dialog", name="Profile of Stan Staff")).to_be_visible()
        assert await findings(page) == []
        await page.page.keyboard.press("Escape")
        await page.page.get_by_role("button", name="Faults", exact=True).click()
        assert await findings(page) == []


async def test_phone_has_drawers_and_no_sideways_scroll(
    chromium: Browser, sim: Simulator, console_bot: ConsoleBot
) -> None:
    async with console(chromium, sim.base_url, **PHONE) as page:
        channels = page.page.get_by_role("navigation", name="Channels and direct messages")
        await expect(channels).not_to_be_visible()
        await page.page.get_by_role("button", name="Channels", exact=True).click()
        await page.open_channel("shop")
        await expect(channels).not_to_be_visible()
        await page.command("invoice")
        await page.command("shelf")
        await page.box.fill("https://example.org/" + "very-long-" * 30)
        await page.box.press("Enter")
        await expect(page.message("very-long")).to_be_visible()
        assert await page.width_overflow() == 0
        pane = page.page.get_by_role("region", name="Messages")
        assert await pane.evaluate("pane => pane.scrollWidth - pane.clientWidth") == 0
        await page.page.get_by_role("button", name="Member list").click()
        await expect(page.page.get_by_role("complementary", name="Members")).to_be_in_viewport()
        await page.page.keyboard.press("Escape")
        await page.pick_command("stock")
        assert await page.width_overflow() == 0


async def test_everything_comes_from_the_simulator_itself(
    chromium: Browser, sim: Simulator, console_bot: ConsoleBot
) -> None:
    async with console(chromium, sim.base_url) as page:
        asked: list[str] = []
        page.page.on("request", lambda request: asked.append(request.url))
        await page.page.reload()
        await page.open_channel("shop")
        assert asked
        assert [url for url in asked if not url.startswith(sim.base_url)] == []
        policy = page.page.locator('meta[http-equiv="Content-Security-Policy"]')
        assert "script-src 'self'" in (await policy.get_attribute("content") or "")
