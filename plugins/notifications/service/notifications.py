"""Telling customers and staff what happened to an order, once for each event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.sending import Message, Outcome, Sent
from guildshop.database import new_id
from guildshop.events import Delivery
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications import tables, views
from guildshop.plugins.notifications.api import (
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    ORDER_SHIPPED,
    PAYMENT_CONFIRMED,
    DeliveryState,
    Purpose,
    SentMessage,
)
from guildshop.plugins.orders.api import (
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderShippingChanged,
    ShippingStatus,
)
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import PaymentReported
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work
    from guildshop.stores import Store

PAYMENTS = "payments"
STAFF_CHANNEL = "orders"
CHANNELS = ("orders", "log")


class NotificationService:
    """Messages about the orders of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Reading

    async def order(self, order_id: UUID) -> Order:
        """Return an order."""
        return await self.app.get(OrderService).get(order_id)

    async def of_order(self, order_id: UUID) -> Sequence[SentMessage]:
        """Return the messages about an order, oldest first."""
        rows = await self.app.database.fetch(
            "SELECT id, purpose, order_id, discord_id, state, reason, remedy, channel_id, message_id, created"
            " FROM message_delivery WHERE store = :store AND order_id = :order_id ORDER BY id",
            store=current_store(),
            order_id=order_id,
        )
        return [_sent(row) for row in rows]

    # Events: to the customer

    async def order_received(self, event: OrderPlaced, delivery: Delivery) -> None:
        """Tell the customer that the order came in, and how to pay."""
        order = await self.order(event.order)
        store = self.app.stores.get(order.store)
        with use_locale(order.locale or store.language):
            method = self.app.get(OrderService).methods.find(order.store, order.payment_method)
            message = views.order_received(
                order,
                store.name,
                method.label if method is not None else order.payment_method,
                method.instructions(order) if method is not None else "",
                reportable=method is not None and method.manual and self.app.stores.enabled(order.store, PAYMENTS),
            )
            await self._to_customer(order, delivery, Purpose.ORDER_RECEIVED, ORDER_RECEIVED, message)

    async def payment_confirmed(self, event: OrderPaid, delivery: Delivery) -> None:
        """Send the customer the itemised receipt."""
        order = await self.order(event.order)
        store = self.app.stores.get(order.store)
        with use_locale(order.locale or store.language):
            label = self.app.get(OrderService).methods.label(order.store, order.payment_method)
            message = views.payment_confirmed(order, store.name, label)
            await self._to_customer(order, delivery, Purpose.PAYMENT_CONFIRMED, PAYMENT_CONFIRMED, message)

    async def order_cancelled(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Tell the customer that the order was cancelled, and why."""
        order = await self.order(event.order)
        store = self.app.stores.get(order.store)
        with use_locale(order.locale or store.language):
            message = views.order_cancelled(order, store.name, event.reason, event.refund_due)
            await self._to_customer(order, delivery, Purpose.ORDER_CANCELLED, ORDER_CANCELLED.name, message)

    async def order_shipped(self, event: OrderShippingChanged, delivery: Delivery) -> None:
        """Tell the customer that the order is on its way, once."""
        if event.after != ShippingStatus.SHIPPED.value or event.before == event.after:
            return
        order = await self.order(event.order)
        store = self.app.stores.get(order.store)
        with use_locale(order.locale or store.language):
            message = views.order_shipped(order, store.name)
            await self._to_customer(order, delivery, Purpose.ORDER_SHIPPED, ORDER_SHIPPED, message)

    # Events: to staff

    async def tell_staff(self, event: OrderPlaced, delivery: Delivery) -> None:
        """Show the new order in the channel `orders`, with Approve and Reject while it is unpaid."""
        order = await self.order(event.order)
        await self._to_staff(order, delivery, Purpose.STAFF_ORDER, await self._notice(order))

    async def tell_staff_of_report(self, event: PaymentReported, delivery: Delivery) -> None:
        """Show what the customer says about having paid."""
        order = await self.order(event.order)
        payment = await self.app.get(PaymentService).get(event.payment)
        label = self.app.get(OrderService).methods.label(order.store, order.payment_method)
        notice = views.staff_notice(order, method=label, payment=payment)
        await self._to_staff(order, delivery, Purpose.STAFF_PAYMENT_REPORT, notice)

    async def refresh_notices(self, event: OrderPaid | OrderCancelled, delivery: Delivery) -> None:
        """Put the order's new state into the notices that staff see, and take their buttons away."""
        order = await self.order(event.order)
        store = self.app.stores.get(order.store)
        notice = await self._notice(order)
        for sent in await self.of_order(order.id):
            staff = sent.purpose in (Purpose.STAFF_ORDER, Purpose.STAFF_PAYMENT_REPORT)
            if staff and sent.channel_id is not None and sent.message_id is not None:
                await self.app.messenger.edit(store, sent.channel_id, sent.message_id, notice)

    # Use cases

    async def approve(self, actor: Actor, order_id: UUID) -> Order:
        """Confirm the payment of an order; of two at once, one is told that it was done already."""
        return await self.app.get(PaymentService).confirm(actor, order_id)

    async def reject(self, actor: Actor, order_id: UUID, reason: str) -> Order:
        """Reject an unpaid order for a reason that the customer is told."""
        return await self.app.get(PaymentService).reject(actor, order_id, reason)

    # The doctor

    async def examine(self, store_id: int | None) -> Sequence[Finding]:
        """Tell the doctor which channels for staff are not set, or gone."""
        if store_id is None:
            return []
        store = self.app.stores.get(store_id)
        findings = [self._channel_finding(store, name) for name in CHANNELS]
        return [finding for finding in findings if finding is not None]

    # Within

    async def _notice(self, order: Order) -> Message:
        label = self.app.get(OrderService).methods.label(order.store, order.payment_method)
        return views.staff_notice(order, method=label)

    async def _to_customer(
        self, order: Order, delivery: Delivery, purpose: Purpose, topic: str, message: Message
    ) -> None:
        """Send a DM unless the customer does not want it, and keep how it ended."""
        customers = self.app.get(CustomerService)
        discord_id = order.customer_discord_id
        if discord_id is None:
            async with delivery.work() as work:
                reason = _("The customer is not linked to a Discord member.")
                self._keep(work, order, delivery, purpose, state=DeliveryState.UNDELIVERABLE.value, reason=reason)
            return
        if not await customers.wants_message(order.customer, topic):
            async with delivery.work() as work:
                reason = _("The customer does not want such messages.")
                state = DeliveryState.SUPPRESSED.value
                self._keep(work, order, delivery, purpose, state=state, reason=reason, discord_id=discord_id)
                work.audit(
                    "message.suppress", subject="customer", subject_id=order.customer, note=f"{topic} {order.number}"
                )
            return
        store = self.app.stores.get(order.store)
        outcome = await self.app.messenger.dm(store, discord_id, _with_nonce(message, delivery))
        async with delivery.work() as work:
            self._keep(work, order, delivery, purpose, discord_id=discord_id, **_outcome(outcome))

    async def _to_staff(self, order: Order, delivery: Delivery, purpose: Purpose, message: Message) -> None:
        store = self.app.stores.get(order.store)
        outcome = await self.app.messenger.channel(store, STAFF_CHANNEL, _with_nonce(message, delivery))
        async with delivery.work() as work:
            self._keep(work, order, delivery, purpose, **_outcome(outcome))

    def _keep(self, work: Work, order: Order, delivery: Delivery, purpose: Purpose, **columns: Any) -> None:
        to_customer = purpose not in (Purpose.STAFF_ORDER, Purpose.STAFF_PAYMENT_REPORT)
        work.insert(
            tables.MessageDelivery,
            id=new_id(),
            event=delivery.event_id,
            purpose=purpose.value,
            order_id=order.id,
            customer=order.customer if to_customer else None,
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
                _("Set channels.{name} to the ID of a channel that only staff see.").format(name=name),
            )
        guild = self.app.bot.get_guild(store.guild_id or 0) if self.app.bot is not None else None
        if guild is not None and guild.get_channel_or_thread(channel_id) is None:
            return Finding(
                Severity.BROKEN,
                _("Channels"),
                _("The channel “{name}” ({id}) does not exist, or the bot does not see it.").format(
                    name=name, id=channel_id
                ),
                _("Choose another channel, or give the bot View Channel there."),
            )
        return None


def _with_nonce(message: Message, delivery: Delivery) -> Message:
    return Message(message.content, message.embeds, message.items, delivery.id)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": {
            Sent.DELIVERED: DeliveryState.DELIVERED,
            Sent.FALLBACK: DeliveryState.FALLBACK,
            Sent.UNDELIVERABLE: DeliveryState.UNDELIVERABLE,
        }[outcome.sent].value,
        "problem": outcome.problem.value if outcome.problem else "",
        "reason": outcome.reason,
        "remedy": outcome.remedy,
        "channel_id": outcome.channel_id,
        "message_id": outcome.message_id,
    }


def _sent(row: dict[str, Any]) -> SentMessage:
    return SentMessage(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        order=row["order_id"],
        discord_id=row["discord_id"],
        state=DeliveryState(row["state"]),
        reason=row["reason"],
        remedy=row["remedy"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        created=row["created"],
    )
