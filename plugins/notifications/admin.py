"""Messages and announcements in Piccolo Admin: to look at only."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.notifications.admin_labels import LABELS
from guildshop.plugins.notifications.api import NOTIFICATION_CREATE
from guildshop.plugins.notifications.tables import Announcement, AnnouncementReceiver
from guildshop.plugins.notifications.tables import MessageDelivery as Row
from guildshop.web.admin import service_table

READ = "order.read"


def admin_section() -> AdminSection:
    """Return the section."""
    messages = service_table(
        Row,
        read=READ,
        visible=[Row.purpose, Row.channel, Row.discord_id, Row.state, Row.reason, Row.created],
        order_by=[Row.created],
        newest_first=True,
        link=Row.purpose,
    )
    announcements = service_table(
        Announcement,
        read=NOTIFICATION_CREATE,
        visible=[Announcement.title, Announcement.audience, Announcement.state, Announcement.total],
        order_by=[Announcement.created],
        newest_first=True,
        link=Announcement.title,
    )
    receivers = service_table(
        AnnouncementReceiver,
        read=NOTIFICATION_CREATE,
        visible=[AnnouncementReceiver.state, AnnouncementReceiver.channel, AnnouncementReceiver.told],
        order_by=[AnnouncementReceiver.id],
        newest_first=True,
    )
    return AdminSection(lazy("Messages"), [messages, announcements, receivers], labels=LABELS)
