"""The use cases of notifications."""

from guildshop.plugins.notifications.service.announcements import AnnouncementService
from guildshop.plugins.notifications.service.notifications import NotificationService
from guildshop.plugins.notifications.service.personal import PersonalMessages

__all__ = ["AnnouncementService", "NotificationService", "PersonalMessages"]
