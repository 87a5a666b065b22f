"""The faults drawer makes things go wrong and shows the bot's requests."""

import pytest
from playwright.async_api import expect

from guildshop.simulator import Simulator

from .console_bot import ConsoleBot
from .console_page import ConsolePage

pytestmark = pytest.mark.browser


async def test_closed_direct_messages(page: ConsolePage, sim: Simulator) -> None:
    await page.page.get_by_role("button", name="Faults", exact=True).click()
    drawer = page.page.get_by_role("complementary", name="Faults")
    await drawer.get_by_role("switch", name="Bea Buyer").check()
    await sim.wait_for(lambda: sim.member("buyer").id in sim.faults.closed_dms)
    await drawer.get_by_role("button", name="Close faults").click()
    await page.become("Staff")
    await page.open_channel("shop")
    await page.pick_command("write")
    await page.option("member").fill("bea")
    await page.option("member").press("Enter")
    await page.send_command("write")
    await expect(page.message("Refused: 50007")).to_be_visible()


async def test_faults_of_the_api_reach_the_simulator(page: ConsolePage, sim: Simulator) -> None:
    await page.page.get_by_role("button", name="Faults", exact=True).click()
    drawer = page.page.get_by_role("complementary", name="Faults")
    await drawer.get_by_role("switch", name="503").check()
    await sim.wait_for(lambda: sim.faults.fail_next)
    assert sim.faults.fail_next
    assert (sim.faults.fail_next.status, sim.faults.fail_next.count) == (503, 3)
    await drawer.get_by_role("switch", name="503").uncheck()
    await sim.wait_for(lambda: sim.faults.fail_next is None)
    await drawer.get_by_role("switch", name="429").check()
    await sim.wait_for(lambda: sim.faults.rate_limit)
    await drawer.get_by_role("switch", name="Late answer").check()
    await sim.wait_for(lambda: sim.faults.late_answer)
    await drawer.get_by_role("switch", name="Role too high").check()
    await sim.wait_for(lambda: sim.faults.role_too_high)
    await drawer.get_by_role("slider", name="Slow answers").fill("500")
    await sim.wait_for(lambda: sim.faults.slow_ms == 500)


async def test_requests_are_listed_live(page: ConsolePage) -> None:
    await page.page.get_by_role("button", name="Faults", exact=True).click()
    drawer = page.page.get_by_role("complementary", name="Faults")
    await page.command("ping")
    table = drawer.get_by_role("table")
    await expect(table.get_by_role("row").filter(has_text="callback").first).to_contain_text("POST")


async def test_bot_that_goes_away_is_shown_offline(page: ConsolePage, console_bot: ConsoleBot) -> None:
    await console_bot.close()
    await expect(page.page.get_by_text("The bot is offline: commands and buttons will fail")).to_be_visible()


async def test_reset_starts_afresh(page: ConsolePage) -> None:
    await page.command("ping")
    await expect(page.message("Pong")).to_be_visible()
    await page.page.get_by_role("button", name="Faults", exact=True).click()
    drawer = page.page.get_by_role("complementary", name="Faults")
    await drawer.get_by_role("button", name="Reset the simulator").click()
    await drawer.get_by_role("button", name="Press again").click()
    await expect(page.message("Pong")).to_have_count(0)
    await expect(page.person("Buyer")).to_be_checked()
