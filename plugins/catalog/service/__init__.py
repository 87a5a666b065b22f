"""The use cases and queries of the catalog."""

from guildshop.plugins.catalog.service.editing import Editing
from guildshop.plugins.catalog.service.importing import Importing
from guildshop.plugins.catalog.service.listing import Listing
from guildshop.plugins.catalog.service.panels import Panels
from guildshop.plugins.catalog.service.shelves import Shelves
from guildshop.plugins.catalog.service.stock import Stock

__all__ = ["CatalogService"]


class CatalogService(Stock, Editing, Shelves, Panels, Listing, Importing):
    """Everything that can be asked and done about products, stock, lists, the waiting list and panels."""
