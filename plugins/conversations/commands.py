"""`/contact`, the customer's Reply, and the buttons of the notice that staff read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    Message,
    StoreButton,
    StoreModal,
    TextField,
    context_of,
    open_modal,
    succeed,
    update,
    view,
)
from guildshop.errors import NotFound
from guildshop.i18n import _, use_locale
from guildshop.i18n import lazy as _l
from guildshop.plugins.conversations import views
from guildshop.plugins.conversations.api import CONVERSATION_REPLY, TEXT_LIMIT, Incoming, MessageWay
from guildshop.plugins.conversations.service import ConversationService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot

LATEST = 6
"""The latest messages that a notice shows."""


# Customers


@app_commands.command(name="contact", description=_l("Write to this shop."))
@app_commands.describe(message=_l("What you want to say; leave it out to write it in a form."))
async def contact_command(
    interaction: discord.Interaction[Bot], message: app_commands.Range[str, 1, TEXT_LIMIT] | None = None
) -> None:
    """Take a message, or open the form for one."""
    context = context_of(interaction)
    if message is None:
        await _ask(interaction, context)
    else:
        await _receive(interaction, context, message, MessageWay.COMMAND)


class WriteModal(StoreModal, prefix="conversations.write"):
    """Takes what a customer writes. Argument: their Discord ID."""

    personal = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Keep it."""
        await _receive(interaction, context, fields["message"], MessageWay.BUTTON)


class ReplyButton(StoreButton, prefix="conversations.reply"):
    """Lets a customer reply to an answer, also where the bot cannot read: in a private thread."""

    personal = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        await _ask(interaction, context)


def reply_button(store: int, discord_id: int) -> ReplyButton:
    """Return the button below an answer."""
    return ReplyButton(store, discord_id, label=_("Reply"))


async def _ask(interaction: discord.Interaction[Bot], context: Context) -> None:
    await context.app.get(ConversationService).require_writer(context.actor)
    told = _("The answer comes to you as a direct message.")
    field = TextField("message", _("Your message"), long=True, maximum=TEXT_LIMIT, description=told)
    title = _("Write to {shop}").format(shop=context.store.name)
    await open_modal(interaction, WriteModal.build(context.store.id, context.user_id, title=title, fields=[field]))


async def _receive(interaction: discord.Interaction[Bot], context: Context, text: str, way: MessageWay) -> None:
    given = Incoming(text, way, f"interaction:{interaction.id}", locale=context.locale)
    user = context.user
    received = await context.app.get(ConversationService).receive(context.actor, user.name, user.display_name, given)
    await succeed(interaction, views.received_text(context.store.name, begun=received.begun))


# Staff


async def notice_message(app: App, conversation: UUID) -> tuple[Message, tuple[int, int] | None] | None:
    """Return the notice of a conversation for staff, and where the one that there is stands; None when it is gone."""
    found = await app.get(ConversationService).noticed(conversation, LATEST)
    if found is None:
        return None
    shown, messages, place = found
    page = f"{app.settings.web.public_url.rstrip('/')}/staff/customer-chat/{shown.id}"
    embed = views.notice(shown, messages, page=page)
    if not shown.open:
        return Message(embeds=[embed]), place
    answer = AnswerButton(shown.store, shown.id, label=_("Answer"), style=discord.ButtonStyle.primary)
    claim = ReleaseButton(shown.store, shown.id, label=_("Release")) if shown.claimed_by else None
    claim_or_release = claim or ClaimButton(shown.store, shown.id, label=_("Claim"))
    close = CloseButton(shown.store, shown.id, label=_("Close"))
    return Message(embeds=[embed], items=[answer, claim_or_release, close]), place


class AnswerButton(StoreButton, prefix="conversations.answer"):
    """Asks staff for an answer. Argument: the conversation."""

    permission = CONVERSATION_REPLY
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        told = _("The customer reads it as a direct message from the shop.")
        field = TextField("answer", _("Answer"), long=True, maximum=TEXT_LIMIT, description=told)
        modal = AnswerModal.build(context.store.id, _key(args).hex, title=_("Answer"), fields=[field])
        await open_modal(interaction, modal)


class AnswerModal(StoreModal, prefix="conversations.answered"):
    """Takes the answer of staff. Argument: the conversation."""

    permission = CONVERSATION_REPLY
    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Queue it, and show the conversation as it is then."""
        conversation, source = _key(args), f"interaction:{interaction.id}"
        await context.app.get(ConversationService).answer(
            context.actor, conversation, fields["answer"], way=MessageWay.BUTTON, source=source
        )
        await _show(interaction, context, conversation)


class ClaimButton(StoreButton, prefix="conversations.claim"):
    """Lets staff see to a conversation. Argument: the conversation."""

    permission = CONVERSATION_REPLY
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Claim it."""
        await context.app.get(ConversationService).claim(context.actor, _key(args))
        await _show(interaction, context, _key(args))


class ReleaseButton(StoreButton, prefix="conversations.release"):
    """Lets others see to a conversation. Argument: the conversation."""

    permission = CONVERSATION_REPLY
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Release it."""
        await context.app.get(ConversationService).release(context.actor, _key(args))
        await _show(interaction, context, _key(args))


class CloseButton(StoreButton, prefix="conversations.close"):
    """Ends a conversation. Argument: the conversation."""

    permission = CONVERSATION_REPLY
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Close it."""
        await context.app.get(ConversationService).close(context.actor, _key(args))
        await _show(interaction, context, _key(args))


async def _show(interaction: discord.Interaction[Bot], context: Context, conversation: UUID) -> None:
    """Put the conversation's present state into the notice whose button was used, in the store's language."""
    with use_locale(context.store.language):
        found = await notice_message(context.app, conversation)
    if found is not None:
        message, _place = found
        await update(interaction, embeds=message.embeds, view=view(*message.items) if message.items else None)


def _key(args: tuple[str, ...]) -> UUID:
    try:
        return UUID(args[0])
    except (IndexError, ValueError):
        raise NotFound(_("There is no such conversation in this shop.")) from None


COMMANDS: list[Any] = [contact_command]
ITEMS: list[Any] = [
    WriteModal,
    ReplyButton,
    AnswerButton,
    AnswerModal,
    ClaimButton,
    ReleaseButton,
    CloseButton,
]
