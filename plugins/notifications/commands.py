"""The buttons of the staff notice, and the messages that carry buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, Fields, Message, StoreButton, StoreModal, TextField, open_modal, update, view
from guildshop.bot.rendering import money
from guildshop.i18n import _, use_locale
from guildshop.plugins.notifications import views
from guildshop.plugins.notifications.service import NotificationService
from guildshop.plugins.orders.api import PAY_ITEM, Order, OrderStatus
from guildshop.plugins.payments.api import REPORT_ITEM

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot

REASON_LIMIT = 500


class ApproveButton(StoreButton, prefix="notifications.approve"):
    """Confirms the payment of the order in a staff notice."""

    permission = "payment.confirm"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Confirm, once, and show the order as it is then."""
        service, order = context.app.get(NotificationService), UUID(args[0])
        try:
            await service.approve(context.actor, order)
        finally:
            await show_notice(interaction, context, order)


class RejectButton(StoreButton, prefix="notifications.reject"):
    """Asks why the order in a staff notice is rejected."""

    permission = "payment.confirm"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        told = _("The customer is told this.")
        field = TextField("reason", _("Reason"), long=True, maximum=REASON_LIMIT, description=told)
        modal = RejectModal.build(context.store.id, args[0], title=_("Reject the order"), fields=[field])
        await open_modal(interaction, modal)


class RejectModal(StoreModal, prefix="notifications.reject_reason"):
    """Rejects an order for the reason given."""

    permission = "payment.confirm"
    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Cancel the order and show it as it is then."""
        service, order = context.app.get(NotificationService), UUID(args[0])
        try:
            await service.reject(context.actor, order, fields["reason"])
        finally:
            await show_notice(interaction, context, order)


class PayButton(StoreButton, prefix=PAY_ITEM):
    """The orders plugin's Pay button on a message of ours; that plugin answers it."""


class PaidButton(StoreButton, prefix=REPORT_ITEM):
    """The payments plugin's "I've paid" on a message of ours; that plugin answers it."""


async def show_notice(interaction: discord.Interaction[Bot], context: Context, order_id: UUID) -> None:
    """Put the order's present state into the notice whose button was used, in the store's language."""
    with use_locale(context.store.language):
        notice = await staff_message(context.app, order_id)
    await update(interaction, embeds=notice.embeds, view=view(*notice.items) if notice.items else None)


async def staff_message(app: App, order_id: UUID) -> Message:
    """Return the notice of an order for staff; while it is unpaid it has Reject, and Approve where staff confirm."""
    service = app.get(NotificationService)
    order = await service.order(order_id)
    page = f"{app.settings.web.public_url.rstrip('/')}/staff/order/{order.number}"
    shown = views.staff_notice(order, service.method_label(order), await service.reported(order), page=page)
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return Message(embeds=[shown])
    buttons: list[StoreButton] = []
    if service.confirmable(order):
        buttons.append(ApproveButton(order.store, order.id, label=_("Approve"), style=discord.ButtonStyle.success))
    buttons.append(RejectButton(order.store, order.id, label=_("Reject"), style=discord.ButtonStyle.danger))
    return Message(embeds=[shown], items=buttons)


def received_message(order: Order, shop: str, method: str, instructions: str, look_up: str, item: str) -> Message:
    """Return what a customer reads after submitting; while it is unpaid with "I've paid", or Pay for processors.

    `item` is the custom-ID prefix of the one that fits the method.
    """
    shown = views.order_received(order, shop, method, instructions, look_up)
    return Message(embeds=[shown], items=_pay_buttons(order, item))


def changed_message(order: Order, shop: str, method: str, instructions: str, item: str) -> Message:
    """Return what a customer reads when staff changed the items of an unpaid order, with the button of the receipt."""
    return Message(embeds=[views.order_changed(order, shop, method, instructions)], items=_pay_buttons(order, item))


def reminder_message(order: Order, shop: str, method: str, instructions: str, item: str) -> Message:
    """Return what a customer reads shortly before an unpaid order expires, with the same button."""
    return Message(embeds=[views.payment_reminder(order, shop, method, instructions)], items=_pay_buttons(order, item))


def _pay_buttons(order: Order, item: str) -> list[StoreButton]:
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return []
    if item == PAY_ITEM:
        amount = money(order.due, order.currency)
        return [PayButton(order.store, order.id.hex, label=_("Pay {amount}").format(amount=amount))]
    if item == REPORT_ITEM:
        return [PaidButton(order.store, order.id, label=_("I've paid"))]
    return []
