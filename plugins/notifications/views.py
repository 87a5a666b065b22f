"""What customers and staff read about an order, as embeds."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from guildshop.bot.rendering import ATTENTION, BAD, COLOUR, GOOD, QUIET, clip, embed, escape, member, moment, money
from guildshop.i18n import _, grouped, lazy, ngettext, pgettext
from guildshop.plugins.notifications.api import (
    PURPOSE_LABELS,
    STATE_LABELS,
    Announcement,
    AnnouncementState,
    Audience,
    Purpose,
    ReceiverState,
    SentMessage,
)
from guildshop.plugins.orders.api import Order, OrderRefunded, OrderStatus, Phase, Shipment
from guildshop.plugins.orders.api.reasons import reason_text
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
            (
                _("Reason"),
                escape(reason_text(order.cancel_reason)) if order.status is OrderStatus.CANCELLED else "",
                False,
            ),
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
    unpaid = order.status is OrderStatus.PENDING_PAYMENT
    return embed(
        _("Order {number} received").format(number=order.number),
        f"{thanks}\n\n{_lines(order)}\n\n{_totals(order)}",
        colour=COLOUR,
        fields=_to_pay(order, method, instructions) if unpaid and order.due else [],
    )


def order_changed(order: Order, shop: str, method: str, instructions: str) -> discord.Embed:
    """Return what a customer reads when staff changed the items of their unpaid order."""
    return embed(
        _("Order {number} was changed").format(number=order.number),
        f"{changed_text(escape(shop))}\n\n{_lines(order)}\n\n{_totals(order)}",
        colour=COLOUR,
        fields=_to_pay(order, method, instructions),
    )


def changed_text(shop: str) -> str:
    """Return what is said of an order whose items staff changed."""
    return _("{shop} changed the items of your order. This is what it holds now, and what is due.").format(shop=shop)


def _to_pay(order: Order, method: str, instructions: str) -> list[tuple[str, str, bool]]:
    return [
        (_("How to pay: {method}").format(method=escape(method)), escape(instructions), False),
        (_("Reserved until"), moment(order.reserved_until) if order.reserved_until else "", False),
    ]


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
        "\n\n".join(part for part in (escape(reason_text(reason)), back, _lines(order)) if part),
        colour=BAD,
        footer=shop,
    )


def payment_reminder(order: Order, shop: str, method: str, instructions: str) -> discord.Embed:
    """Return what a customer reads shortly before an unpaid order expires."""
    return embed(
        _("Order {number} is not paid yet").format(number=order.number),
        f"{reminder_of(order)}\n\n{_lines(order)}",
        colour=ATTENTION,
        fields=[
            (_("Due"), money(order.due, order.currency)),
            (_("Reserved until"), moment(order.reserved_until) if order.reserved_until else ""),
            (_("How to pay: {method}").format(method=escape(method)), escape(instructions), False),
        ],
        footer=shop,
    )


def reminder_of(order: Order) -> str:
    """Return the sentence that asks for payment."""
    text = _("We keep your order for a little longer; without payment of {amount} it is cancelled then.")
    return text.format(amount=money(order.due, order.currency))


def order_shipped(order: Order, shop: str, shipment: Shipment) -> discord.Embed:
    """Return what a customer reads when a parcel is on its way; the title leads to the carrier's page."""
    packed = "\n".join(f"{item.quantity} × {escape(item.name)}" for item in shipment.items[:LINES_SHOWN])
    number = escape(shipment.tracking_number)
    return embed(
        _("Order {number} is on its way").format(number=order.number),
        clip(packed, 3000),
        colour=GOOD,
        fields=[
            (_("Carrier"), escape(shipment.carrier)),
            (_("Tracking number"), f"[{number}]({shipment.tracking_url})" if shipment.tracking_url else number),
        ],
        footer=shop,
        url=shipment.tracking_url,
    )


def gift_received(order: Order, shop: str) -> discord.Embed:
    """Return what a member reads when somebody bought them something: what it is, not what it cost or where it goes."""
    giver = member(order.customer_discord_id) if order.customer_discord_id is not None else escape(order.customer_name)
    told = [_("{giver} has a gift for you from {shop}:").format(giver=giver, shop=escape(shop)), ""]
    told += [f"{grouped(line.quantity)} × {escape(line.name)}" for line in order.lines[:LINES_SHOWN]]
    if order.ships:
        told += ["", _("What is sent goes to the address that {giver} gave.").format(giver=giver)]
    return embed(_("A gift for you"), clip("\n".join(told), 3000), colour=GOOD, footer=shop)


def order_refunded(order: Order, shop: str, event: OrderRefunded) -> discord.Embed:
    """Return what a customer reads when money goes back."""
    names = {line.id: line.name for line in order.lines}
    back = [f"{item.quantity} × {escape(names.get(item.line, ''))}" for item in event.items[:LINES_SHOWN]]
    so_far = "" if event.complete else money(event.refunded, order.currency)
    return embed(
        _("Refund for order {number}").format(number=order.number),
        "\n".join(part for part in (credited_to(order, event), *back) if part),
        colour=GOOD,
        fields=[
            (_("Refunded"), money(event.amount, order.currency)),
            (_("Refunded so far"), so_far),
            (_("Reason"), escape(reason_text(event.reason)), False),
        ],
        footer=shop,
    )


def credited_to(order: Order, event: OrderRefunded) -> str:
    """Return where the money of a refund goes, where that is not simply back."""
    if not event.credit:
        return _("The money goes back the way you paid.")
    credit = money(event.credit, order.currency)
    if event.credit == event.amount:
        return _("You get {amount} as store credit.").format(amount=credit)
    return _("You get {amount} of it as store credit, the rest the way you paid.").format(amount=credit)


def undeliverable(order: Order, purpose: Purpose, failed: Sequence[SentMessage]) -> discord.Embed:
    """Return what staff read when a customer could not be told something by any channel."""
    lines = [f"{sent.reason} {sent.remedy}".strip() for sent in failed if sent.reason]
    who = member(order.customer_discord_id) if order.customer_discord_id is not None else ""
    title = _("The customer of order {number} could not be told")
    if purpose is Purpose.GIFT_RECEIVED:
        title = _("The member for whom order {number} was bought could not be told")
    return embed(
        title.format(number=order.number),
        clip(escape("\n".join(dict.fromkeys(lines))), 3000),
        colour=BAD,
        fields=[
            (_("Message"), _(PURPOSE_LABELS[purpose])),
            (_("Customer"), f"{who}\n{escape(order.customer_name)}".strip()),
            (_("For"), member(order.recipient_discord_id) if order.recipient_discord_id is not None else ""),
        ],
    )


def parcel_failed(order: Order, shipment: Shipment) -> discord.Embed:
    """Return what staff read when a parcel could not be delivered or came back."""
    return embed(
        _("A parcel of order {number} was not delivered").format(number=order.number),
        _("It failed or came back. Ask the customer for the address, then send it again or refund it."),
        colour=BAD,
        fields=[
            (_("Carrier"), escape(shipment.carrier)),
            (_("Tracking number"), escape(shipment.tracking_number)),
            (_("Ships to"), "\n".join(escape(line) for line in order.address.lines) if order.address else "", False),
        ],
    )


_TITLES = {
    OrderStatus.PENDING_PAYMENT: (ATTENTION, lazy("New order {number}")),
    OrderStatus.CANCELLED: (BAD, lazy("Order {number} was cancelled")),
    OrderStatus.REFUNDED: (QUIET, lazy("Order {number} was refunded")),
    OrderStatus.PARTIALLY_REFUNDED: (QUIET, lazy("Order {number} was partly refunded")),
}


def _state(order: Order) -> tuple[discord.Colour, str]:
    colour, title = _TITLES.get(order.status, (GOOD, lazy("Order {number} is paid")))
    return colour, _(title)


def _lines(order: Order) -> str:
    shown = [
        f"{line.quantity} × {escape(line.name)} · {money(line.unit_price, order.currency)}"
        f" = {money(line.total, order.currency)}"
        for line in order.lines[:LINES_SHOWN]
    ]
    if len(order.lines) > LINES_SHOWN:
        more = len(order.lines) - LINES_SHOWN
        shown.append(ngettext("… and {count} more", "… and {count} more", more).format(count=more))
    return clip("\n".join(shown), 3000)


def totals(order: Order) -> list[tuple[str, str]]:
    """Return what the lines add up to, step by step; the last row is what counts."""
    rows = [(_("Subtotal"), money(order.subtotal, order.currency))]
    for adjustment in order.adjustments:
        minus = "−" if adjustment.phase in (Phase.DISCOUNT, Phase.LOYALTY, Phase.CREDIT) else ""
        label = adjustment.title
        if adjustment.included:
            label = _("{label} (included)").format(label=label)
        rows.append((label, f"{minus}{money(adjustment.amount, order.currency)}"))
    if not any(adjustment.phase is Phase.TAX for adjustment in order.adjustments):
        rows.append((_("Tax"), money(0, order.currency)))
    rows.append((_("Total"), money(order.total, order.currency)))
    if order.credit:
        rows.append((_("Due"), money(order.due, order.currency)))
    return rows


def _totals(order: Order) -> str:
    strong = 2 if order.credit else 1
    shown = totals(order)
    plain = [f"{escape(label)}: {amount}" for label, amount in shown[:-strong]]
    bold = [f"**{escape(label)}**: **{amount}**" for label, amount in shown[-strong:]]
    return "\n".join([*plain, *bold])


def announcement(told: Announcement, shop: str) -> discord.Embed:
    """Return an announcement as customers read it; its text may be formatted, but mentions nobody."""
    stop = _("{shop} · /dm-prefs stops announcements").format(shop=shop)
    return embed(escape(told.title), told.text, colour=COLOUR, footer=stop)


def announcement_progress(told: Announcement, reached: int) -> discord.Embed:
    """Return for staff whom an announcement is for, and how far it is."""
    if told.state is AnnouncementState.DRAFT:
        title, colour = _("Send this?"), ATTENTION
    elif told.state is AnnouncementState.RUNNING:
        title, colour = _("Being sent"), COLOUR
    elif told.state is AnnouncementState.STOPPED:
        title, colour = _("Stopped"), BAD
    else:
        title, colour = _("Sent"), GOOD
    others = [
        (_(STATE_LABELS[state]), grouped(count))
        for state, count in told.counts.items()
        if count and state not in (ReceiverState.DELIVERED, ReceiverState.FALLBACK)
    ]
    draft = told.state is AnnouncementState.DRAFT
    progress = _("{done} of {total}").format(done=grouped(told.done), total=grouped(told.total))
    return embed(
        title,
        "" if draft else _bar(told.done, told.total),
        colour=colour,
        fields=[
            (pgettext("recipients", "To"), audience(told, reached)),
            (_("Dealt with"), "" if draft else progress),
            (_("Told"), "" if draft else grouped(told.told)),
            *(() if draft else others),
        ],
    )


def audience(told: Announcement, reached: int) -> str:
    """Return whom an announcement is for, and how many these are."""
    if told.audience is Audience.TAG:
        text = ngettext("{count} customer with the tag {tag}", "{count} customers with the tag {tag}", reached)
        return text.format(count=grouped(reached), tag=escape(told.target))
    if told.audience is Audience.ROLE:
        text = ngettext(
            "{count} customer, if they have the role {role}",
            "those of {count} customers who have the role {role}",
            reached,
        )
        return text.format(count=grouped(reached), role=f"<@&{told.target}>")
    return ngettext("{count} customer", "all {count} customers", reached).format(count=grouped(reached))


def _bar(done: int, total: int) -> str:
    filled = done * 20 // total if total else 0
    return "▰" * filled + "▱" * (20 - filled)
