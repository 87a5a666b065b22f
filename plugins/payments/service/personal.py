"""What payments keep of a person: the references, notes and pictures by which they said that they had paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.plugins.customers.api import Customer
from guildshop.plugins.payments import tables
from guildshop.plugins.payments.service.payments import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalPayments:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return every payment with what the customer said of it."""
        payments = self._app.get(PaymentService)
        return [
            {
                "order": payment.order_number,
                "method": payment.method,
                "amount": payment.amount,
                "currency": payment.currency,
                "state": payment.state.value,
                "reference": payment.reference,
                "note": payment.note,
                "picture": payment.picture,
                "created": payment.created,
                "refunded": payment.refunded,
            }
            for order in await self._orders(customer)
            for payment in await payments.of_order(order)
        ]

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the words and pictures off the payments; amounts, and the processors' own IDs, stay."""

        def join(work: Work) -> None:
            work.guard(
                tables.Payment,
                set="note = '', picture = '', version = version + 1,"
                " reference = CASE WHEN processor_id IS NULL THEN '' ELSE reference END",
                where="order_id IN (SELECT id FROM orders WHERE store = :store AND customer = :customer)",
                rows=None,
                customer=customer.id,
            )

        return join

    async def _orders(self, customer: Customer) -> Sequence[UUID]:
        rows = await self._app.database.fetch(
            "SELECT id FROM orders WHERE store = :store AND customer = :customer ORDER BY created, id",
            store=customer.store,
            customer=customer.id,
        )
        return [row["id"] for row in rows]
