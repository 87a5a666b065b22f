"""Products as staff see them in Discord."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from guildshop.bot import SelectField, TextField
from guildshop.bot.rendering import ATTENTION, BAD, COLOUR, GOOD, QUIET, clip, embed, escape, money
from guildshop.i18n import _, grouped, ngettext
from guildshop.money import to_decimal
from guildshop.paging import Page
from guildshop.plugins.catalog.api import Product, ProductKind, ProductState

BADGES = {ProductState.DRAFT: "📝", ProductState.PUBLISHED: "🟢", ProductState.INACTIVE: "⚫"}


def state_label(state: ProductState) -> str:
    """Return what staff call the state of a product."""
    return {
        ProductState.DRAFT: _("Draft"),
        ProductState.PUBLISHED: _("Published"),
        ProductState.INACTIVE: _("Inactive"),
    }[state]


def stock_line(product: Product) -> str:
    """Return what staff read of a product's stock."""
    if product.variants:
        text = ngettext("{count} variant", "{count} variants", product.variants)
        return text.format(count=grouped(product.variants))
    if not product.tracked:
        return _("not tracked")
    parts = [
        (ngettext("{count} available", "{count} available", product.available), product.available),
        (ngettext("{count} reserved", "{count} reserved", product.reserved), product.reserved),
    ]
    if product.waiting:
        parts.append((ngettext("{count} waiting", "{count} waiting", product.waiting), product.waiting))
    return ", ".join(text.format(count=grouped(count)) for text, count in parts)


def restocked_embed(product: Product, quantity: int) -> discord.Embed:
    """Return what staff read after a restocking."""
    text = ngettext(
        "Added {quantity} to {product}: {stock}.", "Added {quantity} to {product}: {stock}.", quantity
    ).format(quantity=grouped(quantity), product=escape(product.name), stock=stock_line(product))
    return embed(_("Restocked"), text, colour=GOOD, footer=product.sku)


def list_embed(page: Page[Product], title: str) -> discord.Embed:
    """Return a page of all products, drafts too."""
    if not page.items:
        return embed(title, _("There is no such product. Make one with /add-item."), colour=QUIET)
    lines = [
        f"{BADGES[product.state]} **{clip(escape(product.name), 80)}** · {money(product.price, product.currency)}\n"
        f"　{escape(product.sku)} · {state_label(product.state)} · {stock_line(product)}"
        for product in page.items
    ]
    footer = ngettext("{count} product", "{count} products", page.total)
    return embed(title, "\n".join(lines), footer=footer.format(count=grouped(page.total)))


def state_options(chosen: str) -> list[discord.SelectOption]:
    """Return the choices of the state select."""
    states = [("", _("All products"))] + [(state.value, state_label(state)) for state in ProductState]
    return [discord.SelectOption(label=label, value=value or "ALL", default=value == chosen) for value, label in states]


def product_embed(product: Product, variants: Sequence[Product] = ()) -> discord.Embed:
    """Return a product with what staff change of it from Discord."""
    colours = {ProductState.DRAFT: ATTENTION, ProductState.PUBLISHED: COLOUR, ProductState.INACTIVE: QUIET}
    lines = [
        f"{BADGES[one.state]} {escape(one.choice)} · {money(one.price, one.currency)} · {stock_line(one)}"
        for one in variants
    ]
    return embed(
        f"{BADGES[product.state]} {escape(product.name)}",
        clip(escape(product.description), 1500) or _("No description yet."),
        colour=colours[product.state],
        fields=[
            (_("State"), state_label(product.state)),
            (_("Price"), money(product.price, product.currency)),
            (_("Stock"), stock_line(product)),
            (_("Limit per customer"), str(product.limit_per_customer or "")),
            (_("Variants"), "\n".join(lines), False),
        ],
        footer=product.sku,
        thumbnail=product.image_url,
    )


def low_embed(product: Product, available: int) -> discord.Embed:
    """Return the alert about stock that became low or ran out."""
    if available <= 0:
        text = _("{product} is sold out.").format(product=escape(product.name))
        return embed(_("Sold out"), text, colour=BAD, footer=product.sku)
    text = _("{product}: {available} left, at or below the {limit} at which you want to know.").format(
        product=escape(product.name), available=grouped(available), limit=grouped(product.low_stock_at or 0)
    )
    return embed(_("Stock is low"), text, colour=ATTENTION, footer=product.sku)


def draft_fields(currency: str) -> list[TextField | SelectField]:
    """Return what /add-item asks."""
    kinds = [
        discord.SelectOption(label=_("Digital: nothing is sent"), value=ProductKind.DIGITAL.value, default=True),
        discord.SelectOption(label=_("Shipped: needs an address"), value=ProductKind.SHIPPED.value),
    ]
    return [
        TextField("name", _("Name"), maximum=100),
        TextField("price", _("Price in {currency}").format(currency=currency), placeholder="19.99", maximum=20),
        TextField("description", _("Description"), long=True, required=False, maximum=4000),
        TextField(
            "quantity",
            _("Pieces in stock"),
            required=False,
            maximum=6,
            description=_("Leave it empty when there is no end to it."),
        ),
        SelectField("kind", _("Kind"), kinds),
    ]


def edit_fields(product: Product) -> list[TextField | SelectField]:
    """Return what can be changed of a product from Discord."""
    price = TextField(
        "price",
        _("Price in {currency}").format(currency=product.currency),
        default=str(to_decimal(product.price, product.currency)),
        maximum=20,
        description=_("For orders from now on; those made keep theirs."),
    )
    sku = TextField("sku", _("SKU"), default=product.sku, maximum=64)
    if product.parent is not None:
        return [price, sku]
    return [
        TextField("name", _("Name"), default=product.name, maximum=100),
        price,
        sku,
        TextField(
            "description", _("Description"), long=True, required=False, default=product.description, maximum=4000
        ),
    ]
