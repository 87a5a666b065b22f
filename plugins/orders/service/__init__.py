"""The use cases of orders: `OrderService` for what exists, `CheckoutService` for what is being ordered."""

from guildshop.plugins.orders.service.actions import OrderActions
from guildshop.plugins.orders.service.checkout import CheckoutService
from guildshop.plugins.orders.service.importing import OrderFiles
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.rows import add_history

__all__ = ["CheckoutService", "OrderActions", "OrderFiles", "OrderService", "add_history"]
