"""What customers and staff are told, once for each event, and what becomes of it."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.doctor import examine_store
from guildshop.hookspecs import Finding
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import OrderChange, OrderStatus, ShippingStatus, WantedItem
from guildshop.plugins.orders.service import OrderEditing, OrderService
from guildshop.simulator.driver import Person, Shown
from guildshop.tenancy import scope
from guildshop.testing import Shop, ShopFactory
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


async def titles(person: Person) -> list[str]:
    return [message.embeds[0]["title"] for message in await person.dms()]


async def kept(sale: Sale) -> dict[str, str]:
    return {row["purpose"]: row["state"] for row in await sale.rows("message_delivery")}


def notices(shop: Shop) -> list[Shown]:
    return shop.sim.messages("orders")


def buttons(notice: Shown) -> list[str]:
    return [button["label"] for row in notice["components"] for button in row["components"]]


async def test_a_sale_tells_customer_and_staff(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product(price=1999), await sale.product("VIP", price=501))
    (received,) = await shop.buyer.dms()
    assert order.number in received.embeds[0]["title"]
    assert "1 × Gold · $19.99 = $19.99" in received.text
    assert "$25.00" in received.text
    assert "Venmo" in received.text
    assert "</order-status:" in received.text
    assert received.buttons == ["I've paid"]
    (notice,) = notices(shop)
    assert order.number in notice["embeds"][0]["title"]
    assert buttons(notice) == ["Approve", "Reject"]
    assert f"<@{shop.buyer.id}>" in notice["embeds"][0]["fields"][0]["value"]
    assert await kept(sale) == {"order_received": "DELIVERED", "staff_order": "DELIVERED"}
    await sale.confirm(order)
    assert await titles(shop.buyer) == [f"Order {order.number} received", f"Receipt for order {order.number}"]
    (notice,) = notices(shop)
    assert buttons(notice) == []
    assert "is paid" in notice["embeds"][0]["title"]
    assert (await kept(sale))["payment_confirmed"] == "DELIVERED"


async def test_staff_approve_by_the_button(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    (notice,) = notices(shop)
    refused = await shop.sim.press_raw(shop.buyer, notice["id"], notice["components"][0]["components"][0]["custom_id"])
    assert refused.ephemeral
    assert (await sale.get(order.id)).status is OrderStatus.PENDING_PAYMENT
    with scope(shop.store.id):
        await shop.app.get(OrderEditing).set_items(shop.actor(), order.id, [WantedItem("GOLD", 2)])
    await shop.settle()
    (notice,) = notices(shop)
    assert "2 × Gold" in notice["embeds"][0]["description"]  # what is approved is what is shown
    await shop.staff.press(notice, "Approve")
    assert buttons(notices(shop)[0]) == []
    await shop.settle()
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE
    assert (await titles(shop.buyer))[-1] == f"Receipt for order {order.number}"


async def test_two_staff_at_once_confirm_once(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    (notice,) = notices(shop)
    await asyncio.gather(shop.staff.press(notice, "Approve"), shop.owner.press(notice, "Approve"))
    await shop.settle()
    paid = await shop.app.database.fetch(
        "SELECT id FROM event WHERE store = :store AND name = 'OrderPaid'", store=shop.store.id
    )
    assert len(paid) == 1
    assert len(await titles(shop.buyer)) == 2
    assert len(await sale.rows("payment")) == 1
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE


async def test_staff_reject_with_a_reason_after_a_restart(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    opened = await shop.staff.press(notices(shop)[0], "Reject")
    await shop.restart()
    assert opened.modal is not None
    await opened.modal.submit(reason="Out of *reach*")
    await shop.settle()
    cancelled = await sale.get(order.id)
    assert (cancelled.status, cancelled.cancel_reason) == (OrderStatus.CANCELLED, "Out of *reach*")
    told = (await shop.buyer.dms())[-1]
    assert told.embeds[0]["title"] == f"Order {order.number} was cancelled"
    assert "Out of \\*reach\\*" in told.embeds[0]["description"]
    (notice,) = notices(shop)
    assert buttons(notice) == []
    assert "was cancelled" in notice["embeds"][0]["title"]


async def test_a_preference_suppresses_a_message_and_is_audited(shop: Shop, sale: Sale) -> None:
    product = await sale.product()
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        member = shop.actor(person=shop.buyer)
        await customers.register(member, "bea", "Bea")
        await customers.set_dm_preference(member, "order_received", False)
    order = await sale.paid(product)
    assert await titles(shop.buyer) == [f"Receipt for order {order.number}"]
    assert (await kept(sale))["order_received"] == "SUPPRESSED"
    audit = [row for row in await sale.rows("audit_entry") if row["action"] == "message.suppress"]
    assert [row["note"] for row in audit] == [f"DM {order.number}"]


async def test_closed_dms_fall_back_and_say_so(shop: Shop, sale: Sale) -> None:
    shop.buyer.close_dms()
    order = await sale.paid(await sale.product())
    assert await shop.buyer.dms() == []
    rows = [row for row in await sale.rows("message_delivery") if row["purpose"] == "payment_confirmed"]
    assert [(row["state"], row["problem"]) for row in rows] == [("FALLBACK", "closed-dms")]
    thread = shop.sim.messages(str(rows[0]["channel_id"]))
    assert any(order.number in embed["title"] for message in thread for embed in message["embeds"])


async def test_who_left_is_kept_as_undeliverable(shop: Shop, sale: Sale) -> None:
    product = await sale.product()
    order = await sale.order(product)
    shop.buyer.leave()
    shop.buyer.close_dms()
    await shop.settle()
    await sale.cancel(order, "gone")
    assert (await kept(sale))["order_cancelled"] == "UNDELIVERABLE"


async def test_a_reported_payment_is_shown_to_staff_with_its_reference(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    received = (await shop.buyer.dms())[0]
    opened = await received.press("I've paid")
    assert opened.modal is not None
    await sale.report(order, "VENMO-123")
    notice = notices(shop)[-1]
    assert "VENMO-123" in Shown(shop.sim, shop.staff, shop.sim.state.find_message(notice["id"])).text
    assert buttons(notice) == ["Approve", "Reject"]
    await shop.staff.press(notice, "Approve")
    await shop.settle()
    assert [buttons(each) for each in notices(shop)] == [[], []]


async def test_shipping_is_told_once(shop: Shop, sale: Sale) -> None:
    order = await sale.paid(await sale.product("MUG", ships=True))
    change = OrderChange(shipping_status=ShippingStatus.SHIPPED, carrier="UPS", tracking_number="1Z999")
    for _attempt in range(2):
        with scope(shop.store.id):
            await shop.app.get(OrderService).change(shop.actor(), order.id, change)
        await shop.settle()
    told = [message for message in await shop.buyer.dms() if "on its way" in message.text]
    assert len(told) == 1
    assert "1Z999" in told[0].text


async def test_no_channel_is_a_finding_for_the_doctor(make_shop: ShopFactory) -> None:
    shop = await make_shop(settings={"store": {"channels": {}}})
    sale = Sale(shop)
    await sale.order(await sale.product())
    assert (await kept(sale))["staff_order"] == "UNDELIVERABLE"
    findings = await shop.app.get(NotificationService).examine(shop.store.id)
    assert [(finding.severity, "/settings" in finding.remedy) for finding in findings] == [("warning", True)] * 2


async def test_a_channel_that_is_gone_is_a_finding_once(shop: Shop) -> None:
    def about_channels(findings: list[Finding]) -> list[str]:
        return [finding.severity for finding in findings if "channel" in finding.message]

    assert about_channels(await examine_store(shop.app, shop.store.id)) == []
    shop.sim.delete_channel(shop.sim.channel_id("orders"))
    await shop.settle()
    assert about_channels(await examine_store(shop.app, shop.store.id)) == ["broken"]


async def test_each_event_is_told_once_though_delivered_twice(shop: Shop, sale: Sale) -> None:
    await sale.paid(await sale.product())
    before = len(await shop.buyer.dms()), len(notices(shop))
    await shop.app.database.execute(
        "UPDATE delivery SET status = 'PENDING', done_at = NULL WHERE store = :store AND listener = :listener",
        store=shop.store.id,
        listener="notifications.payment_confirmed",
    )
    await shop.settle()
    assert (len(await shop.buyer.dms()), len(notices(shop))) == before


async def test_switched_off_what_was_begun_still_finishes(shop: Shop, sale: Sale) -> None:
    order = await sale.order(await sale.product())
    await shop.app.stores.switch(shop.actor(), "notifications", False)
    await shop.staff.press(notices(shop)[0], "Approve")
    await shop.settle()
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE
    assert buttons(notices(shop)[0]) == []


async def test_an_order_of_many_lines_fits_a_message(shop: Shop, sale: Sale) -> None:
    products = [await sale.product(f"P{number}", name=f"{'Very long name ' * 6}{number}") for number in range(24)]
    await sale.paid(*products)
    assert all(state == "DELIVERED" for state in (await kept(sale)).values())
