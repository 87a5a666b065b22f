"""Be a person of the simulated Discord, from a test: use commands, press buttons, read what comes back.

`await sim.member("buyer").slash("order")` returns a `Reply` once the bot has answered, or failed to.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from guildshop.simulator import client
from guildshop.simulator import interactions as kinds
from guildshop.simulator.client import SimulatorError
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import Upload, fill, new_message, store_upload
from guildshop.simulator.resolve import resolve
from guildshop.simulator.shown import Modal, Reply, Shown
from guildshop.simulator.state import Message

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator

__all__ = ["Choice", "Modal", "Person", "Reply", "Shown", "SimulatorError"]

File = tuple[str, bytes]


class Choice(NamedTuple):
    """One suggestion of an autocompletion."""

    name: str
    value: str | int | float


class Person:
    """Somebody who uses Discord."""

    def __init__(self, sim: "Simulator", user_id: str) -> None:
        self._sim = sim
        self.id = user_id

    def __repr__(self) -> str:
        return f"<Person {self.user['username']} {self.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Person) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def user(self) -> Json:
        """The user object."""
        return self._sim.state.users[self.id]

    @property
    def mention(self) -> str:
        """How a message mentions this person."""
        return f"<@{self.id}>"

    # Commands

    async def slash(
        self,
        command: str,
        options: Mapping[str, Any] | None = None,
        /,
        *,
        guild: str | None = "",
        channel: str | None = None,
        stale: bool = False,
        **values: Any,
    ) -> Reply:
        """Use a chat command ("customer show" for a subcommand) and return the answer.

        Options by keyword; those named guild, channel or stale in the dictionary. People, roles and channels
        may be given as Person, key or ID, files as (name, bytes). `guild=None` uses the command in the DM.
        `stale` uses a command that was removed or is not shown to this person, as an outdated client would.
        Raises SimulatorError for what Discord's client would refuse.
        """
        guild_id, channel_id = self._where(guild, channel)
        name, *words = command.split()
        registered = client.find_command(self._sim.state, guild_id, self.id, name, stale=stale)
        node = client.leaf(registered, words)
        given = self._options(node, {**(options or {}), **values}, channel_id)
        client.check_options(node, given)
        data = client.command_data(registered, words, _as_options(node, given))
        return await self._use(kinds.COMMAND, channel_id, data)

    async def autocomplete(
        self,
        command: str,
        options: Mapping[str, Any] | None = None,
        /,
        *,
        focused: str,
        value: str | float = "",
        guild: str | None = "",
        channel: str | None = None,
        **values: Any,
    ) -> list[Choice]:
        """Type `value` into the option `focused` and return the suggestions."""
        guild_id, channel_id = self._where(guild, channel)
        name, *words = command.split()
        registered = client.find_command(self._sim.state, guild_id, self.id, name)
        node = client.leaf(registered, words)
        given = self._options(node, {**(options or {}), **values, focused: value}, channel_id)
        client.check_options(node, given, partial=True)
        sent = _as_options(node, given)
        option = next(o for o in sent if o["name"] == focused)
        declared = next(o for o in node["options"] if o["name"] == focused)
        if not declared.get("autocomplete"):
            raise SimulatorError(f"Option {focused!r} of {command!r} has no autocompletion.")
        option["focused"] = True
        option["value"] = str(value)
        interaction = self._start(kinds.AUTOCOMPLETE, channel_id, client.command_data(registered, words, sent))
        await interaction.future
        if interaction.choices is None:
            raise SimulatorError(f"/{command} did not answer the autocompletion of {focused!r}: {interaction.failed}.")
        return [Choice(choice["name"], choice["value"]) for choice in interaction.choices]

    async def user_menu(self, name: str, target: "Person", *, guild: str | None = "") -> Reply:
        """Use a command of a user's context menu."""
        return await self._menu(name, 2, target.id, guild)

    async def message_menu(self, name: str, message: "Shown | Json", *, guild: str | None = "") -> Reply:
        """Use a command of a message's context menu."""
        return await self._menu(name, 3, message.id if isinstance(message, Shown) else message["id"], guild)

    async def _menu(self, name: str, kind: int, target_id: str, guild: str | None) -> Reply:
        guild_id, channel_id = self._where(guild, None)
        command = client.find_command(self._sim.state, guild_id, self.id, name, kind)
        data = {"id": command["id"], "name": name, "type": kind, "target_id": target_id}
        if command.get("guild_id"):
            data["guild_id"] = command["guild_id"]
        return await self._use(kinds.COMMAND, channel_id, data)

    # Messages

    async def press(self, message: "Shown | Json", button: str) -> Reply:
        """Press a button of a message, by label or custom_id."""
        return await self._shown(message).press(button, by=self)

    async def select(self, message: "Shown | Json", *values: "str | Person", placeholder: str | None = None) -> Reply:
        """Choose in a select of a message, by label, value, key or ID."""
        return await self._shown(message).select(*values, placeholder=placeholder, by=self)

    async def press_raw(
        self, message_id: str, custom_id: str, *, component_type: int = 2, values: Sequence[str] | None = None
    ) -> Reply:
        """Use a component that need not exist, be enabled or be one's own."""
        message = self._sim.state.find_message(message_id)
        data: Json = {"custom_id": custom_id, "component_type": component_type, "id": 1}
        if values is not None:
            data["values"] = list(values)
        return await self.use_component(message, data)

    async def use_component(self, message: Message, data: Json) -> Reply:
        """Send a component's interaction as it is."""
        return await self._use(kinds.COMPONENT, message.channel_id, data, source=message)

    async def submit(self, modal: "Modal", components: list[Json]) -> Reply:
        """Submit a modal's components as they are."""
        data = {"custom_id": modal.custom_id, "components": components}
        channel_id = modal.interaction.channel_id
        return await self._use(kinds.MODAL_SUBMIT, channel_id, data, opener=modal.interaction)

    async def dms(self) -> list[Shown]:
        """List the messages of the DM with the bot, oldest first."""
        channel_id = self._sim.state.dms.get(self.id)
        kept = self._sim.state.messages.get(channel_id or "", {})
        return [Shown(self._sim, self, m) for m in kept.values() if m.only_for in (None, self.id)]

    def say(self, channel: str, content: str, files: Sequence[File] = ()) -> Shown:
        """Write into a channel by key or ID."""
        return self._say(self._sim.state.channel(self._sim.channel_id(channel)), content, files)

    def dm(self, content: str, files: Sequence[File] = (), *, reply_to: Shown | None = None) -> Shown:
        """Write to the bot, as a reply to one of its messages if that is given."""
        return self._say(self._sim.state.dm_with(self.id), content, files, reply_to)

    def _say(self, channel: Json, content: str, files: Sequence[File], reply_to: Shown | None = None) -> Shown:
        data = new_message(self._sim.state, channel, self.user)
        if reply_to is not None:
            data["type"] = 19
            data["message_reference"] = {"type": 0, "channel_id": channel["id"], "message_id": reply_to.id}
            data["referenced_message"] = {k: v for k, v in reply_to.data.items() if k != "referenced_message"}
        uploads = [_upload(str(i), name, content) for i, (name, content) in enumerate(files)]
        fill(self._sim.state, data, {"content": content}, uploads, self._sim.base_url)
        message = Message(data)
        self._sim.state.add_message(message)
        return Shown(self._sim, self, message)

    # Membership

    def member(self, guild: str = "demo") -> Json | None:
        """Return the membership in a guild, if there is one."""
        return self._sim.state.guilds[self._sim.guild_id(guild)].members.get(self.id)

    def roles(self, guild: str = "demo") -> list[str]:
        """List the names of this person's roles, lowest first."""
        member = self.member(guild)
        known = self._sim.state.guilds[self._sim.guild_id(guild)].roles
        held = [known[role_id] for role_id in (member or {}).get("roles", ())]
        return [role["name"] for role in sorted(held, key=lambda role: int(role["position"]))]

    def join(self, guild: str = "demo") -> None:
        """Become a member."""
        self._sim.state.join(self._sim.guild_id(guild), self.id)

    def leave(self, guild: str = "demo") -> None:
        """Leave a guild."""
        self._sim.state.leave(self._sim.guild_id(guild), self.id)

    def set_roles(self, *roles: str, guild: str = "demo") -> None:
        """Have exactly these roles, by key, name or ID."""
        wanted = [self._sim.role_id(role, guild) for role in roles]
        self._sim.state.set_roles(self._sim.guild_id(guild), self.id, wanted)

    def close_dms(self, *, closed: bool = True) -> None:
        """Take no DMs from the bot, or take them again."""
        (self._sim.faults.closed_dms.add if closed else self._sim.faults.closed_dms.discard)(self.id)

    # Inner workings

    def _shown(self, message: "Shown | Json") -> Shown:
        if isinstance(message, Shown):
            return message
        return Shown(self._sim, self, self._sim.state.message(message["channel_id"], message["id"]))

    def _where(self, guild: str | None, channel: str | None) -> tuple[str | None, str]:
        """Return guild and channel ID. A guild of "" means the channel's, or the first that this person is in."""
        state = self._sim.state
        if channel is not None:
            channel_id = self._sim.channel_id(channel)
            return state.channel(channel_id).get("guild_id"), channel_id
        if guild is None:
            return None, state.dm_with(self.id)["id"]
        if guild == "":
            joined = [g.id for g in state.guilds.values() if self.id in g.members]
            if not joined:
                raise SimulatorError(f"{self!r} is in no guild; use guild=None for the DM.")
            guild_id = joined[0]
        else:
            guild_id = self._sim.guild_id(guild)
        channels = [c for c in state.guild_channels(guild_id) if c["type"] == 0]
        chosen = next((c for c in channels if c["name"] == "shop"), channels[0])
        return guild_id, chosen["id"]

    def _options(self, node: Json, values: Mapping[str, Any], channel_id: str) -> dict[str, Any]:
        known = {option["name"]: option["type"] for option in node.get("options", ())}
        return {
            name: self.as_value(known.get(name, client.STRING), value, channel_id)
            for name, value in values.items()
            if value is not None
        }

    def as_value(self, kind: int, value: Any, channel_id: str) -> Any:
        """Turn a Person, key or file into what an option of this type carries."""
        if isinstance(value, Person):
            return value.id
        if kind == 11 and isinstance(value, tuple):
            upload = _upload("0", value[0], value[1])
            return store_upload(self._sim.state, channel_id, upload, self._sim.base_url)["id"]
        if kind in (6, 9) and f"person:{value}" in self._sim.state.keys:
            return self._sim.state.keys[f"person:{value}"]
        if kind in (8, 9):
            guild_id = self._sim.state.channel(channel_id).get("guild_id") or "demo"
            return self._sim.role_id(str(value), guild_id)
        if kind == 7:
            return self._sim.channel_id(str(value))
        return str(value) if kind == 6 else value

    def _start(self, kind: int, channel_id: str, data: Json, **extra: Any) -> Interaction:
        channel = self._sim.state.channel(channel_id)
        guild_id = channel.get("guild_id")
        if guild_id is not None and self.id not in self._sim.state.guilds[guild_id].members:
            raise SimulatorError(f"{self!r} is not in guild {guild_id}.")
        data = resolve(self._sim.state, guild_id, self.id, kind, data)
        return self._sim.interactions.start(kind, self.id, channel_id, data, **extra)

    async def _use(self, kind: int, channel_id: str, data: Json, **extra: Any) -> Reply:
        return await Reply.wait(self._sim, self, self._start(kind, channel_id, data, **extra))


def _as_options(node: Json, given: Mapping[str, Any]) -> list[Json]:
    """Return the options in the order declared, as a client sends them."""
    declared = node.get("options", ())
    return [{"name": o["name"], "type": o["type"], "value": given[o["name"]]} for o in declared if o["name"] in given]


def _upload(key: str, name: str, content: bytes) -> Upload:
    from guildshop.simulator.rest.core import guess_type

    return Upload(key, name, guess_type(name, "application/octet-stream"), content)
