"""What customers and staff read: orders as embeds, the notice for staff with its buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, Fields, Message, StoreButton, StoreModal, TextField, open_modal, update
from guildshop.bot.rendering import ATTENTION, BAD, COLOUR, GOOD, clip, embed, escape, member, moment, money
from guildshop.errors import Refusal
from guildshop.i18n import _, use_locale
from guildshop.plugins.orders.api import Order, OrderStatus, Phase
from guildshop.plugins.payments.api import REPORT_ITEM, Payment

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

LINES_SHOWN = 20
REASON_LIMIT = 500


class ApproveButton(StoreButton, prefix="notifications.approve"):
    """Confirms the payment of the order in a staff notice."""

    permission = "payment.confirm"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Confirm, once, and show the order as it is then."""
        from guildshop.plugins.notifications.service import NotificationService

        service = context.app.get(NotificationService)
        try:
            order = await service.approve(context.actor, UUID(args[0]))
        except Refusal:
            await show_notice(interaction, context, await service.order(UUID(args[0])))
            raise
        await show_notice(interaction, context, order)


class RejectButton(StoreButton, prefix="notifications.reject"):
    """Asks why the order in a staff notice is rejected."""

    permission = "payment.confirm"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        field = TextField(
            "reason", _("Reason"), long=True, maximum=REASON_LIMIT, description=_("The customer is told this.")
        )
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
        from guildshop.plugins.notifications.service import NotificationService

        service = context.app.get(NotificationService)
        try:
            order = await service.reject(context.actor, UUID(args[0]), fields["reason"])
        except Refusal:
            await show_notice(interaction, context, await service.order(UUID(args[0])))
            raise
        await show_notice(interaction, context, order)


class PaidButton(StoreButton, prefix=REPORT_ITEM):
    """The payments plugin's "I've paid" on a message of ours; that plugin answers it."""


async def show_notice(interaction: discord.Interaction[Bot], context: Context, order: Order) -> None:
    """Put the order's present state into the notice whose button was used, in the store's language."""
    with use_locale(context.store.language):
        notice = staff_notice(order)
    items = discord.ui.View(timeout=None)
    for item in notice.items:
        items.add_item(item)
    items.stop()
    await update(interaction, embeds=notice.embeds, view=items if notice.items else None)


def staff_notice(order: Order, *, method: str = "", payment: Payment | None = None) -> Message:
    """Return the notice of an order for staff; an unpaid one has Approve and Reject."""
    who = member(order.customer_discord_id) if order.customer_discord_id is not None else ""
    colour, title = _state(order)
    said = escape(payment.reference) if payment is not None else ""
    shown = embed(
        title.format(number=order.number),
        _lines(order),
        colour=colour,
        fields=[
            (_("Customer"), f"{who} {escape(order.customer_name)}".strip()),
            (_("Total"), money(order.total, order.currency)),
            (_("Payment"), escape(method or order.payment_method)),
            (_("Ships to"), "\n".join(escape(line) for line in order.address.lines) if order.address else "", False),
            (_("The customer's reference"), said, False),
            (_("Reason"), escape(order.cancel_reason) if order.status is OrderStatus.CANCELLED else "", False),
        ],
        image=payment.picture if payment is not None else "",
    )
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return Message(embeds=[shown])
    buttons = [
        ApproveButton(order.store, order.id, label=_("Approve"), style=discord.ButtonStyle.success),
        RejectButton(order.store, order.id, label=_("Reject"), style=discord.ButtonStyle.danger),
    ]
    return Message(embeds=[shown], items=buttons)


def order_received(order: Order, shop: str, method: str, instructions: str, *, reportable: bool) -> Message:
    """Return what a customer reads after submitting: what, how much, how to pay and until when."""
    fields = [
        (_("How to pay: {method}").format(method=escape(method)), escape(instructions), False),
        (_("Reserved until"), moment(order.reserved_until) if order.reserved_until else "", False),
    ]
    unpaid = order.status is OrderStatus.PENDING_PAYMENT
    shown = embed(
        _("Order {number} received").format(number=order.number),
        f"{_('Thank you for your order at {shop}.').format(shop=escape(shop))}\n\n{_lines(order)}\n\n{_totals(order)}",
        colour=COLOUR,
        fields=fields if unpaid and order.due else [],
    )
    items = [PaidButton(order.store, order.id, label=_("I've paid"))] if unpaid and reportable else []
    return Message(embeds=[shown], items=items)


def payment_confirmed(order: Order, shop: str, method: str) -> Message:
    """Return the itemised receipt."""
    shown = embed(
        _("Receipt for order {number}").format(number=order.number),
        f"{_lines(order)}\n\n{_totals(order)}",
        colour=GOOD,
        fields=[
            (_("Paid by"), escape(method)),
            (_("Paid on"), moment(order.paid_at) if order.paid_at else ""),
            (_("Ships to"), "\n".join(escape(line) for line in order.address.lines) if order.address else "", False),
        ],
        footer=shop,
    )
    return Message(embeds=[shown])


def order_cancelled(order: Order, shop: str, reason: str, refund: int) -> Message:
    """Return what a customer reads when an order is cancelled."""
    back = _("{amount} will be refunded.").format(amount=money(refund, order.currency)) if refund else ""
    shown = embed(
        _("Order {number} was cancelled").format(number=order.number),
        "\n".join(part for part in (escape(reason), back, "", _lines(order)) if part),
        colour=BAD,
        footer=shop,
    )
    return Message(embeds=[shown])


def order_shipped(order: Order, shop: str) -> Message:
    """Return what a customer reads when an order is on its way."""
    shown = embed(
        _("Order {number} is on its way").format(number=order.number),
        _lines(order),
        colour=GOOD,
        fields=[(_("Carrier"), escape(order.carrier)), (_("Tracking number"), escape(order.tracking_number))],
        footer=shop,
    )
    return Message(embeds=[shown])


def _state(order: Order) -> tuple[discord.Colour, str]:
    if order.status is OrderStatus.PENDING_PAYMENT:
        return ATTENTION, _("New order {number}")
    if order.status is OrderStatus.CANCELLED:
        return BAD, _("Order {number} was cancelled")
    return GOOD, _("Order {number} is paid")


def _lines(order: Order) -> str:
    shown = [
        f"{line.quantity} × {escape(line.name)} · {money(line.unit_price, order.currency)}"
        f" = {money(line.total, order.currency)}"
        for line in order.lines[:LINES_SHOWN]
    ]
    if len(order.lines) > LINES_SHOWN:
        shown.append(_("… and {count} more").format(count=len(order.lines) - LINES_SHOWN))
    return clip("\n".join(shown), 3000)


def _totals(order: Order) -> str:
    rows = [(_("Subtotal"), money(order.subtotal, order.currency))]
    for adjustment in order.adjustments:
        minus = "−" if adjustment.phase in (Phase.DISCOUNT, Phase.LOYALTY, Phase.CREDIT) else ""
        rows.append((escape(adjustment.label), f"{minus}{money(adjustment.amount, order.currency)}"))
    rows.append((f"**{_('Total')}**", f"**{money(order.total, order.currency)}**"))
    if order.credit:
        rows.append((f"**{_('Due')}**", f"**{money(order.due, order.currency)}**"))
    return "\n".join(f"{label}: {amount}" for label, amount in rows)
