"""What staff do: claim, answer, note, close and reopen; each is in the audit log, without the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.conversations import rules, tables
from guildshop.plugins.conversations.api import (
    CONVERSATION_REPLY,
    AnswerWritten,
    Conversation,
    ConversationChanged,
    ConversationClaimed,
    ConversationClosed,
    ConversationState,
    MessageKind,
    MessageState,
    MessageWay,
)
from guildshop.plugins.conversations.service.reading import NAME_LIMIT, conversation_of, no_message
from guildshop.plugins.conversations.service.receiving import ATTEMPTS, Raced, Receiving, add_message, open_conversation
from guildshop.plugins.customers.service import CustomerService

if TYPE_CHECKING:
    from guildshop.database import Work

SUBJECT = "conversation"


class Answering(Receiving):
    """The use cases of staff; all need `conversation.reply`."""

    async def answer(
        self,
        actor: Actor,
        conversation: UUID,
        text: str,
        *,
        note: bool = False,
        way: MessageWay = MessageWay.WEB,
        source: str | None = None,
    ) -> Conversation:
        """Write to the customer, or a note for staff only; the same `source` again changes nothing.

        Whoever answers a conversation that nobody claimed sees to it from then on.
        """
        actor.require(CONVERSATION_REPLY)
        found = conversation_of(await self._row(conversation))
        text = rules.clean_text(text)
        if source is not None and await self._row_of_source(actor.store, source) is not None:
            return found
        if not note:
            _require_member(found)
        me = await self.who(actor)
        try:
            async with self.app.work(actor) as work:
                if note:
                    self._note(work, found.id, text, actor, me, way, source)
                else:
                    self._answer(work, found.id, text, actor, me, way, source)
        except Raced:  # The same form was sent twice at once.
            pass
        return conversation_of(await self._row(conversation))

    async def write_to(self, actor: Actor, customer_id: UUID, text: str, *, source: str | None = None) -> Conversation:
        """Write to a customer who did not write: into the open conversation, or a new one."""
        actor.require(CONVERSATION_REPLY)
        customer = await self.app.get(CustomerService).get(customer_id)
        if customer.discord_id is None:
            raise not_a_member(customer.name)
        text, me = rules.clean_text(text), await self.who(actor)
        for _attempt in range(ATTEMPTS):
            known = await self._row_of_source(actor.store, source) if source is not None else None
            if known is not None:
                return conversation_of(known)
            row = await self._latest(actor.store, customer.id)
            if row is not None and row["state"] == "OPEN":
                return await self.answer(actor, row["id"], text, source=source)
            conversation = new_id()
            try:
                async with self.app.work(actor) as work:
                    open_conversation(
                        work, conversation, customer.id, waiting=False, window_start=work.now, window_count=0
                    )
                    self._answer(work, conversation, text, actor, me, MessageWay.WEB, source)
            except Raced:
                continue
            return conversation_of(await self._row(conversation))
        raise Refusal(_("The message could not be kept. Please send it again."))

    async def claim(self, actor: Actor, conversation: UUID) -> Conversation:
        """See to a conversation; refuse one that somebody else sees to."""
        found, me = await self._to_change(actor, conversation), await self.who(actor)
        if found.open and found.claimed_by == me:
            return found
        refusal = _closed() if not found.open else _claimed(found.claimed_name)
        return await self._change(
            actor,
            found,
            "claim",
            "claimed_by = :me, claimed_name = :name",
            "state = 'OPEN' AND claimed_by IN ('', :me)",
            refusal,
            me=me,
            name=actor.name[:NAME_LIMIT],
        )

    async def release(self, actor: Actor, conversation: UUID) -> Conversation:
        """Let somebody else see to it; whoever may answer may release for others too."""
        found = await self._to_change(actor, conversation)
        if not found.claimed_by:
            return found
        return await self._change(
            actor, found, "release", "claimed_by = '', claimed_name = ''", "claimed_by <> ''", _raced()
        )

    async def close(self, actor: Actor, conversation: UUID) -> Conversation:
        """End a conversation; what the customer writes in the next days opens it again."""
        found = await self._to_change(actor, conversation)
        if not found.open:
            return found
        return await self._change(
            actor, found, "close", "state = 'CLOSED', waiting = FALSE, closed_at = :now", "state = 'OPEN'", _raced()
        )

    async def reopen(self, actor: Actor, conversation: UUID) -> Conversation:
        """Go on with a conversation; refuse where the customer has another open one."""
        found = await self._to_change(actor, conversation)
        if found.open:
            return found
        other = Refusal(
            _("Another conversation with {customer} is open. Go on in that one.").format(customer=found.customer_name)
        )
        return await self._change(
            actor, found, "reopen", "state = 'OPEN', closed_at = NULL", "state = 'CLOSED'", _raced(), conflict=other
        )

    async def retry(self, actor: Actor, message: UUID) -> Conversation:
        """Send an answer again that did not arrive."""
        actor.require(CONVERSATION_REPLY)
        known = await self._message(message)
        if known is None:
            raise no_message()
        if known.state is not MessageState.FAILED:
            raise Refusal(_("Only an answer that was not delivered can be sent again."))
        found = conversation_of(await self._row(known.conversation))
        _require_member(found)
        async with self.app.work(actor) as work:
            work.guard(
                tables.ConversationMessage,
                set="state = 'QUEUED', reason = '', remedy = '', settled = NULL, attempt = attempt + 1",
                where="id = :id AND state = 'FAILED' AND attempt = :seen",
                refusal=_raced(),
                id=message,
                seen=known.attempt,
            )
            touch(work, found.id)
            work.record(AnswerWritten(found.id, message, known.attempt + 1))
            work.audit("conversation.retry", subject=SUBJECT, subject_id=found.id, after={"message": str(message)})
        return conversation_of(await self._row(found.id))

    async def exported(self, actor: Actor, conversation: UUID, *, notes: bool) -> Conversation:
        """Write down that somebody took a transcript, and return its conversation."""
        found = await self.get(actor, conversation)
        async with self.app.work(actor) as work:
            work.audit("conversation.export", subject=SUBJECT, subject_id=found.id, after={"notes": notes})
        return found

    # Within

    async def _to_change(self, actor: Actor, conversation: UUID) -> Conversation:
        actor.require(CONVERSATION_REPLY)
        return conversation_of(await self._row(conversation))

    async def _change(
        self,
        actor: Actor,
        found: Conversation,
        what: str,
        assignments: str,
        where: str,
        refusal: Refusal,
        conflict: Refusal | None = None,
        **values: Any,
    ) -> Conversation:
        async with self.app.work(actor) as work:
            work.guard(
                tables.Conversation,
                set=f"{assignments}, version = version + 1",
                where=f"id = :id AND {where}",
                refusal=refusal,
                conflict=conflict,
                id=found.id,
                **values,
            )
            work.record(ConversationChanged(found.id))
            work.audit(f"conversation.{what}", subject=SUBJECT, subject_id=found.id)
        return conversation_of(await self._row(found.id))

    def _answer(
        self, work: Work, conversation: UUID, text: str, actor: Actor, me: str, way: MessageWay, source: str | None
    ) -> None:
        name = actor.name[:NAME_LIMIT]
        work.guard(
            tables.Conversation,
            set="waiting = FALSE, preview = :preview, last_at = :now, version = version + 1,"
            " claimed_name = CASE WHEN claimed_by = '' THEN :name ELSE claimed_name END,"
            " claimed_by = CASE WHEN claimed_by = '' THEN :me ELSE claimed_by END",
            where="id = :id AND state = 'OPEN'",
            refusal=_closed(),
            id=conversation,
            preview=rules.preview(text),
            name=name,
            me=me,
        )
        kind = MessageKind.ANSWER
        message = add_message(work, conversation, kind, text, way, author=name, author_id=me, source=source)
        work.record(AnswerWritten(conversation, message, 1))
        work.record(ConversationChanged(conversation))
        work.audit("conversation.answer", subject=SUBJECT, subject_id=conversation, after={"message": str(message)})

    def _note(
        self, work: Work, conversation: UUID, text: str, actor: Actor, me: str, way: MessageWay, source: str | None
    ) -> None:
        touch(work, conversation)
        name, kind = actor.name[:NAME_LIMIT], MessageKind.NOTE
        message = add_message(work, conversation, kind, text, way, author=name, author_id=me, source=source)
        work.audit("conversation.note", subject=SUBJECT, subject_id=conversation, after={"message": str(message)})


def touch(work: Work, conversation: UUID) -> None:
    """Count that something happened in a conversation."""
    work.guard(tables.Conversation, set="version = version + 1", where="id = :id", rows=None, id=conversation)


def not_a_member(name: str) -> Refusal:
    """Return the refusal of writing to somebody whom Discord does not reach."""
    return Refusal(
        _("{customer} is no Discord member, so no message can be sent. Write an email.").format(customer=name)
    )


def _require_member(conversation: Conversation) -> None:
    if conversation.discord_id is None:
        raise not_a_member(conversation.customer_name)
    if conversation.state is ConversationState.CLOSED:
        raise _closed()


def _closed() -> ConversationClosed:
    return ConversationClosed(_("This conversation is closed. Reopen it first; nothing was sent."))


def _claimed(name: str) -> ConversationClaimed:
    text = _("{name} sees to this conversation. Ask them, or release it first.")
    return ConversationClaimed(text.format(name=name or _("Somebody else")))


def _raced() -> Refusal:
    return Refusal(_("Somebody else changed this conversation just now. Look at it again."))
