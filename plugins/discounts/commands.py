"""The slash commands of discounts, for staff."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands

from guildshop.bot import Context, answer, context_of, staff, succeed
from guildshop.bot.rendering import escape, success_embed
from guildshop.bot.rendering import member as mention
from guildshop.errors import Invalid
from guildshop.i18n import _, ngettext
from guildshop.i18n import lazy as _l
from guildshop.plugins.discounts.api import DISCOUNT_UPDATE, Assignment, AssignmentRow, AssignmentRule
from guildshop.plugins.discounts.service import DiscountService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

RULES = [
    app_commands.Choice(name=_l("Once"), value=AssignmentRule.ONE_TIME.value),
    app_commands.Choice(name=_l("For the next orders, as many as total_allowed"), value=AssignmentRule.NEXT_N.value),
    app_commands.Choice(name=_l("For every order"), value=AssignmentRule.FOREVER.value),
]


async def suggest_discounts(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the discounts that are switched on to staff who may assign them."""
    context = context_of(interaction)
    if not context.actor.may(DISCOUNT_UPDATE):
        return []
    found = await _service(context).autocomplete(context.actor, current)
    return [
        app_commands.Choice(
            name=(f"{discount.name} · {discount.code}" if discount.code else discount.name)[:100],
            value=str(discount.id),
        )
        for discount in found
    ]


async def suggest_assignments(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the assignments that can be ended."""
    context = context_of(interaction)
    found = await _service(context).suggest_assignments(context.actor, current)
    return [
        app_commands.Choice(
            name=f"{row.customer_name or '–'} · {row.discount.name} · {uses_of(row.assignment)}"[:100],
            value=str(row.assignment.id),
        )
        for row in found
    ]


@app_commands.command(name="discount-assign", description=_l("Let a member use a discount."))
@app_commands.describe(
    discount=_l("Its name or code."),
    member=_l("Who may use it."),
    rule=_l("How often; left out, total_allowed says it, or else for every order."),
    total_allowed=_l("How many orders it may be used for; needed unless it is for every order."),
    expires=_l("The last day, such as 2026-12-31; left out: never."),
)
@app_commands.autocomplete(discount=suggest_discounts)
@app_commands.choices(rule=RULES)
@staff(DISCOUNT_UPDATE)
async def discount_assign_command(
    interaction: discord.Interaction[Bot],
    discount: str,
    member: discord.User,
    rule: str | None = None,
    total_allowed: int | None = None,
    expires: str | None = None,
) -> None:
    """Assign a discount; again, change how."""
    context = context_of(interaction)
    service = _service(context)
    found = await service.find(discount)
    until = last_day(expires or "", ZoneInfo(context.store.time_zone))
    chosen = AssignmentRule(rule) if rule else None
    service.check_assignment(chosen, total_allowed, until)
    if member.bot:
        raise Invalid.field("member", _("{member} is a bot and buys nothing.").format(member=escape(member.name)))
    customer = await service.customer_of(context.actor, member.id, member.name, member.display_name)
    assigned = await service.assign(
        context.actor, found.id, customer.id, rule=chosen, total_allowed=total_allowed, expires=until
    )
    text = _("{member} may use “{discount}”: {uses}.").format(
        member=mention(member.id), discount=escape(found.name), uses=uses_of(assigned)
    )
    if assigned.expires is not None:
        text += " " + _("Until {time}.").format(time=discord.utils.format_dt(assigned.expires))
    await answer(interaction, embed=success_embed(text))


@app_commands.command(name="discount-revoke", description=_l("End an assignment of a discount."))
@app_commands.describe(assignment=_l("Whose, and which discount."))
@app_commands.autocomplete(assignment=suggest_assignments)
@staff(DISCOUNT_UPDATE)
async def discount_revoke_command(interaction: discord.Interaction[Bot], assignment: str) -> None:
    """End an assignment."""
    context = context_of(interaction)
    service = _service(context)
    found: AssignmentRow = await service.find_assignment(assignment)
    await service.revoke(context.actor, found.assignment.id)
    await succeed(
        interaction,
        _("{customer} may no longer use “{discount}”.").format(
            customer=escape(found.customer_name or "–"), discount=escape(found.discount.name)
        ),
    )


def uses_of(assignment: Assignment) -> str:
    """Say how often an assigned discount may be used, and was."""
    if assignment.total_allowed is None:
        return _("for every order, {used} so far").format(used=assignment.used)
    text = ngettext("{used} of {total} use", "{used} of {total} uses", assignment.total_allowed)
    return text.format(used=assignment.used, total=assignment.total_allowed)


def last_day(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the end of the day that was typed, in the store's time zone; None for nothing."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, no time
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field(
            "expires", _("“{text}” is no day. Write it like 2026-12-31.").format(text=text[:40])
        ) from None


def _service(context: Context) -> DiscountService:
    return context.app.get(DiscountService)


COMMANDS: list[Any] = [discount_assign_command, discount_revoke_command]
