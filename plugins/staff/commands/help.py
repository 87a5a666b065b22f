"""`/help`: the commands that whoever asks may use here, as links that a click runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import Context, answer, context_of
from guildshop.bot.staff import permission_of
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.staff import views

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


@app_commands.command(name="help", description=_l("See what you can do here."))
async def help_command(interaction: discord.Interaction[Bot]) -> None:
    """Show members what is for them, and staff what is for staff too."""
    context = context_of(interaction)
    members = [_line(context, command) for command in _commands(context, for_staff=False)]
    staff = [_line(context, command) for command in _commands(context, for_staff=True)]
    await answer(interaction, embeds=views.help_embeds(context.store.name, members, staff))


def _commands(context: Context, *, for_staff: bool) -> Sequence[app_commands.Command[Any, ..., Any]]:
    """Return the slash commands of the plugins that are on, those that need a permission or those that need none."""
    stores, registry = context.app.stores, context.app.registry
    found = []
    for (kind, _name), (plugin, command) in registry.commands.items():
        if kind is not discord.AppCommandType.chat_input or not isinstance(command, app_commands.Command):
            continue
        permission = permission_of(command)
        hidden = command.default_permissions is not None
        allowed = context.actor.is_staff if permission is None else context.actor.may(permission)
        if stores.enabled(context.store.id, plugin) and hidden is for_staff and (allowed or not hidden):
            found.append(command)
    return sorted((command for command in found if command.name != "help"), key=lambda command: command.name)


def _line(context: Context, command: app_commands.Command[Any, ..., Any]) -> tuple[str, str]:
    return context.app.messenger.command_mention(context.store, command.name), _(command.description)
