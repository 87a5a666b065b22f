"""Being somebody: the switch, the addresses, roles, joining and leaving."""

import pytest
from playwright.async_api import Browser, expect

from guildshop.simulator import Simulator

from .console_bot import ConsoleBot
from .console_page import ConsolePage, console

pytestmark = pytest.mark.browser


async def test_switching_person_changes_what_is_seen(page: ConsolePage) -> None:
    channels = page.page.get_by_role("navigation", name="Channels and direct messages")
    await expect(channels.get_by_role("button", name="orders")).to_have_count(0)
    await page.become("Staff")
    await expect(channels.get_by_role("button", name="orders")).to_be_visible()
    await page.page.keyboard.press("Alt+1")
    await expect(page.person("Buyer")).to_be_checked()
    await expect(channels.get_by_role("button", name="orders")).to_have_count(0)


async def test_tab_stays_who_it_is(page: ConsolePage) -> None:
    await page.become("Owner")
    await page.page.goto(page.page.url)
    await page.page.reload()
    await expect(page.person("Owner")).to_be_checked()


async def test_owner_toggles_roles_and_buyer_cannot(page: ConsolePage, sim: Simulator) -> None:
    members = page.page.get_by_role("complementary", name="Members")
    card = page.page.get_by_role("dialog", name="Profile of Bea Buyer")
    await members.get_by_role("button", name="Bea Buyer").click()
    await expect(card).to_contain_text("@bea")
    await expect(card.get_by_role("button", name="VIP")).to_have_count(0)
    await page.page.keyboard.press("Escape")
    await page.become("Owner")
    await members.get_by_role("button", name="Bea Buyer").click()
    await card.get_by_role("button", name="VIP").click()
    await expect(card.get_by_role("button", name="VIP")).to_have_attribute("aria-pressed", "true")
    await expect(members.get_by_role("heading", name="VIP — 1")).to_be_visible()
    held = sim.state.guilds[sim.guild_id("demo")].members[sim.member("buyer").id]["roles"]
    assert sim.role_id("vip") in held


async def test_newcomer_joins_and_leaves(
    chromium: Browser, sim: Simulator, console_bot: ConsoleBot, page: ConsolePage
) -> None:
    async with console(chromium, sim.base_url, "Newcomer") as newcomer:
        pane = newcomer.page.get_by_role("region", name="Messages")
        await expect(pane.get_by_role("heading", name="You are in no server yet")).to_be_visible()
        await pane.get_by_role("button", name="Join").first.click()
        await newcomer.open_channel("shop")
        await sim.wait_for(lambda: console_bot.joined)
        members = page.page.get_by_role("complementary", name="Members")
        await expect(members.get_by_role("button", name="Nia Newcomer")).to_be_visible()
        await newcomer.page.get_by_role("button", name="Leave").click()
        await expect(pane.get_by_role("heading", name="You are in no server yet")).to_be_visible()
        await expect(members.get_by_role("button", name="Nia Newcomer")).to_have_count(0)


async def test_reconnects_when_the_connection_is_lost(page: ConsolePage, sim: Simulator) -> None:
    async with page.page.expect_websocket() as opened:
        await sim.console.close()
    await opened.value
    await expect(page.page.get_by_text("The connection to the simulator is lost")).not_to_be_visible()
    await page.command("ping")
    await expect(page.message("Pong")).to_be_visible()


async def test_what_to_try_starts_a_command_and_stays_dismissed(page: ConsolePage) -> None:
    card = page.page.get_by_role("region", name="What to try")
    await card.get_by_role("button", name="/").first.click()
    await expect(page.page.get_by_role("group", name="Command /")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await card.get_by_role("button", name="Hide what to try").click()
    await page.page.reload()
    await expect(page.person("Buyer")).to_be_checked()
    await expect(card).to_have_count(0)


async def test_newly_made_person_is_a_newcomer(page: ConsolePage) -> None:
    await page.page.get_by_role("button", name="Add a person").click()
    dialog = page.page.get_by_role("dialog", name="Add a person")
    await dialog.get_by_label("Name").fill("Zoe Zest")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(page.page.get_by_role("heading", name="You are in no server yet")).to_be_visible()
    await expect(page.page.get_by_text("Zoe Zest").first).to_be_visible()


async def test_everybody_else_can_be_chosen_from_a_list(page: ConsolePage) -> None:
    await page.page.get_by_role("button", name="Other people").click()
    await page.page.get_by_role("searchbox", name="Search people").fill("ben")
    await page.page.keyboard.press("Enter")
    await expect(page.person("Buyer 2")).to_be_checked()
    await expect(page.person("Buyer")).not_to_be_checked()
