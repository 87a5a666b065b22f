"""Piccolo's registration of notifications."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.notifications.tables import Announcement, AnnouncementReceiver, MessageDelivery

APP_CONFIG = AppConfig(
    app_name="notifications",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[MessageDelivery, Announcement, AnnouncementReceiver],
)
