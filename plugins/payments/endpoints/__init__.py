"""Payments in the JSON API."""

from guildshop.plugins.payments.endpoints.links import router as links_router
from guildshop.plugins.payments.endpoints.payments import method_router, order_router, router

ROUTERS = [links_router, router, order_router, method_router]

__all__ = ["ROUTERS"]
