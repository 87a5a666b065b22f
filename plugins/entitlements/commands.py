"""What members do with the keys and files they bought, and the button of staff that tries a failed one again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, answer, context_of, defer, succeed, view
from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.entitlements.api import OwnedGoods
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.entitlements.views import goods_embed, keys_text

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


class RetryButton(StoreButton, prefix="entitlements.retry"):
    """Tries a failed entitlement again."""

    permission = "order.update"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Have it given again."""
        await context.app.get(EntitlementService).retry(context.actor, UUID(args[0]))
        await succeed(interaction, _("It is being tried again. If it fails once more, a new notice appears here."))


class FileButton(StoreButton, prefix="entitlements.file"):
    """Gives its member a file that they bought."""

    personal = True
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Send the file, for its buyer's eyes only."""
        await defer(interaction)
        name, content = await context.app.get(GoodsService).file_of(context.actor, UUID(args[1]))
        await answer(interaction, file=discord.File(io.BytesIO(content), name))


class KeysButton(StoreButton, prefix="entitlements.keys"):
    """Gives its member all keys of an order as a text file."""

    personal = True
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Send the keys, for their buyer's eyes only."""
        owned = await context.app.get(GoodsService).owned(context.actor, UUID(args[1]))
        text = keys_text(owned)
        if not text:
            raise NotFound(_("This order has no licence keys any more. /downloads shows what you have."))
        await answer(interaction, file=discord.File(io.BytesIO(text.encode()), f"keys-{owned[0].order_number}.txt"))


def goods_buttons(store: int, member: int, owned: list[OwnedGoods], *, cut: bool) -> list[StoreButton]:
    """Return a button for each file, as many as a message holds, and those for keys that did not fit into the text."""
    files = [file for one in owned for file in one.files]
    keys = {one.order: one.order_number for one in owned if one.keys} if cut else {}
    buttons: list[StoreButton] = [
        KeysButton(store, member, order, label=_("Keys of {number} as a file").format(number=number), emoji="🔑")
        for order, number in keys.items()
    ]
    buttons += [FileButton(store, member, entitlement, label=name, emoji="📄") for entitlement, name in files]
    return buttons[:25]


@app_commands.command(name="downloads", description=_l("See the licence keys and files that you bought."))
async def downloads_command(interaction: discord.Interaction[Bot]) -> None:
    """Show what the member owns."""
    context = context_of(interaction)
    owned = list(await context.app.get(GoodsService).owned(context.actor))
    shown, cut = goods_embed(context.store.name, owned)
    buttons = goods_buttons(context.store.id, interaction.user.id, owned, cut=cut)
    await answer(interaction, embed=shown, view=view(*buttons) if buttons else None)


COMMANDS: list[Any] = [downloads_command]
ITEMS = [RetryButton, FileButton, KeysButton]
