"""Telling staff of money that does not fit its order."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import discord

from guildshop.bot.rendering import ATTENTION, embed, escape, money
from guildshop.bot.sending import Message
from guildshop.errors import NotFound
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.notifications.api import Purpose
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import Order, status_label
from guildshop.plugins.payments.api import (
    Payment,
    PaymentDiffers,
    PaymentState,
    PaymentUnexpected,
    difference_label,
)
from guildshop.plugins.payments.service import DifferenceService, PaymentService


async def staff_payment_unexpected(event: PaymentUnexpected, delivery: Delivery) -> None:
    """Say in the channel `orders` what came, for which order, and what to do about it."""
    payment = await delivery.app.get(PaymentService).get(event.payment)
    order = await _order(event.order, delivery)
    alert = _alert(order, payment) if order is not None else _orphan(payment)
    await _tell(order, delivery, alert)


async def staff_payment_differs(event: PaymentDiffers, delivery: Delivery) -> None:
    """Say in the channel `orders` where a processor's books differ from ours."""
    found = await delivery.app.get(DifferenceService).get(event.difference)
    order = None if found.order is None else await _order(found.order, delivery)
    label = delivery.app.get(PaymentService).method_label(delivery.store, found.processor)
    text = _("{what}. Ours: {ours}, theirs: {theirs}. Look at it on the page Payments, and settle it.").format(
        what=difference_label(found.kind),
        ours=money(found.ours, found.currency),
        theirs=money(found.theirs, found.currency),
    )
    fields = [(_("Order"), escape(found.order_number) or "–"), (_("Payment"), escape(found.subject))]
    title = _("The books of {processor} differ").format(processor=label)
    await _tell(order, delivery, embed(title, text, colour=ATTENTION, fields=fields))


async def _order(order_id: UUID, delivery: Delivery) -> Order | None:
    """Return the order; None for one that was deleted."""
    try:
        return await delivery.app.get(NotificationService).order(order_id)
    except NotFound:
        return None


async def _tell(order: Order | None, delivery: Delivery, alert: discord.Embed) -> None:
    """Tell the staff, and keep that with the order where there is one."""
    message = Message(embeds=[alert])
    if order is not None:
        service = delivery.app.get(NotificationService)
        await service.tell_staff(order.id, delivery, Purpose.STAFF_PAYMENT_UNEXPECTED, message)
        return
    store = delivery.app.stores.get(delivery.store)
    await delivery.app.messenger.channel(store, "orders", replace(message, nonce=delivery.id))
    async with delivery.work():
        pass


def _orphan(payment: Payment) -> discord.Embed:
    text = _("{paid} came for order {number}, which was deleted. Give it back.")
    said = text.format(paid=money(payment.amount, payment.currency), number=payment.order_number or "–")
    fields = [(_("Payment"), escape(payment.method)), (_("Reference"), escape(payment.reference))]
    return embed(_("A payment came for a deleted order"), said, colour=ATTENTION, fields=fields)


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
