"""Fill in `resolved`: the full objects behind the IDs that a person chose."""

from collections.abc import Iterable

from guildshop.simulator import permissions as p
from guildshop.simulator.errors import invalid
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import THREADS, State

USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 6, 7, 8, 9, 11


class Resolver:
    """Collect the objects that one interaction names."""

    def __init__(self, state: State, guild_id: str | None, user_id: str) -> None:
        self._state = state
        self._guild = state.guilds.get(guild_id or "")
        self._user_id = user_id
        self.resolved: Json = {}

    def user(self, user_id: str) -> None:
        """Add a user, and the member where there is one."""
        self.resolved.setdefault("users", {})[user_id] = self._state.user(user_id)
        member = self._guild.members.get(user_id) if self._guild else None
        if member is not None and self._guild is not None:
            partial = {k: v for k, v in member.items() if k not in ("user", "deaf", "mute")}
            partial["permissions"] = str(p.in_guild(self._guild, user_id))
            self.resolved.setdefault("members", {})[user_id] = partial

    def role(self, role_id: str) -> None:
        """Add a role."""
        if self._guild is None:
            raise invalid(["data"], "BASE_TYPE_BAD", f"Role {role_id} cannot be chosen in a DM.")
        self.resolved.setdefault("roles", {})[role_id] = self._state.role(self._guild, role_id)

    def channel(self, channel_id: str) -> None:
        """Add a channel of this guild."""
        channel = self._state.channel(channel_id)
        partial: Json = {key: channel[key] for key in ("id", "name", "type") if key in channel}
        if channel["type"] in THREADS:
            partial |= {key: channel[key] for key in ("parent_id", "thread_metadata")}
        partial["permissions"] = str(p.in_channel(self._state, channel, self._user_id))
        self.resolved.setdefault("channels", {})[channel_id] = partial

    def attachment(self, attachment_id: str) -> None:
        """Add an uploaded file."""
        found = self._state.attachments.get(attachment_id)
        if found is None:
            raise invalid(["data"], "BASE_TYPE_BAD", f"No file with ID {attachment_id} was uploaded.")
        self.resolved.setdefault("attachments", {})[attachment_id] = found.data

    def add(self, kind: int, value: str) -> None:
        """Add what an option or select of this option type names."""
        if kind == USER or (kind == MENTIONABLE and value in self._state.users):
            self.user(value)
        elif kind in (ROLE, MENTIONABLE):
            self.role(value)
        elif kind == CHANNEL:
            self.channel(value)
        elif kind == ATTACHMENT:
            self.attachment(value)

    def options(self, options: Iterable[Json]) -> None:
        """Add what a command's options name."""
        for option in options:
            if option["type"] in (1, 2):
                self.options(option.get("options", ()))
            elif option["type"] in (USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT):
                self.add(option["type"], str(option["value"]))


# select component type → option type
SELECTS = {5: USER, 6: ROLE, 7: MENTIONABLE, 8: CHANNEL, 19: ATTACHMENT}


def resolve(state: State, guild_id: str | None, user_id: str, kind: int, data: Json) -> Json:
    """Return the interaction's data with `resolved` filled in, as Discord's server does."""
    resolver = Resolver(state, guild_id, user_id)
    if kind == 3:
        data = {key: value for key, value in data.items() if key != "id"}  # undocumented, hence not relied upon
    if kind in (2, 4):
        if data.get("type") == 2:
            resolver.user(str(data["target_id"]))
        resolver.options(data.get("options", ()))
    elif kind == 3:
        for value in data.get("values", ()):
            if data["component_type"] in SELECTS:
                resolver.add(SELECTS[data["component_type"]], str(value))
    else:
        for row in data.get("components", ()):
            for component in [row["component"]] if "component" in row else row.get("components", ()):
                for value in component.get("values") or ():
                    if component["type"] in SELECTS:
                        resolver.add(SELECTS[component["type"]], str(value))
    if kind == 2 and data.get("type") == 3:
        message = state.find_message(str(data["target_id"]))
        resolver.resolved["messages"] = {message.id: message.data}
    if resolver.resolved or kind == 5 or (kind == 3 and data["component_type"] in SELECTS):
        return {**data, "resolved": resolver.resolved}
    return data
