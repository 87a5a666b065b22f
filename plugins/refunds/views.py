"""What staff and customers read about refunds and returns in Discord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from guildshop.bot.items import custom_id, view
from guildshop.bot.rendering import (
    ATTENTION,
    BAD,
    COLOUR,
    GOOD,
    OPTION_LIMIT,
    attention_embed,
    clip,
    embed,
    escape,
    member,
    money,
    success_embed,
)
from guildshop.i18n import _
from guildshop.plugins.orders.api import Order, OrderLine, status_label
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.plugins.refunds import labels
from guildshop.plugins.refunds.api import (
    Proposal,
    Refund,
    RefundFailed,
    RefundMode,
    RefundState,
    Return,
    ReturnStatus,
)

CONFIRM = "refunds.confirm"
NOTE = "refunds.note"
CREDIT = "refunds.credit"
DISCARD = "refunds.discard"
PAID_BACK = "refunds.paid_back"
RETRY = "refunds.retry"
RETURN_ITEMS = "refunds.return_items"
APPROVE = "refunds.return_approve"
RECEIVE = "refunds.return_receive"
DECLINE = "refunds.return_decline"
RETURN_REFUND = "refunds.return_refund"
SHOWN_LINES = 15

_S = discord.ButtonStyle


@dataclass(frozen=True, slots=True)
class Shown:
    """An embed and its components."""

    embed: discord.Embed
    items: Sequence[discord.ui.Item[discord.ui.View]] = ()

    @property
    def view(self) -> discord.ui.View | None:
        """Return the components as a view, None when there are none."""
        return view(*self.items) if self.items else None


def proposal_shown(proposal: Proposal, store: int, warning: str = "") -> Shown:
    """Return the confirmation: exactly what will happen, and the buttons that decide."""
    plan = proposal.plan
    items = [f"{item.quantity} × {escape(item.name)} · {money(item.unit_price, plan.currency)}" for item in plan.items]
    really = (
        _("{net} was really paid for them, net of discounts and with tax.").format(net=money(plan.net, plan.currency))
        if plan.items and plan.mode is not RefundMode.FULL and plan.net != plan.amount
        else ""
    )
    ways = [f"{escape(labels.way_label(part))}: {money(part.amount, plan.currency)}" for part in plan.parts]
    by_hand = (
        _("You pay {amount} back yourself; confirming says that you did.").format(
            amount=money(plan.manual, plan.currency)
        )
        if plan.manual
        else ""
    )
    fields: list[tuple[str, str] | tuple[str, str, bool]] = [
        (_("Amount"), money(plan.amount, plan.currency)),
        (_("Kind"), labels.mode_label(plan.mode)),
        (_("The order becomes"), status_label(plan.status)),
        (_("Items that come back"), "\n".join([*_first(items), really]).strip(), False),
        (_("Which way the money goes"), "\n".join([*ways, by_hand]).strip(), False),
        (_("What ends with it"), "\n".join(escape(ending) for ending in _first(proposal.endings)), False),
        (_("Reason"), escape(reason_text(plan.reason)), False),
        (_("Left to refund afterwards"), money(plan.left, plan.currency)),
    ]
    text = "\n\n".join(part for part in (warning, _("Nothing has happened yet. This is exactly what will.")) if part)
    shown = embed(_("Refund order {number}?").format(number=plan.order_number), text, colour=ATTENTION, fields=fields)
    return Shown(shown, _proposal_buttons(proposal, store))


def _proposal_buttons(proposal: Proposal, store: int) -> list[discord.ui.Button[discord.ui.View]]:
    key = proposal.id.hex
    buttons = [_button(CONFIRM, store, key, label=_("Confirm"), style=_S.danger)]
    if proposal.plan.manual:
        buttons.append(_button(NOTE, store, key, label=_("Confirm with a note"), style=_S.secondary))
    if proposal.credit_possible:
        buttons.append(_button(CREDIT, store, key, label=_("To store credit instead"), style=_S.secondary))
    buttons.append(_button(DISCARD, store, key, label=_("Cancel"), style=_S.secondary))
    return buttons


def refund_done(refund: Refund) -> Shown:
    """Return what became of a refund that was confirmed."""
    amount = money(refund.amount, refund.currency)
    title = _("Refund of order {number}").format(number=refund.order_number)
    if refund.state is RefundState.SUCCEEDED:
        return Shown(success_embed(_("{amount} was refunded.").format(amount=amount), title))
    if refund.state is RefundState.FAILED:
        text = _("The refund failed; nothing went back. {problem}").format(problem=escape(refund.problem))
        return Shown(embed(title, text, colour=BAD))
    return Shown(
        attention_embed(
            _("{amount} is on its way back. You are told here if anything goes wrong.").format(amount=amount), title
        )
    )


def pay_back_notice(refund: Refund, order: Order | None, page: str) -> Shown:
    """Return the notice that staff have to pay something back themselves; once done, that they did."""
    title = _("Pay back order {number}").format(number=refund.order_number)
    if not refund.by_hand:
        text = _("{amount} was paid back.").format(amount=money(refund.amount, refund.currency))
        return Shown(embed(title, text, colour=GOOD, url=page))
    text = _("{customer} is to get {amount} back by {method}. Pay it, then press the button.").format(
        customer=_("The customer of a deleted order") if order is None else _customer(order),
        amount=money(refund.by_hand, refund.currency),
        method=escape(", ".join(labels.way_label(part) for part in refund.parts if part.waits_for_staff)),
    )
    shown = embed(
        title, text, colour=ATTENTION, fields=[(_("Reason"), escape(reason_text(refund.reason)), False)], url=page
    )
    return Shown(shown, [_button(PAID_BACK, refund.store, refund.id.hex, label=_("I paid it back"), style=_S.success)])


def failure_notice(refund: Refund, event: RefundFailed, page: str) -> Shown:
    """Return the notice that a processor did not give money back."""
    title = _("A refund of order {number} failed").format(number=refund.order_number)
    if event.reopened:
        text = _(
            "{amount} came back to the processor after it had said that it was refunded. The order stays refunded:"
            " pay it back in another way, then press the button."
        )
    elif event.retried:
        title = _("A refund of order {number} is stuck").format(number=refund.order_number)
        text = _("{amount} did not go back yet; it is tried again by itself.")
    else:
        text = _("{amount} did not go back and belongs to the order again. Refund it anew, perhaps in another way.")
    shown = embed(
        title,
        text.format(amount=money(event.amount, refund.currency)),
        colour=BAD,
        fields=[(_("What the processor said"), escape(event.reason), False)],
        url=page,
    )
    buttons = []
    if event.retried:
        buttons.append(_button(RETRY, refund.store, refund.id.hex, label=_("Try again now"), style=_S.secondary))
    if refund.state is RefundState.PENDING and any(part.refused for part in refund.parts):
        buttons.append(_button(PAID_BACK, refund.store, refund.id.hex, label=_("I paid it back"), style=_S.secondary))
    return Shown(shown, buttons)


def collect_notice(refund: Refund, page: str) -> Shown:
    """Return the notice that money waits to be collected by somebody whose order was deleted."""
    text = _("{amount} waits to be collected, but the order was deleted. Send this address to its customer: {url}")
    title = _("Refund of order {number}").format(number=refund.order_number)
    told = text.format(amount=money(refund.amount, refund.currency), url=refund.url)
    return Shown(embed(title, told, colour=ATTENTION, url=page))


def collect_message(refund: Refund, shop: str) -> discord.Embed:
    """Return what a customer reads whose money waits to be collected."""
    return embed(
        _("Your refund for order {number}").format(number=refund.order_number),
        _("{amount} is waiting for you. Collect it here: {url}").format(
            amount=money(refund.amount, refund.currency), url=refund.url
        ),
        colour=GOOD,
        footer=shop,
    )


def surplus_message(refund: Refund, shop: str) -> discord.Embed:
    """Return what a customer reads when money that came beyond the order went back."""
    return embed(
        _("Your refund for order {number}").format(number=refund.order_number),
        _("{amount} that came beyond what the order cost went back to you.").format(
            amount=money(refund.amount, refund.currency)
        ),
        colour=GOOD,
        fields=[(_("Reason"), escape(reason_text(refund.reason)), False)],
        footer=shop,
    )


# Returns


def return_choice(order: Order) -> Shown:
    """Return the question what of an order is to be sent back."""
    lines = [(at, line) for at, line in enumerate(order.lines) if line.returnable][:25]
    select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
        custom_id=custom_id(RETURN_ITEMS, order.store, (order.id.hex,)),
        placeholder=_("What do you want to send back?"),
        min_values=1,
        max_values=len(lines),
        options=[
            discord.SelectOption(
                label=clip(line.name, OPTION_LIMIT),
                value=str(at),
                description=_("up to {count}").format(count=line.returnable),
            )
            for at, line in lines
        ],
    )
    text = _("Choose what you want to send back. You are asked why, and the staff answer you.")
    return Shown(embed(_("Return of order {number}").format(number=order.number), text, colour=COLOUR), [select])


def quantities_text(lines: Sequence[OrderLine]) -> str:
    """Return the quantities that a member changes before sending."""
    return ", ".join(f"{line.sku or line.name}:{line.returnable}" for line in lines)


def return_requested(request: Return) -> Shown:
    """Return the answer to a request."""
    text = _("The staff were asked whether you may send this back:\n{items}\nYou are told what they say.").format(
        items=_return_items(request)
    )
    return Shown(success_embed(text, _("Return of order {number}").format(number=request.order_number)))


def return_notice(request: Return, order: Order, page: str) -> Shown:
    """Return what staff see of a return, with what they can do now."""
    shown = embed(
        _("Return of order {number}").format(number=request.order_number),
        _return_items(request),
        colour=_return_colour(request.status),
        fields=[
            (_("Customer"), _customer(order)),
            (_("Status"), labels.return_label(request.status)),
            (_("Reason"), escape(request.reason), False),
            (_("Why it was declined"), escape(request.decision), False),
        ],
        url=page,
    )
    key = request.id.hex
    buttons = []
    if request.status is ReturnStatus.REQUESTED:
        buttons.append(_button(APPROVE, request.store, key, label=_("Approve"), style=_S.success))
    if request.status is ReturnStatus.APPROVED:
        buttons.append(_button(RECEIVE, request.store, key, label=_("It arrived"), style=_S.success))
    if request.status is ReturnStatus.RECEIVED:
        buttons.append(_button(RETURN_REFUND, request.store, key, label=_("Refund…"), style=_S.success))
    if buttons:
        buttons.append(_button(DECLINE, request.store, key, label=_("Decline"), style=_S.danger))
    return Shown(shown, buttons)


def return_message(request: Return, shop: str) -> discord.Embed:
    """Return what a customer reads when their return has moved on."""
    texts = {
        ReturnStatus.REQUESTED: _("We got your request and will answer you."),
        ReturnStatus.APPROVED: _("You may send it back. Put the order's number into the parcel."),
        ReturnStatus.RECEIVED: _("Your parcel has arrived. We look at it and then refund you."),
        ReturnStatus.DECLINED: _("You cannot send this back."),
        ReturnStatus.REFUNDED: _("Your return is refunded."),
    }
    return embed(
        _("Return of order {number}: {status}").format(
            number=request.order_number, status=labels.return_label(request.status)
        ),
        f"{texts[request.status]}\n\n{_return_items(request)}",
        colour=_return_colour(request.status),
        fields=[(_("Reason"), escape(request.decision), False)],
        footer=shop,
    )


def _return_items(request: Return) -> str:
    return "\n".join(_first([f"{item.quantity} × {escape(item.name)}" for item in request.items]))


def _return_colour(status: ReturnStatus) -> discord.Colour:
    if status is ReturnStatus.REQUESTED:
        return ATTENTION
    if status is ReturnStatus.DECLINED:
        return BAD
    return GOOD if status is ReturnStatus.REFUNDED else COLOUR


def _customer(order: Order) -> str:
    who = member(order.customer_discord_id) if order.customer_discord_id is not None else ""
    return f"{who} {escape(order.customer_name)}".strip()


def _first(lines: Sequence[str]) -> list[str]:
    if len(lines) <= SHOWN_LINES:
        return list(lines)
    return [*lines[:SHOWN_LINES], _("… and {count} more").format(count=len(lines) - SHOWN_LINES)]


def _button(
    prefix: str, store: int, *args: object, label: str, style: discord.ButtonStyle
) -> discord.ui.Button[discord.ui.View]:
    return discord.ui.Button(custom_id=custom_id(prefix, store, args), label=label[:80], style=style)
