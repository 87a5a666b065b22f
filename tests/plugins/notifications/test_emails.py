"""What customers are told by email, guests too, and what staff see when nothing gets through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from guildshop.events import Delivery
from guildshop.plugins.customers.api import CustomerChange, MessageChannel
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications.deliveries import refresh_notices
from guildshop.plugins.notifications.service import NotificationService, PersonalMessages
from guildshop.plugins.orders.api import Order, OrderPaid, RefundMode, ShipmentChange, ShippingStatus, WantedItem
from guildshop.plugins.orders.service import OrderEditing, OrderService
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds.api import ItemRequest, RefundRequest
from guildshop.plugins.refunds.service import RefundService
from guildshop.tenancy import scope
from guildshop.testing import Clock, MailboxServer, Shop, ShopFactory
from tests.plugins.sale import Sale

ADA = "ada@example.org"


@pytest.fixture
async def sale(shop: Shop, mailbox: MailboxServer) -> Sale:
    """A shop that sends email, whose buyer has an address."""
    mailbox.serve(shop.app)
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        ada = await customers.register(shop.actor(person=shop.buyer), "ada", "Ada")
        await customers.change(shop.actor(), ada.id, CustomerChange(email=ADA))
    return Sale(shop)


async def as_guest(shop: Shop, order: Order) -> None:
    """Take the member away from the customer of an order, who is then known by email alone."""
    with scope(shop.store.id):
        await shop.app.database.execute(
            "UPDATE customer SET discord_id = NULL WHERE store = :store AND id = :id",
            store=shop.store.id,
            id=order.customer,
        )


async def ship(shop: Shop, order: Order, **change: object) -> None:
    with scope(shop.store.id):
        orders = shop.app.get(OrderService)
        sent = ShipmentChange(status=ShippingStatus.SHIPPED, carrier="UPS", tracking_number="1Z999AA10123456784")
        await orders.ship_all(shop.actor(), order.id, sent)
        if change:
            (parcel,) = await orders.shipments(order.id)
            await orders.change_shipment(shop.actor(), order.id, parcel.id, ShipmentChange(**change))  # type: ignore[arg-type]
    await shop.settle()


async def refund(shop: Shop, order: Order, request: RefundRequest) -> None:
    with scope(shop.store.id):
        await shop.app.get(RefundService).refund(shop.actor(), order.id, request)
    await shop.settle()


def subjects(mailbox: MailboxServer) -> list[str]:
    return [email.subject for email in mailbox.emails]


async def test_a_sale_by_email_and_dm(shop: Shop, sale: Sale, mailbox: MailboxServer) -> None:
    order = await sale.paid(await sale.product("MUG", name="Mug <b>", price=1999, ships=True))
    received, receipt = mailbox.to(ADA)
    assert received.subject == f"Order {order.number} received"
    assert "Venmo" in received.text
    assert "1 × Mug <b> ($19.99): $19.99" in received.text
    assert "Mug &lt;b&gt;" in received.html
    assert receipt.subject == f"Receipt for order {order.number}"
    assert received.message["From"] == "Sample store <shop@example.org>"
    assert "/stop-emails/" in received.message["List-Unsubscribe"]
    await shop.app.database.execute(
        "UPDATE delivery SET status = 'PENDING', done_at = NULL WHERE store = :store AND listener = :listener",
        store=shop.store.id,
        listener="notifications.payment_confirmed_email",
    )
    await ship(shop, order)
    assert len(mailbox.emails) == 3  # a delivery that is made again sends nothing again
    shipped = mailbox.emails[-1]
    assert "1Z999AA10123456784" in shipped.text
    assert any("ups.com" in link for link in shipped.links)
    item = ItemRequest("MUG", 1)
    await refund(shop, order, RefundRequest(RefundMode.ITEMS, items=(item,), reason="Broken *handle*"))
    assert f"Refund for order {order.number}" in subjects(mailbox)
    assert "Broken *handle*" in mailbox.emails[-1].text
    dms = await shop.buyer.dms()
    assert [each.embeds[0]["title"] for each in dms] == subjects(mailbox)
    assert "ups.com" in dms[2].embeds[0]["url"]
    assert "Broken \\*handle\\*" in dms[3].text
    states = {(row["purpose"], row["channel"], row["state"]) for row in await sale.rows("message_delivery")}
    told = ("order_received", "payment_confirmed", "order_shipped", "order_refunded")
    assert states >= {(purpose, by, "DELIVERED") for purpose in told for by in ("DM", "EMAIL")}
    with scope(shop.store.id):
        rows = await shop.app.get(PersonalMessages).page_rows(await sale.get(order.id))
    assert ("Receipt", "Email", "Delivered", "") in rows
    assert "refunded" in shop.sim.messages("orders")[0]["embeds"][0]["title"]
    lost = await sale.paid(await sale.product("CUP", ships=True))
    await ship(shop, lost, status=ShippingStatus.FAILED)
    assert f"A parcel of order {lost.number} was not delivered" in [
        each["embeds"][0]["title"] for each in shop.sim.messages("orders")
    ]
    assert not any("on its way" in subject and lost.number in subject for subject in subjects(mailbox))
    await refund(shop, lost, RefundRequest(RefundMode.FULL))
    await forget(shop, sale)


async def test_a_customer_is_told_of_items_that_staff_changed(shop: Shop, sale: Sale, mailbox: MailboxServer) -> None:
    order = await sale.order(await sale.product("MUG", price=2000))
    with scope(shop.store.id):
        await shop.app.get(OrderEditing).set_items(shop.actor(), order.id, [WantedItem("MUG", 3)])
    await shop.settle()
    dm = (await shop.buyer.dms())[-1]
    assert dm.embeds[0]["title"] == mailbox.to(ADA)[-1].subject == f"Order {order.number} was changed"
    for text in (dm.text, mailbox.to(ADA)[-1].text):
        assert "$60.00" in text
        assert "Venmo" in text
    told = len(mailbox.emails)
    # Paid before it is heard: the receipt says what it holds.
    with scope(shop.store.id):
        await shop.app.get(OrderEditing).set_items(shop.actor(), order.id, [WantedItem("MUG", 2)])
        await shop.app.get(PaymentService).confirm(shop.actor(), order.id)
    await shop.settle()
    assert subjects(mailbox)[told:] == [f"Receipt for order {order.number}"]


async def forget(shop: Shop, sale: Sale) -> None:
    """See that what was told is given out and erased."""
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        member = shop.actor(person=shop.buyer)
        assert len((await customers.my_data(member))["messages"]) == 14  # type: ignore[arg-type]
        await customers.forget(member, "FORGET ME")
    rows = await sale.rows("message_delivery")
    assert {(row["customer"], row["discord_id"]) for row in rows} == {(None, None)}
    assert {row["message_id"] for row in rows if row["channel"] == "DM"} == {None}


async def test_a_guest_is_told_by_email_and_their_wishes_hold(shop: Shop, sale: Sale, mailbox: MailboxServer) -> None:
    order = await sale.order(await sale.product())
    await as_guest(shop, order)
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        await customers.stop_emails(shop.actor(), order.customer, "order_cancelled")
    await sale.confirm(order)
    assert subjects(mailbox)[1:] == [f"Receipt for order {order.number}"]
    second = await sale.order(await sale.product("TWO"), person=shop.owner)
    await as_guest(shop, second)
    await sale.cancel(second)
    with scope(shop.store.id):
        assert not await customers.wants_message(order.customer, "order_cancelled", MessageChannel.EMAIL)
        (alone,) = [row for row in await sale.rows("message_delivery") if row["purpose"] == "order_cancelled"]
    assert (alone["channel"], alone["state"]) == ("DM", "UNDELIVERABLE")  # no member, no address
    assert len(mailbox.emails) == 2


async def test_staff_hear_of_whom_no_channel_reached_once(shop: Shop, sale: Sale, mailbox: MailboxServer) -> None:
    mailbox.refuse[ADA] = "550 5.1.1 No such mailbox"
    order = await sale.order(await sale.product())
    assert [len(each["embeds"]) for each in shop.sim.messages("orders")] == [1]  # the DM arrived
    shop.buyer.leave()
    shop.buyer.close_dms()
    await sale.cancel(order, "gone")
    alerts = [each["embeds"][0] for each in shop.sim.messages("orders")][1:]
    assert [alert["title"] for alert in alerts] == [f"The customer of order {order.number} could not be told"]
    assert "550 5.1.1 No such mailbox" in alerts[0]["description"]
    assert "not in the server any more" in alerts[0]["description"]
    mailbox.refuse.clear()
    again = await sale.order(await sale.product("TWO"))
    assert len(mailbox.emails) == 1
    assert not any(again.number in each["embeds"][0]["title"] for each in shop.sim.messages("orders")[2:-1])


async def test_a_reminder_comes_before_the_order_expires(
    shop: Shop, sale: Sale, mailbox: MailboxServer, clock: Clock
) -> None:
    clock.now = shop.app.now()
    shop.app.clock = clock
    order = await sale.order(await sale.product())
    paid = await sale.paid(await sale.product("TWO"))
    extended = await sale.order(await sale.product("THREE"))
    await shop.app.database.execute(
        "UPDATE orders SET reserved_until = :until WHERE store = :store AND id = :id",
        store=shop.store.id,
        until=clock.now + timedelta(hours=96),
        id=extended.id,
    )
    clock.advance(hours=35)
    await shop.settle()
    assert not any("not paid yet" in subject for subject in subjects(mailbox))
    clock.advance(hours=2)
    await shop.settle()
    reminded = [each for each in await shop.buyer.dms() if "not paid yet" in each.text]
    assert [each.buttons for each in reminded] == [["I've paid"]]
    assert [subject for subject in subjects(mailbox) if "not paid yet" in subject] == [
        f"Order {order.number} is not paid yet"
    ]
    assert paid.number not in reminded[0].text
    clock.advance(hours=48)
    await shop.settle()
    assert subjects(mailbox).count(f"Order {extended.number} is not paid yet") == 1


async def test_a_notice_that_came_late_is_put_right(shop: Shop, sale: Sale, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is paid while its notice is on the way: nothing was there to be changed, and Approve must not stay."""
    order = await sale.order(await sale.product())
    tell = NotificationService.tell_staff

    async def paid_meanwhile(
        service: NotificationService, order_id: UUID, delivery: Delivery, *args: Any, **given: Any
    ) -> None:
        with scope(shop.store.id):
            await service.approve(shop.actor(), order_id)
        await refresh_notices(OrderPaid(order_id), delivery)
        await set_status("notifications.notice_paid", "DONE")
        await tell(service, order_id, delivery, *args, **given)

    async def set_status(listener: str, status: str) -> None:
        await shop.app.database.execute(
            "UPDATE delivery SET status = :status WHERE store = :store AND listener = :listener",
            store=shop.store.id,
            status=status,
            listener=listener,
        )

    await shop.app.database.execute(
        "DELETE FROM message_delivery WHERE store = :store AND purpose = 'staff_order'", store=shop.store.id
    )
    await set_status("notifications.staff_order", "PENDING")
    monkeypatch.setattr(NotificationService, "tell_staff", paid_meanwhile)
    await shop.settle()
    assert (await sale.get(order.id)).paid_at is not None
    assert shop.sim.messages("orders")[-1]["components"] == []


async def test_a_processor_is_paid_by_the_link_and_confirms_itself(
    make_shop: ShopFactory, mailbox: MailboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVOICE_LINK_SIGNING_SECRET", "a secret for links in tests, long enough")
    sections = {
        "payments": {"methods": ["stripe", "venmo"]},
        "stripe": {"secret_key": "sk_test_1234567890", "webhook_secret": "whsec_1234567890"},
    }
    email = {"url": mailbox.url, "sender": "shop@example.org"}
    shop = await make_shop(settings={"email": email, "store": {"sections": sections}})
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        ada = await customers.register(shop.actor(person=shop.buyer), "ada", "Ada")
        await customers.change(shop.actor(), ada.id, CustomerChange(email=ADA))
    await Sale(shop).order(await Sale(shop).product(), method="stripe")
    (received,) = mailbox.to(ADA)
    assert "Pay $15.00: http://127.0.0.1:8080/invoice/" in received.text
    (notice,) = shop.sim.messages("orders")
    assert [button["label"] for row in notice["components"] for button in row["components"]] == ["Reject"]
