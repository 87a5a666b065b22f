"""Messages: components, modals, ephemeral answers, embeds, hostile text."""

import discord
import pytest
from playwright.async_api import Browser, expect

from guildshop.simulator import Simulator

from .console_bot import ConsoleBot
from .console_page import ConsolePage, console

pytestmark = pytest.mark.browser


async def test_button_edits_the_message_for_everybody(page: ConsolePage, chromium: Browser, sim: Simulator) -> None:
    await page.command("count")
    async with console(chromium, sim.base_url, "Staff") as staff:
        await staff.open_channel("shop")
        await page.page.get_by_role("button", name="Count 0").click()
        for tab in (page, staff):
            await expect(tab.message("Counted to 1").get_by_role("button", name="Count 1")).to_be_visible()
        await staff.page.get_by_role("button", name="Count 1").click()
        await expect(page.message("Counted to 2")).to_be_visible()


async def test_modal_checks_and_submits(page: ConsolePage) -> None:
    await page.command("invoice")
    await page.page.get_by_role("button", name="I've paid").click()
    modal = page.page.get_by_role("dialog", name="How you paid")
    await expect(modal.get_by_label("Reference")).to_be_focused()
    await modal.get_by_role("button", name="Submit").click()
    await expect(modal.get_by_role("alert").filter(has_text='"Reference" is required')).to_have_count(1)
    await modal.get_by_label("Reference").fill("abc")
    await modal.get_by_role("button", name="Submit").click()
    await expect(modal.get_by_role("alert").filter(has_text="at least 4 characters; it has 3")).to_have_count(1)
    await modal.get_by_label("Reference").fill("VM-1234")
    await modal.get_by_role("combobox", name="Method").click()
    await page.page.get_by_role("option", name="Venmo").click()
    await modal.get_by_role("button", name="Submit").click()
    await expect(page.message("Paid by venmo: VM-1234")).to_contain_text("Only you can see this")
    await expect(modal).to_have_count(0)


async def test_select_of_one_by_keyboard(page: ConsolePage) -> None:
    await page.command("choose")
    select = page.page.get_by_role("combobox", name="Product")
    await select.focus()
    await select.press("ArrowDown")
    await select.press("ArrowDown")
    await select.press("Enter")
    await expect(page.message("You chose sku-cap")).to_be_visible()


async def test_select_of_several_and_of_a_user(page: ConsolePage) -> None:
    await page.command("invoice")
    await page.page.get_by_role("combobox", name="Extras").click()
    for name in ("Wrap", "Ribbon", "Card"):  # the third is beyond the maximum
        await page.page.get_by_role("option", name=name).click()
    await page.page.get_by_role("button", name="Done").click()
    await expect(page.message("With ribbon, wrap")).to_be_visible()
    await page.command("choose")
    await page.page.get_by_role("combobox", name="Friend").click()
    await page.page.get_by_role("searchbox", name="Search: Friend").fill("stan")
    await page.page.keyboard.press("Enter")
    await expect(page.message("For @Stan Staff")).to_be_visible()


async def test_ephemeral_answer_is_for_one_person_and_can_be_dismissed(
    page: ConsolePage, chromium: Browser, sim: Simulator
) -> None:
    await page.command("invoice")
    await page.command("ping")
    receipt = page.message("Receipt GS-7K2M9")
    await expect(receipt).to_contain_text("Only you can see this")
    async with console(chromium, sim.base_url, "Staff") as staff:
        await staff.open_channel("shop")
        await expect(staff.message("Pong")).to_be_visible()
        await expect(staff.message("Receipt GS-7K2M9")).to_have_count(0)
    await receipt.get_by_role("button", name="Dismiss message").click()
    await expect(receipt).to_have_count(0)
    await expect(page.message("Pong")).to_be_visible()


async def test_deferred_answer_thinks_first(page: ConsolePage, sim: Simulator) -> None:
    sim.faults.slow_ms = 700
    await page.command("later")
    await expect(page.message("is thinking…")).to_be_visible()
    await expect(page.message("Here it is")).to_be_visible()
    await expect(page.message("is thinking…")).to_have_count(0)


async def test_silent_button_shows_that_it_failed(page: ConsolePage) -> None:
    await page.command("invoice")
    button = page.page.get_by_role("button", name="Silent")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(page.message("Receipt").get_by_role("alert")).to_have_text("This interaction failed")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_embed_and_components_v2(page: ConsolePage) -> None:
    await page.command("invoice")
    embed = page.page.get_by_role("article", name="Receipt GS-7K2M9", exact=True)
    for text in ("Guildshop Demo", "Thank you!", "Subtotal", "$22.50", "Reserved for 48 hours"):
        await expect(embed).to_contain_text(text)
    await page.command("shelf")
    shelf = page.message("The shelf")
    await expect(shelf.get_by_role("heading", name="The shelf")).to_be_visible()
    await expect(shelf.get_by_role("button", name="Previous")).to_be_disabled()
    await expect(shelf.get_by_role("link", name="Website")).to_have_attribute("href", "https://example.org/")
    await shelf.get_by_role("button", name="Order").click()
    await expect(page.message("Ordered")).to_contain_text("Only you can see this")


async def test_a_picture_of_an_embed_is_shown_there_alone(page: ConsolePage) -> None:
    await page.command("chart")
    message = page.message("Chart")
    await expect(message.get_by_role("img", name="beside")).to_be_visible()
    await expect(message.get_by_role("img", name="within")).to_have_count(1)
    await expect(message.get_by_role("article", name="Chart").get_by_role("img", name="within")).to_be_visible()


async def test_hostile_text_stays_text(page: ConsolePage, console_bot: ConsoleBot, sim: Simulator) -> None:
    hostile = '<img src=x onerror="window.hacked = 1">'
    sim.new_member(hostile)
    await page.command("hostile")
    message = page.message("onerror")
    await expect(message.get_by_role("button", name="<img")).to_be_visible()
    await page.box.fill(f"{hostile} [x](javascript:window.hacked=1) <javascript:alert(1)>")
    await page.box.press("Enter")
    await expect(page.message("javascript:window.hacked")).to_be_visible()
    await page.page.get_by_role("combobox", name="<img").click()
    await expect(page.page.get_by_role("option", name="<img")).to_be_visible()
    await page.page.keyboard.press("Escape")
    assert await page.page.evaluate("window.hacked") is None
    assert await page.page.locator('img[src="x"], [data-message-id] script').count() == 0
    assert await page.page.locator('a[href^="javascript"]').count() == 0


async def test_new_messages_are_announced_and_counted(
    page: ConsolePage, console_bot: ConsoleBot, sim: Simulator
) -> None:
    news = console_bot.get_channel(int(sim.channel_id("announcements")))
    assert isinstance(news, discord.TextChannel)
    await news.send("A new mug has come")
    await expect(page.page.get_by_role("log", name="New messages")).to_contain_text("guildshop: A new mug has come")
    channels = page.page.get_by_role("navigation", name="Channels and direct messages")
    await expect(channels.get_by_role("button", name="announcements, 1 unread")).to_be_visible()
    await page.open_channel("announcements")
    await expect(page.message("A new mug has come")).to_be_visible()
    await expect(channels.get_by_role("button", name="announcements", exact=True)).to_be_visible()


async def test_direct_messages_both_ways(page: ConsolePage, console_bot: ConsoleBot, sim: Simulator) -> None:
    await page.open_dm()
    await page.box.fill("Is anybody there?")
    await page.box.press("Enter")
    await sim.wait_for(lambda: "Is anybody there?" in console_bot.heard)
    buyer = await console_bot.fetch_user(int(sim.member("buyer").id))
    await buyer.send("Here I am")
    await expect(page.message("Here I am")).to_be_visible()
