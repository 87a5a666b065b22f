"""What staff see when a role or channel could not be given."""

from __future__ import annotations

import discord

from guildshop.bot.rendering import attention_embed, escape, member
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import Entitlement, EntitlementKind, EntitlementStatus


def failure_embed(order_number: str, entitlement: Entitlement) -> discord.Embed:
    """Return the notice for the log channel: who lacks what, why, and what to do."""
    who = member(entitlement.discord_id) if entitlement.discord_id is not None else _("The customer")
    what = f"<@&{entitlement.target}>" if entitlement.kind is EntitlementKind.ROLE else f"<#{entitlement.target}>"
    revoked = entitlement.status is EntitlementStatus.REVOKED
    sentence = _("{what} could not be taken from {who}.") if revoked else _("{who} did not get {what}.")
    lines = [
        sentence.format(who=who, what=what),
        _("Order {number}, {product}.").format(number=order_number, product=escape(entitlement.product_name)),
        entitlement.reason,
        f"**{_('What to do')}** {entitlement.remedy}" if entitlement.remedy else "",
    ]
    return attention_embed("\n".join(line for line in lines if line), _("Roles and channels"))
