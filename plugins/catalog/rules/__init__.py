"""What makes a product and a quantity acceptable: pure functions that return the tidy value or refuse."""

from guildshop.plugins.catalog.rules.products import (
    check_amount,
    check_change,
    check_quantity,
    clean,
    clean_image_url,
    clean_sku,
    join_ids,
    parse_ids,
    search_text,
    stock_state,
)

__all__ = [
    "check_amount",
    "check_change",
    "check_quantity",
    "clean",
    "clean_image_url",
    "clean_sku",
    "join_ids",
    "parse_ids",
    "search_text",
    "stock_state",
]
