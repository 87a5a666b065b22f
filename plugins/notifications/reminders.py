"""Reminding customers of orders that are about to expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from guildshop.events import Delivery
from guildshop.plugins.notifications.api import PaymentReminderDue
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import Order, OrderPlaced, OrderStatus

LONGEST_BEFORE = timedelta(hours=12)
SHARE = 4
"""A reminder comes in the last quarter of the time, and at most `LONGEST_BEFORE` its end."""


def remind_at(order: Order) -> datetime | None:
    """Return when to remind of an order; None for one that needs no reminder."""
    if order.status is not OrderStatus.PENDING_PAYMENT or order.reserved_until is None or not order.due:
        return None
    return order.reserved_until - min(LONGEST_BEFORE, (order.reserved_until - order.created) / SHARE)


def still_to_remind(order: Order, now: datetime) -> bool:
    """Tell whether it is time to remind: the order is unpaid, not expired, and its time was not extended."""
    due = remind_at(order)
    return due is not None and order.reserved_until is not None and due <= now < order.reserved_until


async def plan_reminder(event: OrderPlaced | PaymentReminderDue, delivery: Delivery) -> None:
    """Ask for a reminder in time, and for a later one when the order's time was extended."""
    due = remind_at(await delivery.app.get(NotificationService).order(event.order))
    if due is not None and due > delivery.app.now():
        async with delivery.work() as work:
            work.record(PaymentReminderDue(event.order), due=due)
