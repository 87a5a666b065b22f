"""How long what a summary shows is promised, and what breaks the promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.plugins.orders.api import PriceRose, Quote, QuoteExpired

QUOTE_LIFE = timedelta(minutes=15)
"""How long what the summary shows is promised."""

FLOW_LIFE = timedelta(minutes=30)
"""How long an order flow waits for its member."""


def place(quote: Quote, prices: Mapping[UUID, int], now: datetime) -> None:
    """Refuse to make an order of a quote that has expired, or whose products have become dearer."""
    if now >= quote.expires:
        raise QuoteExpired(_("This summary is older than 15 minutes. Look at the new one and confirm it."))
    for line in quote.lines:
        price = prices[line.product]
        if price > line.unit_price:
            currency = quote.totals.currency
            raise PriceRose(
                _("{name} now costs {price} instead of {before}. Look at the new summary and confirm it.").format(
                    name=line.name,
                    price=format_money(price, currency),
                    before=format_money(line.unit_price, currency),
                )
            )
