"""Sending what customers and staff are told about an order, once for each event and channel, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.sending import Message, Outcome, Sent
from guildshop.database import new_id
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.mail import Letter, MailOutcome
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, MessageChannel
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications import tables
from guildshop.plugins.notifications.api import Channel, DeliveryState, MessageUndelivered, Purpose, SentMessage
from guildshop.plugins.orders.api import PAY_ITEM, Order, OrderStatus, Shipment
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Payment
from guildshop.plugins.payments.service import InvoiceLinks, PaymentService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work
    from guildshop.stores import Store

PAYMENTS = "payments"
STAFF_CHANNEL = "orders"
CHANNELS = ("orders", "log")
NOTICES = (Purpose.STAFF_ORDER, Purpose.STAFF_PAYMENT_REPORT)
"""The messages to staff that follow their order."""
PATIENCE = timedelta(hours=1)
"""How long staff are not troubled while another channel may still reach the customer."""
AGAIN = timedelta(minutes=2)
COLUMNS = "id, purpose, channel, order_id, discord_id, state, reason, remedy, channel_id, message_id, created"


class NotificationService:
    """Messages about the orders of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Reading

    async def order(self, order_id: UUID) -> Order:
        """Return an order."""
        return await self.app.get(OrderService).get(order_id)

    async def shipment(self, order_id: UUID, shipment_id: UUID) -> Shipment | None:
        """Return a parcel of an order, None when it was taken apart again."""
        found = await self.app.get(OrderService).shipments(order_id)
        return next((shipment for shipment in found if shipment.id == shipment_id), None)

    async def of_order(self, order_id: UUID) -> Sequence[SentMessage]:
        """Return the messages about an order, oldest first."""
        return await self._sent("order_id = :key", order_id)

    async def of_customer(self, customer_id: UUID) -> Sequence[SentMessage]:
        """Return the latest messages to a customer, newest first."""
        return (await self._sent("customer = :key", customer_id))[::-1][:100]

    async def about(self, event_id: UUID) -> Sequence[SentMessage]:
        """Return the messages about an event, oldest first."""
        return await self._sent("event = :key", event_id)

    async def numbers(self, order_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return the numbers of orders by ID."""
        return {key: (await self.order(key)).number for key in dict.fromkeys(order_ids)}

    async def reported(self, order: Order) -> Payment | None:
        """Return the payment that the customer reported, if they did."""
        reported = [
            each for each in await self.app.get(PaymentService).of_order(order.id) if each.reported_at is not None
        ]
        return reported[-1] if reported else None

    def method_label(self, order: Order) -> str:
        """Return how the order is paid, in the current language."""
        return self.app.get(OrderService).methods.label(order.store, order.payment_method)

    def confirmable(self, order: Order) -> bool:
        """Tell whether staff say that the order is paid; a processor says so of its own payments."""
        method = self.app.get(OrderService).methods.find(order.store, order.payment_method)
        return method is not None and method.settle is not None

    def how_to_pay(self, order: Order) -> tuple[str, str, str]:
        """Return the method's label, its instructions, and the custom-ID prefix of the button for the customer.

        The button reports a payment that staff confirm, or leads to a processor's page; empty: there is none.
        """
        method = self.app.get(OrderService).methods.find(order.store, order.payment_method)
        if method is None:
            return order.payment_method, "", ""
        if method.begin is not None:
            return method.label, method.instructions(order), PAY_ITEM
        reportable = self.app.stores.enabled(order.store, PAYMENTS)
        return method.label, method.instructions(order), method.report_item if reportable else ""

    def pay_link(self, order: Order) -> str:
        """Return the address of the page at which a processor takes the payment, empty where there is none."""
        method = self.app.get(OrderService).methods.find(order.store, order.payment_method)
        links = self.app.get(InvoiceLinks)
        unpaid = order.status is OrderStatus.PENDING_PAYMENT and order.due > 0
        if not unpaid or method is None or method.begin is None or not method.enabled or not links.configured:
            return ""
        return links.of_customer(order).url

    # Telling customers

    async def tell_by_dm(
        self, order: Order, delivery: Delivery, purpose: Purpose, topic: str, message: Message
    ) -> None:
        """Send a DM unless the customer does not want it, and keep how it ended."""
        customers = self.app.get(CustomerService)
        customer = await customers.get(order.customer)
        discord_id = customer.discord_id
        if discord_id is None:
            if not self._mailed(customer):
                reason = _("The customer is neither a Discord member nor has an email address.")
                state = DeliveryState.UNDELIVERABLE.value
                async with delivery.work() as work:
                    self._keep(work, order.id, delivery.event_id, purpose, Channel.DM, state=state, reason=reason)
            return
        to = {"customer": customer.id, "discord_id": discord_id}
        if not await customers.wants_message(customer.id, topic):
            await self._suppress(order, delivery, purpose, Channel.DM, topic, **to)
            return
        store = self.app.stores.get(order.store)
        outcome = await self.app.messenger.dm(store, discord_id, replace(message, nonce=delivery.id))
        async with delivery.work() as work:
            self._keep(work, order.id, delivery.event_id, purpose, Channel.DM, **to, **_columns(outcome))
            if not outcome.delivered:
                work.record(MessageUndelivered(order.id, delivery.event_id, purpose))

    async def tell_receiver(self, order: Order, delivery: Delivery, message: Message) -> None:
        """Send a DM to the member for whom an order was bought, customer or not, and keep how it ended."""
        receiver = order.recipient_discord_id
        if receiver is None:
            return
        store, known = self.app.stores.get(order.store), await self.app.get(CustomerService).by_discord_id(receiver)
        outcome = await self.app.messenger.dm(store, receiver, replace(message, nonce=delivery.id))
        async with delivery.work() as work:
            self._keep(
                work,
                order.id,
                delivery.event_id,
                Purpose.GIFT_RECEIVED,
                Channel.DM,
                customer=None if known is None else known.id,
                discord_id=receiver,
                **_columns(outcome),
            )
            if not outcome.delivered:
                work.record(MessageUndelivered(order.id, delivery.event_id, Purpose.GIFT_RECEIVED))

    async def tell_by_email(
        self, order: Order, delivery: Delivery, purpose: Purpose, topic: str, letter: Letter
    ) -> None:
        """Send an email where there is an address, unless the customer does not want it, and keep how it ended."""
        customers = self.app.get(CustomerService)
        customer = await customers.get(order.customer)
        if not self._mailed(customer) or await self._kept(delivery, purpose, Channel.EMAIL):
            return
        to = {"customer": customer.id, "discord_id": customer.discord_id}
        if not await customers.wants_message(customer.id, topic, MessageChannel.EMAIL):
            await self._suppress(order, delivery, purpose, Channel.EMAIL, topic, **to)
            return
        store = self.app.stores.get(order.store)
        content = self.app.mail.letter(store, letter, unsubscribe=customers.stop_link(customer, topic))
        outcome = await self.app.mail.send(store, customer.email, content, key=delivery.id)
        async with delivery.work() as work:
            self._keep(work, order.id, delivery.event_id, purpose, Channel.EMAIL, **to, **mail_columns(outcome))
            if not outcome.delivered:
                work.record(MessageUndelivered(order.id, delivery.event_id, purpose))

    # Telling staff

    async def tell_staff(
        self, order_id: UUID, delivery: Delivery, purpose: Purpose, message: Message, *, event: UUID | None = None
    ) -> None:
        """Send to the channel `orders`, and keep how it ended, under another event's ID if one is given."""
        store = self.app.stores.get(delivery.store)
        outcome = await self.app.messenger.channel(store, STAFF_CHANNEL, replace(message, nonce=delivery.id))
        async with delivery.work() as work:
            self._keep(work, order_id, event or delivery.event_id, purpose, Channel.STAFF, **_columns(outcome))

    async def change_notices(self, order_id: UUID, message: Message) -> None:
        """Change every notice of the order that staff see."""
        store = self.app.stores.get(current_store())
        for sent in await self.of_order(order_id):
            if sent.purpose in NOTICES and sent.channel_id is not None and sent.message_id is not None:
                await self.app.messenger.edit(store, sent.channel_id, sent.message_id, message)

    async def lost(self, event: MessageUndelivered, delivery: Delivery) -> Sequence[SentMessage]:
        """Return how a message failed by each channel, nothing when one got through or staff know already.

        While another channel may still get through, the delivery is put off.
        """
        about = await self.about(event.source)
        mine = [sent for sent in about if sent.purpose is event.purpose]
        told = any(sent.purpose is Purpose.STAFF_UNDELIVERABLE for sent in about)
        if told or any(sent.state in (DeliveryState.DELIVERED, DeliveryState.FALLBACK) for sent in mine):
            return []
        if self.app.now() - delivery.occurred_at < PATIENCE and await self._still_trying(event.source):
            raise DeliveryPostponed(self.app.now() + AGAIN, _("Another channel may still reach the customer."))
        return mine

    # Use cases

    async def approve(self, actor: Actor, order_id: UUID) -> Order:
        """Confirm the payment of an order; of two at once, one is told that it was done already."""
        return await self.app.get(PaymentService).confirm(actor, order_id)

    async def reject(self, actor: Actor, order_id: UUID, reason: str) -> Order:
        """Reject an unpaid order for a reason that the customer is told."""
        return await self.app.get(PaymentService).reject(actor, order_id, reason)

    # The doctor

    async def examine(self, store_id: int | None) -> Sequence[Finding]:
        """Tell the doctor which channels for staff are not set."""
        if store_id is None:
            return []
        store = self.app.stores.get(store_id)
        findings = [self._channel_finding(store, name) for name in CHANNELS]
        return [finding for finding in findings if finding is not None]

    # Within

    def _mailed(self, customer: Customer) -> bool:
        return bool(customer.email) and self.app.mail.enabled

    async def _kept(self, delivery: Delivery, purpose: Purpose, channel: Channel) -> bool:
        """Tell whether an earlier try got through: mail servers, unlike Discord, take a copy for another message."""
        return any(one.purpose is purpose and one.channel is channel for one in await self.about(delivery.event_id))

    async def _suppress(
        self, order: Order, delivery: Delivery, purpose: Purpose, channel: Channel, topic: str, **to: Any
    ) -> None:
        reason = _("The customer does not want such messages.")
        state = DeliveryState.SUPPRESSED.value
        async with delivery.work() as work:
            self._keep(work, order.id, delivery.event_id, purpose, channel, state=state, reason=reason, **to)
            note = f"{channel} {order.number}"
            self.app.get(CustomerService).note_unwanted(work, order.customer, topic, note)

    async def _still_trying(self, event_id: UUID) -> bool:
        row = await self.app.database.fetch_one(
            "SELECT id FROM delivery WHERE store = :store AND event = :event AND status = 'PENDING'"
            " AND listener LIKE 'notifications.%' LIMIT 1",
            store=current_store(),
            event=event_id,
        )
        return row is not None

    async def _sent(self, where: str, key: UUID) -> list[SentMessage]:
        rows = await self.app.database.fetch(
            f"SELECT {COLUMNS} FROM message_delivery WHERE store = :store AND {where} ORDER BY id",
            store=current_store(),
            key=key,
        )
        return [_message(row) for row in rows]

    def _keep(
        self, work: Work, order_id: UUID, event_id: UUID, purpose: Purpose, channel: Channel, **columns: Any
    ) -> None:
        work.insert(
            tables.MessageDelivery,
            id=new_id(),
            event=event_id,
            purpose=purpose.value,
            channel=channel.value,
            order_id=order_id,
            created=work.now,
            **columns,
        )

    def _channel_finding(self, store: Store, name: str) -> Finding | None:
        channel_id = store.channels.get(name)
        if channel_id is None:
            return Finding(
                Severity.WARNING,
                _("Channels"),
                _("No channel “{name}” is set, so staff are not told there.").format(name=name),
                _("Choose a channel that only staff see in /settings, under Channels."),
            )
        return None


def state_of(outcome: Outcome) -> DeliveryState:
    """Return how a message to Discord ended."""
    return {
        Sent.DELIVERED: DeliveryState.DELIVERED,
        Sent.FALLBACK: DeliveryState.FALLBACK,
        Sent.UNDELIVERABLE: DeliveryState.UNDELIVERABLE,
    }[outcome.sent]


def mail_columns(outcome: MailOutcome) -> dict[str, Any]:
    """Return how an email ended, as columns."""
    state = DeliveryState.DELIVERED if outcome.delivered else DeliveryState.UNDELIVERABLE
    problem = outcome.problem.value if outcome.problem else ""
    return {"state": state.value, "problem": problem, "reason": outcome.reason, "remedy": outcome.remedy}


def _columns(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": state_of(outcome).value,
        "problem": outcome.problem.value if outcome.problem else "",
        "reason": outcome.reason,
        "remedy": outcome.remedy,
        "channel_id": outcome.channel_id,
        "message_id": outcome.message_id,
    }


def _message(row: dict[str, Any]) -> SentMessage:
    return SentMessage(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        channel=Channel(row["channel"]),
        order=row["order_id"],
        discord_id=row["discord_id"],
        state=DeliveryState(row["state"]),
        reason=row["reason"],
        remedy=row["remedy"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        created=row["created"],
    )
