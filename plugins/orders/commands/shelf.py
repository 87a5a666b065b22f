"""The products that the items screen offers: by page and category, or by search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.plugins.orders.service import CheckoutService
from guildshop.plugins.orders.views.flow import PAGE, Shelf

if TYPE_CHECKING:
    from guildshop.bot import Context


async def shelf_of(context: Context, page: int = 1, category: str = "") -> Shelf:
    """Return a page of what the member may order; the category is named by the end of its ID."""
    checkout = context.app.get(CheckoutService)
    categories = await checkout.categories(context.roles, member=context.user_id)
    found = await checkout.products(context.roles, category=category, page=page, size=PAGE, member=context.user_id)
    return Shelf(found.items, found.number, found.pages, categories, category)


async def search_shelf(context: Context, text: str) -> Shelf:
    """Return what a search finds among what the member may order."""
    checkout = context.app.get(CheckoutService)
    found = await checkout.search(context.roles, text, member=context.user_id)
    return Shelf(found, categories=await checkout.categories(context.roles, member=context.user_id), searched=True)
