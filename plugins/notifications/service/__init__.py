"""The use cases of notifications."""

from guildshop.plugins.notifications.service.notifications import NotificationService

__all__ = ["NotificationService"]
