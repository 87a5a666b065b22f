"""What is needed to send an answer and to show staff a conversation in Discord, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from guildshop.bot.sending import Outcome, Sent
from guildshop.errors import NotFound
from guildshop.events import Delivery
from guildshop.plugins.conversations import tables
from guildshop.plugins.conversations.api import (
    AnswerWritten,
    Conversation,
    ConversationChanged,
    Message,
    MessageState,
)
from guildshop.plugins.conversations.service.answering import touch
from guildshop.plugins.conversations.service.reading import Reading, conversation_of

STATES = {
    Sent.DELIVERED: MessageState.SENT,
    Sent.FALLBACK: MessageState.FALLBACK,
    Sent.UNDELIVERABLE: MessageState.FAILED,
}


class Sending(Reading):
    """What deliveries ask and write."""

    async def to_send(self, event: AnswerWritten) -> tuple[Conversation, Message] | None:
        """Return the answer that the event asks to send; None when that was done, or it was erased."""
        message = await self._message(event.message)
        if message is None or message.state is not MessageState.QUEUED or message.attempt != event.attempt:
            return None
        return conversation_of(await self._row(event.conversation)), message

    async def settle(self, delivery: Delivery, event: AnswerWritten, outcome: Outcome) -> None:
        """Keep how an answer ended, and have the notice of staff say so where it did not arrive as meant."""
        async with delivery.work() as work:
            work.guard(
                tables.ConversationMessage,
                set="state = :state, reason = :reason, remedy = :remedy, channel_id = :channel_id,"
                " message_id = :message_id, settled = :now",
                where="id = :id AND state = 'QUEUED' AND attempt = :attempt",
                rows=None,
                id=event.message,
                attempt=event.attempt,
                state=STATES[outcome.sent].value,
                reason=outcome.reason,
                remedy=outcome.remedy,
                channel_id=outcome.channel_id,
                message_id=outcome.message_id,
            )
            touch(work, event.conversation)
            work.record(ConversationChanged(event.conversation))

    async def noticed(
        self, conversation: UUID, latest: int
    ) -> tuple[Conversation, Sequence[Message], tuple[int, int] | None] | None:
        """Return a conversation as its notice shows it, and where that notice is; None when it was erased."""
        try:
            row = await self._row(conversation)
        except NotFound:
            return None
        place = (row["notice_channel"], row["notice_message"]) if row["notice_message"] is not None else None
        return conversation_of(row), await self._messages(conversation, notes=False, limit=latest), place

    async def keep_notice(self, delivery: Delivery, conversation: UUID, outcome: Outcome) -> None:
        """Keep where staff read of a conversation."""
        places: dict[str, Any] = {"channel": outcome.channel_id, "message": outcome.message_id}
        async with delivery.work() as work:
            work.guard(
                tables.Conversation,
                set="notice_channel = :channel, notice_message = :message",
                where="id = :id",
                rows=None,
                id=conversation,
                **places,
            )
