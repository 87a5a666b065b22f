"""Commands are found, filled in, checked and sent from the message box."""

import pytest
from playwright.async_api import expect

from guildshop.simulator import Simulator

from .console_page import ConsolePage

pytestmark = pytest.mark.browser


async def test_command_list_filters_and_shows_descriptions(page: ConsolePage) -> None:
    await page.box.fill("/")
    options = page.page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(options.filter(has_text="/ping")).to_contain_text("Answer at once")
    await page.box.fill("/cust")
    await expect(options).to_have_count(1)
    await expect(options).to_contain_text("/customer show")
    await page.box.press("Escape")
    await expect(options).to_have_count(0)
    await expect(page.box).to_have_value("/cust")


async def test_autocomplete_by_keyboard(page: ConsolePage) -> None:
    await page.pick_command("stock")
    product = page.option("product")
    await expect(product).to_be_focused()
    choices = page.page.get_by_role("listbox", name="product").get_by_role("option")
    await expect(choices).to_have_text(["Mug", "Cap", "Mouse"])
    await product.press_sequentially("m")
    await expect(choices).to_have_text(["Mug", "Mouse"])
    await product.press("ArrowDown")
    await product.press("Enter")
    await expect(product).to_have_value("Mouse")
    await page.page.keyboard.press("Enter")
    await expect(page.message("mouse in no channel")).to_be_visible()
    await expect(page.message("mouse in no channel")).to_contain_text("Bea Buyer used /stock")


async def test_enter_waits_for_the_choices_of_the_typed_text(page: ConsolePage) -> None:
    await page.pick_command("stock")
    product = page.option("product")
    await expect(page.page.get_by_role("listbox", name="product").get_by_role("option")).to_have_count(3)
    await product.press_sequentially("cap")
    await product.press("Enter")
    await expect(product).to_have_value("Cap")


async def test_optional_option_is_offered_and_sent(page: ConsolePage) -> None:
    await page.pick_command("stock")
    await page.option("product").fill("mug")
    await page.page.get_by_role("button", name="Add channel").click()
    await page.option("channel").fill("shop")
    await page.page.get_by_role("listbox", name="channel").get_by_role("option", name="shop").click()
    await page.send_command("stock")
    await expect(page.message("mug in #shop")).to_be_visible()


async def test_missing_and_wrong_values_are_refused_before_sending(page: ConsolePage, sim: Simulator) -> None:
    await page.pick_command("restock")
    alert = page.page.get_by_role("group", name="Command /restock").get_by_role("alert")
    await page.send_command("restock")
    await expect(alert).to_contain_text('"quantity" is required')
    for text, reason in (("0", "must be at least 1; 0 is less"), ("10001", "at most 10000"), ("two", "whole number")):
        await page.option("quantity").fill(text)
        await page.option("quantity").press("Enter")
        await expect(alert).to_contain_text(reason)
    await expect(page.option("quantity")).to_have_attribute("aria-invalid", "true")
    assert not [route for route in sim.counts if "callback" in route]
    await page.option("quantity").fill("12")
    await page.option("quantity").press("Enter")
    await expect(page.message("12 more")).to_be_visible()


async def test_escape_cancels_a_command(page: ConsolePage, sim: Simulator) -> None:
    await page.pick_command("restock")
    await page.option("quantity").press("Escape")
    await expect(page.box).to_be_focused()
    assert not [route for route in sim.counts if "callback" in route]


async def test_subcommand_user_and_role_options(page: ConsolePage, sim: Simulator) -> None:
    await page.command("customer show", number=3)
    await expect(page.message("Customer 3")).to_be_visible()
    await page.become("Owner")
    await page.open_channel("shop")
    await page.pick_command("give")
    await page.option("member").fill("bea")
    await page.option("member").press("Enter")
    await page.option("role").fill("gold")
    await page.option("role").press("Enter")
    await page.send_command("give")
    await expect(page.message("Given")).to_be_visible()
    members = page.page.get_by_role("complementary", name="Members")
    await expect(members.get_by_role("heading", name="Gold — 1")).to_be_visible()
    assert sim.role_id("gold") in sim.state.guilds[sim.guild_id("demo")].members[sim.member("buyer").id]["roles"]


async def test_commands_one_may_not_use_are_not_offered(page: ConsolePage) -> None:
    await page.box.fill("/give")
    listbox = page.page.get_by_role("listbox", name="Commands")
    await expect(listbox.get_by_text("No command of that name is open to you")).to_be_visible()


async def test_attachment_option(page: ConsolePage) -> None:
    await page.pick_command("file")
    await page.option("file").set_input_files({"name": "proof.txt", "mimeType": "text/plain", "buffer": b"12345"})
    await expect(page.page.get_by_role("group", name="Command /file")).to_contain_text("proof.txt")
    await page.send_command("file")
    await expect(page.message("proof.txt 5")).to_contain_text("again.txt")


async def test_command_without_answer_says_so(page: ConsolePage) -> None:
    await page.command("silent")
    alert = page.page.get_by_role("region", name="Messages").get_by_role("alert")
    await expect(alert).to_contain_text("/silent failed: The application did not respond")
    await alert.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_have_count(0)


async def test_plain_message_with_markdown_and_file(page: ConsolePage) -> None:
    await page.page.get_by_label("Files to attach").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    await page.box.fill("Hello **there** and `code` ||secret||")
    await page.box.press("Enter")
    message = page.message("Hello there")
    await expect(message.locator("strong").filter(has_text="there")).to_be_visible()
    await expect(message.locator("code")).to_have_text("code")
    await expect(message.get_by_role("link", name="note.txt")).to_be_visible()
    spoiler = message.get_by_role("button", name="Spoiler")
    await spoiler.click()
    await expect(message.get_by_text("secret")).to_be_visible()
    await expect(page.box).to_have_value("")
