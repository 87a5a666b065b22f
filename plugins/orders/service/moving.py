"""Moving an order from status to status, with the stock, the timeline and the events that go with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Stale
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    HistoryKind,
    MoveRefused,
    Order,
    OrderCancelled,
    OrderPaid,
    OrderStatus,
    OrderStatusChanged,
)
from guildshop.plugins.orders.service.deciding import paid_or_over, pieces, stale
from guildshop.plugins.orders.service.methods import PaymentMethodRegistry
from guildshop.plugins.orders.service.queries import OrderQueries
from guildshop.plugins.orders.service.rows import add_history

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

ATTEMPTS = 4


class OrderMoves(OrderQueries):
    """What joins a Work; none of it checks a permission."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        super().__init__(app)
        self.methods = PaymentMethodRegistry(app)

    def mark_paid(self, work: Work, order: Order, *, text: str = "", written_off: int = 0) -> None:
        """Make an unpaid order `PAID`, once: its stock is sold, `OrderPaid` recorded. `Stale` when it changed.

        `written_off` is what of its price did not come and is not asked for any more: it can never be given back.
        An imported order is history: its status moves, and nobody hears that it was paid.
        """
        if order.status is not OrderStatus.PENDING_PAYMENT:
            raise paid_or_over(order)
        self._move(
            work,
            order,
            OrderStatus.PAID,
            set="paid_at = :now, reserved_until = NULL, written_off = :written_off",
            text=text,
            written_off=written_off,
        )
        amount = order.total - written_off - order.refunded
        sale = Sale(orders=1, amount=amount, currency=order.currency, paid=work.now)
        self.app.get(CustomerService).count_sale(work, order.customer, sale)
        catalog = self.app.get(CatalogService)
        for product, quantity in pieces(order):
            catalog.sell(work, product, quantity, order.id)
        if not order.imported:
            work.record(OrderPaid(order.id))

    def require_unpaid(self, work: Work, order: Order) -> None:
        """Make the Work happen only if the order still waits for its payment."""
        work.require(tables.Order, where="id = :id AND status = 'PENDING_PAYMENT'", refusal=stale(order), id=order.id)

    def keep_until(self, work: Work, order: Order, until: datetime) -> None:
        """Reserve an unpaid order until then, if that is longer than now; `Stale` when it is not unpaid any more."""
        work.guard(
            tables.Order,
            set="reserved_until = :until, updated = :now, version = version + 1",
            where="id = :id AND status = 'PENDING_PAYMENT' AND (reserved_until IS NULL OR reserved_until < :until)",
            rows=None,
            id=order.id,
            until=until,
        )
        self.require_unpaid(work, order)

    def require_kept(self, work: Work, order: Order) -> None:
        """Make the Work happen only if the order is as it was read, and neither cancelled nor refunded."""
        work.require(
            tables.Order,
            where="id = :id AND version = :version AND status NOT IN ('CANCELLED', 'REFUNDED')",
            refusal=stale(order),
            id=order.id,
            version=order.version,
        )

    def cancel_in(self, work: Work, order: Order, reason: str, *, expired: bool = False) -> None:
        """Cancel an order: reserved stock is released, sold stock returned, `OrderCancelled` recorded."""
        rules.check_move(order.number, order.status, OrderStatus.CANCELLED, ships=order.ships)
        if order.refund_held:
            raise MoveRefused(
                _("A refund of {amount} of order {number} is under way. Wait until it is done, then cancel.").format(
                    amount=format_money(order.refund_held, order.currency), number=order.number
                )
            )
        paid = order.status is not OrderStatus.PENDING_PAYMENT
        self._move(
            work,
            order,
            OrderStatus.CANCELLED,
            set="cancelled_at = :now, reserved_until = NULL, cancel_reason = :reason",
            text=reason,
            reason=reason,
        )
        if paid:
            # Whatever credit paid for goes back at once; the money is counted when it is refunded.
            offset = rules.net_revenue(order, OrderStatus.CANCELLED) - rules.net_revenue(order, order.status)
            sale = Sale(amount=offset, currency=order.currency)
            self.app.get(CustomerService).count_sale(work, order.customer, sale)
        catalog = self.app.get(CatalogService)
        for product, quantity in pieces(order):
            if paid:
                catalog.return_stock(work, product, quantity, order.id)
            else:
                catalog.release(work, product, quantity, order.id)
        refund = order.kept_due if paid else 0
        work.record(OrderCancelled(order.id, reason, expired, refund))

    def complete(self, work: Work, order: Order) -> None:
        """Make an order `COMPLETE` because everything of it was granted and nothing ships."""
        rules.check_move(order.number, order.status, OrderStatus.COMPLETE, ships=order.ships)
        self._move(work, order, OrderStatus.COMPLETE, set="completed_at = :now")

    async def again(self, order_id: UUID, attempt: Callable[[Order], Awaitable[None]]) -> Order:
        """Read, decide and write; when somebody else was faster, read and decide anew."""
        for left in reversed(range(ATTEMPTS)):
            try:
                await attempt(await self.get(order_id))
                break
            except Stale:
                if not left:
                    raise
        return await self.get(order_id)

    def _move(
        self,
        work: Work,
        order: Order,
        after: OrderStatus,
        *,
        set: str = "",
        text: str = "",
        **values: Any,
    ) -> None:
        """Change the status of the order that was read, unless somebody changed it since: then `Stale`."""
        extra = f", {set}" if set else ""
        work.guard(
            tables.Order,
            set=f"status = :after, updated = :now, version = version + 1{extra}",
            where="id = :id AND version = :version",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            after=after.value,
            **values,
        )
        add_history(work, order.id, HistoryKind.STATUS, before=order.status.value, after=after.value, text=text)
        work.record(OrderStatusChanged(order.id, order.status.value, after.value))
        work.audit(
            "order.status",
            subject="order",
            subject_id=order.id,
            before={"status": order.status.value},
            after={"status": after.value},
            note=f"{order.number} {text}".strip(),
        )
