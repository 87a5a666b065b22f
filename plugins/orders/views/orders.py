"""Receipts, details and lists of orders as Discord shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from guildshop.bot.items import custom_id, view
from guildshop.bot.rendering import ATTENTION, COLOUR, GOOD, OPTION_LIMIT, clip, embed, escape, member, moment, money
from guildshop.i18n import _
from guildshop.paging import Page
from guildshop.plugins.orders.api import (
    PAY_ITEM,
    Order,
    OrderNote,
    OrderStatus,
    OrderSummary,
    PaymentMethod,
    shipping_label,
    status_label,
)
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.plugins.orders.views import prefixes
from guildshop.plugins.orders.views.amounts import amount_lines, item_fields
from guildshop.plugins.orders.views.flow import Shown, address_text

_ADDRESS = re.compile(r"(https?://[^\s<>]+)")

CANCELLABLE = frozenset({OrderStatus.PENDING_PAYMENT, OrderStatus.PAID})
"""The statuses in which customers may cancel an order themselves."""


def receipt(order: Order, method: PaymentMethod | None, *, reporting: bool, link: str = "") -> Shown:
    """Return the receipt that the member gets after Confirm.

    `reporting` shows the I've paid button; `link` is where the order is paid, empty where that is not known.
    """
    title = _("Order {number}").format(number=order.number)
    if order.status is OrderStatus.PENDING_PAYMENT:
        text = _("Thank you! Your order is reserved for you. Pay as described to complete it.")
    else:
        text = _("Thank you! Nothing is due: your order is paid.")
    fields = [*_body(order), *_payment(order, method)]
    buttons = _buttons(order, method, reporting=reporting, link=link)
    return Shown(embed(title, text, colour=GOOD, fields=fields), view(*buttons))


def payment_page(order: Order, link: str) -> Shown:
    """Return the button that leads to the page where the order is paid."""
    text = _("Pay {amount} for order {number} on the page that the button opens.").format(
        amount=money(order.due, order.currency), number=order.number
    )
    return Shown(embed(_("Pay"), text), view(_pay_button(order, link)))


def details(
    order: Order,
    method: PaymentMethod | None,
    notes: Sequence[OrderNote],
    *,
    own: bool,
    reporting: bool,
    link: str = "",
) -> Shown:
    """Return everything that a customer may know of an order, with what they can do now."""
    facts: list[tuple[str, str, bool]] = [
        (_("Status"), status_label(order.status), True),
        (_("Placed"), moment(order.created), True),
        (_("Shipping"), shipping_label(order.shipping_status) if order.shipping_status else "", True),
        (_("Tracking"), escape(" ".join(part for part in (order.carrier, order.tracking_number) if part)), True),
        (_("Reason"), escape(reason_text(order.cancel_reason)), True),
        (_("Refunded"), money(order.refunded, order.currency) if order.refunded else "", True),
    ]
    fields = [*facts, *_body(order), *_payment(order, method)]
    fields += [(_("Note"), escape(note.text), False) for note in notes[-3:]]
    buttons = _buttons(order, method, reporting=reporting, link=link) if own else []
    if own and order.status in CANCELLABLE:
        made = custom_id(prefixes.CANCEL, order.store, (order.id.hex,))
        buttons.append(discord.ui.Button(custom_id=made, label=_("Cancel order"), style=discord.ButtonStyle.danger))
    if own and any(line.product is not None for line in order.lines):
        made = custom_id(prefixes.REPEAT, order.store, (order.id.hex,))
        buttons.append(discord.ui.Button(custom_id=made, label=_("Order again")))
    title = _("Order {number}").format(number=order.number)
    return Shown(embed(title, fields=fields), view(*buttons))


def order_list(page: Page[OrderSummary], store: int) -> Shown:
    """Return the member's orders, a select to look into one, and buttons to turn the page."""
    if not page.items:
        return Shown(embed(_("Your orders"), _("You have not ordered anything yet. Start with /order.")), view())
    lines = [
        f"**{order.number}** · {moment(order.created, 'd')} · {status_label(order.status)} · "
        + money(order.total, order.currency)
        for order in page.items
    ]
    options = [
        discord.SelectOption(
            label=order.number,
            value=order.id.hex,
            description=clip(f"{status_label(order.status)} · {money(order.total, order.currency)}", OPTION_LIMIT),
        )
        for order in page.items
    ]
    rows: list[discord.ui.Item[discord.ui.View]] = [
        discord.ui.Select(
            custom_id=custom_id(prefixes.DETAILS, store, ()), options=options, placeholder=_("Choose an order"), row=0
        )
    ]
    if page.pages > 1:
        for number, label, off in (
            (page.number - 1, _("Previous"), page.number <= 1),
            (page.number + 1, _("Next"), page.number >= page.pages),
        ):
            made = custom_id(prefixes.LIST, store, (number,))
            rows.append(discord.ui.Button(custom_id=made, label=label, disabled=off, row=1))
    footer = _("Page {page} of {pages}").format(page=page.number, pages=page.pages)
    return Shown(embed(_("Your orders"), "\n".join(lines), colour=COLOUR, footer=footer), view(*rows))


def literal(text: str) -> str:
    """Return the shop's text so that it shows literally, its web addresses whole so that they can be opened."""
    return "".join(
        part if part.startswith(("http://", "https://")) else escape(part) for part in _ADDRESS.split(text) if part
    )


def cancel_question(order: Order) -> Shown:
    """Return what happens when a paid order is cancelled, and the button that does it."""
    amount = money(order.kept_due, order.currency)
    told = [
        _("Order {number} is paid. If you cancel it:").format(number=order.number),
        "• " + _("{amount} goes back to you, by the way you paid: the shop sees to it.").format(amount=amount),
        "• " + _("Roles, access and everything else that came with it are taken away."),
    ]
    if order.ships:
        told.append("• " + _("Nothing of it will be sent."))
    made = custom_id(prefixes.CANCEL, order.store, (order.id.hex, prefixes.SURE))
    sure = discord.ui.Button[discord.ui.View](
        custom_id=made, label=_("Cancel order {number}").format(number=order.number), style=discord.ButtonStyle.danger
    )
    made = custom_id(prefixes.KEEP, order.store, (order.id.hex,))
    keep = discord.ui.Button[discord.ui.View](custom_id=made, label=_("Keep it"))
    return Shown(embed(_("Cancel the order?"), "\n".join(told), colour=ATTENTION), view(sure, keep))


def _body(order: Order) -> list[tuple[str, str, bool]]:
    gift = member(order.recipient_discord_id) if order.recipient_discord_id else ""
    return [
        *item_fields(_("Items"), order.lines, order.currency),
        (_("Amount"), amount_lines(order, order.adjustments, ships=order.ships), False),
        (_("Ship to"), address_text(order.address), True),
        (_("For"), gift, True),
    ]


def _payment(order: Order, method: PaymentMethod | None) -> list[tuple[str, str, bool]]:
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return []
    label = order.payment_method if method is None else method.label
    instructions = "" if method is None else method.instructions(order)
    fields = [(_("How to pay: {method}").format(method=escape(label)), literal(instructions) or "—", False)]
    if order.reserved_until is not None:
        until = f"{moment(order.reserved_until)} ({moment(order.reserved_until, 'R')})"
        fields.append((_("Reserved until"), until, False))
    return fields


def _buttons(
    order: Order, method: PaymentMethod | None, *, reporting: bool, link: str
) -> list[discord.ui.Item[discord.ui.View]]:
    waiting = order.status is OrderStatus.PENDING_PAYMENT
    if waiting and method is not None and method.begin is not None:
        return [_pay_button(order, link)]
    if not (waiting and reporting and method is not None and method.report_item):
        return []
    made = custom_id(method.report_item, order.store, (order.id.hex,))
    return [discord.ui.Button(custom_id=made, label=_("I've paid"), style=discord.ButtonStyle.success)]


def _pay_button(order: Order, link: str) -> discord.ui.Button[discord.ui.View]:
    """Return the link to the payment page, or, while it is not known, a button that asks for it."""
    label = _("Pay {amount}").format(amount=money(order.due, order.currency))
    if link.startswith(("http://", "https://")):
        return discord.ui.Button(url=link, label=clip(label, 80))
    made = custom_id(PAY_ITEM, order.store, (order.id.hex,))
    return discord.ui.Button(custom_id=made, label=clip(label, 80), style=discord.ButtonStyle.success)
