"""The slash commands of orders, and the components of lists and details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
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
    defer,
    open_modal,
    succeed,
    update,
)
from guildshop.errors import Forbidden, Invalid
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.money import format_money
from guildshop.plugins.orders.api import PAY_ITEM, Order, OrderStatus, status_label
from guildshop.plugins.orders.commands.flow import begin, can_report, payment_link, repeat
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.orders.views import prefixes
from guildshop.plugins.orders.views.flow import Shown
from guildshop.plugins.orders.views.orders import cancel_question, details, order_list, payment_page

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_orders(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest order numbers: a member's own, or any for staff."""
    context = context_of(interaction)
    found = await context.app.get(OrderService).suggest(context.actor, current)
    return [
        app_commands.Choice(
            name=f"{order.number} · {status_label(order.status)} · {format_money(order.total, order.currency)}"[:100],
            value=order.number,
        )
        for order in found[:25]
    ]


@app_commands.command(name="order", description=_l("Order something, or go on with the order you began."))
@app_commands.describe(gift_to=_l("The member you buy it for; leave it out to buy for yourself."))
async def order_command(interaction: discord.Interaction[Bot], gift_to: discord.Member | None = None) -> None:
    """Begin or resume the order flow."""
    if gift_to is not None and gift_to.bot:
        raise Invalid.field(
            "gift_to", _("{name} is a bot and cannot be given anything.").format(name=gift_to.display_name)
        )
    await begin(interaction, context_of(interaction), None if gift_to is None else gift_to.id)


@app_commands.command(name="orders", description=_l("Show your orders."))
async def orders_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the first page of the member's orders."""
    made = await _list(context_of(interaction), 1)
    await answer(interaction, embed=made.embed, view=made.view)


@app_commands.command(name="order-status", description=_l("Show one order: its status, what is in it, how to pay."))
@app_commands.describe(order=_l("The order's number."))
@app_commands.autocomplete(order=suggest_orders)
async def order_status_command(interaction: discord.Interaction[Bot], order: str) -> None:
    """Show an order's details."""
    made = await _details(context_of(interaction), order)
    await answer(interaction, embed=made.embed, view=made.view)


@app_commands.command(name="cancel-order", description=_l("Cancel one of your orders before it is fulfilled."))
@app_commands.describe(order=_l("The order's number."))
@app_commands.autocomplete(order=suggest_orders)
async def cancel_order_command(interaction: discord.Interaction[Bot], order: str) -> None:
    """Cancel an order; a paid one after saying what happens."""
    context = context_of(interaction)
    found = await context.app.get(OrderService).get_for(context.actor, order)
    if found.status is OrderStatus.PAID:
        made = cancel_question(found)
        await answer(interaction, embed=made.embed, view=made.view)
        return
    await _cancel(interaction, found.id, "")


class List(StoreButton, prefix=prefixes.LIST):
    """Turns the pages of the member's orders."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show that page."""
        made = await _list(context, int(args[0]))
        await update(interaction, embed=made.embed, view=made.view)


class Details(StoreSelect, prefix=prefixes.DETAILS):
    """Shows one order of the list."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show it in a message of its own, so that the list stays."""
        made = await _details(context, UUID(values[0]))
        await answer(interaction, embed=made.embed, view=made.view)


class Pay(StoreButton, prefix=PAY_ITEM):
    """Asks the processor for the page where an order is paid, and shows the way there."""

    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Answer with a link, made now."""
        orders = context.app.get(OrderService)
        order = await orders.get_for(context.actor, UUID(args[0]))
        if not orders.owns(context.actor, order):
            raise Forbidden(_("Order {number} is somebody else's.").format(number=order.number))
        await defer(interaction)
        made = payment_page(order, await orders.methods.begin(order))
        await answer(interaction, embed=made.embed, view=made.view)


class Cancel(StoreButton, prefix=prefixes.CANCEL):
    """Cancels the order whose details are shown, after asking why; a paid one after saying what happens."""

    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Ask for a reason, or first whether they are sure."""
        order = await context.app.get(OrderService).get_for(context.actor, UUID(args[0]))
        if order.status is OrderStatus.PAID and prefixes.SURE not in args:
            made = cancel_question(order)
            await answer(interaction, embed=made.embed, view=made.view)
            return
        field = TextField("reason", _("Reason, if you like to give one"), long=True, required=False, maximum=500)
        title = _("Cancel order {number}?").format(number=order.number)
        await open_modal(interaction, Reason.build(context.store.id, args[0], title=title, fields=[field]))


class Keep(StoreButton, prefix=prefixes.KEEP):
    """Leaves the order as it is after all."""

    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the order again."""
        made = await _details(context, UUID(args[0]))
        await update(interaction, embed=made.embed, view=made.view)


class Repeat(StoreButton, prefix=prefixes.REPEAT):
    """Orders the same again, at the prices of today."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Begin an order with the same items."""
        await repeat(interaction, context, UUID(args[0]))


class Reason(StoreModal, prefix=prefixes.REASON):
    """Asks why an order is cancelled."""

    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Cancel it."""
        await _cancel(interaction, UUID(args[0]), fields["reason"])


COMMANDS = [order_command, orders_command, order_status_command, cancel_order_command]
ITEMS = [List, Details, Pay, Cancel, Keep, Repeat, Reason]


async def _list(context: Context, page: int) -> Shown:
    return order_list(await context.app.get(OrderService).own_page(context.actor, page), context.store.id)


async def _details(context: Context, reference: UUID | str) -> Shown:
    orders = context.app.get(OrderService)
    order = await orders.get_for(context.actor, reference)
    own = orders.owns(context.actor, order)
    notes = await orders.notes(order.id, public_only=True)
    method = orders.methods.find(order.store, order.payment_method)
    link = await payment_link(context, order) if own else ""
    return details(order, method, notes, own=own, reporting=can_report(context), link=link)


async def _cancel(interaction: discord.Interaction[Bot], reference: UUID | str, reason: str) -> None:
    context = context_of(interaction)
    order = await context.app.get(OrderService).cancel(context.actor, reference, reason)
    await succeed(interaction, _cancelled(order))


def _cancelled(order: Order) -> str:
    if order.paid_at is None:
        return _("Order {number} is cancelled.").format(number=order.number)
    return _("Order {number} is cancelled. The shop will return {amount} to you.").format(
        number=order.number, amount=format_money(order.kept_due, order.currency)
    )
