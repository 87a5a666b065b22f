"""Who has which name: two plugins never share a table, a command, a page or anything else that is found by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guildshop.errors import LoadError

KERNEL = ""
"""The owner of the kernel's own names."""

PUBLIC_PATHS = frozenset(
    [
        "account",
        "admin",
        "api",
        "healthz",
        "login",
        "logout",
        "metrics",
        "password-reset",
        "readyz",
        "signin",
        "staff",
        "static",
        "store",
    ]
)
"""First parts of addresses that are left to the kernel and the built-in plugins."""

WORKSPACE_PATHS = frozenset({"api", "assets", "public"})
"""First parts of addresses below `/admin/` that belong to Piccolo Admin."""

_PARAMETER = re.compile(r"\{[^{}]*\}")


class Names:
    """The names in use, by kind, each with the plugin that has it."""

    def __init__(self) -> None:
        """Start without names."""
        self._owners: dict[tuple[str, str], str] = {}

    def claim(self, plugin: str, kind: str, *names: str) -> None:
        """Give a plugin names of one kind; LoadError names both plugins when one is taken."""
        for name in names:
            owner = self._owners.setdefault((kind, name), plugin)
            if owner != plugin:
                taken_by = f"the plugin {owner}" if owner else "Guildshop itself"
                message = f"plugin {plugin}: the {kind} {name} belongs to {taken_by} already"
                raise LoadError(message, plugin=plugin)

    def claim_once(self, plugin: str, kind: str, name: str) -> None:
        """Give a plugin a name that it has not claimed before either."""
        if self._owners.get((kind, name)) == plugin:
            message = f"plugin {plugin}: the {kind} {name} is registered twice"
            raise LoadError(message, plugin=plugin)
        self.claim(plugin, kind, name)

    def owner(self, kind: str, name: str) -> str | None:
        """Return who has the name: a plugin, `KERNEL`, or None for nobody."""
        return self._owners.get((kind, name))

    def claim_addresses(self, plugin: str, kind: str, methods: Iterable[str], path: str) -> None:
        """Give a plugin an address; what parameters in it are called makes no difference."""
        pattern = _PARAMETER.sub("{}", path)
        self.claim(plugin, kind, *(f"{method} {pattern}" for method in methods))
