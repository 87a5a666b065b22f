"""Which plugin a command, button or modal belongs to; two that collide are refused while loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import AppCommandType, app_commands

from guildshop.bot.items import StoreItem, StoreModal
from guildshop.errors import LoadError, Refusal
from guildshop.i18n import _

if TYPE_CHECKING:
    from guildshop.app import App

AnyCommand = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu

CHAT_COMMAND_LIMIT = 100


def kind_of(command: AnyCommand) -> AppCommandType:
    """Return whether it is a slash command or a context menu of users or messages."""
    return command.type if isinstance(command, app_commands.ContextMenu) else AppCommandType.chat_input


class Registry:
    """The commands, items and modals of all loaded plugins, with who owns each."""

    def __init__(self, app: App) -> None:
        """Ask the plugins; LoadError names both plugins of a collision."""
        self._app = app
        self.commands: dict[tuple[AppCommandType, str], tuple[str, AnyCommand]] = {}
        self.items: dict[str, tuple[str, type[StoreItem[Any]]]] = {}
        self.modals: dict[str, tuple[str, type[StoreModal]]] = {}
        for plugin, commands in app.hooks("register_commands"):
            for command in commands:
                self._add_command(plugin, command)
        for plugin, kinds in app.hooks("register_items"):
            for kind in kinds:
                self._add_item(plugin, kind)
        slash = sum(1 for kind, _name in self.commands if kind is AppCommandType.chat_input)
        if slash > CHAT_COMMAND_LIMIT:
            raise LoadError(f"the plugins have {slash} slash commands; Discord allows {CHAT_COMMAND_LIMIT}")

    def plugin_of_command(self, kind: AppCommandType, name: str) -> str | None:
        """Return the plugin of a top-level command, None when there is no such command."""
        found = self.commands.get((kind, name))
        return found[0] if found else None

    def plugin_of_prefix(self, prefix: str) -> str:
        """Return the plugin of an item's or a modal's prefix; KeyError for an unknown one."""
        found = self.items.get(prefix) or self.modals.get(prefix)
        if found is None:
            raise KeyError(prefix)
        return found[0]

    def require_enabled(self, store_id: int, plugin: str) -> None:
        """Refuse, naming the plugin, while it is off in the store."""
        if not self._app.stores.enabled(store_id, plugin):
            title = _(self._app.plugins[plugin].title)
            raise Refusal(_("“{plugin}” is switched off in this shop at the moment.").format(plugin=title))

    def _add_command(self, plugin: str, command: AnyCommand) -> None:
        key = (kind_of(command), command.name)
        if key in self.commands:
            raise LoadError(
                f"the plugins {self.commands[key][0]} and {plugin} both have a command called {command.name}",
                plugin=plugin,
            )
        self.commands[key] = (plugin, command)

    def _add_item(self, plugin: str, kind: type[StoreItem[Any]] | type[StoreModal]) -> None:
        prefix = kind.prefix
        if not prefix:
            raise LoadError(f"plugin {plugin}: {kind.__qualname__} has no prefix", plugin=plugin)
        if not prefix.startswith(f"{plugin}."):
            message = f"plugin {plugin}: the prefix {prefix} of {kind.__qualname__} must begin with {plugin}."
            raise LoadError(message, plugin=plugin)
        known = self.items.get(prefix) or self.modals.get(prefix)
        if known is not None:
            message = f"plugin {plugin}: the prefix {prefix} belongs to {known[1].__qualname__} of {known[0]}"
            raise LoadError(message, plugin=plugin)
        if issubclass(kind, StoreModal):
            self.modals[prefix] = (plugin, kind)
        else:
            self.items[prefix] = (plugin, kind)
