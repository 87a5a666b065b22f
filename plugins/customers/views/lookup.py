"""A customer as staff see them in Discord."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord.utils import format_dt

from guildshop.bot.rendering import embed, escape
from guildshop.i18n import _, grouped
from guildshop.plugins.customers.api import Customer, CustomerStatus, Purchases

REDACTED = "||REDACTED||"
STATES = {
    CustomerStatus.INACTIVE: "\N{SLEEPING SYMBOL}",
    CustomerStatus.BLOCKED: "\N{NO ENTRY SIGN}",
    CustomerStatus.ACTIVE: "\N{WHITE HEAVY CHECK MARK}",
}


def customer_embed(
    customer: Customer,
    figures: Sequence[tuple[str, Purchases]],
    user: str | None,
    links: Sequence[str] = (),
    *,
    pii: bool,
) -> discord.Embed:
    """Return the profile, the link state, and what each source of figures counted, side by side."""
    status = {
        CustomerStatus.ACTIVE: _("Active"),
        CustomerStatus.INACTIVE: _("Inactive"),
        CustomerStatus.BLOCKED: _("Blocked"),
    }[customer.status]
    fields: list[tuple[str, str, bool]] = [
        (_("Status"), f"{STATES[customer.status]} {status}", True),
        (_("Username"), escape(customer.username), True),
        (_("Account number"), escape(customer.account_number), True),
        (_("Email"), _email(customer, pii=pii), True),
        (_("Tags"), escape(", ".join(customer.tags)), True),
        (_("Customer since"), format_dt(customer.created, "D"), True),
        (_("Link"), _link(customer, user, links), False),
    ]
    for title, purchases in figures:
        fields += _figures(_(title), purchases)
    return embed(escape(customer.name), fields=fields)


def _email(customer: Customer, *, pii: bool) -> str:
    if not customer.email:
        return "\N{EN DASH}"
    return escape(customer.email) if pii else REDACTED


def _link(customer: Customer, user: str | None, links: Sequence[str]) -> str:
    states = []
    if customer.discord_id is not None:
        states.append(_("Discord member <@{member}>").format(member=customer.discord_id))
    if customer.user is not None:
        states.append(_("user {user}").format(user=escape(user or str(customer.user))))
    return ", ".join([*(states or [_("linked to nobody")]), *map(escape, links)])


def _figures(title: str, purchases: Purchases) -> list[tuple[str, str, bool]]:
    spent = " · ".join(str(amount) for amount in purchases.revenue)
    fields = [
        (_("{source}: total spent").format(source=title), spent, True),
        (_("{source}: paid orders").format(source=title), grouped(purchases.orders), True),
    ]
    if purchases.last:
        lines = [
            f"`{one.number}` · {format_dt(one.created, 'd')} · {escape(one.status)} · {one.total}"
            for one in purchases.last
        ]
        fields.append((_("{source}: last orders").format(source=title), "\n".join(lines), False))
    return fields
