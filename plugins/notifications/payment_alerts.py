"""Telling staff of money that does not fit its order."""

from __future__ import annotations

import discord

from guildshop.bot.rendering import ATTENTION, embed, escape, money
from guildshop.bot.sending import Message
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.notifications.api import Purpose
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import Order, status_label
from guildshop.plugins.payments.api import Payment, PaymentState, PaymentUnexpected
from guildshop.plugins.payments.service import PaymentService


async def staff_payment_unexpected(event: PaymentUnexpected, delivery: Delivery) -> None:
    """Say in the channel `orders` what came, for which order, and what to do about it."""
    service = delivery.app.get(NotificationService)
    order = await service.order(event.order)
    payment = await delivery.app.get(PaymentService).get(event.payment)
    message = Message(embeds=[_alert(order, payment)])
    await service.tell_staff(event.order, delivery, Purpose.STAFF_PAYMENT_UNEXPECTED, message)


def _alert(order: Order, payment: Payment) -> discord.Embed:
    if payment.state is PaymentState.LATE:
        text = _("{paid} came for order {number}, which is {status} already. Give it back, or make it a new order.")
    elif payment.state is PaymentState.OVERPAID:
        text = _("{paid} came for order {number}, but {due} was due. The order is paid; give the rest back.")
    else:
        text = _(
            "{paid} came for order {number}, but {due} is due. It stays unpaid: ask for the rest, or give it back."
        )
    said = text.format(
        paid=money(payment.amount, payment.currency),
        due=money(order.due, order.currency),
        number=order.number,
        status=status_label(order.status),
    )
    return embed(
        _("A payment does not fit order {number}").format(number=order.number),
        said,
        colour=ATTENTION,
        fields=[(_("Payment"), escape(payment.method)), (_("Reference"), escape(payment.reference))],
    )
