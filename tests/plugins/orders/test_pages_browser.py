"""The pages of staff in a real Chromium: an order made, sent in two parcels, its invoice printed; on a phone too."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.customers.api import AddressInput, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import OrderFilter, OrderStatus
from guildshop.web.testing import PASSWORD, NewTab, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.plugins.orders.conftest import Bench

pytestmark = pytest.mark.browser


async def _fits(page: Any) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert await serious_findings(page) == []


async def test_staff_make_an_order_send_it_in_parts_and_print(bench: Bench, tabs: NewTab, users: UserService) -> None:
    await bench.product("MUG", kind=ProductKind.SHIPPED)
    customers = bench.app.get(CustomerService)
    guest = await customers.create(bench.boss, CustomerInput(first_name="Grace", last_name="Hopper"))
    home = AddressInput("Grace Hopper", "1 Navy Way", "Arlington", "US", "22202", "VA")
    await customers.add_address(bench.boss, guest.id, home)
    await users.create_user("Olga", PASSWORD, store=bench.store.id, role="Owner")
    page = (await tabs()).page
    await sign_in(page, "Olga")
    await page.goto("/admin/order")
    await page.get_by_role("link", name="New order").click()
    await page.get_by_label("Name, email, phone or account number").fill("hopper")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("link", name="Grace Hopper").click()
    await page.get_by_label("SKU", exact=True).fill("MUG")
    await page.get_by_label("Quantity", exact=True).fill("2")
    await page.get_by_role("button", name="Show amounts").click()
    await expect(page.get_by_role("region", name="What it comes to")).to_contain_text("$30.00")
    await page.get_by_role("button", name="Create order").click()
    await expect(page.get_by_text("is made.")).to_be_visible()
    (order,) = (await bench.orders.list(bench.boss, OrderFilter())).items
    await bench.orders.confirm_payment(bench.boss, order.id)

    await page.reload()
    await page.get_by_label("Mug", exact=True).fill("1")
    parcels = page.get_by_role("region", name="Parcels")
    await parcels.get_by_label("Carrier").fill("UPS")
    await parcels.get_by_label("Tracking number").fill("1Z 999")
    await parcels.get_by_role("button", name="Save parcel").click()
    await expect(parcels.get_by_role("link", name="UPS 1Z999")).to_be_visible()
    text = f"number,carrier,tracking\n{order.number},UPS,1Z 998\n"
    await page.goto("/admin/order/tracking")
    await page.get_by_label("CSV file").set_input_files(
        {"name": "t.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    await page.get_by_role("button", name="Check the rows").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await bench.app.dispatcher.drain()
    await page.get_by_role("button", name="Import 1 row").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await bench.app.dispatcher.drain()
    await expect(page.get_by_text("1 row is imported; new or changed: 1.").first).to_be_visible()
    assert (await bench.orders.get(order.id)).status is OrderStatus.SHIPPED
    await page.goto(f"/admin/order/{order.number}")
    await page.get_by_role("button", name="Issue an invoice").click()
    await expect(page.get_by_role("button", name="Print")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Print")).to_be_hidden()
    await expect(page.get_by_text("Invoice number")).to_be_visible()
    await page.emulate_media(media="print", color_scheme="dark")
    await page.goto(f"/admin/order/{order.number}")
    await expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()
    await expect(page.get_by_role("heading", name="Actions")).to_be_hidden()
    await expect(page.get_by_role("button")).to_have_count(0)
    await expect(page.locator(".card").first).to_have_css("background-color", "rgb(255, 255, 255)")

    phone = (await tabs(width=390, height=844, dark=True)).page
    await sign_in(phone, "Olga")
    for path in (f"order/{order.number}", f"order/new?for={guest.id}"):
        await phone.goto(f"/admin/{path}")
        await _fits(phone)
