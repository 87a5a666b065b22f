"""Whole scenarios, in which every request that the bot sends is valid and none is refused."""

from __future__ import annotations

import pytest

from guildshop.bot.testing import specifications
from guildshop.plugins.orders.api import OrderStatus
from guildshop.testing import Shop
from tests.plugins.sale import Sale

pytestmark = pytest.mark.skipif(
    specifications() is None, reason="Discord's description is not at hand; set GUILDSHOP_SPECS to its folder"
)


def refused(shop: Shop) -> list[str]:
    return [
        f"{request.status} {request.method} {request.path}" for request in shop.sim.requests if request.status >= 400
    ]


async def test_the_first_sale_from_joining_to_the_role(shop: Shop) -> None:
    sale = Sale(shop)
    await sale.product("GOLD", roles=("gold",))
    nia = shop.sim.member("newcomer")
    nia.join()
    await shop.settle()
    assert (await nia.slash("register")).ephemeral
    assert "Gold" in (await nia.slash("catalog")).text
    reply = await nia.slash("order")
    reply = await (await reply.select("Gold")).submit(quantity="1")
    reply = await reply.press("Continue")
    reply = await reply.select("Venmo")
    await shop.restart()
    receipt = await reply.press("Confirm & submit")
    await shop.settle()
    opened = await receipt.press("I've paid")
    await opened.submit(reference="VENMO-7")
    await shop.settle()
    notices = shop.sim.messages("orders")
    assert len(notices) == 2
    await shop.staff.press(notices[-1], "Approve")
    await shop.settle()
    (row,) = await sale.rows("orders")
    order = await sale.get(row["id"])
    assert order.status is OrderStatus.COMPLETE
    assert nia.roles() == ["Gold"]
    assert [message.embeds[0]["title"] for message in await nia.dms()] == [
        f"Order {order.number} received",
        f"Receipt for order {order.number}",
    ]
    assert order.number in (await nia.slash("order-status", order=order.number)).text
    assert shop.sim.violations == []
    assert refused(shop) == []


async def test_the_unhappy_ways_too(shop: Shop) -> None:
    sale = Sale(shop)
    shop.buyer.close_dms()
    order = await sale.order(await sale.product("GOLD", roles=("gold",)))
    opened = await shop.staff.press(shop.sim.messages("orders")[0], "Reject")
    await opened.submit(reason="Not this time")
    await shop.settle()
    assert (await sale.get(order.id)).status is OrderStatus.CANCELLED
    again = await sale.order(await sale.product("VIP", roles=("vip",)))
    await shop.buyer.slash("cancel-order", order=again.number)
    await shop.settle()
    await shop.sim.set_faults({"role_too_high": True})
    await sale.paid(await sale.product("FOUNDER", roles=("founder",)))
    assert (await sale.rows("entitlement"))[-1]["problem"] == "role-too-high"
    assert shop.sim.violations == []
    expected = ("403 POST /channels/", "403 PUT /guilds/")
    assert all(line.startswith(expected) for line in refused(shop)), refused(shop)
