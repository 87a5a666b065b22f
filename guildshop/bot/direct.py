"""What people write to the bot by direct message, handed to the plugins that want to hear it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import discord
import structlog

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.logging import new_reference

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

log = structlog.get_logger(__name__)


class Hearing:
    """Offers direct messages to the plugins: those of one person one after another, so that they keep their order."""

    def __init__(self, bot: Bot) -> None:
        """Hear for a bot."""
        self._bot = bot
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, message: discord.Message) -> bool:
        """Offer a message to the plugins in their order; return whether one took it, or failed and said so."""
        if message.guild is not None or message.author.bot or self._bot.stopping:
            return False
        # Many come at once after a lost connection; a flood of one person takes turns with itself only.
        turn = self._turns.setdefault(message.author.id, asyncio.Lock())
        async with turn:
            # What came before the bot began to stop is heard until it has stopped: nobody sends it again.
            return not self._bot.is_closed() and await self._offer(message)

    async def _offer(self, message: discord.Message) -> bool:
        for plugin, found in self._bot.app.hooks("register_direct_messages"):
            for kind in found:
                try:
                    if await kind.hear(message):
                        return True
                except Refusal as refusal:
                    await _say(message, refusal.message)
                    return True
                except Exception:
                    reference = new_reference()
                    log.exception("direct_message.failed", plugin=plugin, reference=reference)
                    await _say(
                        message,
                        _(
                            "Something went wrong on our side and your message was not passed on. Try again; if it"
                            " happens again, tell the shop's staff this reference: {reference}"
                        ).format(reference=reference),
                    )
                    return True
        return False


async def _say(message: discord.Message, text: str) -> None:
    # Whoever takes no messages from us any more is not told.
    with suppress(discord.HTTPException):
        await message.reply(text)
