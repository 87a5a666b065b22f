"""How members look at the catalog: by page, category, list and variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, StoreSelect, answer, context_of, update, view
from guildshop.bot.rendering import page_buttons
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.paging import Page
from guildshop.plugins.catalog.commands.common import cards_of, is_selling, service_of, suggest_products
from guildshop.plugins.catalog.views.cards import (
    ALL,
    CHOOSE,
    LIST,
    VARIANT,
    Card,
    buttons,
    category_name,
    category_options,
    list_options,
    page_embeds,
    single_embeds,
    variant_select,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

Made = tuple[list[discord.Embed], discord.ui.View | None]


@app_commands.command(name="catalog", description=_l("See what is for sale."))
async def catalog_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the first page of the catalog."""
    embeds, shown = await catalog_page(context_of(interaction), ALL, 1)
    await answer(interaction, embeds=embeds, view=shown)


@app_commands.command(name="stock", description=_l("See whether a product is in stock."))
@app_commands.describe(product=_l("Its name or SKU"))
@app_commands.autocomplete(product=suggest_products)
async def stock_command(interaction: discord.Interaction[Bot], product: str) -> None:
    """Show one product's card."""
    embeds, shown = await product_card(context_of(interaction), product)
    await answer(interaction, embeds=embeds, view=shown)


class CatalogPage(StoreButton, prefix="catalog.page"):
    """Turns the pages of the catalog; arguments: shelf and page."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the page in place of the one before."""
        embeds, shown = await catalog_page(context, args[0], int(args[1]))
        await update(interaction, embeds=embeds, view=shown)


class CatalogCategory(StoreSelect, prefix="catalog.category"):
    """Chooses a category of the catalog."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the category's first page."""
        embeds, shown = await catalog_page(context, values[0], 1)
        await update(interaction, embeds=embeds, view=shown)


class CatalogList(StoreSelect, prefix="catalog.list"):
    """Chooses a product list."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the list's first page."""
        embeds, shown = await catalog_page(context, values[0], 1)
        await update(interaction, embeds=embeds, view=shown)


class Choose(StoreButton, prefix=CHOOSE):
    """Opens a product that is sold in variants; argument: the product."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show its card with the select of its variants, in a message of its own."""
        embeds, shown = await product_card(context, args[0])
        await answer(interaction, embeds=embeds, view=shown)


class Variant(StoreSelect, prefix=VARIANT):
    """Chooses a variant; argument: the product."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the variant's card, with the select to choose another one."""
        embeds, shown = await product_card(context, values[0])
        await update(interaction, embeds=embeds, view=shown)


async def product_card(context: Context, reference: str) -> Made:
    """Return one product's card: with its variants to choose from, or with the button to order it."""
    service = service_of(context)
    product = await service.look_up(reference, context.roles, member=context.user_id)
    card = (await cards_of(service, [product], context.user_id))[0]
    items: list[discord.ui.Item[Any]] = []
    if is_selling(context.app, context.store.id) and not product.variants:
        items += buttons([card], row=0)
    family = card
    if product.parent is not None:
        parent = await service.look_up(str(product.parent), context.roles, member=context.user_id)
        family = (await cards_of(service, [parent], context.user_id))[0]
    if family.variants:
        items.append(variant_select(family, product.id, row=1))
    names = {
        category.id: category.name
        for category in await service.visible_categories(context.roles, member=context.user_id)
    }
    return single_embeds(card, category_name(product, names)), view(*items) if items else None


async def catalog_page(context: Context, shelf: str, number: int) -> Made:
    """Return a page of the whole catalog, of a category or of a list; one that is gone is the whole catalog."""
    service = service_of(context)
    categories = await service.visible_categories(context.roles, member=context.user_id)
    lists = await service.visible_lists(context.roles, member=context.user_id)
    category = next((one for one in categories if str(one.id) == shelf), None)
    chosen = next((one for one in lists if f"{LIST}{one.id}" == shelf), None)
    found = await service.visible(
        context.roles,
        member=context.user_id,
        category=category.id if category else None,
        product_list=chosen.id if chosen else None,
        page=number,
    )
    cards = await cards_of(service, found.items, context.user_id)
    page: Page[Card] = Page(cards, found.number, found.pages, found.total)
    known = str(category.id) if category else f"{LIST}{chosen.id}" if chosen else ALL
    items: list[discord.ui.Item[Any]] = []
    if is_selling(context.app, context.store.id):
        items += buttons(cards, row=0)
    items += page_buttons(CatalogPage, context.store.id, known, page=page.number, pages=page.pages, row=1)
    if categories:
        options = category_options(categories, category.id if category else None)
        if chosen is not None:
            options[0].default = False
        items.append(CatalogCategory(context.store.id, options=options, placeholder=_("Choose a category"), row=2))
    if lists:
        options = list_options(lists, chosen.id if chosen else None)
        if not categories:
            options.insert(0, discord.SelectOption(label=_("All products"), value=ALL, default=chosen is None))
        items.append(CatalogList(context.store.id, options=options, placeholder=_("Choose a list"), row=3))
    title = category.name if category else chosen.name if chosen else context.store.name
    return page_embeds(page, title, categories), view(*items) if items else None


COMMANDS: list[Any] = [catalog_command, stock_command]
ITEMS: list[Any] = [CatalogPage, CatalogCategory, CatalogList, Choose, Variant]
