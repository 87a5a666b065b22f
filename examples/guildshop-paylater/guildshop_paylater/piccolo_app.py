"""Tell Piccolo of the tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop_paylater.tables import PaylaterSession, PaylaterWebhook

APP_CONFIG = AppConfig(
    app_name="paylater",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[PaylaterSession, PaylaterWebhook],
)
