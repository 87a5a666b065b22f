"""How staff keep the catalog from Discord: drafts, the product list, changes, publishing and restocking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    context_of,
    open_modal,
    staff,
    update,
    view,
)
from guildshop.bot.rendering import page_buttons, success_embed
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.money import parse_money
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    PRODUCT_UPDATE,
    Product,
    ProductChange,
    ProductFilter,
    ProductInput,
    ProductKind,
    ProductState,
)
from guildshop.plugins.catalog.commands.common import service_of, suggest_all_products, suggest_stocked_products
from guildshop.plugins.catalog.rules import parse_quantity
from guildshop.plugins.catalog.views.staff import (
    draft_fields,
    edit_fields,
    list_embed,
    product_embed,
    restocked_embed,
    state_options,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

LINES = 10
EVERY = "ALL"


@app_commands.command(name="add-item", description=_l("Begin a product: a draft that members do not see yet."))
@staff(PRODUCT_UPDATE)
async def add_item_command(interaction: discord.Interaction[Bot]) -> None:
    """Ask for what a product needs."""
    context = context_of(interaction)
    modal = AddItem.build(context.store.id, title=_("New product"), fields=draft_fields(context.store.currency))
    await open_modal(interaction, modal)


@app_commands.command(name="product-list", description=_l("See all products, drafts too."))
@staff(PRODUCT_READ)
async def product_list_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the first page."""
    embed, shown = await _list(context_of(interaction), EVERY, 1)
    await answer(interaction, embed=embed, view=shown)


@app_commands.command(name="product-update", description=_l("Change, publish or hide a product."))
@app_commands.describe(product=_l("Its name or SKU"))
@app_commands.autocomplete(product=suggest_all_products)
@staff(PRODUCT_UPDATE)
async def product_update_command(interaction: discord.Interaction[Bot], product: str) -> None:
    """Show the product with what can be done to it."""
    context = context_of(interaction)
    embed, shown = await _product(context, await service_of(context).look_up(product))
    await answer(interaction, embed=embed, view=shown)


@app_commands.command(name="restock", description=_l("Add pieces that arrived to a product's stock."))
@app_commands.describe(product=_l("Its name or SKU"), quantity=_l("How many pieces arrived, 1 to 10,000"))
@app_commands.autocomplete(product=suggest_stocked_products)
@staff(PRODUCT_UPDATE)
async def restock_command(interaction: discord.Interaction[Bot], product: str, quantity: int) -> None:
    """Add to the stock."""
    context = context_of(interaction)
    service = service_of(context)
    found = await service.find(product)
    restocked = await service.restock(context.actor, found.id, quantity)
    await answer(interaction, embed=restocked_embed(restocked, quantity))


class AddItem(StoreModal, prefix="catalog.additem"):
    """What /add-item asked."""

    permission = PRODUCT_UPDATE

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Make the draft and say how it goes on."""
        quantity = fields.get("quantity")
        draft = await service_of(context).create_draft(
            context.actor,
            ProductInput(
                sku="",
                name=fields["name"],
                price=parse_money(fields["price"], context.store.currency, field="price"),
                description=fields["description"],
                kind=ProductKind(fields["kind"] or ProductKind.DIGITAL),
                tracked=bool(quantity),
                quantity=parse_quantity(quantity, least=0) if quantity else 0,
            ),
        )
        embed, shown = await _product(context, draft)
        text = _("{sku} is a draft that members do not see. Give it an SKU of its own, then publish it.")
        await answer(interaction, embeds=[success_embed(text.format(sku=draft.sku)), embed], view=shown)


class ListPage(StoreButton, prefix="catalog.listpage"):
    """Turns the pages of /product-list; arguments: state and page."""

    permission = PRODUCT_READ

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the page in place of the one before."""
        embed, shown = await _list(context, args[0], int(args[1]))
        await update(interaction, embed=embed, view=shown)


class ListState(StoreSelect, prefix="catalog.liststate"):
    """Chooses which products /product-list shows."""

    permission = PRODUCT_READ

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show the first page of these."""
        embed, shown = await _list(context, values[0], 1)
        await update(interaction, embed=embed, view=shown)


class Edit(StoreButton, prefix="catalog.edit"):
    """Opens the form of a product; argument: the product."""

    permission = PRODUCT_UPDATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the form with what the product has now."""
        product = await service_of(context).get(UUID(args[0]))
        modal = EditSent.build(
            context.store.id, product.id, product.version, title=_("Change the product"), fields=edit_fields(product)
        )
        await open_modal(interaction, modal)


class EditSent(StoreModal, prefix="catalog.editsent"):
    """The form of a product; arguments: the product and the version that was shown."""

    permission = PRODUCT_UPDATE

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Change it, unless somebody else did meanwhile, and show it."""
        service = service_of(context)
        product = await service.get(UUID(args[0]))
        price = parse_money(fields["price"], product.currency, field="price")
        change = ProductChange(price=price, sku=fields["sku"])
        if product.parent is None:
            change = ProductChange(
                price=price, sku=fields["sku"], name=fields["name"], description=fields["description"]
            )
        changed = await service.change_product(context.actor, product.id, change, version=int(args[1]))
        embed, shown = await _product(context, changed)
        await update(interaction, embed=embed, view=shown)


class Publish(StoreButton, prefix="catalog.publish"):
    """Publishes or hides a product; arguments: the product, and `yes` to publish."""

    permission = PRODUCT_UPDATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Do so and show the product as it is then."""
        service = service_of(context)
        change = service.publish if args[1] == "yes" else service.unpublish
        embed, shown = await _product(context, await change(context.actor, UUID(args[0])))
        await update(interaction, embed=embed, view=shown)


class Restock(StoreButton, prefix="catalog.restock"):
    """Asks how many pieces arrived; argument: the product."""

    permission = PRODUCT_UPDATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the form."""
        product = await service_of(context).get(UUID(args[0]))
        field = TextField("quantity", _("Pieces that arrived"), maximum=6, description=product.name)
        await open_modal(
            interaction, RestockSent.build(context.store.id, product.id, title=_("Restock"), fields=[field])
        )


class RestockSent(StoreModal, prefix="catalog.restocksent"):
    """How many pieces arrived; argument: the product."""

    permission = PRODUCT_UPDATE

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Add them."""
        quantity = parse_quantity(fields["quantity"])
        restocked = await service_of(context).restock(context.actor, UUID(args[0]), quantity)
        await answer(interaction, embed=restocked_embed(restocked, quantity))


def restock_button(product: Product) -> StoreButton:
    """Return the button that asks how many pieces arrived."""
    return Restock(product.store, product.id, label=_("Restock"), emoji="📦")


async def _list(context: Context, state: str, number: int) -> tuple[discord.Embed, discord.ui.View]:
    wanted = None if state == EVERY else ProductState(state)
    page = await service_of(context).product_page(context.actor, ProductFilter(state=wanted), page=number, size=LINES)
    items: list[discord.ui.Item[Any]] = [
        ListState(context.store.id, options=state_options("" if state == EVERY else state), row=0),
        *page_buttons(ListPage, context.store.id, state, page=page.number, pages=page.pages, row=1),
    ]
    return list_embed(page, _("Products")), view(*items)


async def _product(context: Context, product: Product) -> tuple[discord.Embed, discord.ui.View]:
    store = context.store.id
    variants = (await service_of(context).variants([product.id], listed=False)).get(product.id, [])
    items: list[discord.ui.Item[Any]] = [Edit(store, product.id, label=_("Edit"), emoji="✏️")]
    if product.parent is None:
        items.append(
            Publish(store, product.id, "no", label=_("Hide"))
            if product.published
            else Publish(store, product.id, "yes", label=_("Publish"), style=discord.ButtonStyle.success)
        )
    if product.tracked:
        items.append(restock_button(product))
    page = f"{context.app.settings.web.public_url.rstrip('/')}/staff/product/{product.parent or product.id}"
    items.append(discord.ui.Button(label=_("Open in the admin"), url=page))
    return product_embed(product, variants), view(*items)


COMMANDS: list[Any] = [add_item_command, product_list_command, product_update_command, restock_command]
ITEMS: list[Any] = [AddItem, ListPage, ListState, Edit, EditSent, Publish, Restock, RestockSent]
