"""Waiting lists, which the catalog keeps by member: it knows no customers, neither blocked ones nor their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.i18n import ngettext
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.customers.service import CustomerService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalWaiting:
    """Answers the hooks of catalog and customers about waiting lists."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def check(self, member: int) -> None:
        """Refuse a member who may not order: nothing is held for them either."""
        customers = self._app.get(CustomerService)
        customer = await customers.by_discord_id(member)
        if customer is not None:
            customers.ensure_can_order(customer)

    async def export(self, customer: Customer) -> object:
        """Return every product that the customer waits or waited for."""
        catalog = self._app.get(CatalogService)
        places = await catalog.waiting_of(customer.discord_id) if customer.discord_id else []
        products = await catalog.get_many([place.product for place in places])
        return [
            {
                "product": products[place.product].name,
                "state": place.state,
                "since": place.created,
                "held_until": place.held_until,
            }
            for place in places
        ]

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the customer off every list."""
        if customer.discord_id is None:
            return lambda _work: None
        return await self._app.get(CatalogService).forget_waiting(customer.discord_id)

    async def merge(self, gone: Customer, kept: Customer, member: int | None) -> Moving:
        """Return what gives the member who stays the places of the one who does not."""
        ends = next((one for one in (gone.discord_id, kept.discord_id) if one is not None and one != member), None)
        if member is None or ends is None:
            return Moving((), lambda _work: None)
        count, join = await self._app.get(CatalogService).pass_waiting(ends, member)
        told = ngettext("{n} place on a waiting list", "{n} places on waiting lists", count).format(n=count)
        return Moving([told] if count else [], join)
