"""Sending without being asked: direct messages with a fallback, channel messages, and roles, each with an outcome.

What Discord will refuse again is an `Outcome` and never retried (closed DMs, missing permissions, a role too high);
what may pass (503, a lost connection) is raised, so that the delivery which asked for it is tried again later.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord.http import Route

from guildshop.bot.items import view
from guildshop.events import DeliveryPostponed
from guildshop.i18n import _
from guildshop.stores import Store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot

AWAY = timedelta(seconds=30)
"""How long a delivery waits for a bot that is not connected."""

THREADS = "private_threads"
"""The channel in which private threads are made, where the store has one configured."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
UNKNOWN_MEMBER = 10007
UNKNOWN_MESSAGE = 10008
UNKNOWN_OVERWRITE = 10009
UNKNOWN_ROLE = 10011
UNKNOWN_USER = 10013
MISSING_ACCESS = 50001
CANNOT_MESSAGE_USER = 50007
MISSING_PERMISSIONS = 50013
INVALID_RECIPIENT = 50033
NO_SHARED_SERVER = 50278


class Sent(StrEnum):
    """How a message or a role change ended."""

    DELIVERED = "DELIVERED"
    FALLBACK = "FALLBACK"
    UNDELIVERABLE = "UNDELIVERABLE"


class Problem(StrEnum):
    """Why something could not be delivered as meant."""

    CLOSED_DMS = "closed-dms"
    MEMBER_GONE = "member-gone"
    CHANNEL_UNSET = "channel-unset"
    CHANNEL_GONE = "channel-gone"
    MESSAGE_GONE = "message-gone"
    MISSING_PERMISSION = "missing-permission"
    ROLE_TOO_HIGH = "role-too-high"
    ROLE_GONE = "role-gone"
    SERVER_GONE = "server-gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it; `reason` and `remedy` are sentences for staff, empty when all went as meant."""

    sent: Sent
    problem: Problem | None = None
    reason: str = ""
    remedy: str = ""
    channel_id: int | None = None
    message_id: int | None = None

    @property
    def delivered(self) -> bool:
        """Whether it got there, if by another way."""
        return self.sent is not Sent.UNDELIVERABLE


@dataclass(frozen=True, slots=True)
class Message:
    """What to send. With a nonce (an event's ID, say) Discord drops a copy that is sent again within minutes."""

    content: str = ""
    embeds: Sequence[discord.Embed] = ()
    items: Sequence[discord.ui.Item[Any]] = ()
    nonce: UUID | str | None = None

    def arguments(self) -> dict[str, Any]:
        """Return it as arguments of `send`."""
        given: dict[str, Any] = {"embeds": list(self.embeds)}
        if self.content:
            given["content"] = self.content
        if self.items:
            given["view"] = view(*self.items)
        if self.nonce is not None:
            given["nonce"] = short_nonce(self.nonce)
        return given


class Messenger:
    """Sends through the bot of this process. While it is away, DeliveryPostponed puts the delivery off."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self._app = app

    async def dm(self, store: Store, discord_id: int, message: Message, *, fallback: bool = True) -> Outcome:
        """Send a direct message; with closed DMs, to a private thread of the store's server that only they see."""
        bot = self._bot()
        try:
            channel = await bot.create_dm(discord.Object(discord_id))
            sent = await channel.send(**message.arguments())
        except discord.HTTPException as error:
            failed = _message_failure(error, member=True)
            if failed.problem is Problem.CLOSED_DMS and fallback:
                return await self._by_thread(bot, store, discord_id, message, failed)
            return failed
        return Outcome(Sent.DELIVERED, channel_id=channel.id, message_id=sent.id)

    async def channel(self, store: Store, name: str, message: Message) -> Outcome:
        """Send to the channel that the store configured under that name (`orders`, `log`, …)."""
        channel_id = store.channels.get(name)
        if channel_id is None:
            return Outcome(
                Sent.UNDELIVERABLE,
                Problem.CHANNEL_UNSET,
                _("No channel “{name}” is set for this store.").format(name=name),
                _("Set channels.{name} to the ID of a channel that staff read.").format(name=name),
            )
        return await self.to_channel(store, channel_id, message)

    async def to_channel(self, store: Store, channel_id: int, message: Message) -> Outcome:
        """Send to a channel or thread of the store's server."""
        try:
            sent = await self._partial(store, channel_id).send(**message.arguments())
        except discord.HTTPException as error:
            return _message_failure(error, member=False, channel_id=channel_id)
        return Outcome(Sent.DELIVERED, channel_id=channel_id, message_id=sent.id)

    async def edit(self, store: Store, channel_id: int, message_id: int, message: Message) -> Outcome:
        """Change a message that the bot sent, all of its parts."""
        partial = self._partial(store, channel_id).get_partial_message(message_id)
        shown = view(*message.items) if message.items else None
        try:
            await partial.edit(content=message.content or None, embeds=list(message.embeds), view=shown)
        except discord.HTTPException as error:
            return _message_failure(error, member=False, channel_id=channel_id)
        return Outcome(Sent.DELIVERED, channel_id=channel_id, message_id=message_id)

    async def delete(self, store: Store, channel_id: int, message_id: int) -> Outcome:
        """Delete a message that the bot sent."""
        try:
            await self._partial(store, channel_id).get_partial_message(message_id).delete()
        except discord.HTTPException as error:
            return _message_failure(error, member=False, channel_id=channel_id)
        return Outcome(Sent.DELIVERED, channel_id=channel_id, message_id=message_id)

    async def grant_role(self, store: Store, discord_id: int, role_id: int, *, reason: str = "") -> Outcome:
        """Give a member a role; having it already is fine."""
        return await self._change_role("PUT", store, discord_id, role_id, reason)

    async def revoke_role(self, store: Store, discord_id: int, role_id: int, *, reason: str = "") -> Outcome:
        """Take a role from a member; not having it is fine."""
        return await self._change_role("DELETE", store, discord_id, role_id, reason)

    async def open_channel(self, store: Store, discord_id: int, channel_id: int, *, reason: str = "") -> Outcome:
        """Let a member see a channel."""
        return await self._change_access(store, discord_id, channel_id, reason, seen=True)

    async def close_channel(self, store: Store, discord_id: int, channel_id: int, *, reason: str = "") -> Outcome:
        """Take back what `open_channel` gave."""
        return await self._change_access(store, discord_id, channel_id, reason, seen=False)

    def may_grant(self, store: Store, role_id: int) -> bool:
        """Tell, without asking Discord, whether the bot stands above the role and may manage roles."""
        guild = self._bot().get_guild(store.guild_id or 0)
        role = guild.get_role(role_id) if guild is not None else None
        return (
            guild is not None
            and role is not None
            and guild.me.guild_permissions.manage_roles
            and role < guild.me.top_role
        )

    def may_open(self, store: Store, channel_id: int) -> bool:
        """Tell, without asking Discord, whether the bot may change who sees a channel."""
        guild = self._bot().get_guild(store.guild_id or 0)
        channel = guild.get_channel(channel_id) if guild is not None else None
        return guild is not None and channel is not None and channel.permissions_for(guild.me).manage_roles

    def is_open(self, store: Store, discord_id: int, channel_id: int) -> bool:
        """Tell, without asking Discord, whether a member was let into a channel; True where the bot does not see it."""
        guild = self._bot().get_guild(store.guild_id or 0)
        channel = guild.get_channel(channel_id) if guild is not None else None
        return channel is None or channel.overwrites_for(discord.Object(discord_id)).view_channel is True

    async def member_roles(self, store: Store, discord_id: int) -> frozenset[int] | None:
        """Return the role IDs that a member of the store's server has, None when they are no member."""
        bot = self._bot()
        try:
            data = await bot.http.get_member(store.guild_id or 0, discord_id)
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER, UNKNOWN_GUILD, MISSING_ACCESS):
                return None
            raise
        return frozenset(int(role) for role in data["roles"])

    def target_name(self, store: Store, target: int) -> str:
        """Return the name of a role (@…) or channel (#…) as the bot sees it, empty while it does not."""
        bot = self._app.bot
        guild = bot.get_guild(store.guild_id or 0) if bot is not None else None
        if guild is None:
            return ""
        role, channel = guild.get_role(target), guild.get_channel(target)
        return f"@{role.name}" if role is not None else f"#{channel.name}" if channel is not None else ""

    def command_mention(self, store: Store, name: str) -> str:
        """Return a command as a link that a click runs, or as plain text while its ID is not known."""
        bot = self._app.bot
        return f"/{name}" if bot is None else bot.command_mention(store, name)

    # Within

    def _bot(self) -> Bot:
        bot = self._app.bot
        if bot is None or not bot.is_ready() or bot.stopping:
            raise DeliveryPostponed(self._app.now() + AWAY, _("The bot is not connected to Discord."))
        return bot

    def _partial(self, store: Store, channel_id: int) -> discord.PartialMessageable:
        return self._bot().get_partial_messageable(channel_id, guild_id=store.guild_id)

    async def _change_role(self, method: str, store: Store, discord_id: int, role_id: int, reason: str) -> Outcome:
        bot = self._bot()
        guild_id = store.guild_id
        if guild_id is None:
            return _server_gone()
        change = bot.http.add_role if method == "PUT" else bot.http.remove_role
        try:
            await change(guild_id, discord_id, role_id, reason=reason[:512] or None)
        except discord.HTTPException as error:
            return _role_failure(error, bot.get_guild(guild_id), role_id)
        return Outcome(Sent.DELIVERED)

    async def _change_access(
        self, store: Store, discord_id: int, channel_id: int, reason: str, *, seen: bool
    ) -> Outcome:
        http = self._bot().http
        route = Route(
            "PUT" if seen else "DELETE",
            "/channels/{channel_id}/permissions/{target}",
            channel_id=channel_id,
            target=discord_id,
        )
        # discord.py's own method sends the bits as text, which Discord takes but does not describe.
        body: dict[str, Any] = {}
        if seen:
            body["json"] = {"allow": discord.Permissions(view_channel=True).value, "deny": 0, "type": 1}
        try:
            await http.request(route, reason=reason or None, **body)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_OVERWRITE:
                return Outcome(Sent.DELIVERED)
            failed = _message_failure(error, member=False, channel_id=channel_id)
            if failed.problem is Problem.MISSING_PERMISSION:
                return replace(
                    failed,
                    reason=_("The bot may not change who sees the channel {id}.").format(id=channel_id),
                    remedy=_("Give the bot View Channel and Manage Permissions there, then retry."),
                )
            return failed
        return Outcome(Sent.DELIVERED)

    async def _by_thread(self, bot: Bot, store: Store, discord_id: int, message: Message, failed: Outcome) -> Outcome:
        guild = bot.get_guild(store.guild_id) if store.guild_id is not None else None
        if guild is None:
            return failed
        try:
            member = await guild.fetch_member(discord_id)
            sent = await _in_known_thread(guild, member, message)
            if sent is None:
                thread = await _new_thread(guild, member, store.name, store.channels.get(THREADS))
                if thread is None:
                    remedy = _("Allow the bot to create private threads in a channel that members see.")
                    return replace(failed, remedy=remedy)
                sent = await _in_thread(thread, member, message)
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:  # It was deleted just now: the next attempt finds another.
                raise
            return _not_reached()
        except discord.Forbidden:
            return replace(failed, remedy=_("Allow the bot to create private threads and to write in them."))
        return replace(failed, sent=Sent.FALLBACK, remedy="", channel_id=sent.channel.id, message_id=sent.id)


def _mark(member: discord.Member) -> str:
    # By ID, since names are taken over: nobody may read what was meant for the one who had the name before.
    return f" · {member.id}"


async def _in_thread(thread: discord.Thread, member: discord.Member, message: Message) -> discord.Message:
    await thread.add_user(member)
    return await thread.send(**message.arguments())


async def _in_known_thread(guild: discord.Guild, member: discord.Member, message: Message) -> discord.Message | None:
    """Send to the private thread that the member has with the shop; None when there is none any more."""
    for thread in guild.threads:
        if thread.name.endswith(_mark(member)) and thread.owner_id == guild.me.id and thread.is_private():
            try:
                return await _in_thread(thread, member, message)
            except discord.NotFound as error:
                if error.code != UNKNOWN_CHANNEL:
                    raise
    return None


async def _new_thread(
    guild: discord.Guild, member: discord.Member, shop: str, chosen: int | None
) -> discord.Thread | None:
    """Return a private thread for the member, made in the `chosen` channel or in one that they see, if it may be."""
    name = f"{shop[:40]} · {member.name[:32]}{_mark(member)}"
    system = guild.system_channel
    configured = guild.get_channel(chosen) if chosen is not None else None
    first = [channel for channel in (configured, system) if isinstance(channel, discord.TextChannel)]
    for channel in [*first, *guild.text_channels]:
        ours, theirs = channel.permissions_for(guild.me), channel.permissions_for(member)
        may = ours.view_channel and ours.create_private_threads and ours.send_messages_in_threads
        if may and theirs.view_channel:
            return await channel.create_thread(name=name, type=discord.ChannelType.private_thread, invitable=False)
    return None


def short_nonce(key: UUID | str) -> str:
    """Return a nonce of at most 25 characters for a key of any length."""
    raw = key.bytes if isinstance(key, UUID) else hashlib.blake2b(key.encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _message_failure(error: discord.HTTPException, *, member: bool, channel_id: int | None = None) -> Outcome:
    """Return the outcome of a refusal that will not pass; raise the error again when it may."""
    if error.code == CANNOT_MESSAGE_USER:
        return Outcome(
            Sent.UNDELIVERABLE,
            Problem.CLOSED_DMS,
            _("The member does not accept direct messages from this server."),
            _("Ask them to allow direct messages from server members."),
        )
    if error.code in (UNKNOWN_USER, INVALID_RECIPIENT, NO_SHARED_SERVER) or (member and error.code == UNKNOWN_CHANNEL):
        return _not_reached()
    if error.code == UNKNOWN_CHANNEL:
        return Outcome(
            Sent.UNDELIVERABLE,
            Problem.CHANNEL_GONE,
            _("The channel {id} does not exist any more.").format(id=channel_id),
            _("Choose another channel in the store's settings."),
            channel_id=channel_id,
        )
    if error.code == UNKNOWN_MESSAGE:
        return Outcome(Sent.UNDELIVERABLE, Problem.MESSAGE_GONE, _("The message was deleted."), channel_id=channel_id)
    if error.code in (MISSING_ACCESS, MISSING_PERMISSIONS):
        return Outcome(
            Sent.UNDELIVERABLE,
            Problem.MISSING_PERMISSION,
            _("The bot may not write in the channel {id}.").format(id=channel_id),
            _("Give the bot View Channel, Send Messages and Embed Links there."),
            channel_id=channel_id,
        )
    raise error


def _role_failure(error: discord.HTTPException, guild: discord.Guild | None, role_id: int) -> Outcome:
    """Return the outcome of a refusal that will not pass; raise the error again when it may."""
    if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
        return _member_gone()
    role = guild.get_role(role_id) if guild is not None else None
    name = role.name if role is not None else str(role_id)
    if error.code == UNKNOWN_ROLE:
        return Outcome(
            Sent.UNDELIVERABLE,
            Problem.ROLE_GONE,
            _("The role {role} does not exist any more.").format(role=name),
            _("Choose another role for the product, then retry."),
        )
    if error.code in (UNKNOWN_GUILD, MISSING_ACCESS):
        return _server_gone()
    if error.code == MISSING_PERMISSIONS:
        if guild is not None and not guild.me.guild_permissions.manage_roles:
            return Outcome(
                Sent.UNDELIVERABLE,
                Problem.MISSING_PERMISSION,
                _("The bot lacks the permission Manage Roles."),
                _("Give the bot's role Manage Roles in the server's settings, then retry."),
            )
        return Outcome(
            Sent.UNDELIVERABLE,
            Problem.ROLE_TOO_HIGH,
            _("The role {role} stands above the bot's own role.").format(role=name),
            _("Drag the bot's role above {role} in the server's role list, then retry.").format(role=name),
        )
    raise error


def _member_gone() -> Outcome:
    return Outcome(
        Sent.UNDELIVERABLE,
        Problem.MEMBER_GONE,
        _("The member is not in the server any more."),
        _("Nothing to do: it is made good when they join again."),
    )


def _not_reached() -> Outcome:
    return replace(_member_gone(), remedy=_("It is not sent again by itself: write by email, or once they are back."))


def _server_gone() -> Outcome:
    return Outcome(
        Sent.UNDELIVERABLE,
        Problem.SERVER_GONE,
        _("The bot is not in the store's Discord server."),
        _("Invite the bot to the server again."),
    )
