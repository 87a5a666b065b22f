"""Keeping an order while money of it is on its way back, or goods are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.plugins.orders.api import Order
from guildshop.plugins.refunds import tables

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

PENDING = "order_id = :order AND state = 'PENDING'"
OPEN = "order_id = :order AND status IN ('REQUESTED', 'APPROVED', 'RECEIVED')"


class KeptOrders:
    """Answers the hook `register_deletion_checks` of orders."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def check(self, order: Order) -> Callable[[Work], None]:
        """Refuse to delete an order with a refund or return that is not done; return what makes sure of it."""
        refund = Refusal(
            _("A refund of order {number} is on its way. Wait until it is done, then delete the order.").format(
                number=order.number
            )
        )
        request = Refusal(
            _("A return of order {number} is not done. Refund or decline it, then delete the order.").format(
                number=order.number
            )
        )
        for table, where, refusal in (("refund", PENDING, refund), ("return_request", OPEN, request)):
            found = await self._app.database.fetch_one(
                f"SELECT id FROM {table} WHERE store = :store AND {where}", store=order.store, order=order.id
            )
            if found is not None:
                raise refusal

        def join(work: Work) -> None:
            # One may have begun since.
            work.guard(tables.Refund, set="version = version", where=PENDING, rows=0, refusal=refund, order=order.id)
            work.guard(
                tables.ReturnRequest, set="version = version", where=OPEN, rows=0, refusal=request, order=order.id
            )

        return join
