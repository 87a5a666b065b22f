"""Find people, guilds, channels and roles by the world's keys, and change them from outside."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.simulator import worlds
from guildshop.simulator.driver import Person
from guildshop.simulator.gateway_payloads import guild_create
from guildshop.simulator.shown import Reply, Shown
from guildshop.simulator.state import Guild, Notice, State

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator


class Cast:
    """The part of the simulator that tests speak to as a stage director."""

    state: State

    def _sim(self) -> "Simulator":
        raise NotImplementedError

    # Being somebody

    def person(self, user_id: str) -> Person:
        """Return a person by user ID."""
        return Person(self._sim(), self.state.user(user_id)["id"])

    def member(self, key: str) -> Person:
        """Return a person by the world's key, such as "buyer"."""
        return self.person(self.state.keys[f"person:{key}"])

    def new_member(self, name: str, *, roles: Sequence[str] = (), guild: str = "demo") -> Person:
        """Make a person and let them join; roles by key, name or ID."""
        person = self.new_person(name)
        self.state.join(self.guild_id(guild), person.id, [self.role_id(role, guild) for role in roles])
        return person

    def new_person(self, name: str) -> Person:
        """Make a person outside of every guild."""
        user = worlds.user(self.state.ids.make(), name.lower().replace(" ", "_"), name)
        return self.person(self.state.add_user(user)["id"])

    async def press_raw(
        self,
        user: Person | str,
        message_id: str,
        custom_id: str,
        *,
        component_type: int = 2,
        values: Sequence[str] | None = None,
    ) -> Reply:
        """Use a component that need not exist, be enabled or be one's own, of a message that exists."""
        person = user if isinstance(user, Person) else self.person(user)
        return await person.press_raw(message_id, custom_id, component_type=component_type, values=values)

    def messages(self, channel: str) -> list[Shown]:
        """List the messages of a channel (key or ID) that everybody in it sees, oldest first."""
        kept = self.state.messages.get(self.channel_id(channel), {})
        owner = self.person(next(iter(self.state.guilds.values())).owner_id)
        return [Shown(self._sim(), owner, message) for message in kept.values() if message.only_for is None]

    # Keys

    def guild_id(self, key: str) -> str:
        """Return a guild's ID by the world's key, or the ID itself."""
        return self.state.keys.get(f"guild:{key}", key)

    def channel_id(self, key: str) -> str:
        """Return a channel's ID by the world's key ("shop", "second/shop"), or the ID itself."""
        guild, _, name = key.rpartition("/")
        return self.state.keys.get(f"{guild}/channel:{name}" if guild else f"channel:{name}", key)

    def role_id(self, key: str, guild: str = "demo") -> str:
        """Return a role's ID by the world's key, its name, or the ID itself."""
        guild_id = self.guild_id(guild)
        prefixes = ("", "second/")
        for prefix in prefixes:
            known = self.state.keys.get(f"{prefix}role:{key}")
            if known in self.state.guilds[guild_id].roles:
                return str(known)
        roles = self.state.guilds[guild_id].roles.values()
        return next((str(role["id"]) for role in roles if role["name"] == key), key)

    # Changes from outside

    def delete_role(self, guild: Guild, role_id: str) -> None:
        """Delete a role and take it from every member."""
        del guild.roles[role_id]
        self.state.publish(Notice("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role_id}, guild.id))
        for user_id, member in guild.members.items():
            if role_id in member["roles"]:
                member["roles"].remove(role_id)
                self.state.member_changed(guild.id, user_id)

    def move_role(self, guild: Guild, role_id: str, position: int) -> None:
        """Put a role at a position; those at or above it move up by one."""
        order = sorted((r for r in guild.roles.values() if r["id"] not in (guild.id, role_id)), key=_position)
        order.insert(position - 1, guild.roles[role_id])
        for place, role in enumerate(order, start=1):
            if role["position"] != place:
                role["position"] = place
                self.state.publish(Notice("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role}, guild.id))

    def delete_channel(self, channel: str) -> None:
        """Delete a channel (key or ID) with its messages, as an administrator would."""
        found = self.state.channels.pop(self.channel_id(channel))
        self.state.messages.pop(found["id"], None)
        self.state.publish(Notice("CHANNEL_DELETE", found, found.get("guild_id"), found["id"]))

    def remove_bot(self, guild: str) -> None:
        """Kick the bot from a guild (key or ID)."""
        guild_id = self.guild_id(guild)
        del self.state.guilds[guild_id].members[self.state.bot["id"]]
        self.state.commands.pop(guild_id, None)
        self.state.publish(Notice("GUILD_DELETE", {"id": guild_id}, guild_id))

    def add_bot(self, guild: str) -> None:
        """Let the bot into a guild (key or ID), with its own role where there is one."""
        found = self.state.guilds[self.guild_id(guild)]
        own = [r["id"] for r in found.roles.values() if r.get("tags", {}).get("bot_id") == self.state.bot["id"]]
        self.state.join(found.id, self.state.bot["id"], own)
        created = guild_create(self.state, found, all_members=False)
        created.pop("unavailable", None)  # its absence tells a new guild from one that came back
        self.state.publish(Notice("GUILD_CREATE", created, found.id))


def _position(role: dict[str, object]) -> tuple[int, int]:
    return int(str(role["position"])), int(str(role["id"]))
