"""What the search in the header finds of orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import status_label
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.orders.service.queries import READ

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the orders by number and customer."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                order.number,
                f"order/{order.number}",
                " · ".join(
                    filter(
                        None,
                        (order.customer_name, status_label(order.status), format_money(order.total, order.currency)),
                    )
                ),
            )
            for order in await app.get(OrderService).search(actor, text, limit)
        ]

    return SearchKind(lazy("Orders"), find, READ, "order", position=10)
