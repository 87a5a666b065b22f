"""The one error boundary of commands, buttons, modals and autocomplete: the person is told what to do, we get a log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import structlog
from discord import app_commands

from guildshop.bot.rendering import error_embed
from guildshop.bot.replies import TOO_LATE, answer, suggest
from guildshop.errors import Refusal
from guildshop.i18n import _, ngettext
from guildshop.logging import new_reference

log = structlog.get_logger(__name__)

ERROR_HEADING = "error_heading"
"""In the `extras` of a command: what stands above each of its errors."""


@asynccontextmanager
async def boundary(interaction: discord.Interaction[Any], what: str) -> AsyncIterator[None]:
    """Turn whatever is raised inside into an answer."""
    try:
        yield
    except Exception as error:
        await report(interaction, error, what)


async def report(interaction: discord.Interaction[Any], error: BaseException, what: str) -> None:
    """Answer an interaction that failed: a refusal with its sentence, a fault of ours with a reference."""
    original = _original(error)
    if isinstance(original, discord.HTTPException) and original.code in TOO_LATE:
        log.info("interaction.too_late", what=what, code=original.code)
        return
    if isinstance(original, Refusal):
        sentence = original.message
    else:
        sentence = _refused_by_discord_py(original) or _fault(interaction, original, what)
    try:
        if interaction.type is discord.InteractionType.autocomplete:
            await suggest(interaction, [])
        else:
            await answer(interaction, embed=error_embed(sentence, _heading(interaction)))
    except discord.HTTPException as lost:
        log.info("interaction.unanswered", what=what, code=lost.code, status=lost.status)


def _heading(interaction: discord.Interaction[Any]) -> str:
    heading = interaction.command.extras.get(ERROR_HEADING) if interaction.command is not None else None
    return _(heading) if heading else ""


def _original(error: BaseException) -> BaseException:
    if isinstance(error, app_commands.CommandInvokeError):
        return error.original
    if isinstance(error, app_commands.TransformerError) and isinstance(error.__cause__, Refusal):
        return error.__cause__
    return error


def _refused_by_discord_py(error: BaseException) -> str:
    if isinstance(error, app_commands.CommandOnCooldown):
        seconds = max(1, round(error.retry_after))
        text = ngettext(
            "You are too fast. Try again in {seconds} second.",
            "You are too fast. Try again in {seconds} seconds.",
            seconds,
        )
        return text.format(seconds=seconds)
    if isinstance(error, app_commands.TransformerError):
        return _("“{value}” cannot be understood here. Choose one of the suggestions.").format(value=error.value)
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return _("This command has changed. Restart Discord or wait a minute, then try again.")
    if isinstance(error, app_commands.CheckFailure):
        return _("You may not use this command.")
    return ""


def _fault(interaction: discord.Interaction[Any], error: BaseException, what: str) -> str:
    reference = new_reference()
    log.error(
        "interaction.failed",
        reference=reference,
        what=what,
        guild=interaction.guild_id,
        user=interaction.user.id,
        exc_info=error,
    )
    return _(
        "Something went wrong on our side and nothing further was done. Try again; if it happens again, "
        "tell the shop's staff this reference: {reference}"
    ).format(reference=reference)
