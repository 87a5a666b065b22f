"""What the doctor looks at in a store's Discord server: presence, permissions, roles, channels, commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import discord

from guildshop.app import App
from guildshop.bot.reading import TEXT_CHANNELS, Application, DiscordReader, Server, ServerRole, TokenRefused
from guildshop.errors import Unavailable
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, lazy
from guildshop.stores import Store

NEEDED = {
    "view_channel": lazy("View Channels"),
    "send_messages": lazy("Send Messages"),
    "embed_links": lazy("Embed Links"),
    "attach_files": lazy("Attach Files"),
    "read_message_history": lazy("Read Message History"),
    "manage_roles": lazy("Manage Roles"),
}
"""What the bot needs everywhere, with the names that Discord's client shows."""
HELPFUL = {
    "create_private_threads": lazy("Create Private Threads"),
    "send_messages_in_threads": lazy("Send Messages in Threads"),
}
IN_CHANNELS = {
    "view_channel": lazy("View Channel"),
    "send_messages": lazy("Send Messages"),
    "embed_links": lazy("Embed Links"),
    "attach_files": lazy("Attach Files"),
}


@dataclass(frozen=True, slots=True)
class Presence:
    """The bot in a server: its own ID and its roles there."""

    server: Server
    bot_id: int
    roles: frozenset[int]

    @property
    def top(self) -> int:
        """The position of the bot's highest role."""
        return max((role.position for role in self.server.held(self.roles)), default=0)


async def read_presence(app: App, store: Store) -> Presence | None:
    """Ask Discord for the bot in a store's server; None where it is not there, or Discord tells nothing."""
    if store.guild_id is None or not app.settings.discord.token.is_set:
        return None
    try:
        async with DiscordReader(app.settings) as reader:
            application = await reader.application()
            server = await reader.server(store.guild_id)
            roles = await reader.member_roles(store.guild_id, application.id) if server is not None else None
    except (TokenRefused, Unavailable):
        return None
    return None if server is None or roles is None else Presence(server, application.id, roles)


def too_high(role: ServerRole) -> Finding:
    """Return the finding of a role that the bot is to give and that stands above its own."""
    return Finding(
        Severity.BROKEN,
        _("Role order"),
        _("The role {role} stands above the bot's own, so the bot cannot give it.").format(role=role.name),
        _("Drag the bot's role above {role} in the server's settings under Roles.").format(role=role.name),
    )


async def examine_server(app: App, store: Store, application: Application | None) -> list[Finding]:
    """Return what is to say of a store's server; nothing where Discord cannot be asked at all."""
    subject = _("Discord server")
    if not store.active:
        remedy = _("Invite the bot to the server again, or bind the store to another one: `store move`.")
        return [Finding(Severity.BROKEN, subject, _("The store sleeps: the bot is not in its server."), remedy)]
    if store.guild_id is None:
        remedy = _("Bind it to one with `store move`.")
        return [Finding(Severity.BROKEN, subject, _("The store has no Discord server."), remedy)]
    if application is None:
        return []
    async with DiscordReader(app.settings) as reader:
        server = await reader.server(store.guild_id)
        roles = await reader.member_roles(store.guild_id, application.id) if server is not None else None
        offered = await reader.command_names(application.id, store.guild_id) if roles is not None else None
    if server is None or roles is None:
        remedy = _("Invite it: {url}").format(url=invitation(application.id, store.guild_id))
        message = _("The bot is not in the server {id}.").format(id=store.guild_id)
        return [Finding(Severity.BROKEN, subject, message, remedy)]
    presence = Presence(server, application.id, roles)
    findings = [
        *_permissions(presence),
        *_roles(presence, store),
        *_channels(presence, store),
        *_commands(app, store, application, offered),
    ]
    return findings or [Finding(Severity.FINE, subject, _("{name} is set up well.").format(name=server.name))]


def invitation(application_id: int, guild_id: int) -> str:
    """Return the address at which an owner lets the bot into a server."""
    permissions = discord.Permissions(**dict.fromkeys([*NEEDED, *HELPFUL], True))
    return discord.utils.oauth_url(
        application_id,
        permissions=permissions,
        guild=discord.Object(guild_id),
        scopes=("bot", "applications.commands"),
    )


def _permissions(presence: Presence) -> Iterable[Finding]:
    held = presence.server.permissions(presence.roles)
    missing = _missing(held, NEEDED)
    if missing:
        yield Finding(
            Severity.BROKEN,
            _("Permissions"),
            _("The bot's role lacks: {permissions}.").format(permissions=missing),
            _("Give them to it in the server's settings under Roles."),
        )
    wanted = _missing(held, HELPFUL)
    if wanted:
        yield Finding(
            Severity.WARNING,
            _("Permissions"),
            _("The bot's role lacks {permissions}, so members with closed direct messages hear nothing.").format(
                permissions=wanted
            ),
            _("Give them to it in the server's settings under Roles."),
        )


def _roles(presence: Presence, store: Store) -> Iterable[Finding]:
    server = presence.server
    subject, choose = _("Roles"), _("Choose the roles again in /settings, under Staff roles.")
    for role_id, template in store.staff_roles.items():
        if role_id not in server.roles:
            yield Finding(
                Severity.BROKEN,
                subject,
                _("The staff role {id} ({template}) was deleted.").format(id=role_id, template=template),
                choose,
            )
    if store.client_role is None:
        return
    client = server.roles.get(store.client_role)
    if client is None:
        yield Finding(
            Severity.BROKEN,
            subject,
            _("The client role {id} was deleted.").format(id=store.client_role),
            _("Choose another one in /settings, under Client role."),
        )
    elif client.position >= presence.top:
        yield too_high(client)


def _channels(presence: Presence, store: Store) -> Iterable[Finding]:
    server, subject = presence.server, _("Channels")
    for kind, channel_id in store.channels.items():
        channel = server.channels.get(channel_id)
        if channel is None or channel.type not in TEXT_CHANNELS:
            yield Finding(
                Severity.BROKEN,
                subject,
                _("The channel “{kind}” ({id}) was deleted, or is no text channel.").format(kind=kind, id=channel_id),
                _("Choose another one in /settings, under Channels."),
            )
            continue
        missing = _missing(server.permissions_in(channel, presence.bot_id, presence.roles), IN_CHANNELS)
        if missing:
            yield Finding(
                Severity.BROKEN,
                subject,
                _("In #{channel} the bot lacks: {permissions}.").format(channel=channel.name, permissions=missing),
                _("Give them to the bot's role in the channel's settings under Permissions."),
            )


def _commands(app: App, store: Store, application: Application, offered: frozenset[str] | None) -> Iterable[Finding]:
    subject = _("Commands")
    if offered is None:
        yield Finding(
            Severity.BROKEN,
            subject,
            _("The bot may not offer commands in the server."),
            _("Invite it again with the scope applications.commands: {url}").format(
                url=invitation(application.id, store.guild_id or 0)
            ),
        )
        return
    wanted = {
        name
        for (_kind, name), (plugin, _command) in app.registry.commands.items()
        if app.stores.enabled(store.id, plugin)
    }
    missing, extra = sorted(wanted - offered), sorted(offered - wanted)
    if missing or extra:
        differences = [*(f"+{name}" for name in missing), *(f"-{name}" for name in extra)]
        yield Finding(
            Severity.WARNING,
            subject,
            _("The server's commands are out of date: {names}.").format(names=" ".join(differences)),
            _("Restart the bot: it brings them up to date. If it stays, look for commands.sync in the log."),
        )


def _missing(held: discord.Permissions, wanted: Mapping[str, str]) -> str:
    return ", ".join(_(shown) for name, shown in wanted.items() if not getattr(held, name))
