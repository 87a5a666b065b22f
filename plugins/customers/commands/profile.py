"""Registering, and what one is told by DM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, answer, context_of, update, view
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.views.profile import (
    preference_label,
    preferences_embed,
    registered_embed,
    wanted,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def acting_customer(interaction: discord.Interaction[Bot]) -> Customer:
    """Return the customer who uses a command, registered by this first contact."""
    context, user = context_of(interaction), interaction.user
    return await context.app.get(CustomerService).register(context.actor, user.name, user.display_name)


@app_commands.command(name="register", description=_l("Become a customer of this shop."))
async def register_command(interaction: discord.Interaction[Bot]) -> None:
    """Register, or say that one is."""
    customer = await acting_customer(interaction)
    await answer(interaction, embed=registered_embed(customer, context_of(interaction).store.name))


@app_commands.command(name="dm-prefs", description=_l("Choose which direct messages you get from this shop."))
async def dm_prefs_command(interaction: discord.Interaction[Bot]) -> None:
    """Show a toggle for each topic."""
    context = context_of(interaction)
    customer = await acting_customer(interaction)
    embed, shown = _preferences(context, customer)
    await answer(interaction, embed=embed, view=shown)


class DmPreference(StoreButton, prefix="customers.dm_preference"):
    """Switches a topic; arguments: topic, and what it becomes. Pressed twice, it does so once."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Switch and show the new state in place."""
        customer = await context.app.get(CustomerService).set_dm_preference(context.actor, args[0], args[1] == "on")
        embed, shown = _preferences(context, customer)
        await update(interaction, embed=embed, view=shown)


def _preferences(context: Context, customer: Customer) -> tuple[discord.Embed, discord.ui.View]:
    topics = context.app.get(CustomerService).topics()
    buttons = [
        DmPreference(
            context.store.id,
            topic.name,
            "off" if wanted(customer, topic) else "on",
            label=preference_label(customer, topic),
            style=discord.ButtonStyle.success if wanted(customer, topic) else discord.ButtonStyle.secondary,
        )
        for topic in topics[:25]
    ]
    return preferences_embed(customer, topics), view(*buttons)


PROFILE_COMMANDS: list[Any] = [register_command, dm_prefs_command]
PROFILE_ITEMS = [DmPreference]
