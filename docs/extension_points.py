"""The pages of hooks and events, made from the code: docstrings, fields, who specifies, implements and hears what.

They are made whenever the site is built, so they cannot be out of date; `undocumented()` lists what lacks a docstring.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.events import Event
from guildshop.hookspecs import NAMESPACE, KernelHooks

SPECIFICATION = f"{NAMESPACE}_spec"
KERNEL = "the kernel"


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook: who specifies it, and its specification."""

    owner: str
    function: FunctionType

    @property
    def name(self) -> str:
        """What implementations are called."""
        return self.function.__name__

    @property
    def returns(self) -> list[type]:
        """The classes of Guildshop that a result consists of."""
        words = re.findall(r"\w+", str(inspect.signature(self.function).return_annotation))
        found = [vars(sys.modules[self.function.__module__]).get(word) for word in words]
        return [kind for kind in found if isinstance(kind, type) and kind.__module__.startswith("guildshop.")]


def installed() -> App:
    """Return an application with the built-in plugins, and neither database nor Discord."""
    return App.registered(Settings())


def hooks(app: App) -> list[Hook]:
    """Return all hooks, the kernel's first, each plugin's in the order of its source."""
    found = [Hook(KERNEL, function) for function in _specifications(KernelHooks)]
    for plugin in app.plugins:
        for holder in _holders(plugin.hookspecs):
            found += [Hook(plugin.name, function) for function in _specifications(holder)]
    return found


def events(app: App) -> list[type[Event]]:
    """Return the events that plugins may hear, by owner; classes that only serve others as a base are left out."""
    order = ["", *app.plugins.names]
    kinds = {kind for kind in _descendants(Event) if _owner(kind) in order and not kind.__subclasses__()}
    # A dataclass with slots leaves its first self behind: what counts is the one that can be imported.
    kinds = {kind for kind in kinds if vars(sys.modules[kind.__module__]).get(kind.__name__) is kind}
    return sorted(kinds, key=lambda kind: (order.index(_owner(kind) or ""), _line(kind)))


def undocumented(app: App) -> list[str]:
    """Return the hooks, the types they return and the events that have no docstring of their own."""
    documented: list[Any] = [hook.function for hook in hooks(app)]
    documented += [kind for hook in hooks(app) for kind in hook.returns]
    documented += events(app)
    return sorted({thing.__qualname__ for thing in documented if not _has_docstring(thing)})


def hooks_page(app: App) -> str:
    """Return the page of hooks as Markdown."""
    parts: list[str] = []
    types: dict[str, type] = {}
    owner = ""
    for hook in hooks(app):
        if hook.owner != owner:
            owner = hook.owner
            parts.append(f"## Of {owner}\n")
        parts.append(_hook(app, hook))
        types |= {kind.__qualname__: kind for kind in hook.returns}
    parts.append("## What hooks return\n")
    parts += [_type(types[name]) for name in sorted(types)]
    return "\n".join(parts)


def events_page(app: App) -> str:
    """Return the page of events as Markdown."""
    heard: dict[type[Event], list[str]] = {}
    for plugin, listeners in app.hooks("register_listeners"):
        for listener in listeners:
            heard.setdefault(listener.event, []).append(f"`{listener.name}`")
            if not listener.name.startswith(f"{plugin}."):
                heard[listener.event][-1] += f" ({plugin})"
    parts: list[str] = []
    owner: str | None = None
    for kind in events(app):
        if _owner(kind) != owner:
            owner = _owner(kind)
            parts.append(f"## Of {owner or KERNEL}\n")
        timed = " It is a promise: its deliveries are due later.\n" if kind.timed else ""
        key = inspect.getdoc(kind.key) or ""
        parts.append(
            f"### {kind.__name__}\n\n`from {_import_from(kind)} import {kind.__name__}`\n\n"
            f"{_docstring(kind)}\n{timed}\n{_fields(kind)}\n"
            f"Key for order: {key if _owner_of_key(kind) else 'none.'}\n\n"
            f"Heard by: {', '.join(heard.get(kind, ())) or 'no built-in plugin.'}\n"
        )
    return "\n".join(parts)


def _hook(app: App, hook: Hook) -> str:
    signature = inspect.signature(hook.function)
    returns = str(signature.return_annotation)
    links = ", ".join(f"[{kind.__name__}](#{kind.__name__.lower()})" for kind in hook.returns)
    by = [f"`{plugin.name}`" for plugin in app.plugins if hasattr(type(plugin), hook.name)]
    arguments = ", ".join(str(parameter) for parameter in signature.parameters.values()).replace("'", "")
    return (
        f"### {hook.name}\n\n```python\n@hookimpl\ndef {hook.name}({arguments}) -> {returns}: ...\n```\n\n"
        f"{_docstring(hook.function)}\n\n"
        + (f"Returns: {links}.\n\n" if links else "")
        + f"Implemented by: {', '.join(by) or 'no built-in plugin'}.\n"
    )


def _type(kind: type) -> str:
    imported = f"`from {_import_from(kind)} import {kind.__name__}`"
    return f"### {kind.__name__}\n\n{imported}\n\n{_docstring(kind)}\n\n{_fields(kind)}{_methods(kind)}"


def _methods(kind: type) -> str:
    """Return what an implementation of the protocol answers; nothing for other classes."""
    if not getattr(kind, "_is_protocol", False):
        return ""
    said = []
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, FunctionType) and not name.startswith("_"):
            signature = str(inspect.signature(function)).replace("'", "")
            shown = f"{name}{signature}" if function is member else f"{name}: {signature.partition('-> ')[2]}"
            said.append(f"- `{shown}`: {' '.join(_docstring(function).split())}")
    return "\n".join(said) + "\n"


def _fields(kind: type) -> str:
    """Return a table of the fields, those of the bases first, with what stands below each in the source."""
    rows: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("guildshop.") and base is not Event:
            rows |= dict(_rows(base))
    if not rows:
        return ""
    return "\n".join(["| field | type | |", "| --- | --- | --- |", *rows.values()]) + "\n"


def _rows(kind: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for position, node in enumerate(body):
        if not isinstance(node, ast.AnnAssign) or "ClassVar" in ast.unparse(node.annotation):
            continue
        below = body[position + 1] if position + 1 < len(body) else None
        said = ""
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            said = " ".join(str(below.value.value).split())
        if node.value is not None and not isinstance(node.value, ast.Call):
            said += f" Default: `{ast.unparse(node.value)}`."
        name = ast.unparse(node.target)
        yield name, f"| `{name}` | `{_cell(ast.unparse(node.annotation))}` | {_cell(said.strip())} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _docstring(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _has_docstring(thing: Any) -> bool:
    text = vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
    # A dataclass without one gets its signature for a docstring.
    return bool(text) and not str(text).startswith(f"{thing.__name__}(")


def _specifications(holder: type) -> list[FunctionType]:
    return [member for member in vars(holder).values() if hasattr(member, SPECIFICATION)]


def _holders(specifications: Any) -> list[type]:
    if specifications is None or isinstance(specifications, type):
        return [specifications] if specifications else []
    return [kind for kind in vars(specifications).values() if isinstance(kind, type) and _specifications(kind)]


def _descendants(kind: type[Event]) -> Iterator[type[Event]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _owner(kind: type) -> str | None:
    """Return the plugin of a public class, empty for the kernel's, None for what is internal or somebody else's."""
    parts = kind.__module__.split(".")
    if parts[:2] == ["guildshop", "plugins"]:
        return parts[2] if "api" in parts else None
    return "" if parts[:2] == ["guildshop", "bot"] else None


def _owner_of_key(kind: type[Event]) -> bool:
    return kind.key is not Event.key


def _import_from(kind: type) -> str:
    head, api, _rest = kind.__module__.partition(".api")
    return head + api if api and hasattr(sys.modules[head + api], kind.__name__) else kind.__module__


def _line(kind: type) -> tuple[str, int]:
    return kind.__module__, inspect.getsourcelines(kind)[1]
