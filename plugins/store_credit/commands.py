"""`/credit`: what the shop owes a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import answer, context_of
from guildshop.bot.rendering import clip, embed, escape, moment, money
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import CreditEntry, CreditOff
from guildshop.plugins.store_credit.labels import kind_label
from guildshop.plugins.store_credit.service import CreditService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

SHOWN = 10


@app_commands.command(name="credit", description=_l("See your credit in this shop."))
async def credit_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the balance and what changed it lately."""
    context = context_of(interaction)
    service, store = context.app.get(CreditService), context.store
    customer = await context.app.get(CustomerService).by_discord_id(interaction.user.id)
    accounts = [] if customer is None else await service.accounts_of(customer.id)
    active = service.active(store.id)
    if not active and not any(account.balance for account in accounts):
        raise CreditOff(_("This shop gives no store credit."))
    balances = {account.currency: account.balance for account in accounts if account.balance}
    balances.setdefault(store.currency, 0)
    told = (
        _("It pays for your next order by itself.")
        if active
        else _("This shop takes no credit at the moment; it stays.")
    )
    fields = [(_("Current Credit"), "\n".join(money(amount, currency) for currency, amount in balances.items()))]
    entries = [] if customer is None else await service.entries(customer.id, limit=SHOWN)
    if entries:
        fields.append((_("Latest changes"), clip("\n".join(_line(entry) for entry in entries), 1024)))
    await answer(interaction, embed=embed(_("Store credit"), told, fields=fields))


def _line(entry: CreditEntry) -> str:
    sign = "+" if entry.amount > 0 else "−"
    parts = [
        moment(entry.created, "d"),
        f"**{sign}{money(abs(entry.amount), entry.currency)}**",
        kind_label(entry.kind),
    ]
    if entry.order_number:
        parts.append(entry.order_number)
    if entry.reason:
        parts.append(escape(clip(entry.reason, 60)))
    return " · ".join(parts)


COMMANDS: list[Any] = [credit_command]
