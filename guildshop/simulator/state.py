"""What exists: users, guilds, channels, messages, commands. Every change is published to those who listen."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from guildshop.simulator.errors import error
from guildshop.simulator.json_types import Json
from guildshop.simulator.snowflakes import Snowflakes, timestamp

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
THREADS = frozenset({10, PUBLIC_THREAD, PRIVATE_THREAD})
EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15


@dataclass(slots=True)
class Guild:
    """A server; its roles and members are Discord's own objects."""

    id: str
    name: str
    owner_id: str
    locale: str = "en-US"
    roles: dict[str, Json] = field(default_factory=dict)
    members: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """A message object and who alone may see it, if it is ephemeral."""

    data: Json
    only_for: str | None = None
    interaction_token: str | None = None

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def channel_id(self) -> str:
        return str(self.data["channel_id"])


@dataclass(slots=True)
class Attachment:
    """A stored file."""

    data: Json
    content: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed: a gateway event's name and data, where, and for whom alone."""

    name: str
    data: Json
    guild_id: str | None = None
    channel_id: str | None = None
    only_for: str | None = None


class State:
    """Everything that the simulated Discord knows."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.application: Json = {}
        self.bot: Json = {}
        self.users: dict[str, Json] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.thread_members: dict[str, set[str]] = {}
        self.dms: dict[str, str] = {}
        self.attachments: dict[str, Attachment] = {}
        self.commands: dict[str | None, dict[str, Json]] = {None: {}}
        self.retired_commands: dict[str, Json] = {}
        self.keys: dict[str, str] = {}
        self.listeners: list[Callable[[Notice], None]] = []

    def replace(self, other: "State") -> None:
        """Become another state, except for those who listen."""
        for name, value in vars(other).items():
            if name not in ("clock", "ids", "listeners"):
                setattr(self, name, value)

    # Looking things up

    def now(self) -> str:
        """Return the time as Discord writes it."""
        return timestamp(self.clock())

    def guild(self, guild_id: str) -> Guild:
        """Return a guild that the bot is in. Raises 10004."""
        found = self.guilds.get(guild_id)
        if found is None or self.bot["id"] not in found.members:
            raise error(10004)
        return found

    def channel(self, channel_id: str) -> Json:
        """Return a channel, DM or thread. Raises 10003."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise error(10003) from None

    def user(self, user_id: str) -> Json:
        """Return a user. Raises 10013."""
        try:
            return self.users[user_id]
        except KeyError:
            raise error(10013) from None

    def member(self, guild_id: str, user_id: str) -> Json:
        """Return a member with its user. Raises 10004, 10007."""
        try:
            return self.guilds[guild_id].members[user_id]
        except KeyError:
            raise error(10004 if guild_id not in self.guilds else 10007) from None

    def role(self, guild: Guild, role_id: str) -> Json:
        """Return a role. Raises 10011."""
        try:
            return guild.roles[role_id]
        except KeyError:
            raise error(10011) from None

    def message(self, channel_id: str, message_id: str) -> Message:
        """Return a message, ephemeral ones too. Raises 10008."""
        try:
            return self.messages[channel_id][message_id]
        except KeyError:
            raise error(10008) from None

    def find_message(self, message_id: str) -> Message:
        """Return a message wherever it is. Raises 10008."""
        for messages in self.messages.values():
            if message_id in messages:
                return messages[message_id]
        raise error(10008)

    def guild_channels(self, guild_id: str, *, threads: bool = False) -> Iterator[Json]:
        """Go through a guild's channels, or its threads."""
        for channel in self.channels.values():
            if channel.get("guild_id") == guild_id and (channel["type"] in THREADS) == threads:
                yield channel

    def commands_for(self, guild_id: str | None) -> list[Json]:
        """List the commands that a guild shows, or those of DMs."""
        everywhere = list(self.commands[None].values())
        if guild_id is None:
            return [c for c in everywhere if 1 in (c.get("contexts") or [0, 1, 2])]
        shown = [c for c in everywhere if 0 in (c.get("contexts") or [0, 1, 2])]
        return shown + list(self.commands.get(guild_id, {}).values())

    # Changing things

    def publish(self, notice: Notice) -> None:
        """Tell the gateway, the consoles and whoever waits."""
        for listener in tuple(self.listeners):
            listener(notice)

    def add_user(self, user: Json) -> Json:
        """Keep a new user."""
        self.users[user["id"]] = user
        return user

    def join(self, guild_id: str, user_id: str, roles: list[str] | None = None, nick: str | None = None) -> Json:
        """Make a user a member."""
        guild = self.guilds[guild_id]
        member: Json = {
            "user": self.users[user_id],
            "nick": nick,
            "avatar": None,
            "banner": None,
            "roles": list(roles or []),
            "joined_at": self.now(),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }
        guild.members[user_id] = member
        self.publish(Notice("GUILD_MEMBER_ADD", {**member, "guild_id": guild_id}, guild_id))
        return member

    def leave(self, guild_id: str, user_id: str) -> None:
        """End a membership. Raises 10007."""
        self.member(guild_id, user_id)
        del self.guilds[guild_id].members[user_id]
        data = {"guild_id": guild_id, "user": self.users[user_id]}
        self.publish(Notice("GUILD_MEMBER_REMOVE", data, guild_id))

    def member_changed(self, guild_id: str, user_id: str) -> None:
        """Publish a member's new nick or roles."""
        data = {**self.member(guild_id, user_id), "guild_id": guild_id}
        self.publish(Notice("GUILD_MEMBER_UPDATE", data, guild_id))

    def set_roles(self, guild_id: str, user_id: str, roles: list[str]) -> None:
        """Give a member exactly these roles."""
        member = self.member(guild_id, user_id)
        known = self.guilds[guild_id].roles
        wanted = [r for r in dict.fromkeys(roles) if r in known and r != guild_id]
        if sorted(wanted) != sorted(member["roles"]):
            member["roles"] = wanted
            self.member_changed(guild_id, user_id)

    def dm_with(self, user_id: str) -> Json:
        """Return the DM channel between the bot and a user, opened when absent."""
        channel_id = self.dms.get(user_id)
        if channel_id is not None:
            return self.channels[channel_id]
        channel: Json = {
            "id": self.ids.make(),
            "type": DM,
            "last_message_id": None,
            "flags": 0,
            "recipients": [self.user(user_id)],
        }
        self.channels[channel["id"]] = channel
        self.dms[user_id] = channel["id"]
        self.publish(Notice("CHANNEL_CREATE", channel, None, channel["id"]))
        return channel

    def add_message(self, message: Message) -> None:
        """Put a message into its channel."""
        data = message.data
        channel = self.channels[data["channel_id"]]
        self.messages.setdefault(channel["id"], {})[data["id"]] = message
        if message.only_for is None:
            channel["last_message_id"] = data["id"]
        self.publish(self._about("MESSAGE_CREATE", message, channel))

    def message_changed(self, message: Message) -> None:
        """Publish a message's new text, components or flags."""
        self.publish(self._about("MESSAGE_UPDATE", message, self.channels[message.channel_id]))

    def delete_message(self, message: Message) -> None:
        """Take a message away."""
        del self.messages[message.channel_id][message.id]
        guild_id = self.channels[message.channel_id].get("guild_id")
        data = {"id": message.id, "channel_id": message.channel_id}
        if guild_id:
            data["guild_id"] = guild_id
        self.publish(Notice("MESSAGE_DELETE", data, guild_id, message.channel_id, message.only_for))

    def _about(self, name: str, message: Message, channel: Json) -> Notice:
        data = message.data
        guild_id = channel.get("guild_id")
        if guild_id is not None:
            data = {**data, "guild_id": guild_id}
            member = self.guilds[guild_id].members.get(data["author"]["id"])
            if member is not None:
                data["member"] = {key: value for key, value in member.items() if key != "user"}
        return Notice(name, data, guild_id, channel["id"], message.only_for)
