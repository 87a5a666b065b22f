"""The tables of conversations."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar

from guildshop.plugins.conversations.api import ConversationState, MessageKind, MessageState, MessageWay
from guildshop.tenancy import StoreTable


class Conversation(StoreTable, tablename="conversation"):
    """What a store and one of its customers say to each other; a customer has at most one that is open.

    `window_start` and `window_count` count the customer's messages for the limit of an hour. `notice_channel` and
    `notice_message` are where staff read of it in Discord.
    """

    id = UUID(primary_key=True)
    customer = UUID()
    state = Varchar(8, choices=ConversationState)
    waiting = Boolean(default=False)
    claimed_by = Varchar(64, default="")
    claimed_name = Varchar(100, default="")
    preview = Varchar(200, default="")
    locale = Varchar(16, default="")
    last_at = Timestamptz()
    created = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    window_start = Timestamptz()
    window_count = Integer(default=0)
    notice_channel = BigInt(null=True, default=None)
    notice_message = BigInt(null=True, default=None)
    version = Integer(default=1)


class ConversationMessage(StoreTable, tablename="conversation_message"):
    """One message. `search` is a folded copy to search by; `source` names what it came from, so that it comes once."""

    id = UUID(primary_key=True)
    conversation = ForeignKey(references=Conversation)
    kind = Varchar(8, choices=MessageKind)
    body = Text()
    search = Text(secret=True)
    attachments = Text(default="[]")
    author_id = Varchar(64, default="")
    author = Varchar(100, default="")
    way = Varchar(8, choices=MessageWay)
    state = Varchar(8, choices=MessageState)
    reason = Text(default="")
    remedy = Text(default="")
    attempt = Integer(default=1)
    channel_id = BigInt(null=True, default=None)
    message_id = BigInt(null=True, default=None)
    source = Varchar(64, null=True, default=None)
    created = Timestamptz()
    settled = Timestamptz(null=True, default=None)
