"""The slash commands, buttons, selects and forms of customers."""

from typing import Any

from guildshop.plugins.customers.commands.addresses import ADDRESS_COMMANDS, ADDRESS_ITEMS
from guildshop.plugins.customers.commands.lookup import LOOKUP_COMMANDS, LOOKUP_ITEMS
from guildshop.plugins.customers.commands.personal import PERSONAL_COMMANDS, PERSONAL_ITEMS
from guildshop.plugins.customers.commands.profile import PROFILE_COMMANDS, PROFILE_ITEMS

COMMANDS: list[Any] = [*PROFILE_COMMANDS, *ADDRESS_COMMANDS, *PERSONAL_COMMANDS, *LOOKUP_COMMANDS]
ITEMS: list[Any] = [*PROFILE_ITEMS, *ADDRESS_ITEMS, *PERSONAL_ITEMS, *LOOKUP_ITEMS]
