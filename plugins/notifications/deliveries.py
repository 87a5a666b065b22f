"""From an event to a message: what customers and staff are told, and by what.

A message to customers is one row of `NOTICES`: its event, its purpose and topic, the DM, and the email.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from guildshop.bot.languages import language_of_member
from guildshop.bot.sending import Message
from guildshop.events import Delivery
from guildshop.hookspecs import Listener
from guildshop.i18n import use_locale
from guildshop.mail import Letter
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications import letters, views
from guildshop.plugins.notifications.api import (
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    ORDER_SHIPPED,
    PAYMENT_CONFIRMED,
    PAYMENT_REMINDER,
    REFUNDS,
    MessageUndelivered,
    PaymentReminderDue,
    Purpose,
)
from guildshop.plugins.notifications.commands import (
    changed_message,
    received_message,
    reminder_message,
    staff_message,
)
from guildshop.plugins.notifications.payment_alerts import staff_payment_differs, staff_payment_unexpected
from guildshop.plugins.notifications.reminders import still_to_remind
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import (
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
    OrderStatus,
    Shipment,
    ShipmentFailed,
    ShippingStatus,
)
from guildshop.plugins.orders.api.events import OrderEvent
from guildshop.plugins.payments.api import PaymentDiffers, PaymentReported, PaymentUnexpected
from guildshop.stores import Store

LOOK_UP = "order-status"


@dataclass(frozen=True, slots=True)
class Told:
    """What a message is made from."""

    event: Any
    order: Order
    store: Store
    delivery: Delivery
    shipment: Shipment | None = None

    @property
    def service(self) -> NotificationService:
        """The service of this plugin."""
        return self.delivery.app.get(NotificationService)

    @property
    def method(self) -> str:
        """How the order is paid."""
        return self.service.method_label(self.order)

    @property
    def parcel(self) -> Shipment:
        """The parcel that the event tells of."""
        if self.shipment is None:
            message = f"{type(self.event).__name__} tells of no parcel"
            raise LookupError(message)
        return self.shipment


Prepare = Callable[[Told], Awaitable[Told | None]]


async def _as_it_is(told: Told) -> Told | None:
    return told


async def _with_parcel(told: Told) -> Told | None:
    """Add the parcel; one that was taken apart again or came back meanwhile is not told of."""
    shipment = await told.service.shipment(told.order.id, told.event.shipment)
    left = (ShippingStatus.SHIPPED, ShippingStatus.DELIVERED)
    return replace(told, shipment=shipment) if shipment is not None and shipment.status in left else None


async def _if_still_due(told: Told) -> Told | None:
    return told if still_to_remind(told.order, told.delivery.app.now()) else None


async def _if_unpaid(told: Told) -> Told | None:
    """Tell nothing of items of an order that was paid or cancelled meanwhile: the message about that shows them."""
    return told if told.order.status is OrderStatus.PENDING_PAYMENT else None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to customers: which event it follows, and how it reads by each channel."""

    event: type[OrderEvent]
    purpose: Purpose
    topic: str
    dm: Callable[[Told], Message]
    email: Callable[[Told], Letter]
    prepare: Prepare = _as_it_is
    courtesy: bool = False


def _received_dm(told: Told) -> Message:
    label, instructions, item = told.service.how_to_pay(told.order)
    look_up = told.delivery.app.messenger.command_mention(told.store, LOOK_UP)
    return received_message(told.order, told.store.name, label, instructions, look_up, item)


def _changed_dm(told: Told) -> Message:
    label, instructions, item = told.service.how_to_pay(told.order)
    return changed_message(told.order, told.store.name, label, instructions, item)


def _reminder_dm(told: Told) -> Message:
    label, instructions, item = told.service.how_to_pay(told.order)
    return reminder_message(told.order, told.store.name, label, instructions, item)


def _how_to_pay(told: Told) -> tuple[str, str, str]:
    label, instructions, _item = told.service.how_to_pay(told.order)
    return label, instructions, told.service.pay_link(told.order)


NOTICES = (
    Notice(
        OrderPlaced,
        Purpose.ORDER_RECEIVED,
        ORDER_RECEIVED,
        _received_dm,
        lambda told: letters.order_received(told.order, told.store, *_how_to_pay(told)),
    ),
    Notice(
        OrderEdited,
        Purpose.ORDER_CHANGED,
        ORDER_RECEIVED,
        _changed_dm,
        lambda told: letters.order_changed(told.order, told.store, *_how_to_pay(told)),
        prepare=_if_unpaid,
    ),
    Notice(
        PaymentReminderDue,
        Purpose.PAYMENT_REMINDER,
        PAYMENT_REMINDER.name,
        _reminder_dm,
        lambda told: letters.payment_reminder(told.order, told.store, *_how_to_pay(told)),
        prepare=_if_still_due,
        courtesy=True,
    ),
    Notice(
        OrderPaid,
        Purpose.PAYMENT_CONFIRMED,
        PAYMENT_CONFIRMED,
        lambda told: Message(embeds=[views.payment_confirmed(told.order, told.store.name, told.method)]),
        lambda told: letters.payment_confirmed(told.order, told.store, told.method),
    ),
    Notice(
        OrderCancelled,
        Purpose.ORDER_CANCELLED,
        ORDER_CANCELLED.name,
        lambda told: Message(
            embeds=[views.order_cancelled(told.order, told.store.name, told.event.reason, told.event.refund_due)]
        ),
        lambda told: letters.order_cancelled(told.order, told.event.reason, told.event.refund_due),
    ),
    Notice(
        OrderShipped,
        Purpose.ORDER_SHIPPED,
        ORDER_SHIPPED,
        lambda told: Message(embeds=[views.order_shipped(told.order, told.store.name, told.parcel)]),
        lambda told: letters.order_shipped(told.order, told.parcel),
        prepare=_with_parcel,
    ),
    Notice(
        OrderRefunded,
        Purpose.ORDER_REFUNDED,
        REFUNDS,
        lambda told: Message(embeds=[views.order_refunded(told.order, told.store.name, told.event)]),
        lambda told: letters.order_refunded(told.order, told.event),
    ),
)


def listeners() -> list[Listener]:
    """Return who hears of orders and payments; DMs and staff need the bot, email does not."""
    found = [
        Listener(OrderPlaced, "notifications.staff_order", staff_order, discord=True),
        Listener(OrderPaid, "notifications.notice_paid", refresh_notices, discord=True),
        Listener(OrderPaid, "notifications.gift_received", gift_received, discord=True),
        Listener(OrderEdited, "notifications.notice_edited", refresh_notices, discord=True),
        Listener(OrderCancelled, "notifications.notice_cancelled", refresh_notices, discord=True),
        Listener(OrderRefunded, "notifications.notice_refunded", refresh_notices, discord=True),
        Listener(PaymentReported, "notifications.staff_payment_report", staff_payment_report, discord=True),
        Listener(PaymentUnexpected, "notifications.staff_payment_unexpected", staff_payment_unexpected, discord=True),
        Listener(PaymentDiffers, "notifications.staff_payment_differs", staff_payment_differs, discord=True),
        Listener(ShipmentFailed, "notifications.staff_shipment_failed", staff_shipment_failed, discord=True),
        Listener(MessageUndelivered, "notifications.staff_undeliverable", staff_undeliverable, discord=True),
    ]
    for notice in NOTICES:
        name, courtesy = f"notifications.{notice.purpose}", notice.courtesy
        found.append(Listener(notice.event, name, partial(_by_dm, notice), discord=True, courtesy=courtesy))
        found.append(Listener(notice.event, f"{name}_email", partial(_by_email, notice), courtesy=courtesy))
    return found


async def staff_order(event: OrderPlaced, delivery: Delivery) -> None:
    """Show the new order in the channel `orders`, with Approve and Reject while it is unpaid."""
    await _notice(event.order, delivery, Purpose.STAFF_ORDER)


async def gift_received(event: OrderPaid, delivery: Delivery) -> None:
    """Tell the member for whom the order was bought what they got."""
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    if order.recipient_discord_id is not None:
        store = delivery.app.stores.get(order.store)
        with use_locale(await language_of_member(delivery.app, order.recipient_discord_id)):
            message = Message(embeds=[views.gift_received(order, store.name)])
            await service.tell_receiver(order, delivery, message)


async def staff_payment_report(event: PaymentReported, delivery: Delivery) -> None:
    """Show what the customer says about having paid."""
    await _notice(event.order, delivery, Purpose.STAFF_PAYMENT_REPORT)


async def refresh_notices(event: OrderEvent, delivery: Delivery) -> None:
    """Put the order's new state into the notices that staff see, and take their buttons away."""
    message = await staff_message(delivery.app, event.order)
    await delivery.app.get(NotificationService).change_notices(event.order, message)


async def staff_shipment_failed(event: ShipmentFailed, delivery: Delivery) -> None:
    """Say in the channel `orders` that a parcel needs somebody to see to it."""
    service = delivery.app.get(NotificationService)
    order, shipment = await service.order(event.order), await service.shipment(event.order, event.shipment)
    if shipment is None or shipment.status is not ShippingStatus.FAILED:
        return
    message = Message(embeds=[views.parcel_failed(order, shipment)])
    await service.tell_staff(event.order, delivery, Purpose.STAFF_SHIPMENT_FAILED, message)


async def staff_undeliverable(event: MessageUndelivered, delivery: Delivery) -> None:
    """Say in the channel `orders` that a customer could be told something by no channel."""
    service = delivery.app.get(NotificationService)
    failed = await service.lost(event, delivery)
    if not failed:
        return
    message = Message(embeds=[views.undeliverable(await service.order(event.order), event.purpose, failed)])
    await service.tell_staff(event.order, delivery, Purpose.STAFF_UNDELIVERABLE, message, event=event.source)


async def _by_dm(notice: Notice, event: OrderEvent, delivery: Delivery) -> None:
    told = await _told(notice, event, delivery)
    if told is not None:
        with use_locale(await _language(told)):
            message = notice.dm(told)
            await told.service.tell_by_dm(told.order, delivery, notice.purpose, notice.topic, message)


async def _by_email(notice: Notice, event: OrderEvent, delivery: Delivery) -> None:
    if not delivery.app.mail.enabled:
        return
    told = await _told(notice, event, delivery)
    if told is not None:
        with use_locale(await _language(told)):
            letter = notice.email(told)
            await told.service.tell_by_email(told.order, delivery, notice.purpose, notice.topic, letter)


async def _language(told: Told) -> str:
    return await told.delivery.app.get(CustomerService).language(told.order.customer, told.order.locale)


async def _told(notice: Notice, event: OrderEvent, delivery: Delivery) -> Told | None:
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    return await notice.prepare(Told(event, order, delivery.app.stores.get(order.store), delivery))


async def _notice(order_id: Any, delivery: Delivery, purpose: Purpose) -> None:
    service = delivery.app.get(NotificationService)
    before = await service.order(order_id)
    await service.tell_staff(order_id, delivery, purpose, await staff_message(delivery.app, order_id))
    if (await service.order(order_id)).status is not before.status:
        # It was paid or cancelled while the notice was on its way, before there was one to be changed.
        await service.change_notices(order_id, await staff_message(delivery.app, order_id))
