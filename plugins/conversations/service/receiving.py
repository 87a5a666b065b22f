"""What customers write: into the conversation that is open, or into a new one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal
from guildshop.folding import fold
from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.conversations import rules, tables
from guildshop.plugins.conversations.api import (
    Attachment,
    CustomerWrote,
    Incoming,
    MessageKind,
    MessageState,
    MessageWay,
    Received,
    TooManyMessages,
)
from guildshop.plugins.conversations.service.reading import CONVERSATION, NAME_LIMIT, Reading, conversation_of
from guildshop.plugins.customers.api import Customer, CustomerBlocked
from guildshop.plugins.customers.service import CustomerService

if TYPE_CHECKING:
    from guildshop.database import Work

ATTEMPTS = 8
WINDOW = timedelta(hours=1)
REOPENED_WITHIN = timedelta(days=7)
"""How long after it was closed a conversation is taken up again; later a new one begins."""


class Raced(Refusal):
    """Something else happened in the conversation in between: look again."""


class Receiving(Reading):
    """What customers do."""

    async def receive(self, actor: Actor, username: str, display_name: str, given: Incoming) -> Received:
        """Keep what the acting member wrote; the first contact makes them a customer.

        Refuses blocked customers, empty and too long texts, and more messages than the store takes in an hour.
        """
        attachments = rules.clean_attachments(given.attachments)
        text = rules.clean_text(given.text, attachments=attachments)
        customer = await self._writer(actor, username, display_name)
        for _attempt in range(ATTEMPTS):
            known = await self._row_of_source(actor.store, given.source)
            if known is not None:
                return Received(conversation_of(known), begun=False)
            try:
                return await self._keep(actor, customer, text, attachments, given)
            except Raced:
                continue
        raise Refusal(_("Your message could not be kept. Please send it again."))

    async def require_writer(self, actor: Actor) -> None:
        """Refuse a member whom the shop blocked, before they type anything."""
        if actor.discord_id is not None:
            _require_unblocked(await self.app.get(CustomerService).by_discord_id(actor.discord_id))

    # Within

    async def _writer(self, actor: Actor, username: str, display_name: str) -> Customer:
        if actor.discord_id is None:
            raise Forbidden(_("Only a member of the Discord server can write to the shop."))
        customers = self.app.get(CustomerService)
        known = await customers.by_discord_id(actor.discord_id)
        _require_unblocked(known)
        # Whoever was deactivated may ask why: only who is new is registered here.
        return known or await customers.register(actor, username, display_name)

    async def _row_of_source(self, store: int, source: str) -> dict[str, Any] | None:
        return await self.app.database.fetch_one(
            f"{CONVERSATION} AND t.id IN (SELECT m.conversation FROM conversation_message AS m"
            " WHERE m.store = t.store AND m.source = :source)",
            store=store,
            source=source,
        )

    async def _latest(self, store: int, customer: UUID) -> dict[str, Any] | None:
        """Return the conversation to go on with: the open one, or the last one closed a short while ago."""
        return await self.app.database.fetch_one(
            f"{CONVERSATION} AND t.customer = :customer AND (t.state = 'OPEN' OR t.closed_at >= :since)"
            " ORDER BY CASE WHEN t.state = 'OPEN' THEN 0 ELSE 1 END, t.last_at DESC, t.id DESC LIMIT 1",
            store=store,
            customer=customer,
            since=self.app.now() - REOPENED_WITHIN,
        )

    async def _keep(
        self, actor: Actor, customer: Customer, text: str, attachments: tuple[Attachment, ...], given: Incoming
    ) -> Received:
        row, now = await self._latest(actor.store, customer.id), self.app.now()
        values: dict[str, Any] = {
            "preview": rules.preview(text, attachments),
            "locale": given.locale[:16] or (row["locale"] if row else ""),
        }
        values["window_start"], values["window_count"] = self._counted(actor.store, row, now)
        conversation_id = new_id() if row is None else row["id"]
        begun = row is None or row["state"] == "CLOSED"
        async with self.app.work(actor) as work:
            if row is None:
                open_conversation(work, conversation_id, customer.id, waiting=True, **values)
            else:
                work.guard(
                    tables.Conversation,
                    set="state = 'OPEN', waiting = TRUE, preview = :preview, locale = :locale, last_at = :now,"
                    " closed_at = NULL, window_start = :window_start, window_count = :window_count,"
                    " version = version + 1",
                    where="id = :id AND version = :seen",
                    refusal=Raced(""),
                    conflict=Raced(""),
                    id=conversation_id,
                    seen=row["version"],
                    **values,
                )
            message = add_message(
                work,
                conversation_id,
                MessageKind.CUSTOMER,
                text,
                given.way,
                author=customer.name,
                author_id=f"member:{actor.id}",
                attachments=attachments,
                source=given.source,
            )
            work.record(CustomerWrote(conversation_id, message, fresh=begun or not row or not row["waiting"]))
        return Received(conversation_of(await self._row(conversation_id)), begun=begun)

    def _counted(self, store: int, row: dict[str, Any] | None, now: datetime) -> tuple[datetime, int]:
        """Return the window of the limit with one message more in it; refuse the one that is too many."""
        if row is None or row["window_start"] <= now - WINDOW:
            return now, 1
        limit = self.settings(store).messages_per_hour
        if row["window_count"] >= limit:
            left = row["window_start"] + WINDOW - now
            minutes = max(1, round(left.total_seconds() / 60))
            raise TooManyMessages(
                ngettext(
                    "This shop takes no more messages from you for now (at most {limit} an hour). Wait {n} minute.",
                    "This shop takes no more messages from you for now (at most {limit} an hour). Wait {n} minutes.",
                    minutes,
                ).format(limit=limit, n=minutes)
            )
        return row["window_start"], row["window_count"] + 1


def open_conversation(work: Work, conversation: UUID, customer: UUID, *, waiting: bool, **columns: Any) -> None:
    """Add a conversation to the Work; `Raced` where the customer has an open one already."""
    work.insert(
        tables.Conversation,
        conflict=Raced(""),
        id=conversation,
        customer=customer,
        state="OPEN",
        waiting=waiting,
        last_at=work.now,
        created=work.now,
        **columns,
    )


def add_message(
    work: Work,
    conversation: UUID,
    kind: MessageKind,
    text: str,
    way: MessageWay,
    *,
    author: str,
    author_id: str,
    attachments: tuple[Attachment, ...] = (),
    source: str | None = None,
) -> UUID:
    """Add a message to the Work and return its ID; `Raced` where it came before."""
    message = new_id()
    states = {
        MessageKind.CUSTOMER: MessageState.RECEIVED,
        MessageKind.ANSWER: MessageState.QUEUED,
        MessageKind.NOTE: MessageState.KEPT,
    }
    work.insert(
        tables.ConversationMessage,
        conflict=Raced(""),
        id=message,
        conversation=conversation,
        kind=kind.value,
        body=text,
        search=fold(" ".join([text, *(one.name for one in attachments)])),
        attachments=json.dumps([asdict(one) for one in attachments]),
        author=author[:NAME_LIMIT],
        author_id=author_id,
        way=way.value,
        state=states[kind].value,
        source=source,
        created=work.now,
    )
    return message


def _require_unblocked(customer: Customer | None) -> None:
    if customer is not None and customer.blocked:
        raise CustomerBlocked(
            _("You are blocked in this shop, so it takes no messages from you. If that is a mistake, ask its staff.")
        )
