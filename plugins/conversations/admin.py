"""Conversations in Piccolo Admin: to look at only."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.conversations.admin_labels import LABELS
from guildshop.plugins.conversations.api import CONVERSATION_READ
from guildshop.plugins.conversations.tables import Conversation, ConversationMessage
from guildshop.web.admin import service_table


def admin_section() -> AdminSection:
    """Return the section."""
    conversations = service_table(
        Conversation,
        read=CONVERSATION_READ,
        visible=[
            Conversation.customer,
            Conversation.state,
            Conversation.waiting,
            Conversation.claimed_name,
            Conversation.last_at,
        ],
        order_by=[Conversation.last_at],
        newest_first=True,
        link=Conversation.state,
    )
    messages = service_table(
        ConversationMessage,
        read=CONVERSATION_READ,
        visible=[
            ConversationMessage.kind,
            ConversationMessage.author,
            ConversationMessage.state,
            ConversationMessage.created,
        ],
        order_by=[ConversationMessage.created],
        newest_first=True,
        link=ConversationMessage.kind,
    )
    return AdminSection(lazy("Conversations"), [conversations, messages], labels=LABELS)
