"""The use cases of links to Shopify."""

from guildshop.plugins.shopify_link.service.bulk import COLUMNS, MOST_ROWS, REQUIRED, Bulk
from guildshop.plugins.shopify_link.service.settling import Settling


class LinkService(Settling, Bulk):
    """Links between members and Shopify customers of the store in scope."""


__all__ = ["COLUMNS", "MOST_ROWS", "REQUIRED", "LinkService"]
