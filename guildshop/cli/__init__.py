"""The command line: `guildshop …`, or `python bot.py …` in a checkout."""

from guildshop.cli.boundary import main

__all__ = ["main"]
