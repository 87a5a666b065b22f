"""Direct messages to the bot: which store they are for, and into its conversation with the member.

A direct message has no server. It is for the only store that the member shares with the bot, for the one whose answer
it replies to, or for the one that they talked with a moment ago; otherwise, as when it replies to something else of
some store (a receipt, say), buttons ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import discord

from guildshop.bot import Context, StoreButton, update, view
from guildshop.bot.languages import language_of_member
from guildshop.bot.rendering import clip
from guildshop.errors import NotFound
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.conversations import views
from guildshop.plugins.conversations.api import Attachment, Incoming, MessageWay, Received
from guildshop.plugins.conversations.service import ConversationService
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot
    from guildshop.stores import Store

PLUGIN = "conversations"
CONTINUES = timedelta(hours=1)
"""How long after a direct message the next one is for the same store without a question."""
MOST_ASKED = 10
"""With more stores than this, Discord is not asked in which of their servers somebody is who is no customer there."""
MOST_BUTTONS = 25
SEEN = "✅"


async def hear(app: App, message: discord.Message) -> bool:
    """Pass a direct message on to the store that it is for; return whether any store takes it."""
    stores = await _shared(app, message.author.id)
    if not stores:
        return False
    store = stores[0] if len(stores) == 1 else await _meant(app, message, stores)
    if store is None:
        await _ask(app, message, stores)
        return True
    with use_locale(await _language(app, store, message.author.id)):
        received = await _receive(app, store, message)
        with suppress(discord.HTTPException):
            if received.begun:
                await message.reply(views.received_text(store.name, begun=True))
            else:
                await message.add_reaction(SEEN)
    return True


class StoreChoice(StoreButton, prefix="conversations.store"):
    """Says which store a direct message is for. Arguments: the member, the message."""

    personal = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Read the message again, which Discord keeps, and pass it on."""
        try:
            channel = interaction.client.get_partial_messageable(interaction.channel_id or 0)
            message = await channel.fetch_message(int(args[1]))
        except (discord.NotFound, ValueError, IndexError):
            message = None
        if message is None or message.author.id != context.user_id:
            raise NotFound(_("Your message is not there any more. Write it again."))
        received = await _receive(context.app, context.store, message, locale=context.locale)
        await update(interaction, content=views.received_text(context.store.name, begun=received.begun))


async def _shared(app: App, discord_id: int) -> list[Store]:
    """Return the stores that take messages of which somebody is a customer or, where few are asked, a member."""
    taking = [store for store in app.stores.all() if store.active and app.stores.enabled(store.id, PLUGIN)]
    customer_of = set(await app.get(ConversationService).stores_of(discord_id)) if taking else set()
    found = [store for store in taking if store.id in customer_of]
    if len(taking) <= MOST_ASKED:
        found += [one for one in taking if one.id not in customer_of and await _is_member(app, one, discord_id)]
    return sorted(found, key=lambda store: store.id)


async def _is_member(app: App, store: Store, discord_id: int) -> bool:
    return store.guild_id is not None and await app.messenger.member_roles(store, discord_id) is not None


async def _meant(app: App, message: discord.Message, stores: Sequence[Store]) -> Store | None:
    replied = message.reference.message_id if message.reference is not None else None
    since = app.now() - CONTINUES
    meant = await app.get(ConversationService).store_written_from(message.author.id, replied, since)
    return next((store for store in stores if store.id == meant), None)


async def _language(app: App, store: Store, discord_id: int) -> str:
    """Return what to answer in: Discord does not tell the language of whoever writes a message."""
    with scope(store.id):
        return await language_of_member(app, discord_id)


async def _ask(app: App, message: discord.Message, stores: Sequence[Store]) -> None:
    with use_locale(await _language(app, stores[0], message.author.id)):
        buttons = [
            StoreChoice(store.id, message.author.id, message.id, label=clip(store.name, 80))
            for store in stores[:MOST_BUTTONS]
        ]
        text = _("Which shop is this message for?")
        if len(stores) > MOST_BUTTONS:
            text += " " + _("If it is not among these, use /contact in its server.")
    with suppress(discord.HTTPException):
        await message.reply(text, view=view(*buttons))


async def _receive(app: App, store: Store, message: discord.Message, *, locale: str = "") -> Received:
    author = message.author
    actor = Actor(ActorKind.MEMBER, str(author.id), author.name, store.id)
    files = tuple(Attachment(one.filename, one.url, one.size) for one in message.attachments)
    files += tuple(Attachment(sticker.name, "") for sticker in message.stickers)
    given = Incoming(message.content, MessageWay.DM, f"dm:{message.id}", files, locale)
    with scope(store.id):
        return await app.get(ConversationService).receive(actor, author.name, author.display_name, given)


ITEMS = [StoreChoice]
