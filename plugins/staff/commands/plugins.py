"""The panel's page of plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord

from guildshop.bot import Context, StoreButton, StoreSelect
from guildshop.i18n import _
from guildshop.plugins.staff import views
from guildshop.plugins.staff.api import SETTINGS_READ, SETTINGS_UPDATE, PluginState
from guildshop.plugins.staff.commands.panel import OPENERS, PLUGINS_PAGE, back, settings_of, show

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

MOST_OPTIONS = 25


async def show_plugins(interaction: discord.Interaction[Bot], context: Context) -> None:
    """Show which plugins are on, with selects that switch them (25 in each)."""
    states = settings_of(context).plugins(context.actor)
    items: list[discord.ui.Item[Any]] = []
    if context.actor.may(SETTINGS_UPDATE):
        options = [
            discord.SelectOption(
                label=_label(state),
                value=f"{'off' if state.on else 'on'} {state.name}",
                description=state.description[:100] or None,
                emoji="🟢" if state.on else "⚫",
            )
            for state in states
            if not state.essential
        ]
        for number, start in enumerate(range(0, min(len(options), 4 * MOST_OPTIONS), MOST_OPTIONS)):
            part = options[start : start + MOST_OPTIONS]
            items.append(
                PluginSelect(context.store.id, number, options=part, placeholder=_("Switch a plugin on or off"))
            )
    await show(interaction, views.plugins_embed(states), *items, back(context))


class PluginSelect(StoreSelect, prefix="staff.plugin"):
    """Switches a plugin; off asks first where others need it."""

    permission = SETTINGS_UPDATE

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Switch, or ask."""
        wanted, _space, name = values[0].partition(" ")
        service = settings_of(context)
        state = service.plugin(context.actor, name)
        if wanted == "off" and state.on and state.needed_by:
            await show(
                interaction,
                views.confirm_off_embed(state),
                ConfirmOff(context.store.id, name, label=_("Switch off"), style=discord.ButtonStyle.danger),
                KeepOn(context.store.id, label=_("Leave on")),
            )
            return
        await service.switch(context.actor, name, wanted == "on")
        await show_plugins(interaction, context)


class ConfirmOff(StoreButton, prefix="staff.plugin_off"):
    """Switches a plugin off, and those that need it. Argument: plugin."""

    permission = SETTINGS_UPDATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Switch off."""
        await settings_of(context).switch(context.actor, args[0], False, with_dependants=True)
        await show_plugins(interaction, context)


class KeepOn(StoreButton, prefix="staff.plugin_keep"):
    """Changes nothing and goes back to the plugins."""

    permission = SETTINGS_READ

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the plugins."""
        await show_plugins(interaction, context)


def _label(state: PluginState) -> str:
    text = _("Switch off {plugin}") if state.on else _("Switch on {plugin}")
    return text.format(plugin=state.title)[:100]


OPENERS[PLUGINS_PAGE] = show_plugins
PLUGIN_ITEMS: list[Any] = [PluginSelect, ConfirmOff, KeepOn]
