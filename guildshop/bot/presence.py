"""Which servers the bot is in: stores sleep while theirs is lost, and a server without a store is told how to get one.

The gateway says it all when a connection begins (READY), and then each change. A server in an outage is in READY too,
so that it is never taken for lost; servers of shards that other processes run are theirs to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import discord
import structlog
from discord.state import AutoShardedConnectionState

from guildshop.bot.tables import GreetedServer
from guildshop.bot.tree import setup_sentence
from guildshop.errors import Stale
from guildshop.i18n import use_locale
from guildshop.permissions import Actor
from guildshop.tenancy import every_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot
    from guildshop.database import Work

log = structlog.get_logger(__name__)

KERNEL = Actor.system(0, "bot")
"""Who writes rows that belong to no store."""


class ServersState(AutoShardedConnectionState["Bot"]):
    """Forgets servers that a new session of a shard does not know any more, and tells the bot which it does."""

    def parse_ready(self, data: Any) -> None:
        """Take over what a shard says when its session begins."""
        shard, count = data["shard"]
        present = frozenset(int(guild["id"]) for guild in data["guilds"])
        for guild in [found for found in self.guilds if _shard_of(found.id, count) == shard]:
            if guild.id not in present:
                self._remove_guild(guild)
        super().parse_ready(data)
        self.dispatch("servers_known", shard, count)

    def parse_guild_member_update(self, data: Any) -> None:
        """Tell the bot of a member's roles: it keeps no members, so that discord.py has nothing to compare with."""
        super().parse_guild_member_update(data)
        self._tell_roles(data, data["roles"])

    def parse_guild_member_remove(self, data: Any) -> None:
        """Tell the bot that a member left, with all roles."""
        super().parse_guild_member_remove(data)
        self._tell_roles(data, ())

    def _tell_roles(self, data: Any, roles: Sequence[Any]) -> None:
        if not data["user"].get("bot"):
            found = tuple(sorted(int(role) for role in roles))
            self.dispatch("member_roles", int(data["guild_id"]), int(data["user"]["id"]), found)


async def note_servers(bot: Bot, shard: int, count: int) -> None:
    """Take note of every server of a shard that has a store or was greeted, once its session has begun."""
    known = {store.guild_id for store in bot.app.stores.all() if store.guild_id is not None}
    for guild_id in sorted(known.union(await _greeted(bot.app))):
        if _shard_of(guild_id, count) == shard:
            await note_server(bot, guild_id)


async def note_server(bot: Bot, guild_id: int) -> None:
    """Let the store of a server that is lost sleep, and wake that of one which is there again."""
    async with bot.noting:  # so that of a loss and a return at once, what is so in the end is noted last
        present = bot.get_guild(guild_id) is not None
        store = bot.app.stores.by_guild(guild_id)
        if not present:
            await _forget(bot.app, guild_id)
        if store is None or store.active is present:
            return
        await bot.app.stores.set_active(store.id, present)
        log.warning("store.awake" if present else "store.asleep", store=store.id, guild=guild_id)
        if present:
            bot.sync.forget(store.id)
            bot.sync.request(store.id)


async def greet(bot: Bot, guild: discord.Guild) -> None:
    """Tell a server without a store how to get one, once: in a channel, else its owner, else the log."""
    if not await _claim(bot.app, guild.id):
        return
    with use_locale(guild.preferred_locale.value):
        sentence = setup_sentence(guild.id)
    where = await _say(guild, sentence) or await _tell_owner(bot, guild, sentence)
    if where:
        log.info("server.without_store", guild=guild.id, told=where)
    else:
        log.warning("server.without_store", guild=guild.id, told="nobody", sentence=sentence)


async def _say(guild: discord.Guild, sentence: str) -> str:
    for channel in dict.fromkeys([guild.system_channel, *guild.text_channels]):
        if channel is not None and channel.permissions_for(guild.me).send_messages:
            with suppress(discord.HTTPException):
                await channel.send(sentence)
                return f"#{channel.name}"
    return ""


async def _tell_owner(bot: Bot, guild: discord.Guild, sentence: str) -> str:
    if guild.owner_id is None:
        return ""
    with suppress(discord.HTTPException):
        channel = await bot.create_dm(discord.Object(guild.owner_id))
        await channel.send(f"**{discord.utils.escape_markdown(guild.name)}**: {sentence}")
        return "owner"
    return ""


async def _greeted(app: App) -> list[int]:
    return [int(row["guild_id"]) for row in await app.database.fetch("SELECT guild_id FROM greeted_server")]


async def _claim(app: App, guild_id: int) -> bool:
    """Return whether this server has not been greeted; another process, or a restart, then finds that it has."""
    said = Stale("greeted")
    try:
        async with _kernel_work(app) as work:
            work.insert(GreetedServer, conflict=said, guild_id=guild_id, greeted=work.now)
    except Stale:
        return False
    return True


async def _forget(app: App, guild_id: int) -> None:
    async with _kernel_work(app) as work:
        work.delete(GreetedServer, where="guild_id = :guild", guild=guild_id)


def _kernel_work(app: App) -> Work:
    with every_store():
        return app.work(KERNEL)


def _shard_of(guild_id: int, count: int) -> int:
    return (guild_id >> 22) % count
