"""The commands, buttons, selects and modals of orders."""

from guildshop.plugins.orders.commands.flow import FLOW_ITEMS as SCREEN_ITEMS
from guildshop.plugins.orders.commands.items import ITEM_ITEMS
from guildshop.plugins.orders.commands.shipping import SHIPPING_COMMANDS
from guildshop.plugins.orders.commands.slash import COMMANDS, ITEMS

FLOW_ITEMS = [*SCREEN_ITEMS, *ITEM_ITEMS]

__all__ = ["COMMANDS", "FLOW_ITEMS", "ITEMS", "SHIPPING_COMMANDS"]
