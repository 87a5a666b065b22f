"""What the commands of the catalog share: cards, suggestions, and who sells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from guildshop.app import App
from guildshop.bot import Context, context_of
from guildshop.bot.rendering import money
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, SELLING_PLUGIN, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.catalog.views.cards import Card

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_products(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest what the member may buy."""
    context = context_of(interaction)
    return choices(await service_of(context).autocomplete(current, context.roles, member=context.user_id))


async def suggest_all_products(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest every product to staff, drafts and inactive ones too."""
    context = context_of(interaction)
    if not context.actor.may(PRODUCT_UPDATE):
        return []
    return choices(await service_of(context).suggest(current))


async def suggest_stocked_products(
    interaction: discord.Interaction[Bot], current: str
) -> list[app_commands.Choice[str]]:
    """Suggest what has a stock to staff: variants, not what they belong to."""
    context = context_of(interaction)
    if not context.actor.may(PRODUCT_UPDATE):
        return []
    return choices(await service_of(context).autocomplete(current))


async def suggest_lists(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest product lists to staff."""
    context = context_of(interaction)
    if not context.actor.may(PRODUCT_UPDATE):
        return []
    lists = await service_of(context).product_lists()
    wanted = current.casefold()
    return [
        app_commands.Choice(name=one.name[:100], value=str(one.id)) for one in lists if wanted in one.name.casefold()
    ][:25]


async def cards_of(service: CatalogService, products: Sequence[Product], member: int | None = None) -> list[Card]:
    """Return products with the variants that they are sold in, as that member sees them."""
    variants = await service.variants([product.id for product in products if product.variants], member=member)
    return [Card(product, variants.get(product.id, ())) for product in products]


def choices(products: Sequence[Product]) -> list[app_commands.Choice[str]]:
    """Return products as the suggestions of an option, each by its SKU."""
    return [
        app_commands.Choice(
            name=f"{product.name[:60]} · {money(product.price, product.currency)} · {product.sku}"[:100],
            value=product.sku,
        )
        for product in products[:25]
    ]


def is_selling(app: App, store: int) -> bool:
    """Tell whether somebody answers the Order buttons in a store."""
    return app.stores.enabled(store, SELLING_PLUGIN)


def service_of(context: Context) -> CatalogService:
    """Return the catalog's service."""
    return context.app.get(CatalogService)
