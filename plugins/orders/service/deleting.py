"""Deleting an order for good. Ledger, audit and invoices keep its number; nothing else is left."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database.tables import DeliveryRow, EventRow
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import (
    DeletionCheck,
    MoveRefused,
    Order,
    OrderDeleted,
    OrderStatus,
    Releases,
    status_label,
)
from guildshop.plugins.orders.service.checkout import CheckoutService
from guildshop.plugins.orders.service.credit_notes import CreditNotes
from guildshop.plugins.orders.service.deciding import pieces, stale
from guildshop.plugins.orders.service.invoices import Invoices
from guildshop.plugins.orders.service.orders import OrderService

if TYPE_CHECKING:
    from guildshop.app import App

DELETE = "order.delete"


class OrderDeletion:
    """Deleting orders, which only admins may."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def delete(self, actor: Actor, reference: UUID | str, typed: str) -> str:
        """Delete an order whose number was typed, and what belongs to it; return the number."""
        actor.require(DELETE)
        orders = self.app.get(OrderService)
        found = await orders.get(reference)
        if rules.normal_number(typed) != found.number:
            raise Invalid.field(
                "number",
                _("To delete order {number}, type its number. Consider cancelling it instead.").format(
                    number=found.number
                ),
            )

        check_deletable(found)
        await self._check_credited(found)
        await self._check_settled(found)
        # No second attempt: what somebody else did to it meanwhile should be looked at before it is gone.
        joins = [await check(found) for checks in self._checks() for check in checks]
        async with self.app.work(actor) as work:
            work.guard(
                tables.Order,
                set="version = version + 1",
                where="id = :id AND version = :version",
                refusal=stale(found),
                id=found.id,
                version=found.version,
            )
            if found.paid_at is not None:
                sale = Sale(orders=-1, amount=-rules.net_revenue(found, found.status), currency=found.currency)
                self.app.get(CustomerService).count_sale(work, found.customer, sale)
            if found.status is OrderStatus.PENDING_PAYMENT:
                for product, quantity in pieces(found):
                    self.app.get(CatalogService).release(work, product, quantity, found.id, found.number)
                for _plugin, step in self.app.get(CheckoutService).checkout.steps(found.store):
                    if isinstance(step, Releases):
                        step.release(found.id, work)
            for join in joins:
                if join is not None:
                    join(work)
            # Whoever has yet to hear of it would look for it in vain.
            work.delete(DeliveryRow, where="key = :key AND status = 'PENDING'", key=str(found.id))
            work.delete(tables.Order, where="id = :id", rows=1, refusal=stale(found), id=found.id)
            work.audit(
                "order.delete",
                subject="order",
                subject_id=found.id,
                before={
                    "number": found.number,
                    "status": found.status.value,
                    "total": found.total,
                    "currency": found.currency,
                    "customer": str(found.customer),
                    "lines": {line.sku: line.quantity for line in found.lines},
                },
                note=found.number,
            )
            work.record(OrderDeleted(found.id, found.number))
        return found.number

    async def _check_credited(self, order: Order) -> None:
        """Refuse while an invoice stands for more than its credit notes take back: no more can follow."""
        invoice = await self.app.get(Invoices).of(order.id)
        if invoice is None:
            return
        if order.status is OrderStatus.PENDING_PAYMENT:
            raise MoveRefused(
                _(
                    "Order {number} has the invoice {invoice}. Cancel it and issue a credit note before it is deleted."
                ).format(number=order.number, invoice=invoice.label)
            )
        left = await self.app.get(CreditNotes).open_amount(order)
        if left > 0:
            raise MoveRefused(
                _(
                    "{amount} of the invoice {invoice} of order {number} is in no credit note yet. Issue one before the"
                    " order is deleted."
                ).format(amount=format_money(left, order.currency), invoice=invoice.label, number=order.number)
            )

    async def _check_settled(self, order: Order) -> None:
        """Refuse while something that follows from its end is still to be done: points to be taken back, say."""
        waiting = await self.app.database.fetch_one(
            f"SELECT d.id FROM {DeliveryRow._meta.tablename} d JOIN {EventRow._meta.tablename} e"
            " ON e.store = d.store AND e.id = d.event WHERE d.store = :store AND d.key = :key"
            " AND d.status = 'PENDING' AND e.name IN ('OrderCancelled', 'OrderRefunded') AND d.listener IN :listeners",
            store=order.store,
            key=str(order.id),
            # Messages are no reason to wait: Discord may be away for long.
            listeners=self.app.listeners.names(discord=False),
        )
        if waiting is not None:
            raise MoveRefused(
                _("What follows from the end of order {number} is still being done. Delete it in a minute.").format(
                    number=order.number
                )
            )

    def _checks(self) -> list[list[DeletionCheck]]:
        return [checks for _plugin, checks in self.app.hooks("register_deletion_checks")]


def check_deletable(order: Order) -> None:
    """Refuse to delete an order for which money was taken and not given back, or that is on its way."""
    if order.paid_at is not None and order.refunded < order.paid_total:
        raise MoveRefused(
            _("{amount} of order {number} was taken and not refunded: it cannot be deleted. Refund it first.").format(
                amount=format_money(order.paid_total - order.refunded, order.currency), number=order.number
            )
        )
    if order.status not in {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED, OrderStatus.REFUNDED}:
        raise MoveRefused(
            _("Order {number} is {status}: cancel or refund it before it is deleted.").format(
                number=order.number, status=status_label(order.status)
            )
        )
