"""How the catalog looks in Discord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import discord

from guildshop.bot.items import custom_id
from guildshop.bot.rendering import COLOUR, GOOD, QUIET, clip, embed, escape, money
from guildshop.i18n import _
from guildshop.paging import Page
from guildshop.plugins.catalog.api import ORDER_BUTTON, Category, Product

DESCRIPTION_SHOWN = 600
"""Characters: five cards fit into the 6,000 of a message."""

ALL = "all"
"""Stands for every category in a custom ID."""


@dataclass(frozen=True, slots=True)
class Card:
    """A product as one member sees it: `quantity` is None where the exact stock is not shown."""

    product: Product
    quantity: int | None

    @property
    def stock(self) -> str:
        """What is said of the stock."""
        if self.quantity is not None and self.quantity > 0:
            return _("{quantity} in stock").format(quantity=self.quantity)
        return _("In stock") if self.product.in_stock else _("Out of stock")


def card_embed(card: Card, category: str = "") -> discord.Embed:
    """Return a product's card."""
    product = card.product
    return embed(
        escape(product.name),
        clip(escape(product.description), DESCRIPTION_SHOWN),
        colour=COLOUR if product.in_stock else QUIET,
        fields=[
            (_("Price"), money(product.price, product.currency)),
            (_("Stock"), card.stock),
            (_("Category"), escape(category)),
        ],
        footer=product.sku,
        thumbnail=product.image_url,
    )


def page_embeds(page: Page[Card], shelf: str, categories: Sequence[Category]) -> list[discord.Embed]:
    """Return a page of cards under a heading that says what is shown."""
    if not page.items:
        text = _("There is nothing for sale here at the moment. Please come back later.")
        return [embed(escape(shelf), text, colour=QUIET)]
    names = {category.id: category.name for category in categories}
    return [card_embed(card, _category_of(card, names)) for card in page.items]


def order_buttons(cards: Sequence[Card], row: int | None = None) -> list[discord.ui.Button[discord.ui.View]]:
    """Return an Order button for each product; pressing it belongs to whoever sells."""
    alone = len(cards) == 1
    return [
        discord.ui.Button(
            label=clip(_order_label(card, alone), 80),
            style=discord.ButtonStyle.primary if card.product.in_stock else discord.ButtonStyle.secondary,
            disabled=not card.product.in_stock,
            custom_id=custom_id(ORDER_BUTTON, card.product.store, [card.product.id]),
            row=row,
        )
        for card in cards
    ]


def category_options(categories: Sequence[Category], chosen: UUID | None) -> list[discord.SelectOption]:
    """Return the choices of the category select, the whole catalog first."""
    options = [discord.SelectOption(label=_("All products"), value=ALL, default=chosen is None)]
    for category in categories[:24]:
        options.append(
            discord.SelectOption(label=clip(category.name, 100), value=str(category.id), default=category.id == chosen)
        )
    return options


def restocked_embed(product: Product, quantity: int) -> discord.Embed:
    """Return what staff read after a restocking."""
    text = _("Added {quantity} to {product}: {available} available, {reserved} reserved.").format(
        quantity=quantity,
        product=escape(product.name),
        available=product.available,
        reserved=product.reserved,
    )
    return embed(_("Restocked"), text, colour=GOOD, footer=product.sku)


def _order_label(card: Card, alone: bool) -> str:
    if not card.product.in_stock:
        return _("Out of stock") if alone else _("{product}: out of stock").format(product=card.product.name)
    return _("Order") if alone else _("Order {product}").format(product=card.product.name)


def _category_of(card: Card, names: dict[UUID, str]) -> str:
    return names.get(card.product.category, "") if card.product.category else ""
