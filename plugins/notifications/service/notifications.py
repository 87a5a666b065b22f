"""Sending what customers and staff are told about an order, once for each event, and keeping how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.sending import Message, Outcome, Sent
from guildshop.database import new_id
from guildshop.events import Delivery
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications import tables
from guildshop.plugins.notifications.api import DeliveryState, Purpose, SentMessage
from guildshop.plugins.orders.api import PAY_ITEM, Order
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Payment
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

    async def reported(self, order: Order) -> Payment | None:
        """Return the payment that the customer reported, if they did."""
        reported = [
            each for each in await self.app.get(PaymentService).of_order(order.id) if each.reported_at is not None
        ]
        return reported[-1] if reported else None

    def method_label(self, order: Order) -> str:
        """Return how the order is paid, in the current language."""
        return self.app.get(OrderService).methods.label(order.store, order.payment_method)

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

    # Telling

    async def tell_customer(
        self, order: Order, delivery: Delivery, purpose: Purpose, topic: str, message: Message
    ) -> None:
        """Send a DM unless the customer does not want it, and keep how it ended."""
        discord_id = order.customer_discord_id
        if discord_id is None:
            reason = _("The customer is not linked to a Discord member.")
            async with delivery.work() as work:
                self._keep(work, order.id, delivery, purpose, state=DeliveryState.UNDELIVERABLE.value, reason=reason)
            return
        to = {"customer": order.customer, "discord_id": discord_id}
        if not await self.app.get(CustomerService).wants_message(order.customer, topic):
            reason, note = _("The customer does not want such messages."), f"{topic} {order.number}"
            async with delivery.work() as work:
                self._keep(work, order.id, delivery, purpose, state=DeliveryState.SUPPRESSED.value, reason=reason, **to)
                work.audit("message.suppress", subject="customer", subject_id=order.customer, note=note)
            return
        store = self.app.stores.get(order.store)
        outcome = await self.app.messenger.dm(store, discord_id, replace(message, nonce=delivery.id))
        async with delivery.work() as work:
            self._keep(work, order.id, delivery, purpose, **to, **_columns(outcome))

    async def tell_staff(self, order_id: UUID, delivery: Delivery, purpose: Purpose, message: Message) -> None:
        """Send to the channel `orders`, and keep how it ended."""
        store = self.app.stores.get(delivery.store)
        outcome = await self.app.messenger.channel(store, STAFF_CHANNEL, replace(message, nonce=delivery.id))
        async with delivery.work() as work:
            self._keep(work, order_id, delivery, purpose, **_columns(outcome))

    async def change_notices(self, order_id: UUID, message: Message) -> None:
        """Change every notice of the order that staff see."""
        store = self.app.stores.get(current_store())
        for sent in await self.of_order(order_id):
            staff = sent.purpose in (Purpose.STAFF_ORDER, Purpose.STAFF_PAYMENT_REPORT)
            if staff and sent.channel_id is not None and sent.message_id is not None:
                await self.app.messenger.edit(store, sent.channel_id, sent.message_id, message)

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

    def _keep(self, work: Work, order_id: UUID, delivery: Delivery, purpose: Purpose, **columns: Any) -> None:
        work.insert(
            tables.MessageDelivery,
            id=new_id(),
            event=delivery.event_id,
            purpose=purpose.value,
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


def _columns(outcome: Outcome) -> dict[str, Any]:
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
