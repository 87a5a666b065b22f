"""What the search in the header finds of orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import _, lazy
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import shipping_label, status_label
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.orders.service.invoices import Invoices
from guildshop.plugins.orders.service.queries import READ

if TYPE_CHECKING:
    from guildshop.app import App


def search_kinds(app: App) -> list[SearchKind]:
    """Return the orders by number and customer, parcels by tracking number, and invoices by number."""

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

    async def parcels(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                one.tracking_number,
                f"order/{number}",
                " · ".join(filter(None, (number, one.carrier, shipping_label(one.status)))),
            )
            for number, one in await app.get(OrderService).search_shipments(actor, text, limit)
        ]

    async def invoices(actor: Actor, text: str, _limit: int) -> Sequence[SearchHit]:
        return [
            SearchHit(
                _("Invoice {number}").format(number=one.label), f"order/{one.order_number}/invoice", one.order_number
            )
            for one in await app.get(Invoices).search(actor, text)
        ]

    return [
        SearchKind(lazy("Orders"), find, READ, "order", position=10),
        SearchKind(lazy("Parcels"), parcels, READ, position=12),
        SearchKind(lazy("Invoices"), invoices, READ, position=14),
    ]
