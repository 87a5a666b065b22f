"""Products in the JSON API."""

from guildshop.plugins.catalog.endpoints.products import router
from guildshop.plugins.catalog.endpoints.shelves import categories, lists
from guildshop.plugins.catalog.endpoints.stock import router as stock_router

# The fixed addresses come before those that begin with a product.
ROUTERS = [lists, categories, router, stock_router]

__all__ = ["ROUTERS"]
