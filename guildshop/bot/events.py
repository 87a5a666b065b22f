"""What happens in a Discord server that plugins may want to know, as events of the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from guildshop.events import Event


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    """Somebody joined the store's Discord server, for the first time or again. Needs the members intent."""

    discord_id: int

    @property
    def key(self) -> str:
        """The member: joins of one person arrive in order."""
        return str(self.discord_id)


@dataclass(frozen=True, slots=True)
class MemberRolesChanged(Event):
    """A member has these Discord roles in the store's server now, none when they left. Needs the members intent."""

    discord_id: int
    roles: tuple[int, ...]

    @property
    def key(self) -> str:
        """The member: changes of one person arrive in order."""
        return str(self.discord_id)
