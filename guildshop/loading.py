"""Finding the plugins, putting them in order, and asking them.

A plugin comes from the folder `plugins/` (built in, or put there by the owner) or from a distribution that names it
in the entry-point group `guildshop.plugins`. Which of them this process runs, the configuration says.
"""

from __future__ import annotations

import graphlib
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pluggy
from piccolo.conf.apps import AppConfig

from guildshop import hookspecs
from guildshop.errors import LoadError
from guildshop.plugins import BUILT_IN

ENTRY_POINT_GROUP = "guildshop.plugins"


class Plugin:
    """The base of every plugin: a name, what it needs, its tables, and hook implementations marked `@hookimpl`."""

    name: ClassVar[str]
    """Lower case with underscores; also the prefix of its custom IDs, tables' app and templates."""
    title: ClassVar[str]
    """What people read, such as "Customers"."""
    description: ClassVar[str] = ""
    """One sentence on what it adds."""
    requires: ClassVar[tuple[str, ...]] = ()
    """The plugins whose `api` and `service` it calls."""
    essential: ClassVar[bool] = False
    """Whether it cannot be switched off in a store, since nobody could switch it on again."""
    piccolo_app: ClassVar[AppConfig | None] = None
    hookspecs: ClassVar[ModuleType | type | None] = None
    """Hooks of its own that other plugins may implement."""


class Plugins:
    """The loaded plugins in the order of `requires`, and one pluggy registry over them."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        """Register the plugins; LoadError for what is missing, circular, twice there or misspelt."""
        self._plugins = {plugin.name: plugin for plugin in _in_order(list(plugins))}
        self._registry = pluggy.PluginManager(hookspecs.NAMESPACE)
        self._registry.add_hookspecs(hookspecs.KernelHooks)
        for plugin in self:
            if plugin.hookspecs is not None:
                self._registry.add_hookspecs(plugin.hookspecs)
        for plugin in self:
            self._registry.register(plugin, name=plugin.name)
        try:
            self._registry.check_pending()
        except pluggy.PluginValidationError as error:
            raise LoadError(f"a plugin implements a hook that does not exist: {error}") from error

    def __iter__(self) -> Iterator[Plugin]:
        """Go through the plugins, each after those that it requires."""
        return iter(self._plugins.values())

    def __contains__(self, name: str) -> bool:
        """Tell whether a plugin of that name is loaded."""
        return name in self._plugins

    def __getitem__(self, name: str) -> Plugin:
        """Return the plugin of that name; KeyError when it is not loaded."""
        return self._plugins[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(self._plugins)

    def dependants(self, name: str) -> tuple[str, ...]:
        """Return the plugins that need this one, directly or through others, in order."""
        found: set[str] = set()
        for plugin in self:
            if plugin.name != name and (name in plugin.requires or found.intersection(plugin.requires)):
                found.add(plugin.name)
        return tuple(other for other in self.names if other in found)

    def requirements(self, name: str) -> tuple[str, ...]:
        """Return the plugins that this one needs, directly or through others, in order."""
        needed = set(self[name].requires)
        for other in reversed(self.names):
            if other in needed:
                needed.update(self[other].requires)
        return tuple(other for other in self.names if other in needed)

    def call(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask every plugin that implements the hook; return (plugin, result) in the order of `requires`.

        LoadError names the plugin whose implementation raised.
        """
        caller = getattr(self._registry.hook, hook)
        implementations = {implementation.plugin_name: implementation for implementation in caller.get_hookimpls()}
        results: list[tuple[str, Any]] = []
        for name in self.names:
            implementation = implementations.get(name)
            if implementation is None:
                continue
            given = {key: arguments[key] for key in implementation.argnames}
            try:
                result = implementation.function(**given)
            except LoadError:
                raise
            except Exception as error:
                raise LoadError(f"plugin {name}: {hook} failed: {type(error).__name__}: {error}") from error
            if result is not None:
                results.append((name, result))
        return results


def load_plugins(enabled: Sequence[str]) -> Plugins:
    """Import and order the plugins of these names; LoadError names what is wrong and with which plugin."""
    known = available()
    loaded = []
    for name in enabled:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
            raise LoadError(f"plugins.enabled names {name}, which is not installed.{hint}")
        loaded.append(_import(name, known[name]))
    return Plugins(loaded)


def available() -> dict[str, str]:
    """Return the names of all installed plugins, each with what to import (`module:attribute`)."""
    found = {name: f"guildshop.plugins.{name}.plugin:plugin" for name in BUILT_IN}
    package = importlib.util.find_spec("guildshop.plugins")
    for location in (package.submodule_search_locations if package else None) or []:
        found.update(_folders(location))
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        if entry_point.name in found:
            raise LoadError(f"the plugin {entry_point.name} of {entry_point.value} has the name of a built-in one")
        found[entry_point.name] = entry_point.value
    return found


def _folders(location: str) -> Iterator[tuple[str, str]]:

    for path in sorted(Path(location).iterdir()):
        if (path / "plugin.py").is_file():
            yield path.name, f"guildshop.plugins.{path.name}.plugin:plugin"


def _import(name: str, target: str) -> Plugin:
    module, _, attribute = target.partition(":")
    try:
        plugin = getattr(importlib.import_module(module), attribute or "plugin")
    except Exception as error:
        raise LoadError(f"plugin {name} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(plugin, Plugin):
        raise LoadError(f"plugin {name}: {target} is a {type(plugin).__name__}, not a guildshop.loading.Plugin")
    if plugin.name != name:
        raise LoadError(f"plugin {name} calls itself {plugin.name}; the two names must be the same")
    return plugin


def _in_order(plugins: list[Plugin]) -> list[Plugin]:
    by_name: dict[str, Plugin] = {}
    for plugin in plugins:
        if plugin.name in by_name:
            raise LoadError(f"the plugin {plugin.name} is enabled twice")
        by_name[plugin.name] = plugin
    for plugin in plugins:
        missing = [name for name in plugin.requires if name not in by_name]
        if missing:
            raise LoadError(
                f"the plugin {plugin.name} needs {', '.join(missing)}:"
                f" add it to plugins.enabled, or take {plugin.name} out"
            )
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for plugin in plugins:
        sorter.add(plugin.name, *plugin.requires)
    try:
        order = list(sorter.static_order())
    except graphlib.CycleError as error:
        raise LoadError(f"plugins need each other in a circle: {' → '.join(error.args[1])}") from error
    return [by_name[name] for name in order]
