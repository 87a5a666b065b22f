"""The console as a person in a browser uses it, by its accessible names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from guildshop.web.testing import PATIENCE


class ConsolePage:
    """One tab of the console. Whatever the page reports as an error is in `errors`."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    async def start(self, who: str) -> None:
        """Open the console as a person, by label such as "Buyer"."""
        await self.page.goto(f"{self.base_url}/?as={who}")
        await expect(self.person(who)).to_be_checked()

    def person(self, who: str) -> Locator:
        """Return the switch of a person."""
        return self.page.get_by_role("radio", name=who, exact=True)

    async def become(self, who: str) -> None:
        """Switch to a person."""
        await self.person(who).click()
        await expect(self.person(who)).to_be_checked()

    async def open_channel(self, name: str) -> None:
        """Open a channel by name."""
        row = self.page.get_by_role("navigation", name="Channels and direct messages").get_by_role("button", name=name)
        await row.first.click()
        await expect(self.box).to_be_enabled()

    async def open_dm(self) -> None:
        """Open the direct messages with the bot."""
        await (
            self.page.get_by_role("button", name="Direct messages with")
            .or_(self.page.get_by_role("button", name="Message guildshop"))
            .first.click()
        )
        await expect(self.page.get_by_role("textbox", name="Message @guildshop")).to_be_visible()

    @property
    def box(self) -> Locator:
        """The message box."""
        return self.page.locator("#composer")

    def option(self, name: str) -> Locator:
        """Return the input of an option of the command being written."""
        return self.page.get_by_role("group", name="Command /").get_by_label(name, exact=True)

    async def pick_command(self, name: str) -> None:
        """Type a command's name and choose it from the list."""
        await self.box.fill(f"/{name}")
        await expect(self.page.get_by_role("listbox", name="Commands").get_by_role("option").first).to_contain_text(
            f"/{name}"
        )
        await self.box.press("Enter")
        await expect(self.page.get_by_role("group", name=f"Command /{name}")).to_be_visible()

    async def command(self, name: str, **options: Any) -> None:
        """Use a command with options that are plain text or numbers."""
        await self.pick_command(name)
        for option, value in options.items():
            if not await self.option(option).count():
                await self.page.get_by_role("button", name=f"Add {option}").click()
            await self.option(option).fill(str(value))
        await self.send_command(name)

    async def send_command(self, name: str) -> None:
        """Send the command being written."""
        await self.page.get_by_role("button", name=f"Send /{name}").click()

    def message(self, text: str) -> Locator:
        """Return the messages that hold a text."""
        return self.page.locator("[data-message-id]").filter(has_text=text)

    async def width_overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(script))


@asynccontextmanager
async def console(browser: Browser, base_url: str, who: str = "Buyer", **context: Any) -> AsyncIterator[ConsolePage]:
    """Open a tab as a person; at the end the page may have reported no error."""
    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark", "locale": "en-US"}
    made = await browser.new_context(**(options | context))
    made.set_default_timeout(PATIENCE)
    try:
        page = ConsolePage(await made.new_page(), base_url.rstrip("/"))
        await page.start(who)
        yield page
        assert not page.errors, page.errors
    finally:
        await made.close()
