"""Conversations as a customer's personal data: given out, and gone when they want to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from guildshop.errors import Stale
from guildshop.i18n import _, ngettext
from guildshop.plugins.conversations import tables
from guildshop.plugins.conversations.api import ConversationErased
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

MOST = 100_000


class PersonalConversations:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Read this application's conversations."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return everything that was said between the customer and the store; notes of staff are not said to them."""
        with scope(customer.store):
            rows = await self._app.database.fetch(
                "SELECT m.conversation, m.kind, m.body, m.attachments, m.state, m.created"
                " FROM conversation_message AS m JOIN conversation AS t ON t.store = m.store AND t.id = m.conversation"
                " WHERE m.store = :store AND t.customer = :customer AND m.kind <> 'NOTE' ORDER BY m.id LIMIT :most",
                store=customer.store,
                customer=customer.id,
                most=MOST,
            )
        return [
            {
                "conversation": row["conversation"],
                "by": "you" if row["kind"] == "CUSTOMER" else "shop",
                "text": row["body"],
                "attachments": json.loads(row["attachments"]),
                "state": row["state"],
                "at": row["created"],
            }
            for row in rows
        ]

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what moves the conversations; of two open ones, that of the record that goes is closed."""
        row = await self._app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM conversation WHERE store = :store AND customer = :gone",
            store=kept.store,
            gone=gone.id,
        )
        count = int(row["found"]) if row else 0

        def join(work: Work) -> None:
            both: dict[str, Any] = {"gone": gone.id, "kept": kept.id}
            work.guard(
                tables.Conversation,
                set="state = 'CLOSED', waiting = FALSE, closed_at = :now, version = version + 1",
                where="customer = :gone AND state = 'OPEN' AND EXISTS (SELECT 1 FROM conversation AS t"
                " WHERE t.store = :store AND t.customer = :kept AND t.state = 'OPEN')",
                rows=None,
                **both,
            )
            work.guard(
                tables.Conversation,
                set="customer = :kept, version = version + 1",
                where="customer = :gone",
                rows=None,
                conflict=again(),
                **both,
            )

        return Moving([ngettext("{n} conversation", "{n} conversations", count).format(n=count)] if count else [], join)

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what deletes the customer's conversations with all messages and notes, and their notices."""
        with scope(customer.store):
            rows = await self._app.database.fetch(
                "SELECT id, notice_channel, notice_message FROM conversation"
                " WHERE store = :store AND customer = :customer AND notice_message IS NOT NULL",
                store=customer.store,
                customer=customer.id,
            )

        def join(work: Work) -> None:
            work.delete(
                tables.ConversationMessage,
                where="conversation IN (SELECT t.id FROM conversation AS t WHERE t.store = :store"
                " AND t.customer = :customer)",
                customer=customer.id,
            )
            work.delete(tables.Conversation, where="customer = :customer", customer=customer.id)
            for row in rows:
                work.record(ConversationErased(row["id"], row["notice_channel"], row["notice_message"]))

        return join


def again() -> Stale:
    """Return the refusal of a merge while somebody wrote."""
    return Stale(_("Something of the two records changed at the same moment. Try again."))
