"""What members see of what they bought, and staff of what could not be given."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from guildshop.bot.rendering import COLOUR, attention_embed, embed, escape, member, moment
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import (
    Entitlement,
    EntitlementKind,
    EntitlementStatus,
    OwnedGoods,
    kind_label,
)

ROOM = 3_500
"""Characters of an embed for products and keys."""


def failure_embed(order_number: str, entitlement: Entitlement) -> discord.Embed:
    """Return the notice for the log channel: who lacks what, why, and what to do."""
    lines = [
        _not_done(entitlement),
        _("Order {number}, {product}.").format(number=order_number, product=escape(entitlement.product_name)),
        entitlement.reason,
        f"**{_('What to do')}** {entitlement.remedy}" if entitlement.remedy else "",
    ]
    return attention_embed("\n".join(line for line in lines if line), _("Roles and channels"))


def _not_done(entitlement: Entitlement) -> str:
    what, revoked = target(entitlement), entitlement.status is EntitlementStatus.REVOKED
    if entitlement.discord_id is None:
        if revoked:
            return _("This could not be taken from the customer: {what}.").format(what=what)
        return _("The customer did not get this: {what}.").format(what=what)
    text = _("This could not be taken from {member}: {what}.") if revoked else _("{member} did not get this: {what}.")
    return text.format(member=member(entitlement.discord_id), what=what)


def target(entitlement: Entitlement) -> str:
    """Return a role or channel as Discord shows it, a key or file by its kind."""
    if entitlement.kind is EntitlementKind.ROLE:
        return f"<@&{entitlement.target}>"
    if entitlement.kind is EntitlementKind.CHANNEL:
        return f"<#{entitlement.target}>"
    return kind_label(entitlement.kind)


def goods_embed(shop: str, owned: Sequence[OwnedGoods]) -> tuple[discord.Embed, bool]:
    """Return keys and files by product, and whether some keys did not fit."""
    if not owned:
        nothing = _("There are no licence keys and no files here yet. What you buy with one appears here.")
        return embed(_("Your keys and files"), nothing, colour=COLOUR), False
    parts: list[str] = []
    room, cut = ROOM, False
    for one in owned:
        head = f"**{escape(one.product_name)}** · {_('order {number}').format(number=one.order_number)}"
        shown: list[str] = []
        room -= len(head) + 2
        for key in one.keys:
            line = _as_code(key)
            if len(line) + 1 > room:
                cut = True
                break
            shown.append(line)
            room -= len(line) + 1
        if one.files:
            shown.append(_("Files: {names}").format(names=", ".join(escape(name) for _id, name in one.files)))
            room -= len(shown[-1]) + 1
        if room < 0:
            cut = True
            break
        parts.append("\n".join([head, *shown]))
    if cut:
        parts.append(_("Not all of it fits here: the buttons give the rest."))
    footer = _("Keep them to yourself: whoever has a key can use it.")
    return embed(_("From {shop}").format(shop=escape(shop)), "\n\n".join(parts), colour=COLOUR, footer=footer), cut


def keys_text(owned: Sequence[OwnedGoods]) -> str:
    """Return all keys as the text of a file."""
    return "".join(f"# {one.product_name}\n" + "\n".join(one.keys) + "\n\n" for one in owned if one.keys)


def ending_embed(shop: str, entitlement: Entitlement, again: str) -> discord.Embed:
    """Return the reminder that a timed role or channel ends soon; `again` is the command that orders it anew."""
    ends = moment(entitlement.expires_at, "D") if entitlement.expires_at is not None else ""
    text = _("{what}, which you have by {product}, ends on {date}. {command} adds more time to it.").format(
        what=target(entitlement), product=f"**{escape(entitlement.product_name)}**", date=ends, command=again
    )
    return embed(_("Ending soon at {shop}").format(shop=escape(shop)), text, colour=COLOUR)


def _as_code(key: str) -> str:
    return f"`{key}`" if "`" not in key else escape(key)
