"""Commands for staff: hidden from members by default, and checked again when they arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands

Callback = TypeVar("Callback", bound=Callable[..., Any])

HIDDEN_FROM_MEMBERS = discord.Permissions(manage_messages=True)
"""What Discord asks of whoever is shown a staff command, until the server's owner changes it under Integrations."""

_ATTRIBUTE = "__guildshop_permission__"


def staff(permission: str) -> Callable[[Callback], Callback]:
    """Make a command need a permission: `@app_commands.command(…)` above, `@staff("payment.confirm")` below it."""

    def decorate(callback: Callback) -> Callback:
        setattr(callback, _ATTRIBUTE, permission)
        return app_commands.default_permissions(HIDDEN_FROM_MEMBERS)(callback)

    return decorate


def permission_of(command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu) -> str | None:
    """Return the permission that `staff` put on a command."""
    found = getattr(command.callback, _ATTRIBUTE, None)
    return found if isinstance(found, str) else None
