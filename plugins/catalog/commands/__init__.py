"""The slash commands, buttons, selects and modals of the catalog."""

from typing import Any

from guildshop.plugins.catalog.commands.browsing import COMMANDS as FOR_MEMBERS
from guildshop.plugins.catalog.commands.browsing import ITEMS as BROWSING
from guildshop.plugins.catalog.commands.panels import COMMANDS as OF_PANELS
from guildshop.plugins.catalog.commands.panels import ITEMS as PANEL_ITEMS
from guildshop.plugins.catalog.commands.staff import COMMANDS as FOR_STAFF
from guildshop.plugins.catalog.commands.staff import ITEMS as STAFF_ITEMS
from guildshop.plugins.catalog.commands.waiting import ITEMS as WAITING

COMMANDS: list[Any] = [*FOR_MEMBERS, *FOR_STAFF, *OF_PANELS]
ITEMS: list[Any] = [*BROWSING, *WAITING, *STAFF_ITEMS, *PANEL_ITEMS]
