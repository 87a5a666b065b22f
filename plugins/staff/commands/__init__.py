"""The commands and persistent items of the staff plugin."""

from typing import Any

from guildshop.plugins.staff.commands.help import help_command
from guildshop.plugins.staff.commands.plugins import PLUGIN_ITEMS
from guildshop.plugins.staff.commands.roles import ROLE_ITEMS
from guildshop.plugins.staff.commands.settings import SETTINGS_ITEMS, settings_command
from guildshop.plugins.staff.commands.tools import dashboard_command, doctor_command

COMMANDS: list[Any] = [help_command, settings_command, doctor_command, dashboard_command]
ITEMS = [*SETTINGS_ITEMS, *PLUGIN_ITEMS, *ROLE_ITEMS]

__all__ = ["COMMANDS", "ITEMS"]
