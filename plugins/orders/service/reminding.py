"""Reminding customers of what they have not paid yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from guildshop.errors import NotFound
from guildshop.events import Delivery
from guildshop.plugins.orders.api import OrderReminderDue, OrdersSettings, OrderStatus, OrderUnpaidReminder
from guildshop.plugins.orders.service.orders import OrderService

if TYPE_CHECKING:
    from guildshop.app import App


def reminder_time(settings: OrdersSettings, placed: datetime) -> datetime | None:
    """Return when to remind of an order placed then: not before half of its time is over; None for never."""
    if not settings.remind_hours:
        return None
    life = timedelta(hours=settings.expire_hours)
    return placed + life - min(timedelta(hours=settings.remind_hours), life / 2)


class Reminders:
    """Hears when the time has come."""

    def __init__(self, app: App) -> None:
        """Look orders up in this application."""
        self.app = app

    async def remind(self, event: OrderReminderDue, delivery: Delivery) -> None:
        """Record that the customer is to be reminded, if the order still waits for its payment."""
        orders = self.app.get(OrderService)
        try:
            order = await orders.get(event.order)
        except NotFound:
            return
        waiting = order.status is OrderStatus.PENDING_PAYMENT and order.reserved_until is not None
        async with delivery.work() as work:
            if waiting and order.reserved_until is not None and order.reserved_until > work.now:
                orders.require_unpaid(work, order)
                work.record(OrderUnpaidReminder(order.id))
