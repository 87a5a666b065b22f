"""What the search in the header finds of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import SearchHit, SearchKind
from guildshop.i18n import lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ, Customer
from guildshop.plugins.customers.service import CustomerService

if TYPE_CHECKING:
    from guildshop.app import App


def search_kind(app: App) -> SearchKind:
    """Return the customers by name, email, phone and account number."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        found = await app.get(CustomerService).find(actor, text, limit=limit)
        return [SearchHit(one.name or "–", f"customer/{one.id}", _detail(one)) for one in found]

    return SearchKind(lazy("Customers"), find, CUSTOMER_READ, "customer", position=20)


def _detail(customer: Customer) -> str:
    known = (f"@{customer.username}" if customer.username else "", customer.email, customer.account_number)
    return " · ".join(one for one in known if one and one != customer.name)
