"""/panel, and the buttons of the panels that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, StoreSelect, answer, context_of, staff, update, view
from guildshop.bot.rendering import success_embed
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.catalog.api import PRODUCT_UPDATE
from guildshop.plugins.catalog.commands.browsing import catalog_page, product_card
from guildshop.plugins.catalog.commands.common import service_of, suggest_lists
from guildshop.plugins.catalog.views.panels import BROWSE, SHOW

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


@app_commands.command(name="panel", description=_l("Put the shop into a channel, for everybody who sees it."))
@app_commands.describe(
    channel=_l("The channel; leave it out for this one"), shelf=_l("Only this product list; leave it out for all")
)
@app_commands.rename(shelf="list")
@app_commands.autocomplete(shelf=suggest_lists)
@staff(PRODUCT_UPDATE)
async def panel_command(
    interaction: discord.Interaction[Bot], channel: discord.TextChannel | None = None, shelf: str | None = None
) -> None:
    """Make the panel, or bring the one that is there up to date."""
    context = context_of(interaction)
    service = service_of(context)
    channel_id = channel.id if channel is not None else interaction.channel_id
    _check_writable(interaction, channel_id)
    chosen = await service.find_list(shelf) if shelf else None
    panel = await service.put_panel(context.actor, channel_id or 0, chosen.id if chosen else None)
    text = _(
        "The panel appears in {channel}. It follows your products, and is posted again when somebody deletes it."
    ).format(channel=f"<#{panel.channel_id}>")
    button = Unpanel(context.store.id, panel.id, label=_("Take the panel off"), style=discord.ButtonStyle.danger)
    await answer(interaction, embed=success_embed(text), view=view(button))


class Unpanel(StoreButton, prefix="catalog.unpanel"):
    """Takes a panel off; argument: the panel."""

    permission = PRODUCT_UPDATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Keep it no longer; its message goes by itself."""
        await service_of(context).remove_panel(context.actor, UUID(args[0]))
        await update(interaction, content=_("The panel was taken off."))


class PanelBrowse(StoreButton, prefix=BROWSE):
    """Opens the catalog from a panel; argument: the shelf."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the first page, to the member alone."""
        embeds, shown = await catalog_page(context, args[0], 1)
        await answer(interaction, embeds=embeds, view=shown)


class PanelShow(StoreSelect, prefix=SHOW):
    """Opens one product from a panel; argument: the shelf."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show its card, to the member alone."""
        embeds, shown = await product_card(context, values[0])
        await answer(interaction, embeds=embeds, view=shown)


def _check_writable(interaction: discord.Interaction[Bot], channel_id: int | None) -> None:
    """Refuse a channel in which the bot cannot show a panel, saying what it lacks."""
    guild = interaction.guild
    channel = guild.get_channel_or_thread(channel_id) if guild is not None and channel_id is not None else None
    if guild is None or channel is None:
        raise Refusal(_("A panel needs a text channel of this server. Choose one."))
    may = channel.permissions_for(guild.me)
    if not (may.view_channel and may.send_messages and may.embed_links):
        raise Refusal(
            _(
                "The bot may not write in {channel}. Give it View Channel, Send Messages and Embed Links there, then"
                " try again."
            ).format(channel=f"<#{channel_id}>")
        )


COMMANDS: list[Any] = [panel_command]
ITEMS: list[Any] = [Unpanel, PanelBrowse, PanelShow]
