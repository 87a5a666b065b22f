"""What the tables, columns and choices of messages and announcements are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy
from guildshop.plugins.notifications.api import CHANNEL_LABELS, PURPOSE_LABELS, STATE_LABELS

LABELS = AdminLabels(
    tables={
        "message_delivery": lazy("Sent messages"),
        "announcement": lazy("Announcements"),
        "announcement_receiver": lazy("Receivers of announcements"),
    },
    columns={
        "purpose": lazy("Purpose"),
        "audience": lazy("Audience"),
        "created_by": lazy("Made by"),
        "started": lazy("Started"),
        "announcement": lazy("Announcement"),
        "told": lazy("Told at"),
    },
    choices={
        "message_delivery.purpose": PURPOSE_LABELS,
        "message_delivery.channel": CHANNEL_LABELS,
        "message_delivery.state": STATE_LABELS,
        "announcement.audience": {
            "ALL": lazy("All customers"),
            "TAG": lazy("Tag"),
            "ROLE": lazy("Role"),
        },
        "announcement.state": {
            "DRAFT": lazy("Draft"),
            "RUNNING": lazy("Being sent"),
            "STOPPED": lazy("Stopped"),
            "DONE": lazy("Sent"),
        },
        "announcement_receiver.state": STATE_LABELS,
    },
)
