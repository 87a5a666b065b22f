"""Registering, and what one is told by DM and by email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    TextField,
    answer,
    context_of,
    open_modal,
    succeed,
    update,
    view,
)
from guildshop.bot.items import custom_id
from guildshop.bot.rendering import escape
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.api import Customer, MessageChannel
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.service.preferences import wants
from guildshop.plugins.customers.views.profile import (
    email_embed,
    preference_label,
    preferences_embed,
    registered_embed,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


SELLING_PLUGIN = "orders"
"""The plugin that answers `START_BUTTON`, so that the button is shown where it is on."""

START_BUTTON = "orders.start"
"""The custom-ID prefix of a button that begins an order: `orders.start:<store>`."""


async def acting_customer(interaction: discord.Interaction[Bot]) -> Customer:
    """Return the customer who uses a command, registered by this first contact."""
    context, user = context_of(interaction), interaction.user
    return await context.app.get(CustomerService).register(context.actor, user.name, user.display_name)


@app_commands.command(name="register", description=_l("Become a customer of this shop."))
async def register_command(interaction: discord.Interaction[Bot]) -> None:
    """Register, or say that one is, with a button to begin an order where the store sells."""
    customer, context = await acting_customer(interaction), context_of(interaction)
    selling = context.app.stores.enabled(context.store.id, SELLING_PLUGIN)
    start: discord.ui.Button[discord.ui.View] = discord.ui.Button(
        custom_id=custom_id(START_BUTTON, context.store.id, ()),
        label=_("Start an order"),
        style=discord.ButtonStyle.primary,
    )
    made = registered_embed(customer, context.store.name)
    await answer(interaction, embed=made, view=view(start) if selling else None)


@app_commands.command(name="dm-prefs", description=_l("Choose which direct messages you get from this shop."))
async def dm_prefs_command(interaction: discord.Interaction[Bot]) -> None:
    """Show a toggle for each topic."""
    embed, shown = _preferences(context_of(interaction), await acting_customer(interaction), MessageChannel.DM)
    await answer(interaction, embed=embed, view=shown)


@app_commands.command(name="email-prefs", description=_l("Choose which emails you get from this shop, and where."))
async def email_prefs_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the address on file and a toggle for each topic, or say that there is no address."""
    embed, shown = _preferences(context_of(interaction), await acting_customer(interaction), MessageChannel.EMAIL)
    await answer(interaction, embed=embed, view=shown)


class DmPreference(StoreButton, prefix="customers.dm_preference"):
    """Switches the DMs of a topic; arguments: topic, and what it becomes. Pressed twice, it does so once."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Switch and show the new state in place."""
        await _switch(interaction, context, MessageChannel.DM, *args)


class EmailPreference(StoreButton, prefix="customers.email_preference"):
    """Switches the emails of a topic; arguments: topic, and what it becomes. Pressed twice, it does so once."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Switch and show the new state in place."""
        await _switch(interaction, context, MessageChannel.EMAIL, *args)


class SetEmail(StoreButton, prefix="customers.set_email"):
    """Asks for one's own email address."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        told = _("We send a link there; the address is yours once you open it.")
        field = TextField("email", _("Email address"), maximum=254, description=told)
        modal = EmailForm.build(context.store.id, interaction.user.id, title=_("Your email address"), fields=[field])
        await open_modal(interaction, modal)


class EmailForm(StoreModal, prefix="customers.email_form"):
    """Sends a link to the address that was written."""

    personal = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Send it."""
        address = await context.app.get(CustomerService).ask_own_email(context.actor, fields["email"])
        await succeed(interaction, _("Open the link that is on its way to {email}.").format(email=escape(address)))


async def _switch(interaction: discord.Interaction[Bot], context: Context, channel: MessageChannel, *args: str) -> None:
    service = context.app.get(CustomerService)
    customer = await service.set_preference(context.actor, args[0], args[1] == "on", channel)
    embed, shown = _preferences(context, customer, channel)
    await update(interaction, embed=embed, view=shown)


def _preferences(
    context: Context, customer: Customer, channel: MessageChannel
) -> tuple[discord.Embed, discord.ui.View | None]:
    topics = context.app.get(CustomerService).topics()
    mail = context.app.mail.enabled
    email = channel is MessageChannel.EMAIL
    item = EmailPreference if email else DmPreference
    buttons: list[StoreButton] = [
        item(
            context.store.id,
            topic.name,
            "off" if wants(customer, topic.name, channel) else "on",
            label=preference_label(topic, wants(customer, topic.name, channel)),
            style=discord.ButtonStyle.success
            if wants(customer, topic.name, channel)
            else discord.ButtonStyle.secondary,
        )
        for topic in topics[:24]
        if not email or customer.email
    ]
    if email and mail:
        label = _("Change the address") if customer.email else _("Set my address")
        buttons.append(SetEmail(context.store.id, label=label, style=discord.ButtonStyle.primary))
    switches = {topic: wants(customer, topic.name, channel) for topic in topics}
    shown = email_embed(customer, switches, mail=mail) if email else preferences_embed(switches)
    return shown, view(*buttons) if buttons else None


PROFILE_COMMANDS: list[Any] = [register_command, dm_prefs_command, email_prefs_command]
PROFILE_ITEMS = [DmPreference, EmailPreference, SetEmail, EmailForm]
