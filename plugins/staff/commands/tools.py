"""`/doctor` and `/dashboard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from guildshop.bot import answer, context_of, defer, staff
from guildshop.bot.staff import HIDDEN_FROM_MEMBERS
from guildshop.doctor import examine_store
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.staff import views
from guildshop.plugins.staff.api import SETTINGS_READ
from guildshop.plugins.staff.service import SignInService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


@app_commands.command(name="doctor", description=_l("Check how this shop is set up, and how to mend it."))
@staff(SETTINGS_READ)
async def doctor_command(interaction: discord.Interaction[Bot]) -> None:
    """Examine the store and say what was found."""
    context = context_of(interaction)
    await defer(interaction)
    findings = await examine_store(context.app, context.store.id)
    await answer(interaction, embed=views.doctor_embed(context.store, findings))


@app_commands.command(name="dashboard", description=_l("Get a private link that signs you in to the web."))
@app_commands.default_permissions(HIDDEN_FROM_MEMBERS)
async def dashboard_command(interaction: discord.Interaction[Bot]) -> None:
    """Make a one-time link for whoever asks, if they are staff."""
    context = context_of(interaction)
    token = await context.app.get(SignInService).create(context.actor)
    shown = discord.ui.View(timeout=None)
    url = f"{context.app.settings.web.public_url}/signin/{token}"
    shown.add_item(discord.ui.Button(label=_("Sign in"), url=url))
    shown.stop()
    await answer(interaction, embed=views.link_embed(context.store), view=shown)
