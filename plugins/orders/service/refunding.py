"""What a refund does to its order: amounts, pieces, stock and status. The refunds plugin decides and pays, and joins.

A refund that a processor has yet to confirm is held first, so that no other one can give the same money back; then it
is applied, or let go when it failed. Each takes the order as it was read: when it has changed since, the Work is
`Stale`, and the caller reads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.money import format_money
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import HistoryKind, Order, OrderRefund, OrderRefunded
from guildshop.plugins.orders.rules import check_refund, net_revenue, newly_unsent, status_after_refund
from guildshop.plugins.orders.service.deciding import moved, stale
from guildshop.plugins.orders.service.moving import OrderMoves
from guildshop.plugins.orders.service.rows import add_history

if TYPE_CHECKING:
    from guildshop.database import Work


class OrderRefunds(OrderMoves):
    """Joins of the refunds plugin. They check no permission."""

    def hold_refund(self, work: Work, order: Order, refund: OrderRefund) -> None:
        """Set money and pieces of a refund aside until it is confirmed or has failed."""
        check_refund(order, refund)
        self._hold(work, order, refund, 1)

    def release_refund(self, work: Work, order: Order, refund: OrderRefund) -> None:
        """Let go of what a failed refund held."""
        self._hold(work, order, refund, -1)

    def apply_refund(
        self, work: Work, order: Order, refund: OrderRefund, *, held: bool = False, credit: int = 0
    ) -> None:
        """Give back money and pieces: stock returns, the status follows, `OrderRefunded` is recorded.

        `held` says that `hold_refund` set it aside before; `credit` is what of it becomes store credit. Nothing of a
        refused refund happens.
        """
        check_refund(order, refund, held=held)
        release = 1 if held else 0
        work.guard(
            tables.Order,
            set="refunded = refunded + :amount, refund_held = refund_held - :release, updated = :now,"
            " version = version + 1",
            where="id = :id AND version = :version AND paid_at IS NOT NULL AND refund_held >= :release"
            " AND refunded + refund_held - :release + :amount <= total - written_off",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            amount=refund.amount,
            release=refund.amount * release,
        )
        self._take_items(work, order, refund, release)
        self._tell_refund(work, order, refund, credit)
        after = status_after_refund(order, refund.amount)
        lost = net_revenue(order, after, refund.amount) - net_revenue(order, order.status)
        self.app.get(CustomerService).count_sale(work, order.customer, Sale(amount=lost, currency=order.currency))
        if after is not order.status:
            self._move(work, moved(order, order.status), after)
        if not order.imported:
            catalog = self.app.get(CatalogService)
            pieces = sorted((item.product, item.quantity) for item in refund.items if item.product is not None)
            for product, quantity in pieces:
                catalog.return_stock(work, product, quantity, order.id, refund.reason)

    def _hold(self, work: Work, order: Order, refund: OrderRefund, sign: int) -> None:
        work.guard(
            tables.Order,
            set="refund_held = refund_held + :amount, updated = :now, version = version + 1",
            where="id = :id AND version = :version AND paid_at IS NOT NULL AND refund_held + :amount >= 0"
            " AND refunded + refund_held + :amount <= total - written_off",
            refusal=stale(order),
            id=order.id,
            version=order.version,
            amount=sign * refund.amount,
        )
        for item in sorted(refund.items, key=lambda item: item.line):
            work.guard(
                tables.OrderLine,
                set="return_held = return_held + :quantity",
                where="id = :id AND return_held + :quantity >= 0 AND returned + return_held + :quantity <= quantity",
                refusal=stale(order),
                id=item.line,
                quantity=sign * item.quantity,
            )

    def _take_items(self, work: Work, order: Order, refund: OrderRefund, release: int) -> None:
        lines = {line.id: line for line in order.lines}
        for item in sorted(refund.items, key=lambda item: item.line):
            work.guard(
                tables.OrderLine,
                set="returned = returned + :quantity, return_held = return_held - :release, unsent = unsent + :unsent",
                where="id = :id AND return_held >= :release"
                " AND returned + return_held - :release + :quantity <= quantity",
                refusal=stale(order),
                id=item.line,
                quantity=item.quantity,
                release=item.quantity * release,
                unsent=newly_unsent(lines[item.line], item.quantity, sent_back=refund.sent_back),
            )

    def _tell_refund(self, work: Work, order: Order, refund: OrderRefund, credit: int) -> None:
        refunded = order.refunded + refund.amount
        text = " ".join(part for part in (format_money(refund.amount, order.currency), refund.reason) if part)
        add_history(work, order.id, HistoryKind.REFUND, text=text)
        work.audit(
            "order.refund",
            subject="order",
            subject_id=order.id,
            before={"refunded": order.refunded},
            after={"refunded": refunded},
            note=f"{order.number} {refund.reason}".strip(),
        )
        work.record(
            OrderRefunded(
                order=order.id,
                refund=refund.id,
                mode=refund.mode,
                amount=refund.amount,
                refunded=refunded,
                complete=refunded == order.paid_total,
                items=refund.items,
                reason=refund.reason,
                credit=credit,
            )
        )
