"""The slash commands, buttons and selects of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, StoreSelect, answer, context_of, staff, update, view
from guildshop.bot.rendering import money, page_buttons
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.paging import Page
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, SELLING_PLUGIN, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views import (
    ALL,
    Card,
    card_embed,
    category_options,
    order_buttons,
    page_embeds,
    restocked_embed,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_products(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest what the member may buy."""
    context = context_of(interaction)
    return _choices(await _service(context).autocomplete(current, context.roles))


async def suggest_all_products(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest every product to staff, drafts too."""
    context = context_of(interaction)
    if not context.actor.may(PRODUCT_UPDATE):
        return []
    return _choices(await _service(context).autocomplete(current))


@app_commands.command(name="catalog", description=_l("See what is for sale."))
async def catalog_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the first page of the catalog."""
    context = context_of(interaction)
    embeds, shown = await _page(context, None, 1)
    await answer(interaction, embeds=embeds, view=shown)


@app_commands.command(name="stock", description=_l("See whether a product is in stock."))
@app_commands.describe(product=_l("Its name or SKU"))
@app_commands.autocomplete(product=suggest_products)
async def stock_command(interaction: discord.Interaction[Bot], product: str) -> None:
    """Show one product's card."""
    context = context_of(interaction)
    service = _service(context)
    card = _card(service, await service.find(product, context.roles))
    buttons = order_buttons([card]) if _selling(context) else []
    await answer(interaction, embed=card_embed(card), view=view(*buttons) if buttons else None)


@app_commands.command(name="restock", description=_l("Add pieces that arrived to a product's stock."))
@app_commands.describe(product=_l("Its name or SKU"), quantity=_l("How many pieces arrived, 1 to 10,000"))
@app_commands.autocomplete(product=suggest_all_products)
@staff(PRODUCT_UPDATE)
async def restock_command(interaction: discord.Interaction[Bot], product: str, quantity: int) -> None:
    """Add to the stock."""
    context = context_of(interaction)
    service = _service(context)
    found = await service.find(product)
    restocked = await service.restock(context.actor, found.id, quantity)
    await answer(interaction, embed=restocked_embed(restocked, quantity))


class CatalogPage(StoreButton, prefix="catalog.page"):
    """Turns the pages of the catalog; arguments: category and page."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the page in place of the one before."""
        embeds, shown = await _page(context, _category(args[0]), int(args[1]))
        await update(interaction, embeds=embeds, view=shown)


class CatalogCategory(StoreSelect, prefix="catalog.category"):
    """Chooses a category of the catalog."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the category's first page."""
        embeds, shown = await _page(context, _category(values[0]), 1)
        await update(interaction, embeds=embeds, view=shown)


async def _page(
    context: Context, category: UUID | None, number: int
) -> tuple[list[discord.Embed], discord.ui.View | None]:
    service = _service(context)
    found = await service.visible(context.roles, category=category, page=number)
    categories = await service.visible_categories(context.roles)
    page = Page([_card(service, product) for product in found.items], found.number, found.pages, found.total)
    chosen = next((one for one in categories if one.id == category), None)
    items: list[discord.ui.Item[Any]] = []
    if _selling(context):
        items += order_buttons(page.items, row=0)
    items += page_buttons(CatalogPage, context.store.id, category or ALL, page=page.number, pages=page.pages, row=1)
    if categories:
        items.append(
            CatalogCategory(
                context.store.id,
                options=category_options(categories, chosen.id if chosen else None),
                placeholder=_("Choose a category"),
                row=2,
            )
        )
    embeds = page_embeds(page, chosen.name if chosen else context.store.name, categories)
    return embeds, view(*items) if items else None


def _card(service: CatalogService, product: Product) -> Card:
    return Card(product, product.available if service.shows_quantity(product) else None)


def _choices(products: Sequence[Product]) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(
            name=f"{product.name} · {money(product.price, product.currency)} · {product.sku}"[:100], value=product.sku
        )
        for product in products
    ]


def _category(text: str) -> UUID | None:
    return None if text == ALL else UUID(text)


def _selling(context: Context) -> bool:
    return context.app.stores.enabled(context.store.id, SELLING_PLUGIN)


def _service(context: Context) -> CatalogService:
    return context.app.get(CatalogService)


COMMANDS: list[Any] = [catalog_command, stock_command, restock_command]
ITEMS = [CatalogPage, CatalogCategory]
