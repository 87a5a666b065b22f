"""What becomes of members, told to the plugins that want to know: who joins, and which roles each has."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from guildshop.bot.events import MemberJoined, MemberRolesChanged
from guildshop.permissions import Actor

if TYPE_CHECKING:
    import discord

    from guildshop.app import App

MEMBERS_REMEMBERED = 10_000


class RolesSeen:
    """The roles that members were last seen with: most changes of a member are of a name or a picture."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._roles: OrderedDict[tuple[int, int], tuple[int, ...]] = OrderedDict()

    async def note(self, app: App, guild_id: int, user_id: int, roles: tuple[int, ...]) -> None:
        """Record a member's roles if they are not those last seen, and if any plugin wants to know."""
        store = app.stores.by_guild(guild_id)
        event = MemberRolesChanged(user_id, roles)
        if store is None or self._roles.get((guild_id, user_id)) == roles or not app.listeners.of(event):
            return
        async with app.work(Actor.system(store.id, "bot")) as work:
            work.record(event)
        self._roles[guild_id, user_id] = roles
        while len(self._roles) > MEMBERS_REMEMBERED:
            self._roles.popitem(last=False)


async def record_join(app: App, member: discord.Member) -> None:
    """Record that a member joined a store's server, if any plugin wants to know."""
    store = app.stores.by_guild(member.guild.id)
    if store is None or member.bot or not app.listeners.of(MemberJoined(member.id)):
        return
    async with app.work(Actor.system(store.id, "bot")) as work:
        work.record(MemberJoined(member.id))
