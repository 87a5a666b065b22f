"""From an event to a message: what customers and staff are told."""

from __future__ import annotations

from guildshop.bot.sending import Message
from guildshop.events import Delivery
from guildshop.i18n import use_locale
from guildshop.plugins.notifications import views
from guildshop.plugins.notifications.api import (
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    ORDER_SHIPPED,
    PAYMENT_CONFIRMED,
    Purpose,
)
from guildshop.plugins.notifications.commands import received_message, staff_message
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import (
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderShippingChanged,
    ShippingStatus,
)
from guildshop.plugins.payments.api import PaymentReported

LOOK_UP = "order-status"


async def order_received(event: OrderPlaced, delivery: Delivery) -> None:
    """Tell the customer that the order came in, and how to pay."""
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    with use_locale(_language(delivery, order)):
        label, instructions, item = service.how_to_pay(order)
        look_up = delivery.app.messenger.command_mention(delivery.app.stores.get(order.store), LOOK_UP)
        message = received_message(order, _shop(delivery), label, instructions, look_up, item)
        await service.tell_customer(order, delivery, Purpose.ORDER_RECEIVED, ORDER_RECEIVED, message)


async def payment_confirmed(event: OrderPaid, delivery: Delivery) -> None:
    """Send the customer the itemised receipt."""
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    with use_locale(_language(delivery, order)):
        message = Message(embeds=[views.payment_confirmed(order, _shop(delivery), service.method_label(order))])
        await service.tell_customer(order, delivery, Purpose.PAYMENT_CONFIRMED, PAYMENT_CONFIRMED, message)


async def order_cancelled(event: OrderCancelled, delivery: Delivery) -> None:
    """Tell the customer that the order was cancelled, and why."""
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    with use_locale(_language(delivery, order)):
        message = Message(embeds=[views.order_cancelled(order, _shop(delivery), event.reason, event.refund_due)])
        await service.tell_customer(order, delivery, Purpose.ORDER_CANCELLED, ORDER_CANCELLED.name, message)


async def order_shipped(event: OrderShippingChanged, delivery: Delivery) -> None:
    """Tell the customer that the order is on its way, once."""
    if event.after != ShippingStatus.SHIPPED.value or event.before == event.after:
        return
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    with use_locale(_language(delivery, order)):
        message = Message(embeds=[views.order_shipped(order, _shop(delivery))])
        await service.tell_customer(order, delivery, Purpose.ORDER_SHIPPED, ORDER_SHIPPED, message)


async def staff_order(event: OrderPlaced, delivery: Delivery) -> None:
    """Show the new order in the channel `orders`, with Approve and Reject while it is unpaid."""
    message = await staff_message(delivery.app, event.order)
    await delivery.app.get(NotificationService).tell_staff(event.order, delivery, Purpose.STAFF_ORDER, message)


async def staff_payment_report(event: PaymentReported, delivery: Delivery) -> None:
    """Show what the customer says about having paid."""
    message = await staff_message(delivery.app, event.order)
    await delivery.app.get(NotificationService).tell_staff(event.order, delivery, Purpose.STAFF_PAYMENT_REPORT, message)


async def refresh_notices(event: OrderPaid | OrderCancelled, delivery: Delivery) -> None:
    """Put the order's new state into the notices that staff see, and take their buttons away."""
    message = await staff_message(delivery.app, event.order)
    await delivery.app.get(NotificationService).change_notices(event.order, message)


def _language(delivery: Delivery, order: Order) -> str:
    return order.locale or delivery.app.stores.get(order.store).language


def _shop(delivery: Delivery) -> str:
    return delivery.app.stores.get(delivery.store).name
