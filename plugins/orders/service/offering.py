"""What a member may put into an order: products by page, category and search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.i18n import _, grouped
from guildshop.money import format_money
from guildshop.paging import Page
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.orders.api import Choice
from guildshop.plugins.orders.service.availability import short_of

if TYPE_CHECKING:
    from guildshop.app import App

ALL = "all"
"""The key of all categories together."""


class Offering:
    """What members with given Discord roles may order."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def product(self, actor: Actor, roles: Collection[int], reference: str) -> tuple[Choice, Sequence[Choice]]:
        """Return a product of that SKU or ID that the member may order, with the variants to choose from, if any.

        Any other one is refused, and so is one that is sold out.
        """
        catalog = self.app.get(CatalogService)
        product = await catalog.look_up(reference, roles, member=actor.discord_id)
        if product.variants:
            variants = (await catalog.variants([product.id], member=actor.discord_id)).get(product.id, [])
            return self._choice(product), [self._choice(variant) for variant in variants[:25]]
        short = short_of(product, 1)
        if short is not None:
            raise short
        return self._choice(product), ()

    async def products(
        self, roles: Collection[int], *, category: str, page: int, size: int, member: int | None = None
    ) -> Page[Choice]:
        """Return a page of what a member with these roles may order, of the category of that key or of all."""
        catalog = self.app.get(CatalogService)
        categories = await catalog.visible_categories(roles, member=member)
        chosen = next((one.id for one in categories if category_key(one.id) == category), None)
        found = await catalog.visible(roles, member=member, category=chosen, page=page, size=size)
        return Page([self._choice(product) for product in found.items], found.number, found.pages, found.total)

    async def search(self, roles: Collection[int], text: str, *, member: int | None = None) -> Sequence[Choice]:
        """Return up to 25 products in whose name or SKU the text occurs."""
        found = await self.app.get(CatalogService).autocomplete(text, roles, member=member)
        return [self._choice(product) for product in found[:25]]

    async def categories(self, roles: Collection[int], *, member: int | None = None) -> Sequence[Choice]:
        """Return the categories to choose from, all of them first; none where there is only one."""
        found = await self.app.get(CatalogService).visible_categories(roles, member=member)
        if len(found) < 2:
            return ()
        named = [Choice(category_key(one.id), one.name) for one in found[:24]]
        return [Choice(ALL, _("All categories")), *named]

    def _choice(self, product: Product) -> Choice:
        if product.variants:
            return Choice(product.id.hex, product.name, _("several variants"))
        price = format_money(product.price, product.currency)
        if not product.in_stock:
            stock = _("out of stock")
        elif self.app.get(CatalogService).shows_quantity(product):
            stock = _("{available} available").format(available=grouped(product.available))
        else:
            stock = _("in stock")
        return Choice(product.id.hex, product.name, f"{price} · {stock}")


def category_key(category: UUID) -> str:
    """Return a category's key, short enough for a custom ID."""
    return category.hex[-12:]
