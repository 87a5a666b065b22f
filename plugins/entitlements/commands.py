"""The button of staff that tries a failed entitlement again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, StoreButton, succeed
from guildshop.i18n import _
from guildshop.plugins.entitlements.service import EntitlementService

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
