"""Who hears which event, and which timers there are."""

from __future__ import annotations

from collections.abc import Sequence

from guildshop.errors import LoadError
from guildshop.events import Event
from guildshop.hookspecs import Listener, Timer


class Listeners:
    """Who hears which event: by event for writing deliveries, by name for running them."""

    def __init__(self) -> None:
        """Start without listeners."""
        self._by_event: dict[type[Event], list[str]] = {}
        self._by_name: dict[str, tuple[str, Listener]] = {}
        self.timers: dict[str, tuple[str, Timer]] = {}

    def add(self, plugin: str, listener: Listener) -> None:
        """Add a listener; LoadError when its name is taken or is not plain."""
        self._claim_name(plugin, listener.name)
        self._by_name[listener.name] = (plugin, listener)
        self._by_event.setdefault(listener.event, []).append(listener.name)

    def add_timer(self, plugin: str, timer: Timer) -> None:
        """Add a timer; LoadError when its name is taken or is not plain."""
        self._claim_name(plugin, timer.name)
        self.timers[timer.name] = (plugin, timer)

    def of(self, event: Event) -> Sequence[str]:
        """Return the names of those who hear the event."""
        return self._by_event.get(type(event), ())

    def named(self, name: str) -> tuple[str, Listener] | None:
        """Return the plugin and its listener of that name."""
        return self._by_name.get(name)

    def plugin_of(self, name: str) -> str:
        """Return the plugin of a listener or timer; empty for an unknown one."""
        found = self._by_name.get(name) or self.timers.get(name)
        return found[0] if found else ""

    def names(self, *, discord: bool) -> list[str]:
        """Return the names of all listeners and timers; without `discord`, of those that can do without a bot."""
        needs = {name: listener.discord for name, (_plugin, listener) in self._by_name.items()}
        needs |= {name: timer.discord for name, (_plugin, timer) in self.timers.items()}
        return [name for name, bot in needs.items() if discord or not bot]

    def _claim_name(self, plugin: str, name: str) -> None:
        if not name.replace(".", "").replace("_", "").isalnum():
            raise LoadError(
                f"plugin {plugin}: the listener name {name!r} may hold letters, digits, dots and underscores",
                plugin=plugin,
            )
        if name in self._by_name or name in self.timers:
            owner = (self._by_name.get(name) or self.timers[name])[0]
            message = f"plugin {plugin}: the listener name {name} is taken by the plugin {owner}"
            raise LoadError(message, plugin=plugin)
