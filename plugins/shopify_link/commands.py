"""`/link-customer` and `/unlink-customer` for staff, `/link` and `/unlink` for members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import ERROR_HEADING, Context, answer, context_of, defer, staff
from guildshop.errors import Forbidden, Refusal
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.shopify_link import rules, views
from guildshop.plugins.shopify_link.api import LINK_UPDATE, Link, Target
from guildshop.plugins.shopify_link.service import LinkService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


EXTRAS = {ERROR_HEADING: _l("❌ Error")}


@app_commands.command(
    name="link-customer", description=_l("Link a member to their Shopify customer account."), extras=EXTRAS
)
@app_commands.describe(user=_l("Whom to link."), email=_l("The customer's email address in Shopify."))
@app_commands.default_permissions(manage_roles=True)
@staff(LINK_UPDATE)
async def link_customer_command(interaction: discord.Interaction[Bot], user: discord.User, email: str) -> None:
    """Link a member, and show who they are at Shopify."""
    context = context_of(interaction)
    require_manage_roles(interaction)
    if user.bot:
        raise Refusal(_("{user} is a bot, and no customer.").format(user=user.mention))
    # Shopify may take longer than the 3 seconds that Discord waits.
    await defer(interaction)
    target = Target(user.id, user.name, user.display_name)
    made = await context.app.get(LinkService).link_member(context.actor, target, email)
    note = role_note(context, made.link, inside=isinstance(user, discord.Member))
    shown = views.linked_embed(made, str(user), pii=context.store.show_pii, role=note)
    await answer(interaction, embed=shown)


@app_commands.command(
    name="unlink-customer", description=_l("End the link of a member to their Shopify account."), extras=EXTRAS
)
@app_commands.describe(user=_l("Whose link to end."))
@app_commands.default_permissions(manage_roles=True)
@staff(LINK_UPDATE)
async def unlink_customer_command(interaction: discord.Interaction[Bot], user: discord.User) -> None:
    """End a member's link; their client role and metafields go too."""
    context = context_of(interaction)
    require_manage_roles(interaction)
    link = await context.app.get(LinkService).unlink_member(context.actor, user.id)
    await answer(interaction, embed=views.unlinked_embed(link, own=False, pii=context.store.show_pii))


@app_commands.command(name="link", description=_l("Link yourself to your customer account of the shop."), extras=EXTRAS)
@app_commands.describe(email=_l("The email address that you order with."))
async def link_command(interaction: discord.Interaction[Bot], email: str) -> None:
    """Have a link sent to the address; the answer is the same whether or not it is a customer's."""
    context, user = context_of(interaction), interaction.user
    target = Target(user.id, user.name, user.display_name)
    asked = await context.app.get(LinkService).ask(context.actor, target, email, context.locale)
    await answer(interaction, embed=views.asked_embed(asked.email, asked.minutes))


@app_commands.command(
    name="unlink", description=_l("End the link to your customer account of the shop."), extras=EXTRAS
)
async def unlink_command(interaction: discord.Interaction[Bot]) -> None:
    """End one's own link."""
    context = context_of(interaction)
    link = await context.app.get(LinkService).unlink_own(context.actor)
    await answer(interaction, embed=views.unlinked_embed(link, own=True, pii=False))


def require_manage_roles(interaction: discord.Interaction[Bot]) -> None:
    """Refuse whoever lacks Discord's own permission to give roles, whatever the command's settings say."""
    if not interaction.permissions.manage_roles:
        raise Forbidden(
            _("This needs Discord's permission Manage Roles, which you do not have here. Ask the server's owner.")
        )


def role_note(context: Context, link: Link, *, inside: bool) -> str:
    """Return what becomes of the client role; empty where the store has none."""
    store = context.store
    if store.client_role is None:
        return ""
    if not rules.wants_role(link, store.client_role, auto_assign=store.auto_assign_on_join):
        if link.orders < 1:
            return _("not given: the customer has no order yet")
        return _("not given: auto-assign is off in the settings")
    if not inside:
        return _("given once they join the server")
    if not context.app.messenger.may_grant(store, store.client_role):
        return _("⚠️ the bot cannot give it: it needs Manage Roles, and its own role must stand above this one")
    return f"<@&{store.client_role}>"


COMMANDS: list[Any] = [link_customer_command, unlink_customer_command, link_command, unlink_command]
