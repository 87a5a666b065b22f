"""What customers and staff read about an order, as embeds."""

from __future__ import annotations

import discord

from guildshop.bot.rendering import ATTENTION, BAD, COLOUR, GOOD, clip, embed, escape, member, moment, money
from guildshop.i18n import _
from guildshop.plugins.orders.api import Order, OrderStatus, Phase
from guildshop.plugins.payments.api import Payment

LINES_SHOWN = 20


def staff_notice(order: Order, method: str, payment: Payment | None = None, *, page: str = "") -> discord.Embed:
    """Return the notice of an order for staff, with what the customer says about having paid.

    Its title leads to `page`, the order's page on the web.
    """
    who = member(order.customer_discord_id) if order.customer_discord_id is not None else ""
    colour, title = _state(order)
    said = escape(payment.reference) if payment is not None else ""
    return embed(
        title.format(number=order.number),
        _lines(order),
        colour=colour,
        fields=[
            (_("Customer"), f"{who}\n{escape(order.customer_name)}".strip()),
            (_("Total"), money(order.total, order.currency)),
            (_("Payment"), escape(method)),
            (_("Ships to"), "\n".join(escape(line) for line in order.address.lines) if order.address else "", False),
            (_("The customer's reference"), said, False),
            (_("Reason"), escape(order.cancel_reason) if order.status is OrderStatus.CANCELLED else "", False),
        ],
        image=payment.picture if payment is not None else "",
        url=page,
    )


def order_received(order: Order, shop: str, method: str, instructions: str, look_up: str) -> discord.Embed:
    """Return what a customer reads after submitting: what, how much, how to pay and until when.

    `look_up` is the command that shows the order again, as a mention.
    """
    thanks = _("Thank you for your order at {shop}. {command} shows it again.").format(
        shop=escape(shop), command=look_up
    )
    fields = [
        (_("How to pay: {method}").format(method=escape(method)), escape(instructions), False),
        (_("Reserved until"), moment(order.reserved_until) if order.reserved_until else "", False),
    ]
    unpaid = order.status is OrderStatus.PENDING_PAYMENT
    return embed(
        _("Order {number} received").format(number=order.number),
        f"{thanks}\n\n{_lines(order)}\n\n{_totals(order)}",
        colour=COLOUR,
        fields=fields if unpaid and order.due else [],
    )


def payment_confirmed(order: Order, shop: str, method: str) -> discord.Embed:
    """Return the itemised receipt."""
    return embed(
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


def order_cancelled(order: Order, shop: str, reason: str, refund: int) -> discord.Embed:
    """Return what a customer reads when an order is cancelled."""
    back = _("{amount} will be refunded.").format(amount=money(refund, order.currency)) if refund else ""
    return embed(
        _("Order {number} was cancelled").format(number=order.number),
        "\n\n".join(part for part in (escape(reason), back, _lines(order)) if part),
        colour=BAD,
        footer=shop,
    )


def order_shipped(order: Order, shop: str) -> discord.Embed:
    """Return what a customer reads when an order is on its way."""
    return embed(
        _("Order {number} is on its way").format(number=order.number),
        _lines(order),
        colour=GOOD,
        fields=[(_("Carrier"), escape(order.carrier)), (_("Tracking number"), escape(order.tracking_number))],
        footer=shop,
    )


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
        label = escape(adjustment.label)
        if adjustment.phase is Phase.SHIPPING and adjustment.plugin == "orders":
            label = _("Shipping ({name})").format(name=label)
        rows.append((label, f"{minus}{money(adjustment.amount, order.currency)}"))
    if not order.tax:
        rows.append((_("Tax"), money(0, order.currency)))
    rows.append((f"**{_('Total')}**", f"**{money(order.total, order.currency)}**"))
    if order.credit:
        rows.append((f"**{_('Due')}**", f"**{money(order.due, order.currency)}**"))
    return "\n".join(f"{label}: {amount}" for label, amount in rows)
