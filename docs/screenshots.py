"""Take the pictures of the guide: `make screenshots` goes through a demo of its own and writes docs/images/*.png.

Light theme, 1280 pixels wide, colours reduced so that each stays below 150 kB. Numbers and dates differ from run to
run; names of files and what is on them do not.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402 - after the path
from playwright.async_api import Browser, Locator, Page, async_playwright, expect  # noqa: E402

from guildshop.web.testing import CHROMIUM, PATIENCE  # noqa: E402
from tests.e2e.demo_process import Demo, demo, free_port  # noqa: E402
from tests.simulator.console_page import ConsolePage, console  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
COLOURS = 128
LARGEST = 150_000

PAGES = {
    "workspace": "dashboard",
    "customers": "customer",
    "customer-chat": "customer-chat",
    "products": "product",
    "organization": "organization",
    "orders": "order",
    "digital-goods": "entitlement",
    "discounts": "discount",
    "loyalty": "loyalty",
    "reports": "reports",
    "settings": "settings",
    "roles": "settings/roles",
    "doctor": "doctor",
    "audit": "audit",
}
"""Picture → page of the workspace."""
ROWS = {
    "order": ("order", "Fulfilling"),
    "customer": ("customer", "Bea Buyer"),
    "product": ("product", "Blanket"),
    "chat": ("customer-chat", ""),
}
"""Picture → list in the workspace, and what stands in the row whose page is taken."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures, small enough for a page."""

    taken: list[str]

    async def page(self, page: Page, name: str) -> None:
        """Take what a window shows."""
        self._keep(name, await page.screenshot(animations="disabled"))

    async def part(self, part: Locator, name: str) -> None:
        """Take a part of a page."""
        await part.scroll_into_view_if_needed()
        self._keep(name, await part.screenshot(animations="disabled"))

    def _keep(self, name: str, picture: bytes) -> None:
        file = IMAGES / f"{name}.png"
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
        size = file.stat().st_size
        if size > LARGEST:
            sys.exit(f"{file} has {size} bytes; {LARGEST} are allowed. Crop it, or lower COLOURS.")
        self.taken.append(name)
        print(f"{file.relative_to(ROOT)}  {image.width} × {image.height}  {size // 1000} kB")  # noqa: T201


async def take_all() -> None:
    """Start a demo in an empty folder and take every picture."""
    expect.set_options(timeout=PATIENCE)
    chromium = next((path for path in CHROMIUM if path.exists()), None)
    if chromium is None:
        sys.exit("Chromium is missing. Install it (Debian: apt-get install chromium) and try again.")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="guildshop-screenshots-") as home:
        async with demo(Path(home), free_port(), free_port()) as running, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
            )
            camera = Camera([])
            workspace = await _sign_in(browser, running)
            await _furnish(workspace, running)
            await _take_discord(browser, running, camera)
            await _take_workspace(workspace, running, camera)
            await running.stop()


# --- Discord ----------------------------------------------------------------------------------------------------------


async def _take_discord(browser: Browser, running: Demo, camera: Camera) -> None:
    """Order twice as the buyer, once by hand and once online; approve the first as staff."""
    # High enough for the longest message: a part that one has to scroll to is not taken whole.
    window = {"viewport": {"width": WIDTH, "height": 2 * HEIGHT}, "color_scheme": "light"}
    async with console(browser, running.console_url, "Buyer", **window) as page:
        await page.open_channel("shop")
        await page.command("catalog")
        await expect(_newest(page).get_by_role("button", name="Order").first).to_be_visible()
        await camera.part(_newest(page), "catalog")
        await _choose(page, "VIP", "Venmo")
        await expect(_newest(page).get_by_role("button", name="Confirm & submit")).to_be_visible()
        await camera.part(_newest(page), "summary")
        number = await _confirm(page)
        await camera.part(_newest(page), "receipt")
        await _choose(page, "Wallpapers, volume 1", "Card or wallet")
        await _confirm(page)
        address = await _newest(page).get_by_role("link").first.get_attribute("href")
        await page.become("Staff")
        await page.open_channel("orders")
        notice = page.message(number)
        await expect(notice.get_by_role("button", name="Approve")).to_be_visible()
        await camera.part(notice, "approve")
        await notice.get_by_role("button", name="Approve").click()
        await expect(notice.get_by_role("button", name="Approve")).to_have_count(0)
        await page.command("refund", order=number)
        await expect(_newest(page).get_by_role("button", name="Confirm", exact=True)).to_be_visible()
        await camera.part(_newest(page), "refund-command")
        await page.command("settings")
        await expect(_newest(page)).to_contain_text("Staff roles")
        await camera.part(_newest(page), "settings-command")
    if address is None or "/invoice/" not in address:
        sys.exit(f"The receipt leads to {address}, not to an invoice page.")
    invoice = await _tab(browser)
    await invoice.goto(address)
    await camera.page(invoice, "invoice")


def _newest(page: ConsolePage) -> Locator:
    return page.page.locator("[data-message-id]").last


async def _choose(page: ConsolePage, product: str, method: str) -> None:
    """Begin an order of one digital product and go on to its summary."""
    await page.command("order")
    await expect(_newest(page)).to_contain_text("Your order")
    await _newest(page).get_by_role("combobox", name="Choose a product").click()
    await page.page.get_by_role("option").filter(has_text=product).first.click()
    dialog = page.page.get_by_role("dialog")
    await dialog.get_by_label(re.compile("Quantity")).first.fill("1")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_have_count(0)
    await _newest(page).get_by_role("button", name="Continue").click()
    await _newest(page).get_by_role("combobox", name=re.compile("pay", re.IGNORECASE)).first.click()
    await page.page.get_by_role("option").filter(has_text=method).first.click()
    await expect(_newest(page).get_by_role("button", name="Confirm & submit")).to_be_visible()


async def _confirm(page: ConsolePage) -> str:
    """Submit the order and return its number."""
    await _newest(page).get_by_role("button", name="Confirm & submit").click()
    await expect(_newest(page).get_by_role("button", name="Confirm & submit")).to_have_count(0)
    found = re.search(r"Order (?:#|number )?([0-9A-Z]{5,10})", await _newest(page).inner_text())
    if found is None:
        sys.exit("The receipt names no order.")
    return found[1]


# --- The workspace ----------------------------------------------------------------------------------------------------


async def _tab(browser: Browser) -> Page:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-US", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def _sign_in(browser: Browser, running: Demo) -> Page:
    page = await _tab(browser)
    await page.goto(running.web_url)
    await page.get_by_label("Username").fill(running.username)
    await page.get_by_label("Password").fill(running.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/admin/**")
    return page


async def _furnish(page: Page, running: Demo) -> None:
    """Switch on what is off in the demo, and give it what its pages would be empty without."""
    for section in ("loyalty", "store_credit"):
        await page.goto(f"{running.web_url}settings/section/{section}")
        await page.get_by_role("checkbox").first.check()
        async with page.expect_navigation():
            await page.get_by_role("button", name="Save", exact=True).first.click()
    await page.goto(f"{running.web_url}organization")
    for label, name in (("New branch", "Downtown"), ("New branch", "Harbour"), ("New department", "Events")):
        field = page.get_by_role("textbox", name=label)
        await field.fill(name)
        async with page.expect_navigation():
            await field.press("Enter")


async def _take_workspace(page: Page, running: Demo, camera: Camera) -> None:
    for name, path in PAGES.items():
        await page.goto(f"{running.web_url}{path}")
        await camera.page(page, name)
    for name, (listing, row) in ROWS.items():
        await page.goto(f"{running.web_url}{listing}")
        link = page.locator(f"main a[href*='/{listing}/']").filter(visible=True)
        if row:
            link = page.get_by_role("row").filter(has_text=row).locator(f"a[href*='/{listing}/']")
        await page.goto(str(await link.first.evaluate("link => link.href")))
        await camera.page(page, name)


if __name__ == "__main__":
    asyncio.run(take_all())
