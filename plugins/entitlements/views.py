"""What staff see when a role or channel could not be given."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, Message, StoreButton, succeed
from guildshop.bot.rendering import attention_embed, escape, member
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import Entitlement, EntitlementKind, EntitlementStatus

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


class RetryButton(StoreButton, prefix="entitlements.retry"):
    """Tries a failed entitlement again."""

    permission = "order.update"
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Have it given again."""
        from guildshop.plugins.entitlements.service import EntitlementService

        await context.app.get(EntitlementService).retry(context.actor, UUID(args[0]))
        await succeed(interaction, _("It is being tried again. If it fails once more, a new notice appears here."))


def failure_notice(store: int, order_number: str, entitlement: Entitlement, nonce: UUID) -> Message:
    """Return the notice for the log channel: who lacks what, why, and what to do."""
    who = member(entitlement.discord_id) if entitlement.discord_id is not None else _("The customer")
    what = f"<@&{entitlement.target}>" if entitlement.kind is EntitlementKind.ROLE else f"<#{entitlement.target}>"
    revoking = entitlement.status is EntitlementStatus.REVOKED
    sentence = _("{what} could not be taken from {who}.") if revoking else _("{who} did not get {what}.")
    lines = [
        sentence.format(who=who, what=what),
        _("Order {number}, {product}.").format(number=order_number, product=escape(entitlement.product_name)),
        entitlement.reason,
        f"**{_('What to do')}** {entitlement.remedy}" if entitlement.remedy else "",
    ]
    embed = attention_embed("\n".join(line for line in lines if line), _("Roles and channels"))
    items = [] if revoking else [RetryButton(store, entitlement.id, label=_("Retry"), emoji="🔁")]
    return Message(embeds=[embed], items=items, nonce=nonce)
