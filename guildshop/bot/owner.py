"""What owners can tell the bot in plain words: "@Guildshop sync", also when no slash command works.

Heard in direct messages, and in a server where Discord passes the mention on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import discord

from guildshop.i18n import _, ngettext, use_locale

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


WORDS = frozenset({"ping", "sync"})


def is_owners_word(message: discord.Message) -> bool:
    """Tell whether a message is one of the words that owners say."""
    return message.content.strip().casefold() in WORDS


async def handle_owner_message(bot: Bot, message: discord.Message) -> bool:
    """Answer "ping" and "sync" of the application's owner or of the owner of a server with a store; return whether."""
    if bot.user is None or message.author.bot:
        return False
    words = message.content.replace(f"<@{bot.user.id}>", " ").replace(f"<@!{bot.user.id}>", " ").split()
    mentioned = bot.user in message.mentions
    if not words or not (mentioned or message.guild is None):
        return False
    guilds = await _guilds_of_owner(bot, message)
    if not guilds:
        return False
    with use_locale(guilds[0].preferred_locale.value):
        match words[0].casefold():
            case "ping":
                await message.channel.send(_pong(bot))
            case "sync":
                stores = [store for guild in guilds if (store := bot.app.stores.by_guild(guild.id)) is not None]
                for store in stores:
                    await bot.sync.now(store.id, force=True)
                text = ngettext(
                    "The commands of {count} server are up to date.",
                    "The commands of {count} servers are up to date.",
                    len(stores),
                )
                await message.channel.send(text.format(count=len(stores)))
            case _:
                await message.channel.send(_("I understand “ping” and “sync”. Everything else is a slash command."))
    return True


async def _guilds_of_owner(bot: Bot, message: discord.Message) -> list[discord.Guild]:
    """Return the servers that the author may give orders for: here, or in a DM all of theirs."""
    application = bot.application
    team = application.team if application is not None else None
    runs_it = (
        {member.id for member in team.members} if team is not None else {application.owner.id if application else 0}
    )
    candidates = [message.guild] if message.guild is not None else list(bot.guilds)
    return [guild for guild in candidates if message.author.id == guild.owner_id or message.author.id in runs_it]


def _pong(bot: Bot) -> str:
    """Say that the bot is here; before the first heartbeat there is no latency."""
    if not math.isfinite(bot.latency):
        return _("Here.")
    return _("Here. {milliseconds} ms to Discord.").format(milliseconds=round(bot.latency * 1000))
