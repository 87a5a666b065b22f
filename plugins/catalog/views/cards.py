"""Products as members see them: cards, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import discord

from guildshop.bot.items import custom_id
from guildshop.bot.rendering import COLOUR, GOOD, OPTION_LIMIT, QUIET, clip, embed, escape, moment, money
from guildshop.i18n import _, grouped, pgettext
from guildshop.paging import Page
from guildshop.plugins.catalog.api import ORDER_BUTTON, Category, Product, ProductList, Waiting, WaitingState

DESCRIPTION_SHOWN = 600
"""Characters: five cards fit into the 6,000 of a message."""

WHOLE_DESCRIPTION = 3500
"""Characters of a product shown alone."""

PICTURES = 4
"""How many pictures Discord shows side by side."""

ALL = "all"
"""Stands for the whole catalog in a custom ID."""

LIST = "list-"
"""Begins the ID of a product list in a custom ID."""

CHOOSE = "catalog.choose"
NOTIFY = "catalog.notify"
VARIANT = "catalog.variant"
LEAVE = "catalog.leave"
"""Prefixes of the buttons and the select on cards, so that views and commands agree on them."""

Button = discord.ui.Button[discord.ui.View]
Select = discord.ui.Select[discord.ui.View]


@dataclass(frozen=True, slots=True)
class Card:
    """A product as one member sees it, with the variants that it is sold in."""

    product: Product
    variants: Sequence[Product] = ()

    @property
    def in_stock(self) -> bool:
        """Whether a piece, of any variant, can be had."""
        if self.product.variants:
            return any(variant.in_stock for variant in self.variants)
        return self.product.in_stock

    @property
    def stock(self) -> str:
        """What is said of the stock: the number only where members may know it."""
        if self.product.variants:
            return _("In stock") if self.in_stock else _("Out of stock")
        return stock_text(self.product)

    @property
    def price(self) -> str:
        """The price, the least one of several variants; where others pay more, what these pay too, struck out."""
        prices = [variant.price for variant in self.variants] or [self.product.price]
        least = money(min(prices), self.product.currency)
        if not self.variants and self.product.list_price is not None:
            return f"~~{money(self.product.list_price, self.product.currency)}~~ {least}"
        return least if min(prices) == max(prices) else _("from {price}").format(price=least)


def stock_text(product: Product) -> str:
    """Return what members read of a product's stock."""
    if product.quantity_shown and product.available > 0:
        return _("{quantity} in stock").format(quantity=grouped(product.available))
    return _("In stock") if product.in_stock else _("Out of stock")


def card_embed(card: Card, category: str = "") -> discord.Embed:
    """Return a product's card as one of several."""
    product = card.product
    return embed(
        escape(product.name),
        clip(escape(product.description), DESCRIPTION_SHOWN),
        colour=COLOUR if card.in_stock else QUIET,
        fields=_facts(card, category),
        footer=product.sku,
        thumbnail=product.image_url,
    )


def single_embeds(card: Card, category: str = "") -> list[discord.Embed]:
    """Return a product's card shown alone, with its pictures side by side."""
    product = card.product
    first = embed(
        escape(product.name),
        clip(escape(product.description), WHOLE_DESCRIPTION),
        colour=COLOUR if card.in_stock else QUIET,
        fields=_facts(card, category),
        footer=product.sku,
        image=product.image_url,
        url=product.image_url if len(product.images) > 1 else "",
    )
    # Embeds with one address are shown as one, with the pictures of all of them.
    more = [discord.Embed(url=product.image_url).set_image(url=one.url) for one in product.images[1:PICTURES]]
    return [first, *more]


def page_embeds(page: Page[Card], shelf: str, categories: Sequence[Category]) -> list[discord.Embed]:
    """Return a page of cards, or a sentence where there is nothing."""
    if not page.items:
        text = _("There is nothing for sale here at the moment. Please come back later.")
        return [embed(escape(shelf), text, colour=QUIET)]
    names = {category.id: category.name for category in categories}
    return [card_embed(card, category_name(card.product, names)) for card in page.items]


def buttons(cards: Sequence[Card], row: int | None = None) -> list[Button]:
    """Return a button for each product: Order, Choose where it has variants, Notify me where it is sold out."""
    return [_button(card, alone=len(cards) == 1, row=row) for card in cards]


def variant_select(
    card: Card, chosen: UUID | None = None, row: int | None = None
) -> discord.ui.Select[discord.ui.View]:
    """Return the select of a product's variants."""
    options = [
        discord.SelectOption(
            label=clip(variant.choice, OPTION_LIMIT) or variant.sku,
            value=str(variant.id),
            description=clip(f"{money(variant.price, variant.currency)} · {stock_text(variant)}", OPTION_LIMIT),
            default=variant.id == chosen,
        )
        for variant in card.variants[:25]
    ]
    names = " / ".join(name for name, _value in card.variants[0].options)
    return discord.ui.Select(
        custom_id=custom_id(VARIANT, card.product.store, [card.product.id]),
        options=options,
        placeholder=clip(names or _("Choose a variant"), 150),
        row=row,
    )


def category_options(categories: Sequence[Category], chosen: UUID | None) -> list[discord.SelectOption]:
    """Return the choices of the category select, the whole catalog first."""
    options = [discord.SelectOption(label=_("All products"), value=ALL, default=chosen is None)]
    return options + [
        discord.SelectOption(label=clip(one.name, OPTION_LIMIT), value=str(one.id), default=one.id == chosen)
        for one in categories[:24]
    ]


def list_options(lists: Sequence[ProductList], chosen: UUID | None) -> list[discord.SelectOption]:
    """Return the choices of the select of product lists."""
    return [
        discord.SelectOption(label=clip(one.name, OPTION_LIMIT), value=f"{LIST}{one.id}", default=one.id == chosen)
        for one in lists[:25]
    ]


def waiting_embed(product: Product, waiting: Waiting) -> discord.Embed:
    """Return what a member reads after Notify me."""
    if waiting.state is WaitingState.HELD and waiting.held_until is not None:
        text = _("One {product} is held for you until {time}. Order it before then.").format(
            product=escape(product.name), time=moment(waiting.held_until)
        )
        return embed(_("Held for you"), text, colour=GOOD, footer=product.sku)
    before = (
        _("You are the first on the list.")
        if not waiting.ahead
        else _("Before you on the list: {number}.").format(number=grouped(waiting.ahead))
    )
    text = _("When one {product} comes back, it is held for you for a while, and you get a direct message.")
    text = f"{before} {text.format(product=escape(product.name))}"
    return embed(_("You are on the waiting list"), text, footer=product.sku)


def hold_embed(product: Product, waiting: Waiting, shop: str) -> discord.Embed:
    """Return the direct message about a piece that is held."""
    until = moment(waiting.held_until) if waiting.held_until is not None else ""
    text = _(
        "You asked {shop} to tell you: {product} is back, and one is held for you until {time}."
        " After that it goes to the next in line."
    ).format(shop=escape(shop), product=escape(product.name), time=until)
    return embed(
        _("{product} is back").format(product=escape(product.name)),
        text,
        colour=GOOD,
        fields=[(_("Price"), money(product.price, product.currency))],
        footer=product.sku,
        thumbnail=product.image_url,
    )


def order_button(product: Product, label: str = "", row: int | None = None) -> Button:
    """Return a product's Order button; pressing it belongs to whoever sells."""
    return discord.ui.Button(
        label=clip(label or pgettext("button", "Order"), 80),
        style=discord.ButtonStyle.primary,
        custom_id=custom_id(ORDER_BUTTON, product.store, [product.id]),
        row=row,
    )


def category_name(product: Product, names: dict[UUID, str]) -> str:
    """Return the name of a product's category, nothing where it has none."""
    return names.get(product.category, "") if product.category else ""


def _facts(card: Card, category: str) -> list[tuple[str, str]]:
    return [
        (_("Price"), card.price),
        (_("Stock"), card.stock),
        *((escape(name), escape(value)) for name, value in card.product.options),
        (_("Variants"), clip(", ".join(escape(one.choice) for one in card.variants), 300)),
        (_("Category"), escape(category)),
    ]


def _button(card: Card, *, alone: bool, row: int | None) -> Button:
    product = card.product
    if product.variants:
        label = _("Choose") if alone else _("Choose {product}").format(product=product.name)
        return discord.ui.Button(
            label=clip(label, 80),
            style=discord.ButtonStyle.primary if card.in_stock else discord.ButtonStyle.secondary,
            custom_id=custom_id(CHOOSE, product.store, [product.id]),
            row=row,
        )
    if card.in_stock:
        return order_button(product, "" if alone else _("Order {product}").format(product=product.name), row)
    label = _("Notify me") if alone else _("Notify me: {product}").format(product=product.name)
    return discord.ui.Button(
        label=clip(label, 80),
        style=discord.ButtonStyle.secondary,
        emoji="🔔",
        custom_id=custom_id(NOTIFY, product.store, [product.id]),
        row=row,
    )
