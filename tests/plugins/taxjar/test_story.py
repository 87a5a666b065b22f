"""The sales tax as a member meets it in Discord."""

from __future__ import annotations

from guildshop.testing import Shop
from tests.plugins.sale import Sale
from tests.plugins.taxjar.conftest import SHOP
from tests.plugins.taxjar.double import API_KEY, TaxJarDouble


async def test_a_member_pays_sales_tax_on_digital_goods(shop: Shop, taxjar: TaxJarDouble) -> None:
    sale = Sale(shop)
    await sale.product("GOLD", price=2000)
    account = {"api_key": API_KEY, "api_url": taxjar.url, "from_address": SHOP}
    await shop.app.stores.change(shop.actor(), "taxjar", account)

    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Gold")).submit(quantity="1")
    reply = await reply.press("Continue")
    assert "The sales tax depends on it." in reply.text
    # A postal code that is none in the double's country of a few: TaxJar's sentence comes back with the question.
    wrong = {"country": "US", "region": "CA", "postal_code": "94105"}
    reply = await (await reply.press("Enter the place")).submit(wrong)
    assert "94105 is not used within" in reply.text
    taxjar.faults = ["503"] * 4
    reply = await (await reply.press("Enter the place")).submit({**wrong, "postal_code": "94111"})
    assert "The sales tax cannot be worked out at the moment. Please try again in a few minutes." in reply.text
    taxjar.faults = []
    reply = await reply.press("Continue")
    reply = await reply.select("Venmo")
    assert "Sales tax: $1.73" in reply.text
    assert "Total: **$21.73**" in reply.text
    receipt = await reply.press("Confirm & submit")
    assert "Sales tax: $1.73" in receipt.text
    (order,) = await sale.rows("orders")
    assert (order["tax"], order["total"]) == (173, 2173)
    await sale.confirm(await sale.get(order["id"]))
    assert list(taxjar.orders) == [str(order["id"])]
    assert shop.sim.violations == []
