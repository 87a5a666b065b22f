"""Notify me: joining and leaving the waiting list of a sold-out product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord

from guildshop.bot import Context, StoreButton, answer, update, view
from guildshop.i18n import _
from guildshop.plugins.catalog.api import WaitingState
from guildshop.plugins.catalog.commands.common import is_selling, service_of
from guildshop.plugins.catalog.views.cards import LEAVE, NOTIFY, order_button, waiting_embed

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


class Notify(StoreButton, prefix=NOTIFY):
    """Puts the member on a product's waiting list; argument: the product."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Tell them where they stand, with a button to leave."""
        service = service_of(context)
        waiting = await service.wait_for(context.actor, context.roles, args[0])
        product = await service.get(waiting.product)
        items: list[discord.ui.Item[Any]] = []
        if waiting.state is WaitingState.HELD and is_selling(context.app, context.store.id):
            items.append(order_button(product))
        items.append(Leave(context.store.id, waiting.id, label=_("Leave the list")))
        await answer(interaction, embed=waiting_embed(product, waiting), view=view(*items))


class Leave(StoreButton, prefix=LEAVE):
    """Takes the member off a list, or gives back what is held for them; argument: the place on the list."""

    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Say so in place of the message."""
        await service_of(context).leave_list(context.actor, UUID(args[0]))
        await update(interaction, content=_("You left the waiting list. Nothing is held for you."))


ITEMS: list[Any] = [Notify, Leave]
