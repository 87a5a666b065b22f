"""What money that a processor took means for its order."""

from __future__ import annotations

from guildshop.plugins.orders.api import Order, OrderStatus
from guildshop.plugins.payments.api import PaymentState, Received

SETTLING = frozenset({PaymentState.CONFIRMED, PaymentState.OVERPAID})
"""The states of money that pays its order."""


def judge(order: Order, received: Received) -> PaymentState:
    """Return what the money is: it pays the order, or is too little (or of another currency), too much or too late."""
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return PaymentState.LATE
    if received.currency != order.currency or received.amount < order.due:
        return PaymentState.UNDERPAID
    return PaymentState.CONFIRMED if received.amount == order.due else PaymentState.OVERPAID
