"""The use cases of orders: `OrderService` for what exists, `CheckoutService` for what is being ordered."""

from guildshop.plugins.orders.service.orders import OrderService

__all__ = ["OrderService"]
