"""The command tree: every command finds its store, actor and language set, and its plugin on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import AppCommandType, app_commands

from guildshop.bot.boundary import report
from guildshop.bot.context import enter
from guildshop.bot.replies import patience, suggest
from guildshop.bot.staff import permission_of
from guildshop.errors import NotConfigured, Refusal
from guildshop.i18n import COMMAND, OPTION, SOURCE_LANGUAGE, _, gettext_in, language_of, pgettext_in, set_locale

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


class ShopTree(app_commands.CommandTree["Bot"]):
    """One copy of every command; which of them a server offers, its store decides."""

    def __init__(self, client: Bot) -> None:
        """Find commands of servers in the one global copy."""
        super().__init__(client, fallback_to_global=True)

    async def interaction_check(self, interaction: discord.Interaction[Bot], /) -> bool:
        """Set the context; answer and stop where the command may not be used here, now, by them."""
        try:
            await self._admit(interaction)
        except Exception as error:
            await report(interaction, error, self._name(interaction))
            return False
        return True

    async def on_error(self, interaction: discord.Interaction[Bot], error: app_commands.AppCommandError, /) -> None:
        """Hand what a command raised to the error boundary."""
        await report(interaction, error, self._name(interaction))

    async def _call(self, interaction: discord.Interaction[Bot]) -> None:
        # discord.py has no public hook around a whole command, and leaves a failed autocomplete without an answer.
        if interaction.type is discord.InteractionType.autocomplete:
            await super()._call(interaction)
            await suggest(interaction, [])
            return
        async with patience(interaction):
            await super()._call(interaction)

    async def _admit(self, interaction: discord.Interaction[Bot]) -> None:
        set_locale(interaction.locale.value)
        bot = interaction.client
        if interaction.guild_id is None:
            raise Refusal(_("Use this command in the shop's Discord server."))
        store = bot.app.stores.by_guild(interaction.guild_id)
        if store is None:
            raise NotConfigured(setup_sentence(interaction.guild_id))
        context = await enter(interaction, store)
        data: Any = interaction.data or {}
        kind, name = AppCommandType(data.get("type", 1)), str(data.get("name", ""))
        plugin = bot.registry.plugin_of_command(kind, name)
        if plugin is None:
            raise app_commands.CommandNotFound(name, [], kind)
        bot.registry.require_enabled(store.id, plugin)
        command = interaction.command
        permission = permission_of(command) if command is not None else None
        if permission is not None:
            context.actor.require(permission)

    @staticmethod
    def _name(interaction: discord.Interaction[Bot]) -> str:
        data: Any = interaction.data or {}
        return f"/{data.get('name', '?')}"


_places = app_commands.TranslationContextLocation
_CONTEXTS = {_places.command_name: COMMAND, _places.group_name: COMMAND, _places.parameter_name: OPTION}


def setup_sentence(guild_id: int) -> str:
    """Return what a server without a store is told."""
    return _(
        "This server has no shop yet. Whoever runs Guildshop creates it with: "
        'guildshop store create --guild {guild} --name "Your shop"'
    ).format(guild=guild_id)


class CatalogueTranslator(app_commands.Translator):
    """Translates names, descriptions and choices by our catalogues; what is typed in English works all the same."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the text in that language, None where it is the same."""
        if language_of(locale.value) in (None, SOURCE_LANGUAGE):
            return None
        kind = _CONTEXTS.get(context.location)
        message = string.message
        translated = gettext_in(locale.value, message) if kind is None else pgettext_in(locale.value, kind, message)
        return translated if translated != message else None
