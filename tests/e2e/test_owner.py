"""An owner sets a new store up from nothing to the first sale; then each role's day, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from guildshop.bot.testing import Shop, ShopFactory
from guildshop.permissions import ADMIN, FULFILMENT, MANAGER, OWNER, READ_ONLY, SUPPORT, TEMPLATES
from guildshop.plugins.orders.api import Order, OrderStatus
from guildshop.simulator import DEMO_GUILD_ID
from guildshop.web.testing import PASSWORD, PATIENCE, sign_in
from guildshop.web.users import UserService
from guildshop.web.workspace import DASHBOARD

from ..plugins.sale import Sale
from ..ports import free_port
from ..simulator.console_page import ConsolePage, console

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # The screens do not depend on the database; the services below them are tested on both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


async def test_an_owner_sets_a_store_up_to_the_first_sale(make_shop: ShopFactory, chromium: Browser) -> None:
    port = free_port()
    web = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    shop = await make_shop(settings={"stores": {}, "web": web}, web=True)
    async with console(chromium, shop.sim.base_url, "Owner") as page:
        await _create_the_store(shop, page)
        await _choose_channel_and_staff(shop, page)
        admin = await _browser_window(chromium, web["public_url"])
        await _sign_in_by_link(page, admin)
        await _set_up_the_shop(shop, admin)
        await _add_a_product(shop, admin)
        number = await _buy(page)
        await shop.settle()
        await page.become("Staff")
        await page.open_channel("orders")
        notice = page.message(number)
        await notice.get_by_role("button", name="Approve").click()
        await expect(notice.get_by_role("button", name="Approve")).to_have_count(0)
        await shop.settle()
        await admin.goto("/admin/order")
        row = admin.get_by_role("row").filter(has_text=number)
        # Nothing is left to do for something digital once it is paid.
        await expect(row).to_contain_text("Complete")
        await expect(row).to_contain_text("$12.50")
        await page.become("Buyer")
        await page.open_dm()
        await expect(page.message(number).last).to_contain_text("$12.50")


Day = Callable[[Shop, Page, Order, Order], Awaitable[None]]


async def _change_the_name(shop: Shop, page: Page, unpaid: Order, paid: Order) -> None:
    await page.goto("/admin/settings")
    await page.get_by_label("Name", exact=True).fill("Corner shop")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved")
    assert shop.store.name == "Corner shop"


async def _confirm_the_payment(shop: Shop, page: Page, unpaid: Order, paid: Order) -> None:
    await page.goto(f"/staff/order/{unpaid.number}")
    await page.locator("summary", has_text="Confirm payment").click()
    await page.get_by_role("button", name="Confirm payment").click()
    await expect(page.get_by_role("status")).to_contain_text(f"Order {unpaid.number} over $15.00 is paid.")
    assert (await Sale(shop).get(unpaid.id)).status is OrderStatus.PAID


async def _ship_the_parcel(shop: Shop, page: Page, unpaid: Order, paid: Order) -> None:
    await page.goto(f"/staff/order/{unpaid.number}")
    await expect(page.get_by_role("heading", name="Actions")).to_be_visible()
    await expect(page.get_by_text("Confirm payment")).to_have_count(0)
    await page.goto(f"/staff/order/{paid.number}")
    await page.locator("summary", has_text="Mark as shipped").click()
    await page.locator("#shipped-carrier").fill("USPS")
    await page.locator("#shipped-tracking_number").fill("9400 1000 0000 0000 0000 00")
    await page.get_by_role("button", name="Mark as shipped").click()
    await expect(page.get_by_role("status")).to_contain_text(f"Order {paid.number} is Shipped now.")
    assert (await Sale(shop).get(paid.id)).status is OrderStatus.SHIPPED


async def _only_look(shop: Shop, page: Page, unpaid: Order, paid: Order) -> None:
    await page.goto("/staff/order")
    for order in (unpaid, paid):
        await page.get_by_role("link", name=order.number).click()
        await expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()
        await expect(page.get_by_role("heading", name="Actions")).to_have_count(0)
        await expect(page.locator("main form, main button")).to_have_count(0)
        await page.go_back()


DAYS: dict[str, Day] = {
    OWNER: _change_the_name,
    ADMIN: _change_the_name,
    MANAGER: _confirm_the_payment,
    SUPPORT: _confirm_the_payment,
    FULFILMENT: _ship_the_parcel,
    READ_ONLY: _only_look,
}


@pytest.mark.parametrize("template", TEMPLATES)
async def test_each_role_has_its_day(make_shop: ShopFactory, template: str, chromium: Browser) -> None:
    shop = await make_shop(web=True)
    sale = Sale(shop)
    parcel = await sale.product("PARCEL", ships=True)
    unpaid, paid = await sale.order(parcel), await sale.paid(parcel)
    await UserService(shop.app).create_user("Robin", PASSWORD, store=shop.store.id, role=template)
    assert shop.app.web is not None
    page = await _browser_window(chromium, shop.app.web.url)
    await sign_in(page, "Robin")
    base = "/admin" if template in {OWNER, ADMIN} else "/staff"
    await expect(page).to_have_url(re.compile(f"{base}/dashboard$"))
    await _walk_the_pages(shop, page, base, template)
    await DAYS[template](shop, page, unpaid, paid)


async def _walk_the_pages(shop: Shop, page: Page, base: str, template: str) -> None:
    """Compare navigation and answers with the one permission table."""
    allowed = shop.app.stores.permissions_of(shop.store.id, template)
    pages = [DASHBOARD, *(one for _plugin, found in shop.app.hooks("register_pages") for one in found)]
    listed = sorted((one for one in pages if one.label), key=lambda one: (one.position, one.label))
    expected = [str(one.label) for one in listed if not one.permission or one.permission in allowed]
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    await expect(links).to_have_text([*expected, "All data"] if base == "/admin" else expected)
    opened = [one for one in pages if "GET" in one.methods and "{" not in one.path and not one.path.endswith(".csv")]
    assert len(opened) > 8
    for one in opened:
        answer = await page.goto(f"{base}/{one.path}")
        assert answer is not None
        if not one.permission or one.permission in allowed:
            assert answer.status == 200, one.path
            if not one.path.endswith("/news"):  # the part of a page that is fetched anew
                await expect(page.locator("main h1")).to_be_visible()
        else:
            assert answer.status == 403, one.path
            await expect(page.locator("main")).to_contain_text(f"“{one.permission}”, which your role does not have")


async def _browser_window(browser: Browser, url: str) -> Page:
    context = await browser.new_context(base_url=url, viewport={"width": 1400, "height": 1000}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


def _newest(page: ConsolePage) -> Locator:
    return page.page.locator("[data-message-id]").last


async def _choose(page: ConsolePage, list_name: str, option: str) -> None:
    await _newest(page).get_by_role("combobox", name=list_name).click()
    await page.page.get_by_role("option").filter(has_text=option).first.click()


async def _create_the_store(shop: Shop, page: ConsolePage) -> None:
    """Create what only the operator can: the store of a server that has none; its commands appear by themselves."""
    assert shop.app.stores.by_guild(int(DEMO_GUILD_ID)) is None
    await shop.app.stores.create(int(DEMO_GUILD_ID), "Nameless")
    await shop.settle()
    assert not shop.store.staff_roles
    assert not shop.store.channels
    await page.open_channel("shop")


async def _choose_channel_and_staff(shop: Shop, page: ConsolePage) -> None:
    await page.command("settings")
    await expect(_newest(page)).to_contain_text("Settings of Nameless")
    await _choose(page, "Choose what to set up", "Channels")
    await _choose(page, "Choose what a channel is for", "Orders")
    await expect(_newest(page)).to_contain_text("Choose the channel for")
    await _choose(page, "Choose a channel", "orders")
    await expect(_newest(page)).to_contain_text(re.compile("Orders: #orders"))
    await _newest(page).get_by_role("button", name="Back").click()
    await _choose(page, "Choose what to set up", "Staff roles")
    await _choose(page, "Choose a staff role", MANAGER)
    await expect(_newest(page)).to_contain_text("whose members are Manager")
    await _choose(page, "Choose roles", "Staff")
    await page.page.get_by_role("button", name="Done").click()
    await expect(_newest(page)).to_contain_text("Manager: @Staff")
    keys = shop.sim.state.keys
    assert shop.store.channels == {"orders": int(keys["channel:orders"])}
    assert shop.store.staff_roles == {int(keys["role:staff"]): MANAGER}


async def _sign_in_by_link(page: ConsolePage, admin: Page) -> None:
    await page.command("dashboard")
    await expect(_newest(page)).to_contain_text("signs you in, once")
    address = await _newest(page).get_by_role("link", name="Sign in").get_attribute("href")
    assert address is not None
    await admin.goto(address)
    await expect(admin.get_by_role("heading", name="Sign in to Nameless")).to_be_visible()
    await admin.get_by_role("button", name="Sign in").click()
    await admin.wait_for_url("**/admin/dashboard")


async def _set_up_the_shop(shop: Shop, admin: Page) -> None:
    navigation = admin.get_by_role("navigation", name="Main")
    await navigation.get_by_role("link", name="Settings").click()
    await admin.get_by_label("Name", exact=True).fill("Olivia's corner")
    await admin.get_by_role("button", name="Save").click()
    await expect(admin.get_by_role("status")).to_contain_text("Saved")
    await admin.get_by_role("navigation", name="Settings").get_by_role("link", name="Payments").click()
    await admin.get_by_label("Methods", exact=True).fill("cash")
    await admin.get_by_label("Instructions", exact=True).fill("cash: Bring it on Friday")
    await admin.get_by_role("button", name="Save").click()
    await expect(admin.get_by_role("status")).to_contain_text("Saved")
    assert shop.store.name == "Olivia's corner"


async def _add_a_product(shop: Shop, admin: Page) -> None:
    await admin.goto("/admin/#/product/add")
    # Its form is drawn again when its defaults arrive, and forgets what was typed before.
    await admin.wait_for_load_state("networkidle")
    for name, value in (("sku", "STICKER"), ("name", "Sticker sheet"), ("price", "1250")):
        await admin.locator(f"input[name={name}]:visible").fill(value)
    await admin.get_by_role("button", name=re.compile("Create|Save")).click()
    await expect(admin.get_by_text("Successfully added row")).to_be_visible()


async def _buy(page: ConsolePage) -> str:
    await page.become("Buyer")
    await page.open_channel("shop")
    await page.command("order")
    await expect(_newest(page)).to_contain_text("Your order")
    await _choose(page, "Choose a product", "Sticker sheet")
    dialog = page.page.get_by_role("dialog")
    await dialog.get_by_label("Quantity").fill("1")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(_newest(page)).to_contain_text("Sticker sheet")
    await _newest(page).get_by_role("button", name="Continue").click()
    # The one way to pay there is needs no question.
    await expect(_newest(page)).to_contain_text("Payment method")
    await _newest(page).get_by_role("button", name="Confirm & submit").click()
    await expect(_newest(page)).to_contain_text("I've paid")
    receipt = await _newest(page).inner_text()
    assert "Bring it on Friday" in receipt
    found = re.search(r"Order (?:#|number )?([0-9A-Z]{5,10})", receipt)
    assert found is not None, receipt
    return found[1]
