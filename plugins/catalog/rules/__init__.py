"""What makes a product and a quantity acceptable: pure functions that return the tidy value or refuse."""

from guildshop.plugins.catalog.rules.images import clean_images, parse_images, write_images
from guildshop.plugins.catalog.rules.products import (
    check_amount,
    check_change,
    check_quantity,
    clean,
    clean_image_url,
    clean_sku,
    join_ids,
    parse_ids,
    parse_quantity,
    search_text,
    stock_state,
)
from guildshop.plugins.catalog.rules.variants import clean_options, options_key, parse_options, write_options

__all__ = [
    "check_amount",
    "check_change",
    "check_quantity",
    "clean",
    "clean_image_url",
    "clean_images",
    "clean_options",
    "clean_sku",
    "join_ids",
    "options_key",
    "parse_ids",
    "parse_images",
    "parse_options",
    "parse_quantity",
    "search_text",
    "stock_state",
    "write_images",
    "write_options",
]
