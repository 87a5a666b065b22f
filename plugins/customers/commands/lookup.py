"""Looking a member up, for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, answer, context_of, staff, view
from guildshop.bot.rendering import escape
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.api import CUSTOMER_READ, CustomerUnknown
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.views.lookup import customer_embed

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

LAST_ORDERS = 5


@app_commands.command(name="customer", description=_l("See a member's profile and what they bought."))
@app_commands.describe(member=_l("Whom to look up"))
@staff(CUSTOMER_READ)
async def customer_command(interaction: discord.Interaction[Bot], member: discord.User) -> None:
    """Show the profile, the spending and the last orders; the email address only where the store shows such data."""
    context = context_of(interaction)
    service = context.app.get(CustomerService)
    customer = await service.by_discord_id(member.id)
    if customer is None:
        raise CustomerUnknown(
            _("{member} is no customer of this shop yet. They become one by /register or their first order.").format(
                member=escape(member.display_name)
            )
        )
    figures = await service.figures(context.actor, customer, last=LAST_ORDERS)
    user = None if customer.user is None else await service.user_of(customer)
    links = await service.links(context.actor, customer)
    shown = customer_embed(customer, figures, user, links, pii=context.store.show_pii)
    hidden = bool(customer.email) and not context.store.show_pii
    reveal = RevealEmail(context.store.id, customer.id, label=_("Reveal"))
    await answer(interaction, embed=shown, view=view(reveal) if hidden else None)


class RevealEmail(StoreButton, prefix="customers.reveal"):
    """Shows the email address to whoever presses it, and keeps that in the audit log; argument: the customer."""

    permission = CUSTOMER_READ

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show it privately."""
        email = await context.app.get(CustomerService).reveal_email(context.actor, UUID(args[0]))
        await answer(interaction, _("Email: {email}").format(email=escape(email)))


LOOKUP_COMMANDS: list[Any] = [customer_command]
LOOKUP_ITEMS = [RevealEmail]
