"""Links to Shopify as they are shown in Discord."""

from __future__ import annotations

import discord

from guildshop.bot.rendering import ATTENTION, GOOD, embed, escape, member, money
from guildshop.i18n import _, grouped, ngettext
from guildshop.plugins.shopify_link.api import Link, LinkAction, Linked, LinkLogEntry

REDACTED = "||REDACTED||"


def linked_embed(made: Linked, shown_as: str, *, pii: bool, role: str = "") -> discord.Embed:
    """Return what staff read once a member is linked; `shown_as` is the member's name, `role` a note on their role."""
    link = made.link
    fields: list[tuple[str, str] | tuple[str, str, bool]] = [
        (_("Discord User"), f"{escape(shown_as)} ({member(link.discord_id)})"),
        (_("Shopify Customer"), escape(link.name) or "–"),
        (_("Email"), (escape(link.email) or "–") if pii else REDACTED),
        (_("Total Orders"), grouped(link.orders)),
        (_("Total Spent"), money(link.spent, link.currency)),
        (_("Client role"), role, False),
    ]
    note = "" if made.fresh else _("They were linked already; the figures are up to date now.")
    return embed(_("✅ Customer Linked"), note, colour=GOOD, fields=fields)


def unlinked_embed(link: Link, *, own: bool, pii: bool) -> discord.Embed:
    """Return what is read once a link is ended."""
    told = (
        _("You are not linked to your Shopify account any more. /link links you again.")
        if own
        else _("{member} is not linked to a Shopify customer any more.").format(member=member(link.discord_id))
    )
    fields = [
        (_("Shopify Customer"), "" if own else (escape(link.name) or "–")),
        (_("Email"), "" if own else ((escape(link.email) or "–") if pii else REDACTED)),
    ]
    return embed(_("✅ Customer Unlinked"), told, colour=GOOD, fields=fields)


def asked_embed(email: str, minutes: int) -> discord.Embed:
    """Return what a member reads who wants to link themselves: the same, whoever has that address."""
    return embed(
        _("📧 Check your email"),
        ngettext(
            "If {email} belongs to a customer of this shop, an email with a link is on its way. It works once, for"
            " {minutes} minute.\n\nNothing came, or it does not work? Look into the spam folder, try /unlink and then"
            " /link again, or ask the staff: they can link you with /link-customer.",
            "If {email} belongs to a customer of this shop, an email with a link is on its way. It works once, for"
            " {minutes} minutes.\n\nNothing came, or it does not work? Look into the spam folder, try /unlink and then"
            " /link again, or ask the staff: they can link you with /link-customer.",
            minutes,
        ).format(email=escape(email), minutes=minutes),
    )


def log_embed(entry: LinkLogEntry) -> discord.Embed:
    """Return a line of the log as staff read it in their channel, with the details."""
    who = member(int(entry.actor_id)) if entry.actor_kind == "member" and entry.actor_id else escape(entry.actor_name)
    whom = member(entry.discord_id) if entry.discord_id else _("somebody")
    own = entry.actor_kind == "member" and entry.actor_id == str(entry.discord_id)
    titles = {
        LinkAction.LINK: _("🔗 Customer Linked"),
        LinkAction.UNLINK: _("🔗 Customer Unlinked"),
        LinkAction.DATA_REQUEST: _("🔒 Data Requested"),
    }
    if entry.action is LinkAction.DATA_REQUEST:
        told = _("A customer asked what is kept of them. Download it on the page Shopify, and answer within 30 days.")
    elif entry.action is LinkAction.LINK:
        told = (
            _("{member} linked themselves to Shopify customer").format(member=whom)
            if own
            else _("{staff} linked {member} to Shopify customer").format(staff=who or "–", member=whom)
        )
    else:
        told = (
            _("{member} unlinked themselves from Shopify customer").format(member=whom)
            if own
            else _("{staff} unlinked {member} from Shopify customer").format(staff=who or "–", member=whom)
        )
    fields: list[tuple[str, str] | tuple[str, str, bool]] = [
        (_("Customer ID"), entry.shopify_id or _("erased")),
        (_("Email"), escape(entry.email) or (_("erased") if not entry.shopify_id else "–")),
        (_("Note"), escape(entry.note), False),
    ]
    return embed(
        titles[entry.action], told, colour=ATTENTION if entry.action is LinkAction.DATA_REQUEST else GOOD, fields=fields
    )


def role_embed(link: Link) -> discord.Embed:
    """Return that a client role could not be given, and what staff do about it."""
    told = f"{member(link.discord_id)}: {escape(link.role_problem)}\n{escape(link.role_remedy)}"
    return embed(_("⚠️ Client role not given"), told, colour=ATTENTION)
