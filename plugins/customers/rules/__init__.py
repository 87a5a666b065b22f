"""What makes a customer and an address acceptable: pure functions that return the tidy value or refuse."""

from guildshop.plugins.customers.rules.addresses import (
    check_address,
    check_place,
    tidy_address,
)
from guildshop.plugins.customers.rules.metrics import Metrics, month_start, trend
from guildshop.plugins.customers.rules.people import (
    clean,
    clean_account_number,
    clean_discord_id,
    clean_email,
    clean_phone,
    clean_tags,
    email_key,
    new_account_number,
    search_text,
    tags_key,
)

__all__ = [
    "Metrics",
    "check_address",
    "check_place",
    "clean",
    "clean_account_number",
    "clean_discord_id",
    "clean_email",
    "clean_phone",
    "clean_tags",
    "email_key",
    "month_start",
    "new_account_number",
    "search_text",
    "tags_key",
    "tidy_address",
    "trend",
]
