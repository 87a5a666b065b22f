"""Orders in the JSON API."""

from guildshop.plugins.orders.endpoints.orders import router
from guildshop.plugins.orders.endpoints.shipments import router as shipments_router

ROUTERS = [router, shipments_router]

__all__ = ["ROUTERS"]
