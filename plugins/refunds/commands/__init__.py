"""The slash commands of refunds and returns, and their components."""

from typing import Any

from guildshop.plugins.refunds.commands import refunding, returning

COMMANDS: list[Any] = [*refunding.COMMANDS, *returning.COMMANDS]
ITEMS: list[Any] = [*refunding.ITEMS, *returning.ITEMS]
