"""Customers in the JSON API."""

from guildshop.plugins.customers.endpoints.addresses import router as addresses_router
from guildshop.plugins.customers.endpoints.customers import router
from guildshop.plugins.customers.endpoints.states import router as states_router

ROUTERS = [router, states_router, addresses_router]

__all__ = ["ROUTERS"]
