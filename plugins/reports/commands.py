"""`/sales`: what was sold in a period, with its chart."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import Context, StoreButton, answer, context_of, defer, staff, view
from guildshop.bot.rendering import clip, embed, escape, money
from guildshop.i18n import _, grouped, ngettext
from guildshop.i18n import lazy as _l
from guildshop.plugins.reports import rules, words
from guildshop.plugins.reports.api import REPORT_READ, Preset, Report
from guildshop.plugins.reports.drawing import draw
from guildshop.plugins.reports.service import ReportService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

FILE = "sales.png"
NAMED = 5
"""Products in the answer."""
OFFERED = (Preset.WEEK, Preset.MONTH, Preset.QUARTER, Preset.YEAR)


@app_commands.command(name="sales", description=_l("See what was sold in a period, as a chart."))
@app_commands.describe(period=_l("The last 30 days if left out."))
@app_commands.choices(
    period=[app_commands.Choice(name=words.PRESET_LABELS[preset], value=preset.value) for preset in OFFERED]
)
@staff(REPORT_READ)
async def sales_command(interaction: discord.Interaction[Bot], period: str = Preset.MONTH.value) -> None:
    """Show the sales to whoever asks, with a button that shows them to the channel."""
    await defer(interaction)
    await _show(interaction, context_of(interaction), period, private=True)


class ShowToAll(StoreButton, prefix="reports.show"):
    """Posts the chart where everybody reads it."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Post the sales as they are now."""
        context.actor.require(REPORT_READ)
        await _show(interaction, context, args[0], private=False)


async def _show(interaction: discord.Interaction[Bot], context: Context, period: str, *, private: bool) -> None:
    service, store = context.app.get(ReportService), context.store
    wanted = rules.read_period({"period": period}, context.app.now(), store.time_zone)
    report = await service.report(context.actor, wanted, top=NAMED)
    text = words.period_text(wanted)
    shown = embed(
        _("Sales, {period}").format(period=text),
        "" if not report.empty else _("Nothing was ordered, paid or refunded in these days."),
        fields=_fields(report),
        footer=_footer(report),
    )
    # Drawing takes a moment of the processor: the others go on meanwhile.
    picture = await asyncio.to_thread(
        draw, words.chart_of(report), f"{store.name} · {text}", (_("Revenue"), _("Refunds"))
    )
    shown.set_image(url=f"attachment://{FILE}")
    button = ShowToAll(store.id, period, label=_("Show to everybody here"))
    await answer(
        interaction,
        embed=shown,
        file=discord.File(io.BytesIO(picture), FILE, description=clip(_alternative(report, text), 1024)),
        view=view(button) if private else None,
        ephemeral=private,
    )


def _fields(report: Report) -> list[tuple[str, str]]:
    total = report.total
    fields = [(card.title, card.figure) for card in words.cards(report)]
    fields.append((_("Orders placed"), grouped(total.placed)))
    if report.products:
        lines = [
            f"{grouped(one.pieces)} × {escape(clip(one.name, 60))} · {money(one.amount, report.currency)}"
            for one in report.products
        ]
        fields.append((_("Top products"), "\n".join(lines)))
    return fields


def _footer(report: Report) -> str:
    parts = []
    if len(report.currencies) > 1:
        parts.append(
            _("In {currency} only; the page of reports has the other currencies.").format(currency=report.currency)
        )
    if report.uncounted:
        parts.append(
            ngettext(
                "{count} day is still being counted; ask again in a minute.",
                "{count} days are still being counted; ask again in a minute.",
                report.uncounted,
            ).format(count=grouped(report.uncounted))
        )
    return " ".join(parts)


def _alternative(report: Report, period: str) -> str:
    total, currency = report.total, report.currency
    return _("A bar chart of revenue and refunds, {period}: revenue {revenue}, refunds {refunds}.").format(
        period=period, revenue=money(total.revenue, currency), refunds=money(total.refunds, currency)
    )


COMMANDS: list[Any] = [sales_command]
ITEMS = [ShowToAll]
