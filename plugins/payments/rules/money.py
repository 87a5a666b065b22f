"""What money that a processor took means for its order."""

from __future__ import annotations

from collections.abc import Iterable

from guildshop.plugins.orders.api import Order, OrderStatus
from guildshop.plugins.payments.api import Payment, PaymentState, Received

SETTLING = frozenset({PaymentState.CONFIRMED, PaymentState.OVERPAID})
"""The states of money that pays its order."""


def paid_so_far(order: Order, payments: Iterable[Payment]) -> int:
    """Return what came for an unpaid order and was too little, without what was given back."""
    return sum(
        payment.amount - payment.refunded
        for payment in payments
        if payment.state is PaymentState.UNDERPAID and payment.currency == order.currency
    )


def judge(order: Order, received: Received, already: int = 0) -> PaymentState:
    """Return what the money is: it pays the order, or is too little (or of another currency), too much or too late.

    `already` is what came before and was too little; both together may pay the order.
    """
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return PaymentState.LATE
    together = already + received.amount
    if received.currency != order.currency or together < order.due:
        return PaymentState.UNDERPAID
    return PaymentState.CONFIRMED if together == order.due else PaymentState.OVERPAID
