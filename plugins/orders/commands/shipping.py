"""The slash commands by which staff send parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from guildshop.bot import context_of, staff, succeed
from guildshop.bot.rendering import escape
from guildshop.errors import NotConfigured
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.money import format_money
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import OrderFilter, OrderStatus, status_label
from guildshop.plugins.orders.service import OrderService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

UPDATE = "order.update"
TO_SHIP = frozenset({OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.SHIPPED, OrderStatus.PARTIALLY_REFUNDED})


async def suggest_shippable(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the numbers of orders whose parcels may still change."""
    context = context_of(interaction)
    if not (context.actor.may(UPDATE) and context.actor.may("order.read")):
        return []
    found = await context.app.get(OrderService).list(context.actor, OrderFilter(TO_SHIP, text=current), limit=50)
    return [
        app_commands.Choice(
            name=f"{order.number} · {order.customer_name} · {format_money(order.total, order.currency)}"[:100],
            value=order.number,
        )
        for order in found.items
        if order.shipping_status is not None
    ][:25]


async def suggest_carriers(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the carriers that the store knows; any other may be typed."""
    context = context_of(interaction)
    if not context.actor.may(UPDATE):
        return []
    known = context.app.get(OrderService).carriers(context.store.id)
    return [app_commands.Choice(name=name, value=name) for name in known if fold(current) in fold(name)][:25]


@app_commands.command(name="ship", description=_l("Send an order's parcel: its carrier and tracking number."))
@app_commands.describe(
    order=_l("The order's number."),
    carrier=_l("Who carries it: one of the list, or any other."),
    tracking=_l("The tracking number."),
)
@app_commands.autocomplete(order=suggest_shippable, carrier=suggest_carriers)
@staff(UPDATE)
async def ship_command(interaction: discord.Interaction[Bot], order: str, carrier: str, tracking: str) -> None:
    """Send what is left of an order; the same values again are the same parcel."""
    context = context_of(interaction)
    orders = context.app.get(OrderService)
    sent = await orders.ship(context.actor, order, carrier, tracking)
    number = rules.clean_tracking(tracking)
    parcel = next(one for one in await orders.shipments(sent.id) if one.tracking_number.casefold() == number.casefold())
    link = f"[{escape(parcel.name)}](<{parcel.tracking_url}>)" if parcel.tracking_url else escape(parcel.name)
    await succeed(
        interaction,
        _("A parcel of order {number} is on its way: {parcel}. The order is {status} now.").format(
            number=sent.number, parcel=link, status=status_label(sent.status)
        ),
    )


@app_commands.command(name="buy-label", description=_l("Buy a shipping label for an order."))
@app_commands.describe(order=_l("The order's number."))
@app_commands.autocomplete(order=suggest_shippable)
@staff(UPDATE)
async def buy_label_command(interaction: discord.Interaction[Bot], order: str) -> None:
    """Say that labels cannot be bought here yet."""
    found = await context_of(interaction).app.get(OrderService).get(order)
    raise NotConfigured(
        _(
            "EasyPost is not configured, so no label can be bought. Buy it at the carrier, then use /ship {number}."
        ).format(number=found.number)
    )


SHIPPING_COMMANDS = [ship_command, buy_label_command]
