"""The items of an order: choosing products and variants, quantities, searching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, Fields, StoreButton, StoreModal, StoreSelect, TextField, answer, open_modal, update
from guildshop.bot.rendering import clip
from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.orders.api import Choice
from guildshop.plugins.orders.commands.flow import checkout_of, shown, start
from guildshop.plugins.orders.commands.shelf import search_shelf, shelf_of
from guildshop.plugins.orders.views import prefixes
from guildshop.plugins.orders.views.flow import Shelf

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


class Buy(StoreButton, prefix=prefixes.BUY):
    """The Order button of a product in the catalog."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Begin a flow and ask how many, or which variant."""
        screen = await start(interaction, context)
        product, variants = await checkout_of(context).product(context.actor, context.roles, args[0])
        if variants:
            screen = await checkout_of(context).back_to_items(context.actor, context.roles, screen.draft.id)
            made = await shown(context, screen, Shelf(variants, searched=True, of=product.label))
            await answer(interaction, embed=made.embed, view=made.view)
            return
        await open_modal(interaction, await _quantity_modal(context, screen.draft.id, product, "new"))


class Browse(StoreButton, prefix=prefixes.BROWSE):
    """Turns the pages of products."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show that page."""
        screen = await checkout_of(context).back_to_items(context.actor, context.roles, UUID(args[0]))
        made = await shown(context, screen, await shelf_of(context, int(args[1]), args[2]))
        await update(interaction, embed=made.embed, view=made.view)


class Category(StoreSelect, prefix=prefixes.CATEGORY):
    """Looks into a category."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the first page of that category."""
        screen = await checkout_of(context).back_to_items(context.actor, context.roles, UUID(args[0]))
        made = await shown(context, screen, await shelf_of(context, 1, values[0]))
        await update(interaction, embed=made.embed, view=made.view)


class Product(StoreSelect, prefix=prefixes.PRODUCT):
    """Chooses a product."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Ask how many, or which variant."""
        draft = UUID(args[0])
        product, variants = await checkout_of(context).product(context.actor, context.roles, values[0])
        if variants:
            screen = await checkout_of(context).back_to_items(context.actor, context.roles, draft)
            made = await shown(context, screen, Shelf(variants, searched=True, of=product.label))
            await update(interaction, embed=made.embed, view=made.view)
            return
        await open_modal(interaction, await _quantity_modal(context, draft, product, "here"))


class Line(StoreSelect, prefix=prefixes.LINE):
    """Chooses what the order holds already, to change or remove it."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Ask how many instead, even of what is sold out by now."""
        draft = UUID(args[0])
        line = await checkout_of(context).line(context.actor, draft, values[0])
        if line is None:
            screen = await checkout_of(context).screen(context.actor, context.roles, draft)
            made = await shown(context, screen)
            await update(interaction, embed=made.embed, view=made.view)
            return
        await open_modal(interaction, await _quantity_modal(context, draft, line, "here"))


class Quantity(StoreModal, prefix=prefixes.QUANTITY):
    """Asks how many pieces."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Put them into the order; asked from the catalog, the order opens in a message of its own."""
        screen = await checkout_of(context).set_item(
            context.actor, context.roles, UUID(args[0]), args[1], fields["quantity"]
        )
        made = await shown(context, screen)
        if args[2] == "new":
            await answer(interaction, embed=made.embed, view=made.view)
        else:
            await update(interaction, embed=made.embed, view=made.view)


class Find(StoreButton, prefix=prefixes.FIND):
    """Opens the search."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Ask for a word."""
        await open_modal(interaction, _search_modal(context, UUID(args[0])))


class Search(StoreModal, prefix=prefixes.SEARCH):
    """Asks what to look for among the products."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Show the products found."""
        shelf = await search_shelf(context, fields["text"])
        if not shelf.products:
            raise Invalid(_("No product matches “{text}”. Try another word.").format(text=fields["text"]))
        screen = await checkout_of(context).back_to_items(context.actor, context.roles, UUID(args[0]))
        made = await shown(context, screen, shelf)
        await update(interaction, embed=made.embed, view=made.view)


ITEM_ITEMS = [Buy, Browse, Category, Product, Line, Quantity, Find, Search]


async def _quantity_modal(context: Context, draft: UUID, product: Choice, place: str) -> discord.ui.Modal:
    """Return the question how many, with how many there are so far."""
    known = await checkout_of(context).quantity(context.actor, draft, product.value)
    hint = _("{name}. 0 takes it out.").format(name=clip(product.label, 75)) if known else product.label
    field = TextField("quantity", _("Quantity"), default=str(known or 1), minimum=1, maximum=6, description=hint)
    return Quantity.build(context.store.id, draft.hex, product.value, place, title=_("How many?"), fields=[field])


def _search_modal(context: Context, draft: UUID) -> discord.ui.Modal:
    field = TextField("text", _("Name or SKU"), maximum=100)
    return Search.build(context.store.id, draft.hex, title=_("Search products"), fields=[field])
