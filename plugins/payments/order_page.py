"""What payments add to the page of an order: its payments, Confirm payment and Reject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import FormField, Order, OrderAction, OrderSection, OrderStatus
from guildshop.plugins.payments.api import PaymentState
from guildshop.plugins.payments.service import CONFIRM, PaymentService

STATE_LABELS: Mapping[PaymentState, str] = {
    PaymentState.PENDING: lazy("Pending"),
    PaymentState.REPORTED: lazy("Reported by the customer"),
    PaymentState.CONFIRMED: lazy("Confirmed"),
    PaymentState.REJECTED: lazy("Rejected"),
    PaymentState.UNDERPAID: lazy("Too little"),
    PaymentState.OVERPAID: lazy("Too much"),
    PaymentState.LATE: lazy("Too late"),
}


def payments_section(payments: PaymentService) -> OrderSection:
    """Return the table of an order's payments."""

    async def rows(order: Order) -> Sequence[Sequence[str]]:
        return [
            (
                payment.method,
                format_money(payment.amount, payment.currency),
                _(STATE_LABELS[payment.state]),
                payment.reference,
                payment.note,
                payment.settled_by,
            )
            for payment in await payments.of_order(order.id)
        ]

    columns = (lazy("Method"), lazy("Amount"), lazy("State"), lazy("Reference"), lazy("Note"), lazy("Settled by"))
    return OrderSection(lazy("Payments"), columns, rows, position=10)


def order_actions(payments: PaymentService) -> list[OrderAction]:
    """Return Confirm payment and Reject."""

    async def confirm(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        paid = await payments.confirm(actor, order.id, values.get("reference", ""))
        amount = format_money(paid.due, paid.currency)
        return _("Order {number} over {amount} is paid.").format(number=paid.number, amount=amount)

    async def reject(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        rejected = await payments.reject(actor, order.id, values.get("reason", ""))
        return _("Order {number} is rejected and cancelled.").format(number=rejected.number)

    return [
        OrderAction(
            "confirm-payment",
            lazy("Confirm payment"),
            CONFIRM,
            _unpaid,
            confirm,
            lambda _order: (FormField("reference", _("Payment reference"), required=False, max_length=200),),
            position=10,
        ),
        OrderAction(
            "reject",
            lazy("Reject payment"),
            CONFIRM,
            _unpaid,
            reject,
            lambda _order: (FormField("reason", _("Reason, told to the customer"), max_length=500),),
            danger=True,
            position=80,
        ),
    ]


def _unpaid(order: Order) -> bool:
    return order.status is OrderStatus.PENDING_PAYMENT
