"""Credit follows its orders: given back when they come to nothing, given when a refund goes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.database.tables import DeliveryRow
from guildshop.errors import Refusal
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order, OrderCancelled, OrderEdited, OrderRefunded, OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.store_credit import tables
from guildshop.plugins.store_credit.api import CreditGone, EntryKind
from guildshop.plugins.store_credit.service.changing import CreditChanges

if TYPE_CHECKING:
    from guildshop.database import Work


class CreditFollowing(CreditChanges):
    """Hears of orders."""

    async def order_changed(self, event: OrderCancelled | OrderEdited, delivery: Delivery) -> None:
        """Give back what an unpaid order holds and does not need any more; a paid one is refunded instead."""

        async def attempt(order: Order) -> None:
            taken = await self.held(order.id)
            if taken is None or order.paid_at is not None:
                return
            account, held = taken
            kept = 0 if order.status is OrderStatus.CANCELLED else min(held, order.credit)
            if held > kept:
                async with delivery.work() as work:
                    self.give_back(work, order.id, account, held, kept)

        # An edit and a cancellation may be heard of at once: whoever is later reads again.
        await self.app.get(OrderService).again(event.order, attempt)

    async def order_refunded(self, event: OrderRefunded, delivery: Delivery) -> None:
        """Credit the part of a refund that goes to the customer's credit, also where credit is off by now."""
        if not event.credit:
            return
        order = await self.app.get(OrderService).get(event.order)
        account = await self.open_account(delivery.actor, order.customer, order.currency)
        async with delivery.work() as work:
            # Of a record that was merged since, the next attempt credits the one that stays.
            self.app.get(CustomerService).require_present(work, order.customer)
            self.book(
                work,
                account.id,
                EntryKind.REFUND,
                event.credit,
                gone=CreditGone(_("This refund was credited at the same moment.")),
                order=order.id,
                order_number=order.number,
                reason=event.reason[:300],
                source=event.refund,
            )

    async def check_deletion(self, order: Order) -> Callable[[Work], None] | None:
        """Let an order go once its credit is settled; return what gives back what it still holds."""
        waiting = await self.app.database.fetch_one(
            f"SELECT id FROM {DeliveryRow._meta.tablename} WHERE store = :store AND key = :key AND status <> 'DONE'"
            " AND listener = 'store_credit.refunded'",
            store=order.store,
            key=str(order.id),
        )
        if waiting is not None:
            raise Refusal(
                _("The credit of order {number} is just being given back. Delete it in a minute.").format(
                    number=order.number
                )
            )
        taken = await self.held(order.id)

        def join(work: Work) -> None:
            if taken is not None and taken[1] and order.paid_at is None:
                self.give_back(work, order.id, *taken, 0)
            work.guard(
                tables.CreditEntry,
                set="order_number = :number",
                where="order_id = :order",
                rows=None,
                number=order.number,
                order=order.id,
            )

        return join
