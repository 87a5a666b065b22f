"""`/return`, and the buttons by which staff decide on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    context_of,
    open_modal,
    update,
)
from guildshop.errors import Invalid
from guildshop.i18n import _, use_locale
from guildshop.i18n import lazy as _l
from guildshop.money import format_money
from guildshop.plugins.orders.api import Order, OrderLine, status_label
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import rules, views
from guildshop.plugins.refunds.api import CREATE, DECIDE, REASON_LENGTH, ItemRequest, Return
from guildshop.plugins.refunds.deliveries import return_page
from guildshop.plugins.refunds.service import ReturnService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_own(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the member's own orders."""
    context = context_of(interaction)
    orders = await context.app.get(OrderService).own_page(context.actor, size=25)
    typed = current.strip().lstrip("#").upper()
    return [
        app_commands.Choice(
            name=f"{order.number} · {status_label(order.status)} · {format_money(order.total, order.currency)}"[:100],
            value=order.number,
        )
        for order in orders.items
        if typed in order.number
    ]


@app_commands.command(name="return", description=_l("Ask to send back something that you ordered."))
@app_commands.describe(order=_l("The order's number."))
@app_commands.autocomplete(order=suggest_own)
async def return_command(interaction: discord.Interaction[Bot], order: str) -> None:
    """Ask what is to be sent back."""
    context = context_of(interaction)
    shown = views.return_choice(await context.app.get(ReturnService).returnable(context.actor, order))
    await answer(interaction, embed=shown.embed, view=shown.view)


class Items(StoreSelect, prefix=views.RETURN_ITEMS):
    """Takes which lines of an order are to be sent back."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Ask how many and why."""
        order = await context.app.get(ReturnService).returnable(context.actor, UUID(args[0]))
        positions = [int(value) for value in values]
        lines = _lines(order, positions)
        fields = []
        if any(line.returnable > 1 for line in lines):
            fields.append(
                TextField("quantities", _("How many of each"), default=views.quantities_text(lines), long=True)
            )
        fields.append(TextField("reason", _("Why do you send it back?"), long=True, maximum=1000))
        title = _("Return of order {number}").format(number=order.number)
        modal = Form.build(context.store.id, args[0], packed(positions), title=title, fields=fields)
        await open_modal(interaction, modal)


class Form(StoreModal, prefix="refunds.return_form"):
    """Takes how many pieces, and why."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Ask the staff."""
        returns = context.app.get(ReturnService)
        order = await returns.returnable(context.actor, UUID(args[0]))
        lines = _lines(order, unpacked(args[1]))
        items = _quantities(lines, fields["quantities"])
        made = await returns.request(context.actor, order.id, items, fields["reason"])
        shown = views.return_requested(made)
        await update(interaction, embed=shown.embed, view=shown.view)


class Approve(StoreButton, prefix=views.APPROVE):
    """Lets the customer send it back."""

    permission = DECIDE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Approve, and show it so, also when somebody else was faster."""
        try:
            await context.app.get(ReturnService).approve(context.actor, UUID(args[0]))
        finally:
            await _show(interaction, context, UUID(args[0]))


class Receive(StoreButton, prefix=views.RECEIVE):
    """Notes that it arrived."""

    permission = DECIDE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Note it, and show it so."""
        try:
            await context.app.get(ReturnService).receive(context.actor, UUID(args[0]))
        finally:
            await _show(interaction, context, UUID(args[0]))


class Decline(StoreButton, prefix=views.DECLINE):
    """Asks why a return is declined."""

    permission = DECIDE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        field = TextField(
            "reason", _("Reason"), long=True, maximum=REASON_LENGTH, description=_("The customer is told this.")
        )
        title = _("Decline the return")
        await open_modal(interaction, DeclineForm.build(context.store.id, args[0], title=title, fields=[field]))


class DeclineForm(StoreModal, prefix="refunds.decline_form"):
    """Declines a return for the reason given."""

    permission = DECIDE
    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Decline it, and show it so."""
        try:
            await context.app.get(ReturnService).decline(context.actor, UUID(args[0]), fields["reason"])
        finally:
            await _show(interaction, context, UUID(args[0]))


class Refund(StoreButton, prefix=views.RETURN_REFUND):
    """Shows the refund of a return that arrived, to be confirmed."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show it privately."""
        proposal = await context.app.get(ReturnService).propose_refund(context.actor, UUID(args[0]))
        shown = views.proposal_shown(proposal, context.store.id)
        await answer(interaction, embed=shown.embed, view=shown.view)


COMMANDS: list[Any] = [return_command]
ITEMS: list[Any] = [Items, Form, Approve, Receive, Decline, DeclineForm, Refund]


def packed(positions: Sequence[int]) -> str:
    """Return positions as few letters, since a custom ID has room for few: a bit each, in hexadecimal."""
    return f"{sum(1 << at for at in set(positions)):x}"


def unpacked(text: str) -> list[int]:
    """Return the positions that were packed."""
    bits = int(text, 16)
    return [at for at in range(bits.bit_length()) if bits >> at & 1]


def _lines(order: Order, positions: Sequence[int]) -> list[OrderLine]:
    return [order.lines[at] for at in positions if at < len(order.lines)]


def _quantities(lines: Sequence[OrderLine], text: str) -> tuple[ItemRequest, ...]:
    """Return how many pieces of each line; without a text one of each, as there is no more."""
    if not text.strip():
        return tuple(ItemRequest(str(line.id), 1) for line in lines)
    named = {(line.sku or line.name).casefold(): line for line in lines}
    found = []
    for item in rules.parse_items(text.replace("\n", ",")):
        line = named.get(item.product.casefold())
        if line is None:
            raise Invalid.field(
                "quantities",
                _("You did not choose {product}. Write the quantities like {example}.").format(
                    product=item.product[:64], example=views.quantities_text(lines)[:200]
                ),
            )
        found.append(ItemRequest(str(line.id), item.quantity))
    return tuple(found)


async def _show(interaction: discord.Interaction[Bot], context: Context, return_id: UUID) -> None:
    """Put a return's present state into the notice whose button was used, in the store's language."""
    found: Return = await context.app.get(ReturnService).get(return_id)
    order = await context.app.get(OrderService).get(found.order)
    with use_locale(context.store.language):
        shown = views.return_notice(found, order, return_page(context.app, found))
    await update(interaction, embed=shown.embed, view=shown.view)
