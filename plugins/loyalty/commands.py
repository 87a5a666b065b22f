"""`/points` for members, `/points-adjust` for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, answer, context_of, staff, succeed, update, view
from guildshop.bot.rendering import clip, embed, escape, moment, money
from guildshop.i18n import _, grouped, ngettext
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty import rules
from guildshop.plugins.loyalty.api import (
    LOYALTY_UPDATE,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltySettings,
    PointsAction,
    ProgramOff,
)
from guildshop.plugins.loyalty.labels import adjusted_text, kind_label
from guildshop.plugins.loyalty.service import LoyaltyService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

SHOWN = 10
ACTIONS = [
    app_commands.Choice(name=_l("Add Points"), value=PointsAction.ADD.value),
    app_commands.Choice(name=_l("Deduct Points"), value=PointsAction.DEDUCT.value),
]


@app_commands.command(name="points", description=_l("See your loyalty points, or join the program."))
async def points_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the balance, the tier and the latest changes; without an account, how to get one."""
    shown, joining = await _card(context_of(interaction), interaction.user.id)
    await answer(interaction, embed=shown, view=joining)


@app_commands.command(name="points-adjust", description=_l("Add loyalty points to a member, or deduct some."))
@app_commands.describe(
    member=_l("Whose points."),
    action=_l("Add Points or Deduct Points."),
    points=_l("Number of Points, a positive whole number."),
    reason=_l("Why; the member reads it."),
)
@app_commands.choices(action=ACTIONS)
@staff(LOYALTY_UPDATE)
async def points_adjust_command(
    interaction: discord.Interaction[Bot], member: discord.User, action: str, points: int, reason: str
) -> None:
    """Adjust points, and say what they came to."""
    context = context_of(interaction)
    customer = await context.app.get(CustomerService).by_discord_id(member.id)
    service = context.app.get(LoyaltyService)
    done = await service.adjust(context.actor, customer, PointsAction(action), points, reason)
    await succeed(interaction, adjusted_text(done))


class Join(StoreButton, prefix="loyalty.join"):
    """Opens the account of whoever presses."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Join, and show the account in place of the offer."""
        user = interaction.user
        await context.app.get(LoyaltyService).join(context.actor, user.name, user.display_name)
        shown, joining = await _card(context, user.id)
        await update(interaction, embed=shown, view=joining)


async def _card(context: Context, discord_id: int) -> tuple[discord.Embed, discord.ui.View | None]:
    service, store = context.app.get(LoyaltyService), context.store
    program, active = service.program(store.id), service.active(store.id)
    customer = await context.app.get(CustomerService).by_discord_id(discord_id)
    if customer is not None:
        await service.expire(customer.id)
    account = None if customer is None else await service.account(customer.id)
    if account is None:
        if not active:
            raise ProgramOff(_("This shop has no loyalty program."))
        join = Join(store.id, label=_("Join"), style=discord.ButtonStyle.success)
        told = _("You have no loyalty account yet. Join now, or get one with your first paid order.")
        return embed(_("Loyalty points"), f"{told}\n\n{_terms(program, store.currency)}"), view(join)
    entries = await service.entries(account.customer, limit=SHOWN)
    balance = ngettext("{points} point", "{points} points", account.balance)
    fields = [
        (_("Balance"), balance.format(points=f"**{grouped(account.balance)}**")),
        (_("Worth"), money(account.balance * program.point_value, store.currency) if active else ""),
        (_("Tier"), _tier(program, account)),
        (_("Latest changes"), clip("\n".join(_line(entry) for entry in entries), 1024)),
    ]
    paused = _("The program is not active at the moment; your points stay.")
    terms = _terms(program, store.currency) if active else paused
    return embed(_("Loyalty points"), terms, fields=fields), None


def _terms(program: LoyaltySettings, currency: str) -> str:
    lines = [
        ngettext(
            "You earn {points} point for each whole {currency} that goods cost you.",
            "You earn {points} points for each whole {currency} that goods cost you.",
            program.points_per_unit,
        ).format(points=grouped(program.points_per_unit), currency=currency),
        ngettext(
            "{points} point takes {amount} off an order; redeem it at its summary.",
            "{points} points take {amount} off an order; redeem them at its summary.",
            program.minimum_redemption,
        ).format(
            points=grouped(program.minimum_redemption),
            amount=money(program.minimum_redemption * program.point_value, currency),
        ),
    ]
    if program.maximum_share < 100:
        lines.append(_("Points pay for at most {share} % of an order's goods.").format(share=program.maximum_share))
    if program.daily_cap:
        text = ngettext(
            "You earn at most {points} point a day.", "You earn at most {points} points a day.", program.daily_cap
        )
        lines.append(text.format(points=grouped(program.daily_cap)))
    if program.expire_days:
        text = ngettext("Points expire after {days} day.", "Points expire after {days} days.", program.expire_days)
        lines.append(text.format(days=grouped(program.expire_days)))
    return "\n".join(lines)


def _tier(program: LoyaltySettings, account: LoyaltyAccount) -> str:
    tier, after = rules.tier_of(program.tiers, account.lifetime), rules.next_tier(program.tiers, account.lifetime)
    lines = [] if tier is None else [f"{escape(tier.name)} (× {tier.multiplier})"]
    if after is not None:
        short = after.threshold - account.lifetime
        text = ngettext("{points} more to {tier}", "{points} more to {tier}", short)
        lines.append(text.format(points=grouped(short), tier=escape(after.name)))
    return "\n".join(lines)


def _line(entry: LoyaltyEntry) -> str:
    sign = "+" if entry.points > 0 else "−"
    parts = [moment(entry.created, "d"), f"**{sign}{grouped(abs(entry.points))}**", kind_label(entry.kind)]
    parts += [entry.order_number] if entry.order_number else []
    parts += [escape(clip(entry.reason, 60))] if entry.reason else []
    return " · ".join(parts)


COMMANDS: list[Any] = [points_command, points_adjust_command]
ITEMS = [Join]
