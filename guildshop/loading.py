"""Finding the plugins, putting them in order, and asking them.

A plugin comes from the folder `plugins/` (built in, or put there by the owner) or from a distribution that names it
in the entry-point group `guildshop.plugins`. Which of them this process runs, the configuration says.
"""

from __future__ import annotations

import graphlib
import importlib
import importlib.util
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pluggy
import structlog
from piccolo.conf.apps import AppConfig

from guildshop import hookspecs
from guildshop.errors import LoadError
from guildshop.plugins import BUILT_IN

log = structlog.get_logger(__name__)

ENTRY_POINT_GROUP = "guildshop.plugins"
SLOW_HOOK_SECONDS = 1.0
"""Hooks run while nothing else does; one that takes longer is named."""


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


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that was left out: why, and what to do about it."""

    name: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class SlowHook:
    """A plugin that took long to answer a hook."""

    name: str
    hook: str
    seconds: float


class _Registry(pluggy.PluginManager):
    """pluggy's registry, which finds hooks by their mark: to take every attribute for one costs a start its time."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if not hasattr(getattr(type(plugin), name, None), f"{hookspecs.NAMESPACE}_impl"):
            return None
        return super().parse_hookimpl_opts(plugin, name)


class Plugins:
    """The loaded plugins in the order of `requires`, and one pluggy registry over them."""

    def __init__(self, plugins: Iterable[Plugin], failures: Iterable[PluginFailure] = ()) -> None:
        """Register the plugins; LoadError for what is missing, circular, twice there or misspelt."""
        self.failures = list(failures)
        """The plugins that were left out."""
        self.slow: list[SlowHook] = []
        """What took long while the hooks were asked."""
        self._plugins = {plugin.name: plugin for plugin in _in_order(list(plugins))}
        self._registry = _Registry(hookspecs.NAMESPACE)
        self._registry.add_hookspecs(hookspecs.KernelHooks)
        for plugin in self:
            if plugin.hookspecs is not None:
                self._add_specifications(plugin.name, plugin.hookspecs)
        for plugin in self:
            self._register(plugin)

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

    @property
    def others(self) -> tuple[str, ...]:
        """The names of those that are not built in, in order."""
        return tuple(name for name in self._plugins if name not in BUILT_IN)

    @property
    def hook_names(self) -> list[str]:
        """The hooks that take the application alone."""
        callers = vars(self._registry.hook)
        return [name for name, caller in callers.items() if caller.spec and caller.spec.argnames == ("app",)]

    def without(self, error: LoadError) -> Plugins:
        """Return the plugins without the one at fault and those that need it; raise the error for a built-in one."""
        name = error.plugin
        if name is None or name not in self.others or any(other in BUILT_IN for other in self.dependants(name)):
            raise error
        failures = [*self.failures, _failure(name, error)]
        return _load([plugin for plugin in self if plugin.name != name], failures)

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
            result = self._timed(name, hook, implementation.function, given)
            if result is not None:
                results.append((name, result))
        return results

    def _timed(self, name: str, hook: str, function: Any, given: dict[str, Any]) -> Any:
        begun = time.monotonic()
        try:
            result = function(**given)
        except Exception as error:
            message = f"plugin {name}: {hook} failed: {type(error).__name__}: {error}"
            raise LoadError(message, plugin=name) from error
        if not isinstance(result, list | tuple | None):
            message = f"plugin {name}: {hook} returned a {type(result).__name__} where a list belongs"
            raise LoadError(message, plugin=name)
        seconds = time.monotonic() - begun
        if seconds > SLOW_HOOK_SECONDS:
            self.slow.append(SlowHook(name, hook, seconds))
            log.warning("plugin.slow_hook", plugin=name, hook=hook, seconds=round(seconds, 1))
        return result

    def _add_specifications(self, name: str, specifications: ModuleType | type) -> None:
        try:
            self._registry.add_hookspecs(specifications)
        except (ValueError, pluggy.PluginValidationError) as error:
            message = f"plugin {name}: its hook specifications cannot be used: {error}"
            raise LoadError(message, plugin=name) from error

    def _register(self, plugin: Plugin) -> None:
        known = {name for name, caller in vars(self._registry.hook).items() if caller.spec is not None}
        try:
            self._registry.register(plugin, name=plugin.name)
        except (ValueError, pluggy.PluginValidationError) as error:
            message = f"plugin {plugin.name} implements a hook in a wrong way: {error}"
            raise LoadError(message, plugin=plugin.name) from error
        for caller in self._registry.get_hookcallers(plugin) or ():
            implementation = next(one for one in caller.get_hookimpls() if one.plugin_name == plugin.name)
            if caller.name not in known and not implementation.optionalhook:
                near = get_close_matches(caller.name, known, 1)
                hint = f"Did you mean {near[0]}?" if near else "Is the plugin that specifies it in `requires`?"
                message = f"plugin {plugin.name} implements {caller.name}, which is no hook. {hint}"
                raise LoadError(message, plugin=plugin.name)


def load_plugins(enabled: Sequence[str], *, strict: bool = False) -> Plugins:
    """Import and order the plugins of these names.

    One that is not built in and fails is left out with those that need it, and is found in `failures`; with `strict`
    it raises. LoadError names what is wrong and with which plugin: an unknown name, or a built-in one that fails.
    """
    known, clashes = _discover()
    loaded: list[Plugin] = []
    failures: list[PluginFailure] = []
    for name in enabled:
        try:
            if name in clashes and name not in BUILT_IN:
                raise LoadError(clashes[name], plugin=name)
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
                raise LoadError(f"plugins.enabled names {name}, which is not installed.{hint}")
            loaded.append(_import(name, known[name]))
        except LoadError as error:
            if strict or error.plugin is None or name in BUILT_IN:
                raise
            failures.append(_failure(name, error))
    return Plugins(loaded, failures) if strict else _load(loaded, failures)


def _load(plugins: list[Plugin], failures: list[PluginFailure]) -> Plugins:
    """Leave out what cannot be registered, until the rest can."""
    left, out = list(plugins), list(failures)
    while True:
        try:
            return Plugins(left, out)
        except LoadError as error:
            if error.plugin is None or error.plugin in BUILT_IN:
                raise
            out.append(_failure(error.plugin, error))
            left = [plugin for plugin in left if plugin.name != error.plugin]


def _failure(name: str, error: LoadError) -> PluginFailure:
    log.error("plugin.left_out", plugin=name, reason=str(error), exc_info=error.__cause__)
    remedy = f"Mend or update the plugin {name}, or take it out of plugins.enabled; then start again."
    return PluginFailure(name, str(error), remedy)


def available() -> dict[str, str]:
    """Return the names of all installed plugins, each with what to import (`module:attribute`)."""
    return _discover()[0]


def _discover() -> tuple[dict[str, str], dict[str, str]]:
    """Return the plugins by name, and of names that several have what is wrong; built-in ones keep theirs."""
    found = {name: f"guildshop.plugins.{name}.plugin:plugin" for name in BUILT_IN}
    package = importlib.util.find_spec("guildshop.plugins")
    for location in (package.submodule_search_locations if package else None) or []:
        found.update(_folders(location))
    clashes: dict[str, str] = {}
    for entry_point in _installed(tuple(sys.path)):
        name, other = entry_point.name, found.setdefault(entry_point.name, entry_point.value)
        if other != entry_point.value:
            clashes[name] = f"two plugins are called {name}: {other} and {entry_point.value}; uninstall one of them"
            log.error("plugin.name_taken", plugin=name, kept=other, other=entry_point.value)
    return found, clashes


@lru_cache(maxsize=8)
def _installed(_path: tuple[str, ...]) -> Sequence[EntryPoint]:
    """Return the entry points of what is installed on that path; to look costs reading every distribution there."""
    return tuple(entry_points(group=ENTRY_POINT_GROUP))


def _folders(location: str) -> Iterator[tuple[str, str]]:
    for path in sorted(Path(location).iterdir()):
        if (path / "plugin.py").is_file():
            yield path.name, f"guildshop.plugins.{path.name}.plugin:plugin"


def _import(name: str, target: str) -> Plugin:
    module, _, attribute = target.partition(":")
    try:
        plugin = getattr(importlib.import_module(module), attribute or "plugin")
    except (Exception, SystemExit) as error:
        message = f"plugin {name} cannot be imported: {type(error).__name__}: {error}"
        raise LoadError(message, plugin=name) from error
    if not isinstance(plugin, Plugin):
        message = f"plugin {name}: {target} is a {type(plugin).__name__}, not a guildshop.loading.Plugin"
        raise LoadError(message, plugin=name)
    if getattr(plugin, "name", None) != name:
        message = f"plugin {name} calls itself {getattr(plugin, 'name', None)}; the two names must be the same"
        raise LoadError(message, plugin=name)
    if not isinstance(getattr(plugin, "title", None), str):
        raise LoadError(f"plugin {name} has no title", plugin=name)
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
                f" add it to plugins.enabled, or take {plugin.name} out",
                plugin=plugin.name,
            )
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for plugin in plugins:
        sorter.add(plugin.name, *plugin.requires)
    try:
        order = list(sorter.static_order())
    except graphlib.CycleError as error:
        circle = error.args[1]
        other = next((name for name in circle if name not in BUILT_IN), None)
        raise LoadError(f"plugins need each other in a circle: {' → '.join(circle)}", plugin=other) from error
    # Built-in ones first, so that it is the other one of two colliding plugins that is at fault.
    return [by_name[name] for name in sorted(order, key=lambda name: name not in BUILT_IN)]
