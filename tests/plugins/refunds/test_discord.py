"""`/refund` and `/return` over the wire: what is shown happens, once, also after a restart."""

from __future__ import annotations

import asyncio

from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.testing import Shop
from tests.plugins.sale import Sale


async def test_staff_refund_with_a_confirmation(shop: Shop) -> None:
    sale = Sale(shop)
    mug = await sale.product("MUG", tracked=True, quantity=10)
    cap = await sale.product("CAP", price=500)
    sold = await sale.paid(mug, cap)
    for options, part in (
        ({"amount": 100, "items": "MUG"}, f"/admin/order/{sold.number}"),
        ({"amount": 0}, "An amount of 0 cannot be refunded"),
        ({"amount": 2001}, "$20.01 is more than what is left"),
        ({"items": "MUG:0"}, "0 pieces of MUG"),
        ({"items": "MUG:-1"}, "-1 pieces of MUG"),
        ({"items": "MUG:2,MUG:2"}, "named twice"),
        ({"items": "MUG:2"}, "2 pieces of MUG cannot come back"),
        ({"items": "NOPE"}, "has no product NOPE"),
    ):
        refused = await shop.staff.slash("refund", order=sold.number, **options)
        assert part in refused.text
        assert refused.ephemeral
        assert not refused.buttons
    assert await sale.rows("refund") == []
    refused = await shop.buyer.slash("refund", order=sold.number, stale=True)
    assert "needs the permission" in refused.text
    (choice,) = await shop.staff.autocomplete("refund", focused="order", value=sold.number[:3])
    assert choice.value == sold.number

    shown = await shop.staff.slash("refund", order=sold.number, items="MUG", reason="Too *small*")
    assert shown.ephemeral
    assert shown.buttons == ["Confirm", "Confirm with a note", "Cancel"]
    for part in ("1 × Mug · $15.00", "Venmo: $15.00", "Partially refunded", "Too \\*small\\*", "You pay $15.00 back"):
        assert part in shown.text
    other = await shop.owner.slash("refund", order=sold.number, amount=700)
    await shop.restart()
    done = await shown.press("Confirm")
    assert "$15.00 was refunded" in done.text
    assert not done.buttons
    # What the other one was shown is not what would happen now.
    anew = await other.press("Confirm")
    assert "refund" in anew.text
    assert (await sale.get(sold.id)).refunded == 1500
    await shop.settle()
    stock = await sale.rows("stock_movement")
    assert [row["available_change"] for row in stock if row["kind"] == "RETURN"] == [1]

    late = await shop.staff.slash("refund", order=sold.number, amount=200)
    assert "Nothing was refunded" in (await late.press("Cancel")).text
    await shop.app.stores.change(shop.actor(), "store_credit", {"enabled": True})
    offered = await shop.staff.slash("refund", order=sold.number, amount=100)
    instead = await offered.press("To store credit instead")
    assert "Store credit: $1.00" in instead.text
    assert instead.buttons == ["Confirm", "Cancel"]
    await instead.press("Confirm")
    await shop.settle()
    assert [row["balance"] for row in await sale.rows("credit_account")] == [100]
    again = await shop.staff.slash("refund", order=sold.number)
    first, second = await asyncio.gather(again.press("Confirm"), again.press("Confirm"))
    assert "$4.00 was refunded" in first.text + second.text
    details = await shop.buyer.slash("order-status", order=sold.number)
    assert {"name": "Refunded", "value": "$20.00", "inline": True} in details.embeds[0]["fields"]
    found = await sale.get(sold.id)
    assert (found.status, found.refunded) == (OrderStatus.REFUNDED, 2000)
    assert len(await sale.rows("refund")) == 3
    assert shop.sim.violations == []


async def test_a_return_and_a_cancelled_order(shop: Shop) -> None:
    sale = Sale(shop)
    mug, cap = await sale.product("MUG"), await sale.product("CAP", price=500)
    sold = await sale.paid(mug, cap)
    assert sold.status is OrderStatus.COMPLETE
    assert "somebody else's" in (await shop.staff.slash("return", order=sold.number)).text
    chosen = await (await shop.buyer.slash("return", order=sold.number)).select("Cap")
    asked = await chosen.submit(reason="Wrong colour")
    assert "The staff were asked" in asked.text
    assert "Requested already" in (await shop.buyer.slash("return", order=sold.number)).text
    await shop.settle()

    def notice() -> dict:
        return next(one for one in shop.sim.messages("orders") if "Return of order" in str(one["embeds"]))

    await shop.restart()
    approved = await shop.staff.press(notice(), "Approve")
    assert approved.buttons == ["It arrived", "Decline"]
    await shop.settle()
    await shop.staff.press(notice(), "It arrived")
    await shop.settle()
    shown = await shop.staff.press(notice(), "Refund…")
    assert "1 × Cap · $5.00" in shown.text
    assert shown.ephemeral
    await shown.press("Confirm")
    await shop.settle()
    assert "Refunded" in str(notice()["embeds"])
    assert notice()["components"] == []
    told = [message.embeds[0]["title"] for message in await shop.buyer.dms()]
    for status in ("Requested", "Approved", "Received"):
        assert f"Return of order {sold.number}: {status}" in told
    assert [row["status"] for row in await sale.rows("return_request")] == ["REFUNDED"]

    parcel = await sale.paid(await sale.product("BOX", ships=True))
    assert "has not been sent" in (await shop.buyer.slash("return", order=parcel.number)).text
    await sale.cancel(parcel, "Sold out")
    pay = next(one for one in shop.sim.messages("orders") if "Pay back order" in str(one["embeds"]))
    form = await shop.staff.press(pay, "I paid it back")
    assert "$15.00 was paid back" in (await form.submit(reference="Venmo")).text
    await shop.settle()
    found = await sale.get(parcel.id)
    assert (found.status, found.refunded) == (OrderStatus.CANCELLED, 1500)
    assert shop.app.get(OrderService).owns(shop.actor(person=shop.buyer), found)
    assert shop.sim.violations == []


async def test_a_refund_takes_the_roles_that_nothing_else_gives(shop: Shop) -> None:
    sale = Sale(shop)
    first = await sale.product("GOLD", roles=("gold",))
    second = await sale.product("VIP", price=500, roles=("gold", "vip"))
    sold = await sale.paid(first, second)
    other = await sale.paid(first)

    def roles() -> set[str]:
        return {role for role in shop.buyer.roles() if role in {"Gold", "VIP"}}

    assert roles() == {"Gold", "VIP"}
    shown = await shop.staff.slash("refund", order=sold.number, items="VIP")
    assert "Taken: role VIP" in shown.text
    assert "gives it too: role Gold" in shown.text
    await shown.press("Confirm")
    await shop.settle()
    assert roles() == {"Gold"}
    # By amounts alone everything stays, until staff take it.
    for amount in (1000, 500):
        shown = await shop.staff.slash("refund", order=sold.number, amount=amount)
        assert "Taken" not in shown.text
        await shown.press("Confirm")
        await shop.settle()
    assert (await sale.get(sold.id)).status is OrderStatus.REFUNDED
    assert roles() == {"Gold"}
    notice = next(one for one in shop.sim.messages("orders") if "still has" in str(one["embeds"]))
    revoked = await shop.staff.press(notice, "Revoke")
    assert "was taken back" in revoked.text
    await shop.settle()
    assert roles() == {"Gold"}
    shown = await shop.staff.slash("refund", order=other.number)
    assert "Taken: role Gold" in shown.text
    await shown.press("Confirm")
    await shop.settle()
    assert roles() == set()
    told = [message for message in await shop.buyer.dms() if "efund" in message.text]
    assert [message for message in told if "$15.00" in message.text]
    assert shop.sim.violations == []
