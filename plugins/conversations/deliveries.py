"""From an event to Discord: answers to customers, and the notice of a conversation for staff."""

from __future__ import annotations

from dataclasses import replace

import discord

from guildshop.bot.sending import Message, Outcome, Problem, Sent
from guildshop.events import Delivery
from guildshop.i18n import _, use_locale
from guildshop.plugins.conversations import views
from guildshop.plugins.conversations.api import (
    AnswerWritten,
    ConversationChanged,
    ConversationErased,
    CustomerWrote,
)
from guildshop.plugins.conversations.commands import LATEST, notice_message, reply_button
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store

CHANNELS = ("conversations", "orders")
"""Where staff read of conversations: the first of these channels that the store has set."""
PATIENT_ATTEMPTS = 3
"""How often an answer is tried while Discord is ill; then staff see that it did not arrive."""


async def send_answer(event: AnswerWritten, delivery: Delivery) -> None:
    """Send an answer by direct message, or to the private thread of a member who takes none."""
    app = delivery.app
    service = app.get(ConversationService)
    found = await service.to_send(event)
    if found is None:
        return
    conversation, message = found
    store = app.stores.get(delivery.store)
    if conversation.discord_id is None:
        reason = _("The customer is no Discord member any more.")
        await service.settle(delivery, event, Outcome(Sent.UNDELIVERABLE, reason=reason))
        return
    with use_locale(await app.get(CustomerService).language(conversation.customer, conversation.locale)):
        contents = views.answer_parts(store.name, message.body)
        button = reply_button(store.id, conversation.discord_id)
    parts = [
        Message(
            content,
            items=[button] if number == len(contents) else [],
            nonce=f"{event.message}:{event.attempt}:{number}",
        )
        for number, content in enumerate(contents, start=1)
    ]
    try:
        outcome = await _send(delivery, store, conversation.discord_id, parts)
    except discord.HTTPException as error:
        if delivery.attempt <= PATIENT_ATTEMPTS:
            raise
        reason = _("Discord did not take the message: {error}.").format(error=f"{error.status} {error.text}"[:200])
        outcome = Outcome(Sent.UNDELIVERABLE, reason=reason, remedy=_("Try again later."))
    if outcome.problem is Problem.MEMBER_GONE:
        outcome = replace(outcome, remedy=_("Press Retry once they are back."))
    await service.settle(delivery, event, outcome)


async def _send(delivery: Delivery, store: Store, discord_id: int, parts: list[Message]) -> Outcome:
    messenger = delivery.app.messenger
    outcome = await messenger.dm(store, discord_id, parts[0])
    for part in parts[1:]:
        if outcome.sent is Sent.DELIVERED:
            outcome = await messenger.dm(store, discord_id, part)
        elif outcome.sent is Sent.FALLBACK and outcome.channel_id is not None:
            later = await messenger.to_channel(store, outcome.channel_id, part)
            outcome = replace(outcome, message_id=later.message_id) if later.delivered else later
    return outcome


async def tell_staff(event: CustomerWrote, delivery: Delivery) -> None:
    """Show staff what a customer wrote: a new notice where there was nothing to answer, else in the one there is."""
    app = delivery.app
    service, store = app.get(ConversationService), app.stores.get(delivery.store)
    with use_locale(store.language):
        found = await notice_message(app, event.conversation)
        if found is None:
            return
        message, place = found
        if place is not None and not event.fresh and (await app.messenger.edit(store, *place, message)).delivered:
            return
        channel = next((name for name in CHANNELS if name in store.channels), CHANNELS[-1])
        outcome = await app.messenger.channel(store, channel, replace(message, nonce=delivery.id))
        if place is not None and outcome.delivered:
            # One notice for each conversation: what a customer wrote is easily found, and easily erased.
            await app.messenger.delete(store, *place)
    if outcome.channel_id is None or outcome.message_id is None:
        return
    await service.keep_notice(delivery, event.conversation, outcome)
    if await service.noticed(event.conversation, LATEST) is None:  # Erased meanwhile, when nobody knew of this notice.
        await app.messenger.delete(store, outcome.channel_id, outcome.message_id)


async def refresh_notice(event: ConversationChanged, delivery: Delivery) -> None:
    """Show in the notice of staff how things stand."""
    store = delivery.app.stores.get(delivery.store)
    with use_locale(store.language):
        found = await notice_message(delivery.app, event.conversation)
        if found is not None and found[1] is not None:
            await delivery.app.messenger.edit(store, *found[1], found[0])


async def remove_notice(event: ConversationErased, delivery: Delivery) -> None:
    """Take away the notice of a customer who wanted to be forgotten."""
    store = delivery.app.stores.get(delivery.store)
    await delivery.app.messenger.delete(store, event.channel_id, event.message_id)
