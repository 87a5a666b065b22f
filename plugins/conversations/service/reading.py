"""Finding conversations and their messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import NotFound
from guildshop.folding import fold, like
from guildshop.i18n import _
from guildshop.paging import Slice, time_and_id, to_cursor
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.conversations.api import (
    CONVERSATION_READ,
    CONVERSATION_REPLY,
    Attachment,
    Conversation,
    ConversationsSettings,
    ConversationState,
    ConversationView,
    Message,
    MessageKind,
    MessageState,
    MessageWay,
)
from guildshop.plugins.customers.api import found_in, name_of
from guildshop.tenancy import current_store, every_store

if TYPE_CHECKING:
    from guildshop.app import App

SHOWN = 200
"""The latest messages of a conversation that are read unless all are asked for."""
MOST = 10_000
WORDS = 8
NAME_LIMIT = 100

CONVERSATION = (
    "SELECT t.id, t.store, t.customer, t.state, t.waiting, t.claimed_by, t.claimed_name, t.preview, t.locale,"
    " t.last_at, t.created, t.closed_at, t.version, t.window_start, t.window_count, t.notice_channel,"
    " t.notice_message, c.discord_id, c.blocked, c.display_name, c.first_name, c.last_name, c.username, c.email,"
    " c.account_number FROM conversation AS t JOIN customer AS c ON c.store = t.store AND c.id = t.customer"
    " WHERE t.store = :store"
)
MESSAGE = (
    "SELECT id, conversation, kind, body, attachments, author, way, state, reason, remedy, attempt, created, settled"
    " FROM conversation_message WHERE store = :store"
)
VIEWS: Mapping[ConversationView, str] = {
    ConversationView.OPEN: "t.state = 'OPEN'",
    ConversationView.WAITING: "t.state = 'OPEN' AND t.waiting",
    ConversationView.MINE: "t.state = 'OPEN' AND t.claimed_by = :me",
    ConversationView.CLOSED: "t.state = 'CLOSED'",
}


class Reading:
    """The queries, all within the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    def settings(self, store: int) -> ConversationsSettings:
        """Return how conversations work in a store."""
        return self.app.stores.settings(store, ConversationsSettings)

    async def get(self, actor: Actor, conversation: UUID) -> Conversation:
        """Return a conversation; refuse an unknown one."""
        actor.require(CONVERSATION_READ)
        return conversation_of(await self._row(conversation))

    async def listed(
        self,
        actor: Actor,
        view: ConversationView,
        text: str = "",
        *,
        cursor: str = "",
        limit: int = 50,
    ) -> Slice[Conversation]:
        """Return conversations, those with the latest message first; `text` is looked for in names and messages."""
        actor.require(CONVERSATION_READ)
        where, values = VIEWS[view], dict[str, Any](store=actor.store)
        if view is ConversationView.MINE:
            values["me"] = await self.who(actor)
        for index, word in enumerate(fold(text).split()[:WORDS]):
            test = f"{{}} LIKE :word{index} ESCAPE '!'"
            where += (
                f" AND ({found_in(test, word, 'c')} OR EXISTS (SELECT 1 FROM conversation_message AS m"
                f" WHERE m.store = t.store AND m.conversation = t.id AND {test.format('m.search')}))"
            )
            values[f"word{index}"] = like(word)
        if cursor:
            where += " AND (t.last_at, t.id) < (:last, :after)"
            values["last"], values["after"] = time_and_id(cursor)
        rows = await self.app.database.fetch(
            f"{CONVERSATION} AND {where} ORDER BY t.last_at DESC, t.id DESC LIMIT :size", size=limit + 1, **values
        )
        found = [conversation_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(found, to_cursor([found[-1].last_at.isoformat(), str(found[-1].id)]) if more else "")

    async def counts(self, actor: Actor) -> dict[ConversationView, int]:
        """Return how many conversations are open, wait for staff, and are the actor's."""
        actor.require(CONVERSATION_READ)
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS open, SUM(CASE WHEN waiting THEN 1 ELSE 0 END) AS waiting,"
            " SUM(CASE WHEN claimed_by = :me THEN 1 ELSE 0 END) AS mine"
            " FROM conversation WHERE store = :store AND state = 'OPEN'",
            store=actor.store,
            me=await self.who(actor),
        )
        return {
            view: int(row[view.value] or 0) if row else 0
            for view in (ConversationView.OPEN, ConversationView.WAITING, ConversationView.MINE)
        }

    async def messages(
        self, actor: Actor, conversation: UUID, *, notes: bool = True, limit: int = SHOWN
    ) -> Sequence[Message]:
        """Return the latest messages of a conversation, oldest first."""
        actor.require(CONVERSATION_READ)
        return await self._messages(conversation, notes=notes, limit=min(limit, MOST))

    async def message_of(self, actor: Actor, source: str) -> Message:
        """Return what the actor wrote by a source; refuse an unknown one."""
        actor.require(CONVERSATION_REPLY)
        row = await self.app.database.fetch_one(f"{MESSAGE} AND source = :source", store=current_store(), source=source)
        if row is None:
            raise no_message()
        return message_of(row)

    async def of_customer(self, actor: Actor, customer: UUID, limit: int = 20) -> list[Conversation]:
        """Return the latest conversations with a customer, the last one first."""
        actor.require(CONVERSATION_READ)
        rows = await self.app.database.fetch(
            f"{CONVERSATION} AND t.customer = :customer ORDER BY t.last_at DESC, t.id DESC LIMIT :size",
            store=current_store(),
            customer=customer,
            size=limit,
        )
        return [conversation_of(row) for row in rows]

    async def stores_of(self, discord_id: int) -> list[int]:
        """Return the stores of which a Discord member is a customer."""
        with every_store():
            rows = await self.app.database.fetch(
                "SELECT store FROM customer WHERE discord_id = :discord_id ORDER BY store", discord_id=discord_id
            )
        return [row["store"] for row in rows]

    async def store_written_from(self, discord_id: int, message: int | None, since: datetime) -> int | None:
        """Return the store that sent this direct message; without one the only store talked with by DM since then."""
        with every_store():
            if message is not None:
                rows = await self.app.database.fetch(
                    "SELECT DISTINCT m.store FROM conversation_message AS m"
                    " JOIN conversation AS t ON t.store = m.store AND t.id = m.conversation"
                    " JOIN customer AS c ON c.store = t.store AND c.id = t.customer"
                    " WHERE m.message_id = :message AND c.discord_id = :discord_id",
                    message=message,
                    discord_id=discord_id,
                )
            else:
                rows = await self.app.database.fetch(
                    "SELECT DISTINCT m.store FROM customer AS c"
                    " JOIN conversation AS t ON t.store = c.store AND t.customer = c.id AND t.state = 'OPEN'"
                    " JOIN conversation_message AS m ON m.store = t.store AND m.conversation = t.id"
                    " WHERE c.discord_id = :discord_id AND m.way = 'DM' AND m.created >= :since",
                    discord_id=discord_id,
                    since=since,
                )
        return int(rows[0]["store"]) if len(rows) == 1 else None

    async def who(self, actor: Actor) -> str:
        """Return the actor as one person, whether they come by Discord or, having come from there, by the web."""
        if actor.kind is ActorKind.MEMBER:
            return f"member:{actor.id}"
        if actor.kind is ActorKind.USER:
            row = await self.app.database.fetch_one(
                "SELECT discord_id FROM user_account WHERE id = :id", id=UUID(actor.id)
            )
            if row is not None and row["discord_id"] is not None:
                return f"member:{row['discord_id']}"
        return f"{actor.kind}:{actor.id}"[:64]

    # Within

    async def _row(self, conversation: UUID) -> dict[str, Any]:
        row = await self.app.database.fetch_one(
            f"{CONVERSATION} AND t.id = :id", store=current_store(), id=conversation
        )
        if row is None:
            raise NotFound(_("There is no such conversation in this shop."))
        return row

    async def _messages(self, conversation: UUID, *, notes: bool, limit: int) -> list[Message]:
        only = "" if notes else " AND kind <> 'NOTE'"
        rows = await self.app.database.fetch(
            f"{MESSAGE} AND conversation = :conversation{only} ORDER BY id DESC LIMIT :size",
            store=current_store(),
            conversation=conversation,
            size=limit,
        )
        return [message_of(row) for row in reversed(rows)]

    async def _message(self, message: UUID) -> Message | None:
        row = await self.app.database.fetch_one(f"{MESSAGE} AND id = :id", store=current_store(), id=message)
        return None if row is None else message_of(row)


def no_message() -> NotFound:
    """Return the refusal of a message that there is not."""
    return NotFound(_("There is no such message in this shop."))


def conversation_of(row: Mapping[str, Any]) -> Conversation:
    """Return the conversation of a row of `CONVERSATION`."""
    return Conversation(
        id=row["id"],
        store=row["store"],
        customer=row["customer"],
        customer_name=name_of(row),
        username=row["username"],
        discord_id=row["discord_id"],
        blocked=bool(row["blocked"]),
        state=ConversationState(row["state"]),
        waiting=bool(row["waiting"]),
        claimed_by=row["claimed_by"],
        claimed_name=row["claimed_name"],
        preview=row["preview"],
        locale=row["locale"],
        last_at=row["last_at"],
        created=row["created"],
        closed_at=row["closed_at"],
        version=row["version"],
    )


def message_of(row: Mapping[str, Any]) -> Message:
    """Return the message of a row of `MESSAGE`."""
    return Message(
        id=row["id"],
        conversation=row["conversation"],
        kind=MessageKind(row["kind"]),
        body=row["body"],
        attachments=tuple(Attachment(**one) for one in json.loads(row["attachments"])),
        author=row["author"],
        way=MessageWay(row["way"]),
        state=MessageState(row["state"]),
        reason=row["reason"],
        remedy=row["remedy"],
        attempt=row["attempt"],
        created=row["created"],
        settled=row["settled"],
    )
