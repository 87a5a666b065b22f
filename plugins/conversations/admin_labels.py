"""What the tables, columns and choices of conversations are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.conversations.api import STATE_LABELS, WAY_LABELS

LABELS = AdminLabels(
    tables={
        "conversation": lazy("Conversations"),
        "conversation_message": lazy("Messages of conversations"),
    },
    columns={
        "conversation.waiting": lazy("Waits for staff"),
        "claimed_by": lazy("ID of who took it"),
        "claimed_name": lazy("Taken by"),
        "preview": lazy("Last message"),
        "last_at": lazy("Last message at"),
        "closed_at": lazy("Closed at"),
        "window_start": lazy("Counted since"),
        "window_count": lazy("Messages counted"),
        "notice_channel": lazy("Channel of the notice"),
        "notice_message": lazy("Message ID of the notice"),
        "conversation": lazy("Conversation"),
        "body": lazy("Text"),
        "attachments": lazy("Attachments"),
        "author_id": lazy("ID of the author"),
        "way": lazy("Way"),
        "settled": lazy("Settled at"),
    },
    choices={
        "conversation.state": {
            "OPEN": lazy("Open"),
            "CLOSED": lazy("Closed"),
        },
        "conversation_message.kind": {
            "CUSTOMER": lazy("Customer"),
            "ANSWER": lazy("Answer"),
            "NOTE": lazy("Internal note"),
        },
        "conversation_message.way": WAY_LABELS,
        "conversation_message.state": {
            "RECEIVED": lazy("Received"),
            "KEPT": lazy("Kept"),
            **STATE_LABELS,
        },
    },
)
