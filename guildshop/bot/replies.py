"""Answering an interaction: at once, after a deferral, or by changing the message that was used.

Discord wants an answer or a deferral within 3 seconds. Every interaction is deferred by itself after 2 seconds unless
it has been answered; these functions work in either case, the methods of `interaction.response` only before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord

from guildshop.bot.rendering import success_embed

PATIENCE = 2.0
"""Seconds after which an unanswered interaction is deferred."""

_LOCK = "guildshop.lock"
UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060
EXPIRED_TOKEN = 50027
TOO_LATE = frozenset({UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED, EXPIRED_TOKEN})
"""Discord's codes for an answer that nobody waits for any more."""

AnyView = discord.ui.View | discord.ui.LayoutView


async def answer(
    interaction: discord.Interaction[Any],
    content: str | None = None,
    *,
    embed: discord.Embed | None = None,
    embeds: Sequence[discord.Embed] = (),
    view: AnyView | None = None,
    file: discord.File | None = None,
    ephemeral: bool = True,
) -> None:
    """Send an answer, private unless told otherwise; a deferred command gets it in place of "thinking…"."""
    shown = [embed] if embed is not None else list(embeds)
    options: dict[str, Any] = {"ephemeral": ephemeral}
    if content is not None:
        options["content"] = content
    if shown:
        options["embeds"] = shown
    if view is not None:
        options["view"] = view
    if file is not None:
        options["file"] = file
    async with _lock(interaction):
        if interaction.response.is_done():
            await interaction.followup.send(**options)
        else:
            await interaction.response.send_message(**options)


async def succeed(interaction: discord.Interaction[Any], text: str, title: str = "") -> None:
    """Answer privately that something worked."""
    await answer(interaction, embed=success_embed(text, title))


async def update(
    interaction: discord.Interaction[Any],
    *,
    content: str | None = None,
    embed: discord.Embed | None = None,
    embeds: Sequence[discord.Embed] = (),
    view: AnyView | None = None,
) -> None:
    """Change the message whose button, select or modal was used (or the command's own answer): all of its parts.

    What is not given is taken off the message. Do so before `answer`: after it, the answer is what would change.
    """
    shown = [embed] if embed is not None else list(embeds)
    options: dict[str, Any] = {"content": content, "embeds": shown, "view": view}
    if isinstance(view, discord.ui.LayoutView):
        options = {"view": view}
    async with _lock(interaction):
        if interaction.response.is_done():
            await interaction.edit_original_response(**options)
        elif interaction.message is not None:
            await interaction.response.edit_message(**options)
        else:
            given = {key: value for key, value in options.items() if value}
            await interaction.response.send_message(ephemeral=True, **given)


async def defer(interaction: discord.Interaction[Any], *, ephemeral: bool = True) -> None:
    """Ask Discord for 15 minutes; do so first wherever a foreign service is involved. Twice is once.

    A button or select keeps its message, to be changed by `update`; a command shows "thinking…" until `answer`.
    """
    async with _lock(interaction):
        if not interaction.response.is_done():
            alone = interaction.type is discord.InteractionType.modal_submit and interaction.message is None
            await interaction.response.defer(ephemeral=ephemeral, thinking=alone)


async def open_modal(interaction: discord.Interaction[Any], modal: discord.ui.Modal) -> None:
    """Show a modal; it must be the first answer, within 2 seconds."""
    async with _lock(interaction):
        await interaction.response.send_modal(modal)


async def suggest(interaction: discord.Interaction[Any], choices: Sequence[Any]) -> None:
    """Answer an autocomplete that has not been answered."""
    if not interaction.response.is_done():
        await interaction.response.autocomplete(list(choices)[:25])


@asynccontextmanager
async def patience(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Defer the interaction by itself if it is not answered in time."""

    async def defer_in_time() -> None:
        await asyncio.sleep(PATIENCE)
        with suppress(discord.HTTPException):
            await defer(interaction)

    waiting = asyncio.create_task(defer_in_time(), name="guildshop-patience")
    try:
        yield
    finally:
        waiting.cancel()


def _lock(interaction: discord.Interaction[Any]) -> asyncio.Lock:
    lock = interaction.extras.setdefault(_LOCK, asyncio.Lock())
    assert isinstance(lock, asyncio.Lock)  # noqa: S101 - tells the type checker
    return lock
