"""The slash command of reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from guildshop.bot import context_of, succeed
from guildshop.i18n import _
from guildshop.i18n import lazy as _l

from guildshop_reviews.api import TEXT_LENGTH
from guildshop_reviews.service import ReviewService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_bought(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the products that the member bought."""
    context = context_of(interaction)
    found = await context.app.get(ReviewService).bought(context.actor, current)
    return [app_commands.Choice(name=name[:100], value=str(product)) for product, name in list(found.items())[:25]]


@app_commands.command(name="review", description=_l("Say what you think of a product that you bought."))
@app_commands.describe(
    product=_l("What you bought."), rating=_l("1 to 5 stars."), text=_l("What others should know of it.")
)
@app_commands.autocomplete(product=suggest_bought)
async def review_command(
    interaction: discord.Interaction[Bot],
    product: str,
    rating: app_commands.Range[int, 1, 5],
    text: app_commands.Range[str, 1, TEXT_LENGTH],
) -> None:
    """Keep the review."""
    context = context_of(interaction)
    review = await context.app.get(ReviewService).write(context.actor, product, rating, text)
    await succeed(
        interaction,
        _("Thank you! Your review of {product}: {stars}").format(
            product=discord.utils.escape_markdown(review.product_name), stars="★" * review.rating
        ),
    )


COMMANDS: list[Any] = [review_command]
