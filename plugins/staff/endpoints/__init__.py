"""The audit log, settings, plugins and failed deliveries in the JSON API."""

from guildshop.plugins.staff.endpoints.audit import router as audit_router
from guildshop.plugins.staff.endpoints.deliveries import router as deliveries_router
from guildshop.plugins.staff.endpoints.settings import plugin_router
from guildshop.plugins.staff.endpoints.settings import router as settings_router

ROUTERS = [audit_router, deliveries_router, settings_router, plugin_router]

__all__ = ["ROUTERS"]
