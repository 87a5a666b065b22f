"""Whether an order may be deleted, as far as its money is concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.orders.api import DeletionCheck, MoveRefused, Order
from guildshop.plugins.payments.api import Payment, PaymentState
from guildshop.plugins.payments.service.attempts import AttemptService
from guildshop.plugins.payments.service.payments import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App


def deletion_check(app: App) -> DeletionCheck:
    """Return what keeps an order that has money of its own, or is being paid; its payments outlive it."""

    async def check(order: Order) -> None:
        for payment in await app.get(PaymentService).of_order(order.id):
            if _is_kept(order, payment):
                raise MoveRefused(
                    _(
                        "{amount} was paid for order {number} and not given back: refund it before you delete it."
                    ).format(amount=format_money(payment.refundable, payment.currency), number=order.number)
                )
        if await app.get(AttemptService).current(order.id) is not None:
            raise MoveRefused(
                _("Somebody is paying order {number} at the moment. Cancel it first.").format(number=order.number)
            )

    return check


def _is_kept(order: Order, payment: Payment) -> bool:
    """Tell whether it is money that was not given back; what an order was paid by is counted by the order itself."""
    counted = order.paid_at is not None and payment.state is PaymentState.CONFIRMED
    return payment.refundable > 0 and not counted
