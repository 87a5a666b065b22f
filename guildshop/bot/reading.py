"""Looking at Discord by plain requests: what a server, its roles, channels and members are like at this moment.

It needs no connected bot, so the doctor and a web process of their own see the same as the bot would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import discord

from guildshop.errors import Forbidden, Unavailable
from guildshop.i18n import _
from guildshop.logging import mask

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.config.settings import Settings
    from guildshop.stores import Store

ANSWER_SECONDS = 10.0
LONGEST_WAIT = 5.0
"""Seconds that a rate limit may ask us to wait."""
USER_AGENT = "DiscordBot (https://github.com/guildshop/guildshop, 0.1)"
TEXT_CHANNELS = frozenset({0, 5})
"""Channel types that the shop can write in: text and announcements."""


class TokenRefused(Forbidden):
    """Discord does not take the bot's token."""

    code = "token-refused"


@dataclass(frozen=True, slots=True)
class Application:
    """The bot's own application."""

    id: int
    name: str
    flags: discord.ApplicationFlags


@dataclass(frozen=True, slots=True)
class ServerRole:
    """One role of a server; `managed` ones belong to an integration and cannot be given."""

    id: int
    name: str
    position: int
    permissions: discord.Permissions
    managed: bool = False


@dataclass(frozen=True, slots=True)
class ServerChannel:
    """One channel of a server, with (ID, allowed bits, denied bits) for each overwrite."""

    id: int
    name: str
    type: int
    overwrites: Sequence[tuple[int, int, int]] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """A Discord server with its roles and channels by ID."""

    id: int
    name: str
    owner_id: int
    roles: Mapping[int, ServerRole]
    channels: Mapping[int, ServerChannel] = field(default_factory=dict)

    def held(self, role_ids: Collection[int]) -> list[ServerRole]:
        """Return the roles of a member, @everyone first."""
        found = [self.roles[number] for number in (self.id, *role_ids) if number in self.roles]
        return sorted(found, key=lambda role: role.position)

    def permissions(self, role_ids: Collection[int]) -> discord.Permissions:
        """Return what a member with these roles may do in the whole server."""
        bits = 0
        for role in self.held(role_ids):
            bits |= role.permissions.value
        found = discord.Permissions(bits)
        return discord.Permissions.all() if found.administrator else found

    def permissions_in(self, channel: ServerChannel, member_id: int, role_ids: Collection[int]) -> discord.Permissions:
        """Return what a member with these roles may do in a channel."""
        base = self.permissions(role_ids)
        if base.administrator:
            return base
        by_id = {target: (allow, deny) for target, allow, deny in channel.overwrites}
        bits = base.value
        groups = [[self.id], [number for number in role_ids if number != self.id], [member_id]]
        for group in groups:
            given = [by_id[number] for number in group if number in by_id]
            for _allow, deny in given:
                bits &= ~deny
            for allow, _deny in given:
                bits |= allow
        return discord.Permissions(bits)

    def administers(self, member_id: int, role_ids: Collection[int]) -> bool:
        """Tell whether a member owns the server or has Administrator."""
        return member_id == self.owner_id or self.permissions(role_ids).administrator


class DiscordReader:
    """Asks Discord, as `async with DiscordReader(settings) as discord`."""

    def __init__(self, settings: Settings) -> None:
        """Speak with the configured token to the configured address."""
        self._token = settings.discord.token.reveal()
        self._base = settings.discord.api_url
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            headers={"Authorization": f"Bot {self._token}", "User-Agent": USER_AGENT},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self._http.close()

    async def application(self) -> Application:
        """Return the bot's application; TokenRefused or Unavailable where there is no telling."""
        data = await self._get("/applications/@me")
        flags = discord.ApplicationFlags._from_value(int(data.get("flags") or 0))
        return Application(int(data["id"]), str(data["name"]), flags)

    async def server(self, guild_id: int, *, channels: bool = True) -> Server | None:
        """Return a server; None when the bot is not in it."""
        data = await self._find(f"/guilds/{guild_id}")
        if data is None:
            return None
        listed = await self._get(f"/guilds/{guild_id}/channels") if channels else []
        return Server(
            int(data["id"]),
            str(data["name"]),
            int(data["owner_id"]),
            {int(role["id"]): _role(role) for role in data["roles"]},
            {int(channel["id"]): _channel(channel) for channel in listed},
        )

    async def member_roles(self, guild_id: int, user_id: int) -> frozenset[int] | None:
        """Return the role IDs of a member; None for somebody who is not in the server."""
        data = await self._find(f"/guilds/{guild_id}/members/{user_id}")
        return None if data is None else frozenset(int(role) for role in data["roles"])

    async def command_names(self, application_id: int, guild_id: int) -> frozenset[str] | None:
        """Return the commands that a server offers of the application; None when it may not offer any."""
        data = await self._find(f"/applications/{application_id}/guilds/{guild_id}/commands")
        return None if data is None else frozenset(str(command["name"]) for command in data)

    async def _find(self, path: str) -> Any:
        return await self._get(path, missing=(HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN))

    async def _get(self, path: str, *, missing: Collection[int] = ()) -> Any:
        try:
            for patient in (True, False):
                async with self._http.get(f"{self._base}{path}") as response:
                    if response.status == HTTPStatus.TOO_MANY_REQUESTS and patient:
                        wait = float(response.headers.get("Retry-After", LONGEST_WAIT))
                        await asyncio.sleep(min(wait, LONGEST_WAIT))
                        continue
                    if response.status in missing:
                        return None
                    if response.status == HTTPStatus.UNAUTHORIZED:
                        raise TokenRefused(_("Discord refuses the bot's token."))
                    response.raise_for_status()
                    return await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            reason = mask(str(error) or type(error).__name__)
            raise Unavailable(
                _("Discord did not answer at {url}: {reason}.").format(url=self._base, reason=reason)
            ) from error


@dataclass(frozen=True, slots=True)
class Access:
    """What a member's Discord roles are: their IDs, and whether they own or administer the server."""

    roles: frozenset[int]
    administrator: bool


async def read_access(app: App, store: Store, discord_id: int) -> Access | None:
    """Ask Discord what roles somebody has in the store's server now; None when they are not in it.

    Raises Unavailable when Discord does not answer.
    """
    if store.guild_id is None:
        return None
    async with DiscordReader(app.settings) as reader:
        roles = await reader.member_roles(store.guild_id, discord_id)
        server = await reader.server(store.guild_id, channels=False) if roles is not None else None
    if roles is None or server is None:
        return None
    return Access(roles, server.administers(discord_id, roles))


async def read_server(app: App, store: Store) -> Server | None:
    """Return the store's server as the bot knows it, or by asking Discord; None when neither is possible."""
    if store.guild_id is None:
        return None
    guild = app.bot.get_guild(store.guild_id) if app.bot is not None else None
    if guild is not None and not guild.unavailable:
        return _from_cache(guild)
    if not app.settings.discord.token.is_set:
        return None
    try:
        async with DiscordReader(app.settings) as reader:
            return await reader.server(store.guild_id)
    except (Unavailable, TokenRefused):
        return None


def _from_cache(guild: discord.Guild) -> Server:
    roles = {
        role.id: ServerRole(role.id, role.name, role.position, role.permissions, role.managed) for role in guild.roles
    }
    channels = {
        channel.id: ServerChannel(channel.id, channel.name, channel.type.value)
        for channel in sorted(guild.channels, key=lambda channel: channel.position)
    }
    return Server(guild.id, guild.name, guild.owner_id or 0, roles, channels)


def _role(data: Mapping[str, Any]) -> ServerRole:
    permissions = discord.Permissions(int(data["permissions"]))
    return ServerRole(int(data["id"]), str(data["name"]), int(data["position"]), permissions, bool(data["managed"]))


def _channel(data: Mapping[str, Any]) -> ServerChannel:
    overwrites = [
        (int(entry["id"]), int(entry["allow"]), int(entry["deny"])) for entry in data.get("permission_overwrites", ())
    ]
    return ServerChannel(int(data["id"]), str(data["name"]), int(data["type"]), overwrites)
